//! Files of the console: named by content, compressed, weighed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// Everything a browser loads for the console, except the page itself.
#[derive(Default)]
pub(crate) struct Assets(Vec<Asset>);

struct Asset {
    name: String,
    url: String,
    content: Vec<u8>,
}

impl Assets {
    /// Adds a file and returns its URL, which carries a hash of the content:
    /// `theme.js` becomes `/assets/theme-1f0c….js`.
    pub(crate) fn add(&mut self, name: &str, content: impl Into<Vec<u8>>) -> &str {
        let content = content.into();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let url = format!("/assets/{stem}-{}.{extension}", hash(&content));
        self.0.push(Asset { name: name.to_owned(), url, content });
        &self.0.last().expect("one was just added").url
    }

    /// Puts hashed URLs where a page names plain ones, such as `/assets/theme.js`.
    pub(crate) fn link(&self, page: &str) -> String {
        self.0.iter().fold(page.to_owned(), |page, asset| {
            page.replace(&format!("\"/assets/{}\"", asset.name), &format!("\"{}\"", asset.url))
        })
    }

    /// Writes the page and all files below a folder that does not exist yet.
    pub(crate) fn write(self, page: String, folder: &Path) -> Result<()> {
        let page = Asset { name: String::new(), url: "/index.html".to_owned(), content: page.into() };
        fs::create_dir_all(folder.join("assets"))?;
        for Asset { url, content, .. } in self.0.into_iter().chain([page]) {
            let path = folder.join(url.trim_start_matches('/'));
            fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// The first 80 bits of SHA-256 in hexadecimal digits: enough that two contents never share a name.
fn hash(content: &[u8]) -> String {
    Sha256::digest(content)[..10].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes a brotli and a gzip file beside each file of a built console, prints what each weighs,
/// and returns the sum of all brotli files in bytes.
pub(crate) fn compress(folder: &Path) -> Result<usize> {
    let mut weights = Vec::new();
    for folder in [folder.to_owned(), folder.join("assets")] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                let content = fs::read(&path)?;
                let small = brotli(&content)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                weights.push((small.len(), content.len(), name));
                fs::write(path.with_added_extension("br"), small)?;
                fs::write(path.with_added_extension("gz"), gzip(&content)?)?;
            }
        }
    }
    weights.sort_unstable_by(|a, b| b.cmp(a));
    let sum = weights.iter().map(|weight| weight.0).sum();
    println!("{:>9} {:>9}  the console, in bytes", "brotli", "plain");
    for (small, plain, name) in weights {
        println!("{small:>9} {plain:>9}  {name}");
    }
    println!("{sum:>9} {:>9}  sum", "");
    Ok(sum)
}

/// What all brotli files of a built console weigh together, in bytes.
pub(crate) fn weight(folder: &Path) -> Result<u32> {
    let mut sum = 0;
    for folder in [folder.to_owned(), folder.join("assets")] {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|extension| extension == "br") {
                sum += entry.metadata()?.len();
            }
        }
    }
    Ok(u32::try_from(sum)?)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let best =
        BrotliEncoderParams { quality: 11, lgwin: 24, size_hint: content.len(), ..BrotliEncoderParams::default() };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut small, &best)?;
    Ok(small)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_each_file_by_its_content() {
        let mut assets = Assets::default();
        let first = assets.add("theme.js", "one").to_owned();
        assert_ne!(first, Assets::default().add("theme.js", "two"));
        assert_eq!(assets.link("<script src=\"/assets/theme.js\">"), format!("<script src=\"{first}\">"));
    }
}
