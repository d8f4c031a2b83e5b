//! The text of a policy: HCL, or the same as JSON, as far as rules about paths need it.

use api::{Capability, Right};

use super::policy_reader::{self, Entry, Value, invalid};
use crate::Error;

/// The longest text.
const LONGEST: usize = 256 * 1024;

/// As many rules as one policy may have.
const MOST_RULES: usize = 1000;

/// The rules that a text says, with paths as they are written there.
pub(crate) fn rules(text: &str) -> Result<Vec<Right>, Error> {
    if text.len() > LONGEST {
        return Err(invalid(1, "a policy has at most 256 KiB"));
    }
    let mut rules = Vec::new();
    for entry in policy_reader::document(text)? {
        match (entry.name.as_str(), entry.value) {
            ("path", value) => paths(entry.line, value, &mut rules)?,
            ("name", Value::Text(_)) => {}
            (name, _) => {
                let sentence = format!("{name:?} is unknown here: write path \"…\" {{ capabilities = [\"read\"] }}");
                return Err(invalid(entry.line, sentence));
            }
        }
    }
    if rules.len() > MOST_RULES {
        return Err(invalid(1, format!("a policy has at most {MOST_RULES} rules")));
    }
    Ok(rules)
}

fn paths(line: usize, value: Value, rules: &mut Vec<Right>) -> Result<(), Error> {
    match value {
        Value::List(items) => items.into_iter().try_for_each(|(line, item)| paths(line, item, rules)),
        Value::Object(entries) => {
            for entry in entries {
                let bodies = match entry.value {
                    Value::List(bodies) => bodies,
                    body => vec![(entry.line, body)],
                };
                for (line, body) in bodies {
                    let Value::Object(body) = body else {
                        return Err(invalid(line, format!("the rule of {:?} has to stand in braces", entry.name)));
                    };
                    let capabilities = capabilities(line, body)?;
                    rules.push(Right { path: pattern(entry.line, &entry.name)?, capabilities });
                }
            }
            Ok(())
        }
        Value::Text(_) | Value::Word => Err(invalid(line, "after \"path\" comes a pattern of paths and its rule")),
    }
}

fn pattern(line: usize, text: &str) -> Result<String, Error> {
    let pattern = text.trim_start_matches('/');
    if pattern.is_empty() || pattern.len() > 1024 || pattern.chars().any(char::is_control) {
        return Err(invalid(line, "a path has 1 to 1024 printable characters"));
    }
    if pattern.contains("{{") {
        return Err(invalid(line, "templates with {{…}} are not offered: write the path itself"));
    }
    if pattern.find('*').is_some_and(|at| at + 1 < pattern.len()) {
        return Err(invalid(line, format!("{pattern:?}: a * stands at the end only; + stands for one segment")));
    }
    if pattern.split('/').any(|segment| segment.contains('+') && segment != "+") {
        return Err(invalid(line, format!("{pattern:?}: a + stands for a whole segment, between slashes")));
    }
    Ok(pattern.to_owned())
}

fn capabilities(line: usize, body: Vec<Entry>) -> Result<Vec<Capability>, Error> {
    use Capability::{Create, Delete, Deny, List, Read, Sudo, Update};

    let mut capabilities = Vec::new();
    for entry in body {
        let line = entry.line;
        match (entry.name.as_str(), entry.value) {
            ("capabilities", Value::List(words)) => {
                for (line, word) in words {
                    let Value::Text(word) = word else {
                        return Err(invalid(line, "a capability is a word in quotes"));
                    };
                    let known = word.parse::<Capability>();
                    capabilities.push(known.map_err(|error| invalid(line, format!("capability {word:?}: {error}")))?);
                }
            }
            ("policy", Value::Text(word)) => capabilities.extend_from_slice(match word.as_str() {
                "deny" => &[Deny],
                "read" => &[List, Read],
                "write" => &[Create, Delete, List, Read, Update],
                "sudo" => &[Create, Delete, List, Read, Sudo, Update],
                _ => return Err(invalid(line, "policy is \"deny\", \"read\", \"write\" or \"sudo\"")),
            }),
            ("comment", Value::Text(_)) => {}
            ("capabilities" | "policy" | "comment", _) => {
                return Err(invalid(line, format!("{} has another form: see capabilities = [\"read\"]", entry.name)));
            }
            (name, _) => {
                let sentence = format!("{name:?} is not offered in a rule: leave it out, or nothing would come of it");
                return Err(invalid(line, sentence));
            }
        }
    }
    if capabilities.is_empty() {
        return Err(invalid(line, "the rule has no capabilities; to forbid, write capabilities = [\"deny\"]"));
    }
    capabilities.sort_unstable();
    capabilities.dedup();
    Ok(capabilities)
}

