//! What a key carries at a provider beside its material: an expiry and tags.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};
use std::str::FromStr;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Invalid;

/// The tag that says where a key came from; it is never one of a person's.
const OWN_TAG: &str = "keyferry";

/// Azure takes 15 tags, and one is ours.
const MOST_TAGS: usize = 14;

/// Days from a version's delivery until it expires at the provider: 1 to 3650.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = u32))]
#[serde(try_from = "u32", into = "u32")]
pub struct ExpiresAfter(u32);

impl ExpiresAfter {
    /// The number of days.
    #[must_use]
    pub fn days(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for ExpiresAfter {
    type Error = Invalid;

    fn try_from(days: u32) -> Result<Self, Invalid> {
        if (1..=3650).contains(&days) { Ok(Self(days)) } else { Err(Invalid("choose 1 to 3650 days")) }
    }
}

impl FromStr for ExpiresAfter {
    type Err = Invalid;

    /// Reads a number of days.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        // What is no number is refused as no days are.
        Self::try_from(text.parse::<u32>().unwrap_or(0))
    }
}

impl From<ExpiresAfter> for u32 {
    fn from(after: ExpiresAfter) -> Self {
        after.0
    }
}

/// Tags that a key carries at the provider beside our own: at most 14, names and values of at most 256 characters.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
pub struct Tags(
    // In the order of their names: a map would be a good part of the console's weight.
    Vec<(String, String)>,
);

impl Tags {
    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These, and the one that says where the key came from.
    #[must_use]
    pub fn with_origin(&self, origin: String) -> BTreeMap<String, String> {
        let mut tags: BTreeMap<String, String> = self.0.iter().cloned().collect();
        tags.insert(OWN_TAG.to_owned(), origin);
        tags
    }

    /// Adds a tag, or replaces the one of that name.
    fn set(&mut self, name: String, value: String) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&name)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    fn checked(self) -> Result<Self, Invalid> {
        if self.0.len() > MOST_TAGS {
            return Err(Invalid("a key takes at most 14 tags beside our own"));
        }
        for (name, value) in &self.0 {
            if name.trim().is_empty() || [name, value].iter().any(|text| text.chars().count() > 256) {
                return Err(Invalid("a tag has a name of 1 to 256 characters and a value of at most 256"));
            }
            if [name, value].iter().any(|text| text.chars().any(char::is_control)) {
                return Err(Invalid("a tag is one line of text"));
            }
            if name.eq_ignore_ascii_case(OWN_TAG) {
                return Err(Invalid("the tag keyferry is our own: it says where the key came from"));
            }
        }
        Ok(self)
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = Invalid;

    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, Invalid> {
        Self(tags.into_iter().collect()).checked()
    }
}

impl FromStr for Tags {
    type Err = Invalid;

    /// Reads lines of the form `name=value`; empty ones do not count.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut tags = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) =
                line.split_once('=').ok_or(Invalid("write each tag as name=value, on a line of its own"))?;
            tags.set(name.trim().to_owned(), value.trim().to_owned());
        }
        tags.checked()
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)?.checked().map_err(Error::custom)
    }
}

/// Reads pairs one by one.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Tags;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("tags, each with a name and a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Tags, A::Error> {
        let mut tags = Tags::default();
        while let Some((name, value)) = pairs.next_entry()? {
            tags.set(name, value);
        }
        Ok(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Tags, Invalid> {
        Tags::try_from(pairs.into_iter().collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn tags_follow_azures_limits_and_leave_room_for_our_own() {
        let many = |count: usize| tags((0..count).map(|number| (number.to_string(), String::new())));
        assert_eq!(many(14).unwrap().with_origin("keymgmt/payments".to_owned()).len(), 15);
        assert!(many(15).is_err());
        let one = |name: &str, value: &str| tags([(name.to_owned(), value.to_owned())]);
        assert!(one(&"n".repeat(256), &"v".repeat(256)).is_ok());
        for (name, value) in [("", "v"), ("Keyferry", "v"), ("n", "two\nlines"), (&*"n".repeat(257), "v")] {
            assert!(one(name, value).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn an_expiry_is_a_day_to_ten_years_away() {
        assert!([0, 3651].into_iter().all(|days| ExpiresAfter::try_from(days).is_err()));
        assert!([1, 3650].into_iter().all(|days| ExpiresAfter::try_from(days).is_ok()));
    }

    #[test]
    fn tags_are_written_line_by_line() {
        let read: Tags = "team=core\n\n cost centre = 4711=a\r\n".parse().unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), [("cost centre", "4711=a"), ("team", "core")]);
        assert!("".parse::<Tags>().unwrap().is_empty());
        assert!(["team", "=core", "keyferry=mine"].into_iter().all(|text| text.parse::<Tags>().is_err()));
        assert_eq!("90".parse().map(ExpiresAfter::days), Ok(90));
        assert!(["", "0", "90 days", "-1"].into_iter().all(|text| text.parse::<ExpiresAfter>().is_err()));
    }
}
