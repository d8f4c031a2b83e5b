//! Whether to import a version: Azure's import is not idempotent, so this is decided by looking first.

use std::time::Duration;

use api::Timestamp;

/// What the vault holds under the name, as its current version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// The very key that is to be imported.
    Ours,
    /// The version that was delivered before it.
    Previous,
    /// Something else.
    Other,
}

/// What to do about a version that is not known to be delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Decision {
    /// Import it.
    Import,
    /// It is there already: record it.
    Adopt,
    /// An import whose reply was lost may still be on its way: look again then.
    WaitUntil(Timestamp),
    /// The versions delivered before are gone.
    Gone,
    /// The name holds a key that is not ours: touch nothing.
    Foreign,
}

/// Decides. `started` is when an import without a known outcome was sent; `first` is whether no version was delivered
/// before.
pub(crate) fn decide(
    found: Found,
    first: bool,
    started: Option<Timestamp>,
    settling: Duration,
    now: Timestamp,
) -> Decision {
    match (found, first) {
        (Found::Ours, _) => Decision::Adopt,
        (Found::Other, _) => Decision::Foreign,
        (Found::Nothing, false) => Decision::Gone,
        (Found::Nothing, true) | (Found::Previous, _) => match started.map(|started| settled(started, settling)) {
            Some(settled) if now < settled => Decision::WaitUntil(settled),
            _ => Decision::Import,
        },
    }
}

/// From when on an import whose reply was lost has been carried out or never will be.
pub(crate) fn settled(started: Timestamp, settling: Duration) -> Timestamp {
    started.plus_millis(i64::try_from(settling.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLING: Duration = Duration::from_mins(2);
    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn a_lost_import_is_repeated_only_after_its_settling_time() {
        let just_sent = Some(NOW.plus_millis(-119_999));
        let settled = Some(NOW.plus_millis(-120_000));
        for (found, first) in [(Found::Nothing, true), (Found::Previous, false)] {
            assert_eq!(decide(found, first, None, SETTLING, NOW), Decision::Import);
            assert_eq!(decide(found, first, just_sent, SETTLING, NOW), Decision::WaitUntil(NOW.plus_millis(1)));
            assert_eq!(decide(found, first, settled, SETTLING, NOW), Decision::Import);
        }
    }

    #[test]
    fn what_is_there_already_is_adopted_and_what_is_not_ours_is_left_alone() {
        for started in [None, Some(NOW)] {
            for first in [true, false] {
                assert_eq!(decide(Found::Ours, first, started, SETTLING, NOW), Decision::Adopt);
                assert_eq!(decide(Found::Other, first, started, SETTLING, NOW), Decision::Foreign);
            }
            assert_eq!(decide(Found::Nothing, false, started, SETTLING, NOW), Decision::Gone);
        }
    }
}