/// The text of rules: what a built-in policy shows.
pub(crate) fn written(rules: &[Right]) -> String {
    let rule = |right: &Right| {
        let words: Vec<String> = right.capabilities.iter().map(|capability| format!("\"{capability}\"")).collect();
        format!("path \"{}\" {{\n  capabilities = [{}]\n}}\n", right.path, words.join(", "))
    };
    rules.iter().map(rule).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use Capability::{Deny, List, Read, Update};
    use proptest::prelude::*;

    use super::*;

    fn right(path: &str, capabilities: &[Capability]) -> Right {
        Right { path: path.to_owned(), capabilities: capabilities.to_vec() }
    }

    fn refusal(text: &str) -> String {
        match rules(text) {
            Err(Error::Invalid(error)) => format!("{} {}", error.field, error.message),
            _ => panic!("{text} was read"),
        }
    }

    #[test]
    fn hcl_and_json_say_the_same() {
        let expected = vec![right("keymgmt/key/*", &[List, Read]), right("keymgmt/kms/+/key/a", &[Deny])];
        for text in [
            r#"
            # Who looks at keys.
            path "keymgmt/key/*" { capabilities = ["read", "list"] }
            path "/keymgmt/kms/+/key/a" {
                comment      = "never" // not here
                capabilities = [
                    "deny", /* whatever else */
                ]
            }"#,
            r#"path = { "keymgmt/key/*" = { policy = "read" }, "keymgmt/kms/+/key/a" = { policy = "deny" } }"#,
            r#"{ "path": { "keymgmt/key/*": { "capabilities": ["read", "list"] },
                 "keymgmt/kms/+/key/a": { "capabilities": ["deny"] } } }"#,
            r#"{"path":[{"keymgmt/key/*":{"capabilities":["list","read"]}},{"keymgmt/kms/+/key/a":{"policy":"deny"}}]}"#,
        ] {
            assert_eq!(rules(text).unwrap(), expected, "{text}");
        }
        assert_eq!(rules("").unwrap(), []);
    }

    #[test]
    fn the_same_path_twice_keeps_both_rules() {
        let text = r#"{"path":{"a":{"capabilities":["deny"]},"a":{"capabilities":["update"]}}}"#;
        assert_eq!(rules(text).unwrap(), vec![right("a", &[Deny]), right("a", &[Update])]);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (text, expected) in [
            ("\npath \"a\" { capabilities = [\"reed\"] }", "policy line 2: capability \"reed\": choose create"),
            ("path \"a\" {\n capabilities = [\"read\"]", "policy line 2: the text ends before a }"),
            ("path \"a\" {}", "policy line 1: the rule has no capabilities"),
            ("path \"a*b\" { policy = \"read\" }", "policy line 1: \"a*b\": a * stands at the end only"),
            ("path \"a/b+\" { policy = \"read\" }", "policy line 1: \"a/b+\": a + stands for a whole segment"),
            ("path \"a/{{identity.entity.id}}\" { policy = \"read\" }", "policy line 1: templates"),
            (
                "path \"a\" { capabilities = [\"read\"]\n denied_parameters = { \"x\" = [] } }",
                "policy line 2: \"denied",
            ),
            ("paths \"a\" { policy = \"read\" }", "policy line 1: \"paths\" is unknown here"),
            ("path \"a { policy = 1 }", "policy line 1: a text has no \" at its end"),
            ("{}}", "policy line 1: something follows"),
            ("path \"a\" { capabilities = \"read\" }", "policy line 1: capabilities has another form"),
            ("path \"a\"", "policy line 1: a = or a { is missing"),
        ] {
            let found = refusal(text);
            assert!(found.starts_with(expected), "{found}");
        }
        assert!(refusal(&"{[".repeat(5000)).contains("line 1"));
        assert!(refusal(&format!("a={}", "[".repeat(50_000))).contains("nested too deep"));
    }

    #[test]
    fn what_is_written_reads_back() {
        let expected = vec![right("a/+/b", &[List, Read]), right("c*", &[Deny])];
        assert_eq!(rules(&written(&expected)).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in r#"(path|"|\{|\}|\[|\]|=|:|,|\\|/\*|\*/|#|\n|a|ü| ){0,60}"#) {
            let _ = rules(&text);
        }
    }
}
