//! Reads what the browser parsed from JSON into our types.
//!
//! The types ask for what they need, member by member, and an answer that lacks it is simply not understood. Without
//! words about what is wrong where, and without a parser of our own, this is a fraction of what a general reader weighs.

use std::fmt::{self, Display};
use std::slice;

use js_sys::{Array, JSON, Object, Reflect};
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use wasm_bindgen::{JsCast, JsValue};

/// The text is not JSON, or not what was asked for.
#[derive(Debug)]
pub(super) struct Unreadable;

impl Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is not understood")
    }
}

impl std::error::Error for Unreadable {}

impl serde::de::Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// Reads a value; no text at all is read as `null`.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    T::deserialize(Value(value(text)?))
}

fn value(text: &str) -> Result<JsValue, Unreadable> {
    JSON::parse(if text.is_empty() { "null" } else { text }).map_err(|_| Unreadable)
}

struct Value(JsValue);

impl<'de> Deserializer<'de> for Value {
    type Error = Unreadable;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers stay what they are")]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Self(value) = self;
        if let Some(text) = value.as_string() {
            visitor.visit_string(text)
        } else if let Some(number) = value.as_f64() {
            // Counts and versions: nothing on the wire is negative or broken.
            visitor.visit_u64(number as u64)
        } else if let Some(answer) = value.as_bool() {
            visitor.visit_bool(answer)
        } else if Array::is_array(&value) {
            visitor.visit_seq(Rows { all: value.unchecked_into(), at: 0 })
        } else if value.is_object() {
            visitor.visit_map(Members { all: Object::entries(value.unchecked_ref()), at: 0 })
        } else {
            visitor.visit_unit()
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.is_null() || self.0.is_undefined() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_string(self.0.as_string().ok_or(Unreadable)?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_seq(Fields { of: self.0, left: fields.iter() })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if Array::is_array(&self.0) {
            visitor.visit_seq(Rows { all: self.0.unchecked_into(), at: 0 })
        } else if self.0.is_undefined() {
            // An empty list may be left out.
            visitor.visit_seq(Rows { all: Array::new(), at: 0 })
        } else {
            Err(Unreadable)
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let word: StringDeserializer<Unreadable> = self.0.as_string().ok_or(Unreadable)?.into_deserializer();
        visitor.visit_enum(word)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_bool(self.0.as_bool().ok_or(Unreadable)?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.number(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.number(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.number(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.0.as_string().ok_or(Unreadable)?)
    }

    forward_to_deserialize_any! { i8 i16 i32 i64 u8 f32 f64 char str bytes byte_buf unit_struct tuple_struct map }
}

impl Value {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole and not negative")]
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_u64(self.0.as_f64().ok_or(Unreadable)? as u64)
    }
}

/// The members of an object that a type asks for, in its order.
///
/// As a sequence: a type that reads a map also has to tell its members apart, and that is half of its reader.
struct Fields {
    of: JsValue,
    left: slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        seed.deserialize(self.next().ok_or(Unreadable)?).map(Some)
    }
}

impl Fields {
    /// The next member; what is missing is `undefined`.
    fn next(&mut self) -> Option<Value> {
        let name = self.left.next()?;
        Reflect::get(&self.of, &JsValue::from_str(name)).ok().map(Value)
    }
}

/// The rows of an array.
struct Rows {
    all: Array,
    at: u32,
}

impl<'de> SeqAccess<'de> for Rows {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        if self.at == self.all.length() {
            return Ok(None);
        }
        self.at += 1;
        seed.deserialize(Value(self.all.get(self.at - 1))).map(Some)
    }
}

/// The members of an object, as pairs of name and value.
struct Members {
    all: Array,
    at: u32,
}

impl Members {
    fn part(&self, part: u32) -> Value {
        Value(self.all.get(self.at).unchecked_into::<Array>().get(part))
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        if self.at == self.all.length() {
            return Ok(None);
        }
        seed.deserialize(self.part(0)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        let value = self.part(1);
        self.at += 1;
        seed.deserialize(value)
    }
}
