//! The same action as a command: with Vault's CLI, with `curl`, and in Terraform.

use std::str::FromStr;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// A text, or the variable that stands for what is secret or not filled in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Text {
    Plain(String),
    Variable(&'static str),
}

impl Text {
    /// What is filled in, or a variable as long as it is not right.
    pub(crate) fn read<T: FromStr>(text: &str, variable: &'static str) -> Self {
        let text = text.trim();
        if text.parse::<T>().is_ok() { Self::Plain(text.to_owned()) } else { Self::Variable(variable) }
    }

    fn hcl(&self) -> String {
        match self {
            Self::Plain(text) => quoted(text),
            Self::Variable(name) => format!("var.{}", name.to_ascii_lowercase()),
        }
    }
}

impl<T: ToString> From<&T> for Text {
    fn from(name: &T) -> Self {
        Self::Plain(name.to_string())
    }
}

/// What a field is set to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A word.
    Text(Text),
    /// A number, `true` or `false`.
    Bare(String),
    /// Several words.
    List(Vec<&'static str>),
    /// Words by their names.
    Map(Vec<(&'static str, Text)>),
}

impl Value {
    /// A word that is known beforehand.
    pub(crate) fn word(word: &str) -> Self {
        Self::Text(Text::Plain(word.to_owned()))
    }

    fn hcl(&self) -> String {
        match self {
            Self::Text(text) => text.hcl(),
            Self::Bare(text) => text.clone(),
            Self::List(words) => format!("[{}]", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ")),
            Self::Map(pairs) if pairs.is_empty() => "{}".to_owned(),
            Self::Map(pairs) => {
                let pairs = pairs.iter().map(|(name, text)| (*name, text.hcl())).collect();
                format!("{{\n{}  }}", attributes(pairs, "    "))
            }
        }
    }
}

/// Who is told about a field.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reader {
    All,
    /// Terraform knows it by the kind of the resource.
    Api,
    /// Terraform wants the whole resource, not only what changes.
    Terraform,
}

/// A command that follows what is filled in.
pub(crate) type CommandNow = Arc<dyn Fn() -> Command + Send + Sync>;

/// One action on one thing of a workspace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    deletes: bool,
    resource: &'static str,
    mount: String,
    /// The thing, such as a key, or a key in a KMS.
    thing: Vec<(&'static str, Text)>,
    verb: &'static str,
    fields: Vec<(Reader, &'static str, Value)>,
}

impl Command {
    /// One that stays as it is.
    pub(crate) fn fixed(self) -> CommandNow {
        Arc::new(move || self.clone())
    }

    /// Makes or changes something that Terraform knows as `resource`.
    pub(crate) fn write(resource: &'static str, mount: &str, thing: Vec<(&'static str, Text)>) -> Self {
        Self { deletes: false, resource, mount: mount.to_owned(), thing, verb: "", fields: Vec::new() }
    }

    /// Deletes something.
    pub(crate) fn delete(resource: &'static str, mount: &str, thing: Vec<(&'static str, Text)>) -> Self {
        Self { deletes: true, ..Self::write(resource, mount, thing) }
    }

    /// What is done with the thing, if it is not simply written.
    pub(crate) fn verb(self, verb: &'static str) -> Self {
        Self { verb, ..self }
    }

    /// Sets a field.
    pub(crate) fn field(self, name: &'static str, value: Value) -> Self {
        self.with(Reader::All, name, value)
    }

    /// Sets a field that Terraform does not have.
    pub(crate) fn api_field(self, name: &'static str, value: Value) -> Self {
        self.with(Reader::Api, name, value)
    }

    /// Says to Terraform what is and stays so.
    pub(crate) fn declared(self, name: &'static str, value: Value) -> Self {
        self.with(Reader::Terraform, name, value)
    }

    fn with(mut self, reader: Reader, name: &'static str, value: Value) -> Self {
        self.fields.push((reader, name, value));
        self
    }

    fn path(&self) -> Vec<Text> {
        let mut path = vec![Text::Plain(self.mount.clone())];
        for (kind, name) in &self.thing {
            path.push(Text::Plain(format!("/{kind}/")));
            path.push(name.clone());
        }
        if !self.verb.is_empty() {
            path.push(Text::Plain(format!("/{}", self.verb)));
        }
        path
    }

    /// The fields as arguments of a shell.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for (_, name, value) in self.fields.iter().filter(|field| field.0 != Reader::Terraform) {
            let mut say = |before: String, text: &Text| arguments.push(shell(&[Text::Plain(before), text.clone()]));
            match value {
                Value::Text(text) => say(format!("{name}="), text),
                Value::Bare(text) => say(format!("{name}="), &Text::from(text)),
                Value::List(words) => say(format!("{name}="), &Text::Plain(words.join(","))),
                Value::Map(pairs) => pairs.iter().for_each(|(key, text)| say(format!("{name}={key}="), text)),
            }
        }
        arguments
    }

    /// With Vault's CLI.
    pub(crate) fn vault(&self) -> String {
        let arguments = self.arguments();
        let act = match (self.deletes, arguments.is_empty()) {
            (true, _) => "delete",
            (false, true) => "write -f",
            (false, false) => "write",
        };
        lines(format!("vault {act} {}", shell(&self.path())), arguments)
    }

    /// With `curl`: a form, so that a secret of any shape arrives as it is.
    pub(crate) fn curl(&self) -> String {
        let mut url = vec![Text::Variable("VAULT_ADDR"), Text::Plain("/v1/".to_owned())];
        url.extend(self.path());
        let method = if self.deletes { "DELETE" } else { "POST" };
        let mut rest = vec!["-H \"X-Vault-Token: $VAULT_TOKEN\"".to_owned()];
        rest.extend(self.arguments().into_iter().map(|argument| format!("--data-urlencode {argument}")));
        lines(format!("curl --fail-with-body -X {method} {}", shell(&url)), rest)
    }

    /// In Terraform.
    pub(crate) fn terraform(&self) -> String {
        let label = self.label();
        if self.deletes {
            return format!(
                "# Take the resource out of the configuration and apply, or at once:\nterraform destroy -target={}.{label}",
                self.resource
            );
        }
        let mut pairs = vec![("mount", quoted(&self.mount))];
        for (kind, name) in &self.thing {
            let attribute = match (self.thing.len(), *kind) {
                (1, _) => "name",
                (_, "kms") => "kms_name",
                _ => "key_name",
            };
            pairs.push((attribute, name.hcl()));
        }
        let fields = self.fields.iter().filter(|field| field.0 != Reader::Api);
        pairs.extend(fields.map(|(_, name, value)| (terraform_name(name), value.hcl())));
        format!("resource \"{}\" \"{label}\" {{\n{}}}", self.resource, attributes(pairs, "  "))
    }

    /// What the resource is called: a word of HCL made of the names.
    fn label(&self) -> String {
        let mut label = String::new();
        for (_, name) in &self.thing {
            if !label.is_empty() {
                label.push('_');
            }
            label.push_str(&match name {
                Text::Plain(text) => text.replace(['.', '-'], "_"),
                Text::Variable(name) => name.to_ascii_lowercase(),
            });
        }
        if label.starts_with(|c: char| c.is_ascii_digit()) {
            label.insert(0, '_');
        }
        label
    }
}

