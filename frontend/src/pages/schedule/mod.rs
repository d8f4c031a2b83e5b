//! Rotation by itself.

mod page;
mod period;

pub(crate) use page::page;
pub(crate) use period::Period;

use crate::ui::many;

/// Says how many versions stay enabled.
pub(crate) fn kept(versions: Option<u32>) -> String {
    versions.map_or_else(|| "all versions".to_owned(), |count| format!("the last {}", many(count.into(), "version")))
}
