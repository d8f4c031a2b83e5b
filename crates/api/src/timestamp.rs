//! A moment in UTC, to the millisecond.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Invalid;

const DAY: i64 = 86_400_000;
const SYNTAX: Invalid = Invalid("write a moment as 2026-11-25T14:30:00Z");

/// A moment in UTC: Unix milliseconds inside, RFC 3339 on the wire.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that many milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment `millis` milliseconds later.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let millis = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1000)
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    /// Reads RFC 3339 (section 5.6), with any offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.as_bytes();
        if bytes.len() < 20 || !text.is_ascii() {
            return Err(SYNTAX);
        }
        let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if marks.iter().any(|&(at, mark)| bytes[at] != mark) || !matches!(bytes[10], b'T' | b't') {
            return Err(SYNTAX);
        }
        let date = days(number(&text[0..4])?, number(&text[5..7])?, number(&text[8..10])?)?;
        let (hour, minute, second) = (number(&text[11..13])?, number(&text[14..16])?, number(&text[17..19])?);
        if hour > 23 || minute > 59 || second > 59 {
            return Err(SYNTAX);
        }
        let (millis, zone) = fraction(&text[19..])?;
        Ok(Self(date * DAY + (hour * 3600 + minute * 60 + second) * 1000 + millis - offset(zone)?))
    }
}

fn number(digits: &str) -> Result<i64, Invalid> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().map_err(|_| SYNTAX) } else { Err(SYNTAX) }
}

/// Splits `.123Z` into milliseconds and the zone.
fn fraction(rest: &str) -> Result<(i64, &str), Invalid> {
    let Some(digits) = rest.strip_prefix('.') else { return Ok((0, rest)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).ok_or(SYNTAX)?;
    if end == 0 {
        return Err(SYNTAX);
    }
    let millis: String = digits[..end].chars().chain("000".chars()).take(3).collect();
    Ok((number(&millis)?, &digits[end..]))
}

/// The offset of a zone from UTC, in milliseconds.
fn offset(zone: &str) -> Result<i64, Invalid> {
    if matches!(zone, "Z" | "z") {
        return Ok(0);
    }
    let sign = match zone.as_bytes() {
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return Err(SYNTAX),
    };
    let (hours, minutes) = (number(&zone[1..3])?, number(&zone[4..6])?);
    if hours > 23 || minutes > 59 {
        return Err(SYNTAX);
    }
    Ok(sign * (hours * 60 + minutes) * 60_000)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar; years are counted from March, so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> Result<i64, Invalid> {
    let shifted = if month > 2 { year } else { year - 1 };
    let (era, month_from_march) = (shifted.div_euclid(400), (month + 9) % 12);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    if (1..=12).contains(&month) && civil(days) == (year, month, day) { Ok(days) } else { Err(SYNTAX) }
}

/// Year, month and day that many days after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_is_written_as_rfc_3339() {
        assert_eq!(Timestamp::from_millis(1_709_210_096_789).to_string(), "2024-02-29T12:34:56.789Z");
        assert_eq!(Timestamp::from_millis(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn offsets_and_missing_fractions_are_understood() {
        let utc: Timestamp = "2026-11-25T12:30:00Z".parse().unwrap();
        assert_eq!("2026-11-25T14:00:00.000+01:30".parse(), Ok(utc));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026-11-25",
            "2026-02-29T00:00:00Z",
            "2026-11-25T24:00:00Z",
            "2026-11-25T00:00:00",
            "2026-13-01T00:00:00Z",
            "+026-11-25T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(SYNTAX), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_back_as_it_was_written(millis in 0_i64..253_402_300_799_999) {
            let moment = Timestamp::from_millis(millis);
            prop_assert_eq!(moment.to_string().parse(), Ok(moment));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
