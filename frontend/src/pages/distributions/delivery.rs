//! How one version stands in one vault.

use crate::prelude::*;
use ::api::{Delivery, Difference, DistributionState};

use crate::ui::{Time, Word};

/// The state of a delivery, with when it was last proven.
#[component]
pub(crate) fn DeliveryState(
    /// Absent before the distribution knows of the version.
    delivery: Option<Delivery>,
    /// How the distribution as a whole stands.
    state: DistributionState,
) -> impl IntoView {
    let verified = delivery.as_ref().and_then(|delivery| delivery.verified_at);
    let (state, icon, text) = words(delivery.as_ref(), state);
    view! {
        <Word state icon text />
        " "
        {verified.map(|at| view! { <small class="soft">"verified " <Time at /></small> }.into_any())}
    }
}

fn words(delivery: Option<&Delivery>, state: DistributionState) -> (&'static str, &'static str, &'static str) {
    let enabled = delivery.filter(|delivery| delivery.remote_version.is_some()).and_then(|delivery| delivery.enabled);
    let wanted = delivery.is_some_and(|delivery| delivery.wanted_enabled);
    let drifted = delivery.is_some_and(|delivery| delivery.drift.iter().any(Difference::is_open));
    match (enabled, state) {
        (_, DistributionState::Withdrawing) => ("withdrawing", "withdrawing", "Withdrawing"),
        (None, DistributionState::Refused) => ("refused", "refused", "Not delivered"),
        (None, _) => ("pending", "pending", "Importing"),
        (Some(_), _) if drifted => ("drifted", "drifted", "Drifted"),
        (Some(true), _) if !wanted => ("pending", "pending", "Being disabled"),
        (Some(false), _) if wanted => ("pending", "pending", "Being enabled"),
        (Some(true), _) => ("verified", "verified", "Enabled"),
        (Some(false), _) => ("disabled", "disabled", "Disabled"),
    }
}