/// Terraform keeps credentials out of its state: they can only be written.
fn terraform_name(field: &'static str) -> &'static str {
    if field == "credentials" { "credentials_wo" } else { field }
}

/// A command and what follows it, a line each.
fn lines(first: String, rest: Vec<String>) -> String {
    rest.into_iter().fold(first, |text, line| text + " \\\n  " + &line)
}

/// One word for a shell.
fn shell(parts: &[Text]) -> String {
    let (mut plain, mut text) = (true, String::new());
    for part in parts {
        match part {
            Text::Plain(part) => text.push_str(part),
            Text::Variable(_) => plain = false,
        }
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./=,:".contains(c);
    if plain && !text.is_empty() && text.chars().all(bare) {
        return text;
    }
    if plain {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut word = "\"".to_owned();
    for part in parts {
        match part {
            Text::Plain(part) => word.push_str(&escaped(part, "\\\"$`")),
            Text::Variable(name) => {
                word.push('$');
                word.push_str(name);
            }
        }
    }
    word + "\""
}

/// A string of HCL.
fn quoted(text: &str) -> String {
    let text = escaped(text, "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{}\"", text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"))
}

/// Puts a backslash before some characters.
fn escaped(text: &str, which: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if which.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Attributes as `terraform fmt` writes them.
fn attributes(pairs: Vec<(&'static str, String)>, indent: &str) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, value) in pairs {
        text.push_str(indent);
        text.push_str(name);
        text.push_str(&" ".repeat(width - name.len()));
        text.push_str(" = ");
        text.push_str(&value);
        text.push('\n');
    }
    text
}
