//! Rotation by itself.

mod page;
mod period;

pub(crate) use page::page;
pub(crate) use period::{Keys, period};

use crate::ui::many;

/// Says how many versions stay enabled.
pub(crate) fn kept(versions: Option<u32>) -> String {
    match versions {
        None => "all versions".to_owned(),
        Some(1) => "only the latest".to_owned(),
        Some(count) => format!("the last {}", many(count.into(), "version")),
    }
}
