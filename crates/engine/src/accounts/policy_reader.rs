//! The syntax of policies, without what it means: HCL as Vault writes it, and JSON.

use crate::Error;

/// A value of the text with the line it begins on.
pub(super) enum Value {
    Text(String),
    List(Vec<(usize, Value)>),
    Object(Vec<Entry>),
    /// A number or a word: nothing that a rule needs.
    Word,
}

/// A name and its value.
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) value: Value,
}

/// Reads a whole text.
pub(super) fn document(text: &str) -> Result<Vec<Entry>, Error> {
    Reader { text, at: 0, line: 1 }.document()
}

/// A mistake in a line of the text.
pub(super) fn invalid(line: usize, message: impl AsRef<str>) -> Error {
    Error::invalid("policy", format!("line {line}: {}", message.as_ref()))
}

/// Reads HCL's first form and JSON alike: entries of a name, perhaps labels, and a value.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Vec<Entry>, Error> {
        let is_json = self.peek()? == Some('{');
        if is_json {
            self.skip();
        }
        let entries = self.entries(is_json.then_some('}'), 0)?;
        match self.peek()? {
            None => Ok(entries),
            Some(_) => Err(invalid(self.line, "something follows the end of the document")),
        }
    }

    /// Entries up to the closing brace, or to the end of the text.
    fn entries(&mut self, close: Option<char>, depth: usize) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        loop {
            let next = self.peek()?;
            if next == close {
                self.skip();
                return Ok(entries);
            }
            match next {
                None => return Err(invalid(self.line, "the text ends before a } that is missing")),
                Some(',') if !entries.is_empty() => self.skip(),
                Some(_) => {
                    let line = self.line;
                    let name = self.name()?;
                    let value = self.behind_name(depth)?;
                    entries.push(Entry { line, name, value });
                }
            }
        }
    }

    /// `= value`, `: value`, `{ … }`, or labels and then `{ … }`.
    fn behind_name(&mut self, depth: usize) -> Result<Value, Error> {
        match self.peek()? {
            Some('=' | ':') => {
                self.skip();
                self.value(depth + 1)
            }
            Some('{') => self.value(depth + 1),
            Some('"') if depth < 4 => {
                let line = self.line;
                let name = self.name()?;
                let value = self.behind_name(depth + 1)?;
                Ok(Value::Object(vec![Entry { line, name, value }]))
            }
            _ => Err(invalid(self.line, "a = or a { is missing")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > 8 {
            return Err(invalid(self.line, "braces and brackets are nested too deep for a policy"));
        }
        match self.peek()? {
            Some('"') => Ok(Value::Text(self.string()?)),
            Some('{') => {
                self.skip();
                Ok(Value::Object(self.entries(Some('}'), depth)?))
            }
            Some('[') => {
                self.skip();
                self.list(depth)
            }
            Some(c) if is_word(c) => {
                self.word();
                Ok(Value::Word)
            }
            _ => Err(invalid(self.line, "a value is missing: a text in quotes, a list or a block")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            match self.peek()? {
                Some(']') => {
                    self.skip();
                    return Ok(Value::List(items));
                }
                None => return Err(invalid(self.line, "the text ends before a ] that is missing")),
                Some(_) => {
                    items.push((self.line, self.value(depth + 1)?));
                    match self.peek()? {
                        Some(',') => self.skip(),
                        Some(']') => {}
                        _ => return Err(invalid(self.line, "a , or a ] is missing in the list")),
                    }
                }
            }
        }
    }

    fn name(&mut self) -> Result<String, Error> {
        match self.peek()? {
            Some('"') => self.string(),
            Some(c) if is_word(c) => Ok(self.word()),
            _ => Err(invalid(self.line, "a name is missing, such as path")),
        }
    }

    fn word(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    fn string(&mut self) -> Result<String, Error> {
        let start = self.line;
        self.skip();
        let mut text = String::new();
        loop {
            match self.take() {
                None | Some('\n') => return Err(invalid(start, "a text has no \" at its end")),
                Some('"') => return Ok(text),
                Some('\\') => text.push(match self.take() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(c @ ('"' | '\\' | '/')) => c,
                    _ => return Err(invalid(start, "a text knows only \\\", \\\\, \\/, \\n and \\t behind a \\")),
                }),
                Some(c) => text.push(c),
            }
        }
    }

    /// The next character that means something, without taking it.
    fn peek(&mut self) -> Result<Option<char>, Error> {
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else { return Ok(None) };
            if c.is_whitespace() || c == '\u{feff}' {
                self.skip();
            } else if c == '#' || rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| invalid(self.line, "a comment has no */ at its end"))?;
                self.line += rest[..end].matches('\n').count();
                self.at += end + 2;
            } else {
                return Ok(Some(c));
            }
        }
    }

    fn skip(&mut self) {
        let _ = self.take();
    }

    fn take(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
