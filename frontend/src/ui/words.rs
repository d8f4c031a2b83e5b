//! Numbers and lists in words.

/// Writes `1 key`, `2 keys`, `1,312 keys`.
pub(crate) fn many(count: u64, one: &str) -> String {
    let plural = match (count, one.strip_suffix('y')) {
        (1, _) => one.to_owned(),
        (_, Some(stem)) if !stem.ends_with(['a', 'e']) => format!("{stem}ies"),
        _ => format!("{one}s"),
    };
    format!("{} {plural}", grouped(count))
}

/// Writes `1,204,331`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes `a`, `a and b`, `a, b and c`.
pub(crate) fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Writes `Source address` for `source address`.
pub(crate) fn capital(words: &str) -> String {
    let mut words = words.to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// Writes ascending version numbers as `1–3 and 5`.
pub(crate) fn ranges(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == number => *end = number,
            _ => runs.push((number, number)),
        }
    }
    let words: Vec<String> = runs
        .into_iter()
        .flat_map(|(start, end)| match end - start {
            0 => vec![start.to_string()],
            1 => vec![start.to_string(), end.to_string()],
            _ => vec![format!("{start}–{end}")],
        })
        .collect();
    and(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_people_write_them() {
        assert_eq!(many(1, "key"), "1 key");
        assert_eq!(many(1312, "key"), "1,312 keys");
        assert_eq!(many(2, "delivery"), "2 deliveries");
        assert_eq!(many(90, "day"), "90 days");
    }

    #[test]
    fn versions_in_a_row_are_drawn_together() {
        assert_eq!(ranges(&[1, 2, 3, 5]), "1–3 and 5");
        assert_eq!(ranges(&[4, 5]), "4 and 5");
        assert_eq!(ranges(&[1]), "1");
    }
}
