//! The picture in the table of versions: from when to when each was enabled in each vault.

use crate::prelude::*;
use ::api::{Delivery, Key, KeyVersion, Timestamp};

use crate::ui::{day, now};

const WIDTH: i64 = 1000;
const HEIGHT: usize = 52;

/// A stretch of time in which a version stood in one way in one vault.
type Stretch = (&'static str, Timestamp, Timestamp);

/// The head of the column: which time it shows.
pub(super) fn head(key: &Key) -> Option<AnyView> {
    let column = || {
        view! {
            <th scope="col">
                <span class="sr">"Enabled from and to"</span>
                <span class="axis">
                    <span>{day(key.created_at)}</span>
                    <span>"now"</span>
                </span>
            </th>
        }
        .into_any()
    };
    (!key.distributions.is_empty()).then(column)
}

/// One version: a line for each vault, in the order of the columns, and the same in words.
pub(super) fn lanes(key: &Key, version: &KeyVersion) -> Option<AnyView> {
    if key.distributions.is_empty() {
        return None;
    }
    let until = now();
    let x = |at: Timestamp| {
        let (all, past) = (until.millis() - key.created_at.millis(), at.millis() - key.created_at.millis());
        (past * WIDTH / all.max(1)).clamp(0, WIDTH)
    };
    let (mut drawn, mut said) = (Vec::new(), Vec::new());
    for (line, distribution) in key.distributions.iter().enumerate() {
        let y = HEIGHT * (line + 1) / (key.distributions.len() + 1);
        let delivery = distribution.deliveries.iter().find(|delivery| delivery.version == version.number);
        for (state, from, to) in stretches(version, delivery, until) {
            let d = format!("M{} {y}H{}", x(from), x(to).max(x(from) + 1));
            drawn.push(view! { <path data-state=state d=d /> }.into_any());
            said.push(format!("{}: {state} since {}", distribution.provider, day(from)));
        }
    }
    let said = said.join(", ");
    let title = said.clone();
    Some(
        view! {
            <td title=title>
                <svg class="lanes" viewBox="0 0 1000 52" preserveAspectRatio="none" role="img" aria-label=said>
                    {drawn}
                </svg>
            </td>
        }
        .into_any(),
    )
}

/// What is known of a version in one vault: only its last switch is told, and before it was the other way.
fn stretches(version: &KeyVersion, delivery: Option<&Delivery>, until: Timestamp) -> Vec<Stretch> {
    let Some((from, enabled)) = delivery.and_then(|delivery| Some((delivery.delivered_at?, delivery.enabled?))) else {
        let waits = !version.is_withheld();
        return waits.then_some(("pending", version.created_at, until)).into_iter().collect();
    };
    let state = |enabled| if enabled { "enabled" } else { "disabled" };
    match delivery.and_then(|delivery| delivery.switched_at).filter(|switched| *switched > from) {
        Some(switched) => vec![(state(!enabled), from, switched), (state(enabled), switched, until)],
        None => vec![(state(enabled), from, until)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_was_the_other_way_before_its_last_switch() {
        let at = Timestamp::from_millis;
        let version = KeyVersion {
            number: 1,
            created_at: at(1),
            public_key: None,
            thumbprint: None,
            enabled: false,
            compromised_at: None,
            compromise_reason: None,
            destroyed_at: None,
        };
        let mut delivery = Delivery {
            version: 1,
            remote_version: None,
            remote_url: None,
            wanted_enabled: false,
            enabled: Some(false),
            delivered_at: Some(at(2)),
            switched_at: Some(at(5)),
            expires_at: None,
            verified_at: None,
            drift: Vec::new(),
        };
        assert_eq!(
            stretches(&version, Some(&delivery), at(9)),
            [("enabled", at(2), at(5)), ("disabled", at(5), at(9))]
        );
        delivery.switched_at = None;
        assert_eq!(stretches(&version, Some(&delivery), at(9)), [("disabled", at(2), at(9))]);
        assert_eq!(stretches(&version, None, at(9)), [("pending", at(1), at(9))]);
    }
}
