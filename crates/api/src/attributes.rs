//! What a key carries at a provider beside its material: an expiry and tags.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

impl From<ExpiresAfter> for u32 {
    fn from(after: ExpiresAfter) -> Self {
        after.0
    }
}

/// Tags that a key carries at the provider beside our own: at most 14, names and values of at most 256 characters.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Tags(BTreeMap<String, String>);

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
        let mut tags = self.0.clone();
        tags.insert(OWN_TAG.to_owned(), origin);
        tags
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = Invalid;

    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, Invalid> {
        if tags.len() > MOST_TAGS {
            return Err(Invalid("a key takes at most 14 tags beside our own"));
        }
        for (name, value) in &tags {
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
        Ok(Self(tags))
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.0
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
}
