//! What a key carries in the vault beside its material.

use std::str::FromStr;

use ::api::{ExpiresAfter, Invalid, Tags};

use super::create::Wish;
use crate::prelude::*;
use crate::ui::{Area, Field, check};

/// When versions expire: after so many days, or never.
pub(super) struct Expiry(pub(super) Option<ExpiresAfter>);

impl FromStr for Expiry {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Ok(Self(None)) } else { text.parse().map(|after| Self(Some(after))) }
    }
}

/// The fields for both.
#[component]
pub(crate) fn Attributes(wish: Wish) -> impl IntoView {
    let form = wish.form;
    view! {
        <Field
            form
            name="expires_after"
            label="Days until a version expires"
            value=wish.expires_after
            hint="Counted from its delivery. Empty: never."
            check={check::<Expiry>}
        />
        <Area
            form
            name="tags"
            label="Tags"
            value=wish.tags
            hint="One on each line, as name=value. One more is added, keyferry: it says where the key comes from."
            check={check::<Tags>}
            rows="2"
        />
    }
}

/// What is written in the fields, if it can be.
pub(crate) fn attributes(wish: Wish) -> Option<(Option<ExpiresAfter>, Tags)> {
    let Expiry(expires_after) = wish.expires_after.read().trim().parse().ok()?;
    Some((expires_after, wish.tags.read().parse().ok()?))
}
