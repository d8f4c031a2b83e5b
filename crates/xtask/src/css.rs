//! One style sheet out of many.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Reads a style sheet and puts the text of each sheet it imports in the import's place.
pub(crate) fn bundle(index: &Path) -> Result<String> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let mut sheet = String::new();
    for line in read(index)?.lines() {
        let imported = line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";"));
        match imported {
            Some(name) => sheet.push_str(&read(&index.with_file_name(name))?),
            None => sheet.push_str(line),
        }
        sheet.push('\n');
    }
    Ok(sheet)
}

/// Removes comments and the white space that means nothing.
///
/// White space beside `>`, `+`, `(` and before `:` stays, because there it can mean something.
pub(crate) fn shrink(sheet: &str) -> String {
    let mut small = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(next) = rest.chars().next() {
        let length = if let Some(comment) = rest.strip_prefix("/*") {
            push_space(&mut small);
            comment.find("*/").map_or(rest.len(), |end| end + "/**/".len())
        } else if next.is_whitespace() {
            push_space(&mut small);
            next.len_utf8()
        } else if matches!(next, '"' | '\'') {
            let length = string_length(rest, next);
            small.push_str(&rest[..length]);
            length
        } else {
            if matches!(next, '{' | '}' | ';' | ',') && small.ends_with(' ') {
                small.pop();
            }
            if next == '}' && small.ends_with(';') {
                small.pop();
            }
            small.push(next);
            next.len_utf8()
        };
        rest = &rest[length..];
    }
    small.truncate(small.trim_end().len());
    small
}

fn push_space(small: &mut String) {
    if !small.is_empty() && !small.ends_with([' ', '{', '}', ';', ',', ':']) {
        small.push(' ');
    }
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' if !escaped => escaped = true,
            _ if letter == quote && !escaped => return at + quote.len_utf8(),
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_meaningless_space_are_removed() {
        let sheet = "/* tokens */\n.field , .row {\n  color : red;\n  width: calc(1px + 2px);\n}\n";
        assert_eq!(shrink(sheet), ".field,.row{color :red;width:calc(1px + 2px)}");
    }

    #[test]
    fn space_that_means_something_stays() {
        let sheet = ".a {\n  & [data-x=\"a  /* b */\"] :hover > b { content: \"\\\"  ;\" }\n}";
        assert_eq!(shrink(sheet), ".a{& [data-x=\"a  /* b */\"] :hover > b{content:\"\\\"  ;\"}}");
    }

    #[test]
    fn a_condition_keeps_the_space_before_its_parenthesis() {
        let sheet = "@media (width < 54rem) and (hover: none) {\n  a { margin: 0 }\n}";
        assert_eq!(shrink(sheet), "@media (width < 54rem) and (hover:none){a{margin:0}}");
    }
}
