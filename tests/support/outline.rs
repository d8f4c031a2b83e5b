//! A page as assistive technology sees it: roles, names, values.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};

use serde_json::Value;

/// How many lines of a page a failure prints.
const PRINTED: usize = 250;

/// The accessibility tree of a page, in the order of reading.
#[derive(Default)]
pub(crate) struct Outline(Vec<Part>);

/// One thing on a page.
pub(crate) struct Part {
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) states: HashMap<String, String>,
    /// What the DOM calls it.
    pub(crate) node: Option<i64>,
    depth: usize,
}

impl Outline {
    /// Reads the result of `Accessibility.getFullAXTree`.
    pub(crate) fn read(tree: &Value) -> Self {
        let nodes = tree["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let by_id: HashMap<&str, &Value> =
            nodes.iter().filter_map(|node| Some((node["nodeId"].as_str()?, node))).collect();
        let mut outline = Self::default();
        if let Some(root) = nodes.iter().find(|node| node["parentId"].is_null()) {
            outline.add(root, 0, &by_id);
        }
        outline
    }

    fn add(&mut self, node: &Value, depth: usize, by_id: &HashMap<&str, &Value>) {
        let role = text(&node["role"]);
        let is_seen = node["ignored"] != true && !matches!(role.as_str(), "InlineTextBox" | "none");
        if is_seen {
            let properties = node["properties"].as_array().map(Vec::as_slice).unwrap_or_default();
            let state = |property: &Value| Some((property["name"].as_str()?.to_owned(), text(&property["value"])));
            self.0.push(Part {
                role,
                name: text(&node["name"]),
                value: text(&node["value"]),
                states: properties.iter().filter_map(state).collect(),
                node: node["backendDOMNodeId"].as_i64(),
                depth,
            });
        }
        let children = node["childIds"].as_array().map(Vec::as_slice).unwrap_or_default();
        for child in children.iter().filter_map(|id| by_id.get(id.as_str()?)) {
            self.add(child, depth + usize::from(is_seen), by_id);
        }
    }

    /// All parts of a role and name.
    pub(crate) fn find(&self, role: &str, name: &str) -> impl Iterator<Item = &Part> {
        self.0.iter().filter(move |part| part.role == role && is_named(part, name))
    }

    /// The first part of one of several roles with this name.
    pub(crate) fn first(&self, roles: &[&str], name: &str) -> Option<&Part> {
        self.0.iter().find(|part| roles.contains(&part.role.as_str()) && is_named(part, name))
    }

    /// What lies in a part of this role and name. Rows and list items are known by any text in them,
    /// because they have no names of their own.
    pub(crate) fn within(self, role: &str, name: &str) -> Option<Self> {
        let is_known_by_text = matches!(role, "row" | "listitem");
        let mut range = None;
        for (at, part) in self.0.iter().enumerate().filter(|(_, part)| part.role == role) {
            let end = self.0[at + 1..].iter().position(|other| other.depth <= part.depth);
            let end = end.map_or(self.0.len(), |length| at + 1 + length);
            if same(&part.name, name) || is_known_by_text && contains(&text_of(&self.0[at..end]), name) {
                range = Some(at..end);
                break;
            }
        }
        let mut parts = self.0;
        Some(Self(parts.drain(range?).collect()))
    }

    /// All text, white space made even.
    pub(crate) fn text(&self) -> String {
        text_of(&self.0)
    }

    /// Whether a text occurs, however it is broken into lines and elements.
    pub(crate) fn has_text(&self, wanted: &str) -> bool {
        contains(&self.text(), wanted)
    }
}

fn text(value: &Value) -> String {
    match &value["value"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn text_of(parts: &[Part]) -> String {
    let texts = parts.iter().filter(|part| part.role == "StaticText");
    texts.flat_map(|part| part.name.split_whitespace()).collect::<Vec<_>>().join(" ")
}

/// Whether a part is called so. A summary is called by all its text; its first words are enough.
fn is_named(part: &Part, name: &str) -> bool {
    same(&part.name, name) || part.role == "DisclosureTriangle" && part.name.starts_with(name)
}

fn same(left: &str, right: &str) -> bool {
    left.split_whitespace().eq(right.split_whitespace())
}

fn contains(text: &str, wanted: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    squeeze(text).contains(&squeeze(wanted))
}

impl Display for Outline {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let is_told =
            |part: &&Part| part.role != "generic" && !(part.role == "StaticText" && part.name.trim().is_empty());
        let told = self.0.iter().filter(is_told).count();
        for part in self.0.iter().filter(is_told).take(PRINTED) {
            write!(formatter, "{:1$}{2}", "", part.depth, part.role)?;
            if !part.name.is_empty() {
                write!(formatter, " \"{}\"", part.name)?;
            }
            if !part.value.is_empty() {
                write!(formatter, " = \"{}\"", part.value)?;
            }
            for state in ["disabled", "checked", "expanded", "invalid", "focused"] {
                match part.states.get(state).map(String::as_str) {
                    None | Some("false") => {}
                    Some("true") => write!(formatter, " {state}")?,
                    Some(value) => write!(formatter, " {state}:{value}")?,
                }
            }
            writeln!(formatter)?;
        }
        if told > PRINTED {
            writeln!(formatter, "… and {} more", told - PRINTED)?;
        }
        Ok(())
    }
}
