//! The versions of a key, as the vault lists them, page by page.

use reqwest::Method;
use serde::Deserialize;

use crate::keys::{identifier, key_path};
use crate::vault::Request;
use crate::wire::Attributes;
use crate::{Error, Garble, Vault};

/// Far more than a vault holds of one key: who answers more never ends.
const MOST_PAGES: usize = 100;

/// A version in the list of a key's versions, which tells nothing of its public key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedVersion {
    /// The version: 32 letters and digits.
    pub version: String,
    /// Whether it may be used.
    pub enabled: bool,
}

impl Vault {
    /// Lists all versions of a key, in no particular order; of a key that is not there, none.
    ///
    /// # Errors
    /// [`Error::Answered`] with status 403 when the permission to list is missing.
    pub async fn list_versions(&self, name: &str) -> Result<Vec<ListedVersion>, Error> {
        let start = format!("{}/versions", key_path(name)?);
        let mut versions = Vec::new();
        let mut next = Some(start.clone());
        for _ in 0..MOST_PAGES {
            let Some(path) = next.take() else { return Ok(versions) };
            let page: List = self.ask(Request::new(Method::GET, path)).await?;
            for entry in page.value {
                let (_, version) = identifier(&entry.kid, self, name).ok_or_else(|| self.garbled(Garble::ForeignId))?;
                versions.push(ListedVersion { version, enabled: entry.attributes.enabled.unwrap_or(false) });
            }
            let link = page.next_link.filter(|link| !link.is_empty());
            next = link.map(|link| self.own_path(&link, &start)).transpose()?;
        }
        Err(self.garbled(Garble::TooLong))
    }

    /// The path and query of a link to this vault's next page: the token goes nowhere else.
    fn own_path(&self, link: &str, start: &str) -> Result<String, Error> {
        let path = match link.get(..self.url().len()) {
            Some(url) if url.eq_ignore_ascii_case(self.url()) => &link[url.len()..],
            _ => link,
        };
        let is_own = path.split_once('?').is_some_and(|(path, _)| path.eq_ignore_ascii_case(start));
        if is_own { Ok(path.to_owned()) } else { Err(self.garbled(Garble::ForeignId)) }
    }
}

/// `KeyListResult` of the REST API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    value: Vec<Entry>,
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    kid: String,
    #[serde(default)]
    attributes: Attributes,
}
