//! What a vault has compared with what is wanted.

use std::collections::BTreeMap;

use api::{Difference, DriftField, Timestamp};
use azure::{KeyBundle, KeyChange};
use byok::PublicKey;

/// A version as it should be at the vault.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a PublicKey,
    pub(crate) enabled: bool,
    pub(crate) key_ops: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
    /// Ours; others may be there beside them.
    pub(crate) tags: BTreeMap<String, String>,
}

impl Wanted<'_> {
    /// What differs. Of a version that is not ours, nothing else is told.
    pub(crate) fn differences(&self, bundle: &KeyBundle) -> Vec<Difference> {
        if !is_same(bundle, self.key) {
            let found = PublicKey::new(&bundle.modulus, &bundle.exponent).map(|key| key.thumbprint());
            let found = found.unwrap_or_else(|_| "no RSA key".to_owned());
            let advice = "Keyferry disabled it. Find out who replaced it, withdraw the key and distribute it anew.";
            return vec![lasting(DriftField::Modulus, self.key.thumbprint(), found, advice)];
        }
        [self.enabled(bundle), self.purposes(bundle), self.expiry(bundle), self.tags(bundle)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The change that makes these fields as they should be.
    pub(crate) fn change(&self, bundle: &KeyBundle, fields: &[DriftField]) -> KeyChange {
        let asked = |field| fields.contains(&field);
        KeyChange {
            enabled: asked(DriftField::Enabled).then_some(self.enabled),
            expires_at: self.expires_at.filter(|_| asked(DriftField::ExpiresAt)).map(seconds),
            key_ops: asked(DriftField::Purposes).then(|| self.key_ops.clone()),
            // They replace all others, which stay as they are.
            tags: asked(DriftField::Tags).then(|| {
                let mut tags = bundle.tags.clone();
                tags.extend(self.tags.clone());
                tags
            }),
        }
    }

    fn enabled(&self, bundle: &KeyBundle) -> Option<Difference> {
        let word = |enabled| if enabled { "yes" } else { "no" };
        (bundle.enabled != self.enabled)
            .then(|| difference(DriftField::Enabled, word(self.enabled), word(bundle.enabled)))
    }

    fn purposes(&self, bundle: &KeyBundle) -> Option<Difference> {
        let sorted = |operations: &[String]| {
            let mut operations = operations.to_vec();
            operations.sort_unstable();
            operations.join(", ")
        };
        let (wanted, found) = (sorted(&self.key_ops), sorted(&bundle.key_ops));
        (wanted != found).then(|| difference(DriftField::Purposes, wanted, found))
    }

    fn expiry(&self, bundle: &KeyBundle) -> Option<Difference> {
        let word = |moment: Option<Timestamp>| moment.map_or_else(|| "never".to_owned(), |moment| moment.to_string());
        if self.expires_at.map(seconds) == bundle.expires_at {
            return None;
        }
        let found = bundle.expires_at.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
        let advice = "Azure takes no expiry back: accept it, or withdraw the key and distribute it anew.";
        Some(match self.expires_at {
            Some(wanted) => difference(DriftField::ExpiresAt, wanted.to_string(), word(found)),
            None => lasting(DriftField::ExpiresAt, word(None), word(found), advice),
        })
    }

    fn tags(&self, bundle: &KeyBundle) -> Option<Difference> {
        let other = |(name, value): &(&String, &String)| bundle.tags.get(*name) != Some(*value);
        let (mut wanted, mut found) = (Vec::new(), Vec::new());
        for (name, value) in self.tags.iter().filter(other) {
            wanted.push(format!("{name}={value}"));
            found.push(bundle.tags.get(name).map_or_else(|| format!("no {name}"), |value| format!("{name}={value}")));
        }
        (!wanted.is_empty()).then(|| difference(DriftField::Tags, wanted.join(", "), found.join(", ")))
    }
}

/// Whether the vault's public key is ours.
pub(crate) fn is_same(bundle: &KeyBundle, ours: &PublicKey) -> bool {
    bundle.modulus == ours.modulus() && bundle.exponent == ours.exponent()
}

/// Azure counts seconds.
pub(crate) fn seconds(moment: Timestamp) -> i64 {
    moment.millis().div_euclid(1000)
}

/// Something that differs, and that nobody accepted yet.
pub(crate) fn difference(field: DriftField, wanted: impl Into<String>, found: impl Into<String>) -> Difference {
    Difference { field, wanted: wanted.into(), found: found.into(), since: None, advice: None, accepted: None }
}

/// One that cannot be reconciled, with what to do about it.
pub(crate) fn lasting(
    field: DriftField,
    wanted: impl Into<String>,
    found: impl Into<String>,
    advice: &str,
) -> Difference {
    Difference { advice: Some(advice.to_owned()), ..difference(field, wanted, found) }
}

/// What is found now, with what is known of it since before: as long as a difference stays the same, so does since when,
/// and that it was accepted.
pub(crate) fn carried(before: &[Difference], found: Vec<Difference>, now: Timestamp) -> Vec<Difference> {
    let with_past = |new: Difference| {
        let is_old = |old: &&Difference| (old.field, &old.wanted, &old.found) == (new.field, &new.wanted, &new.found);
        match before.iter().find(is_old) {
            Some(old) => Difference { since: old.since, accepted: old.accepted.clone(), ..new },
            None => Difference { since: Some(now), ..new },
        }
    };
    found.into_iter().map(with_past).collect()
}

/// How much a distribution's differences matter: 0 where there are none, 1 where all are accepted, 2 where some are open,
/// 3 where one of those is an alarm.
pub(crate) fn rank<'a>(differences: impl IntoIterator<Item = &'a Difference>) -> u32 {
    let of_one = |difference: &Difference| match (difference.is_open(), difference.field.is_alarm()) {
        (false, _) => 1,
        (true, false) => 2,
        (true, true) => 3,
    };
    differences.into_iter().map(of_one).max().unwrap_or(0)
}
