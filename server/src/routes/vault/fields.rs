//! The fields of a body, read as leniently as Vault does: numbers and booleans as strings, lists as text, and so on.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use api::SecretInput;
use serde_json::{Map, Value};
use url::form_urlencoded;
use zeroize::Zeroize as _;

use super::answer::Refusal;

/// The fields of a body. Each is taken when it is read; what is left at the end nobody knows. May hold secrets, which are
/// wiped.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

/// Reads a body: JSON whatever it is called, unless it is declared as a form and does not look like JSON.
pub(super) fn parse(body: &[u8], is_form: bool) -> Result<Fields, Refusal> {
    let text = body.trim_ascii();
    if text.is_empty() {
        return Ok(Fields::default());
    }
    if is_form && !matches!(text[0], b'{' | b'[') && text != b"null" {
        return Ok(Fields(form(text)));
    }
    match serde_json::from_slice(text) {
        Ok(Value::Object(fields)) => Ok(Fields(fields)),
        Ok(Value::Null) => Ok(Fields::default()),
        Ok(_) => Err(Refusal::bad("failed to parse JSON input: the body has to be an object")),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(Refusal::bad(format!("failed to parse JSON input: it cannot be read at line {line}, column {column}")))
        }
    }
}

/// The pairs of a form; what is given several times is a list.
fn form(text: &[u8]) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(text) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(&*name) {
            None => drop(fields.insert(name.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    fields
}

impl Fields {
    /// A text; numbers and booleans are taken as written.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        self.taken(name, text, "expected a string")
    }

    /// A secret text.
    pub(super) fn secret(&mut self, name: &str) -> Result<Option<SecretInput>, Refusal> {
        Ok(self.text(name)?.map(SecretInput::new))
    }

    /// A text that is one of the API's words or names.
    pub(super) fn word<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let read = |text: String| text.parse().map_err(|error: T::Err| invalid(name, &error.to_string()));
        self.text(name)?.map(read).transpose()
    }

    /// A boolean: `true`, `"true"`, `1`, `"t"` and so on.
    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        let read = |value: Value| match value {
            Value::Bool(value) => Some(value),
            Value::Number(number) => number.as_f64().map(|number| number != 0.0),
            Value::String(text) if text.is_empty() => Some(false),
            Value::String(text) => boolean(&text),
            _ => None,
        };
        self.taken(name, read, "expected true or false")
    }

    /// A whole number, also as text.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let read = |value: Value| match value {
            Value::Bool(value) => Some(i64::from(value)),
            Value::Number(number) => whole(&number),
            Value::String(text) if text.is_empty() => Some(0),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        self.taken(name, read, "expected a whole number")
    }

    /// A list of texts, also as one text with commas.
    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let read = |value: Value| {
            let parts: Vec<String> = match value {
                Value::Array(values) => values.into_iter().map(text).collect::<Option<_>>()?,
                value => text(value)?.split(',').map(str::to_owned).collect(),
            };
            Some(parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
        };
        self.taken(name, read, "expected a list, or a string with commas")
    }

    /// A time: seconds as a number or text, or as `1h30m`.
    pub(super) fn duration(&mut self, name: &str) -> Result<Option<Duration>, Refusal> {
        let read = |value: Value| match text(value)?.trim() {
            "" => Some(Duration::ZERO),
            text => duration(text),
        };
        self.taken(name, read, "expected a time: seconds, or such as 90s, 15m, 24h")
    }

    /// Key-value pairs: an object, a list of `k=v`, one `k=v`, or the text of an object.
    pub(super) fn pairs(&mut self, name: &str) -> Result<Option<BTreeMap<String, SecretInput>>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match pairs(value) {
                Ok(pairs) => Ok(Some(pairs)),
                Err(reason) => Err(invalid(name, reason)),
            },
        }
    }

    /// An object, or nothing in its place.
    pub(super) fn object(&mut self, name: &str) -> Result<Option<Fields>, Refusal> {
        let read = |value: Value| match value {
            Value::Object(fields) => Some(Fields(fields)),
            Value::String(text) if text.is_empty() => Some(Fields::default()),
            Value::String(text) => serde_json::from_str(&text).ok().map(Fields),
            _ => None,
        };
        self.taken(name, read, "expected an object")
    }

    /// Whatever stands there.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Takes a field that the path says too.
    pub(super) fn replaced(&mut self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.0.remove(*name).is_some()).collect()
    }

    /// What nobody has read, by name.
    pub(super) fn unknown(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    fn taken<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Option<T>,
        expected: &str,
    ) -> Result<Option<T>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| invalid(name, expected)),
        }
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A field that cannot be read. Its value is not repeated: it may be a secret.
pub(super) fn invalid(name: &str, reason: &str) -> Refusal {
    Refusal::bad(format!("Field validation failed: error converting input for field \"{name}\": {reason}"))
}

/// `true` and `false` as Go reads them.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A time as Go writes it, or whole seconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        total += number.parse::<f64>().ok()? * seconds_of(unit)?;
        rest = after;
    }
    Duration::try_from_secs_f64(total).ok().filter(|_| !text.is_empty())
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86_400.0),
        _ => None,
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number without a fraction, also where it is written with one.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        format!("{float:.0}").parse().ok()
    })
}

fn pairs(value: Value) -> Result<BTreeMap<String, SecretInput>, &'static str> {
    let list = match value {
        Value::Object(fields) => return map(fields),
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(fields) => return map(fields),
            Err(_) if text.is_empty() => return Ok(BTreeMap::new()),
            Err(_) => vec![Value::String(text)],
        },
        Value::Array(values) => values,
        Value::Null | Value::Bool(_) | Value::Number(_) => return Err("expected key-value pairs"),
    };
    let mut pairs = BTreeMap::new();
    for value in list {
        match value {
            Value::Object(fields) => pairs.extend(map(fields)?),
            value => {
                let text = text(value).map(zeroize::Zeroizing::new).ok_or("expected key-value pairs")?;
                let pair = text.split_once('=').filter(|(key, _)| !key.trim().is_empty());
                let (key, value) = pair.ok_or("invalid key pair: write key=value")?;
                pairs.insert(key.trim().to_owned(), SecretInput::new(value.to_owned()));
            }
        }
    }
    Ok(pairs)
}

fn map(fields: Map<String, Value>) -> Result<BTreeMap<String, SecretInput>, &'static str> {
    let present = fields.into_iter().filter(|(_, value)| !value.is_null());
    let secret = |(name, value)| Ok((name, SecretInput::new(text(value).ok_or("expected text for each key")?)));
    present.map(secret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Fields {
        parse(body.as_bytes(), false).ok().expect("the body can be read")
    }

    fn shown(fields: &mut Fields, name: &str) -> Option<Vec<(String, String)>> {
        let pairs = fields.pairs(name).ok()??;
        Some(pairs.into_iter().map(|(key, value)| (key, value.expose().to_owned())).collect())
    }

    #[test]
    fn bodies_come_in_every_shape() {
        for (body, is_form) in
            [("", false), ("null", false), ("{}", true), ("  ", true), ("null", true), (" {\"type\":\"x\"}", true)]
        {
            assert!(parse(body.as_bytes(), is_form).is_ok(), "{body}");
        }
        let mut fields = parse(b"type=rsa-2048&purpose=sign&purpose=verify", true).ok().unwrap();
        assert_eq!(fields.text("type").ok().flatten().as_deref(), Some("rsa-2048"));
        assert_eq!(fields.list("purpose").ok().flatten(), Some(vec!["sign".to_owned(), "verify".to_owned()]));
        for body in ["[]", "7", "{", "type=x", "{} {}"] {
            assert!(parse(body.as_bytes(), false).is_err(), "{body}");
        }
    }

    #[test]
    fn fields_are_weakly_typed() {
        let mut fields = read(
            r#"{"a":"true","b":1,"c":"2","d":3.0,"e":"","f":"sign, verify","g":["a",1],"h":"1h30m","i":"1200s","j":90,"k":[]}"#,
        );
        assert_eq!(fields.boolean("a").ok().flatten(), Some(true));
        assert_eq!(fields.boolean("b").ok().flatten(), Some(true));
        assert_eq!(fields.integer("c").ok().flatten(), Some(2));
        assert_eq!(fields.integer("d").ok().flatten(), Some(3));
        assert_eq!(fields.integer("e").ok().flatten(), Some(0));
        assert_eq!(fields.list("f").ok().flatten(), Some(vec!["sign".to_owned(), "verify".to_owned()]));
        assert_eq!(fields.list("g").ok().flatten(), Some(vec!["a".to_owned(), "1".to_owned()]));
        assert_eq!(fields.duration("h").ok().flatten(), Some(Duration::from_mins(90)));
        assert_eq!(fields.duration("i").ok().flatten(), Some(Duration::from_mins(20)));
        assert_eq!(fields.duration("j").ok().flatten(), Some(Duration::from_secs(90)));
        assert!(fields.boolean("k").is_err());
        assert_eq!(fields.text("absent").ok(), Some(None));
        assert!(fields.unknown().is_empty());
    }

    #[test]
    fn pairs_are_a_map_a_list_one_or_a_file() {
        let mut fields = read(
            r#"{"map":{"a":"1","b":2},"list":["a=1","b=2=3","a=4"],"one":"a=b=c","file":"{\"a\":\"1\"}","bad":["a"],"worse":["=1"]}"#,
        );
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(shown(&mut fields, "map"), Some(vec![pair("a", "1"), pair("b", "2")]));
        assert_eq!(shown(&mut fields, "list"), Some(vec![pair("a", "4"), pair("b", "2=3")]));
        assert_eq!(shown(&mut fields, "one"), Some(vec![pair("a", "b=c")]));
        assert_eq!(shown(&mut fields, "file"), Some(vec![pair("a", "1")]));
        assert!(fields.pairs("bad").is_err() && fields.pairs("worse").is_err());
    }

    #[test]
    fn times_that_are_none_are_refused() {
        assert_eq!(duration("0"), Some(Duration::ZERO));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1500)));
        for text in ["", "s", "5x", "-5s", "1h-", "soon", "99999999999999999999d"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
