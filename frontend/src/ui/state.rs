//! States: an icon and a word, never colour alone.

use crate::prelude::*;
use ::api::DistributionState;

use super::Icon;

/// Some state as icon and word.
#[component]
pub(crate) fn Word(
    /// Which colour and meaning: a value of `data-state`.
    state: &'static str,
    icon: &'static str,
    #[prop(into)] text: String,
    #[prop(optional)] badge: bool,
) -> impl IntoView {
    view! {
        <span class=badge.then_some("badge") data-state=state>
            <Icon name=icon />
            {text}
        </span>
    }
}

/// How a distribution stands.
#[component]
pub(crate) fn State(state: DistributionState) -> impl IntoView {
    view! { <Word state=state.as_str() icon=state.as_str() text=name(state) /> }
}

/// How a distribution stands, beside a heading.
#[component]
pub(crate) fn Badge(state: DistributionState, #[prop(optional, into)] text: Option<String>) -> impl IntoView {
    let text = text.unwrap_or_else(|| name(state).to_owned());
    view! { <Word state=state.as_str() icon=state.as_str() text badge=true /> }
}

/// The word for a state.
pub(crate) fn name(state: DistributionState) -> &'static str {
    match state {
        DistributionState::InSync => "In sync",
        DistributionState::Pending => "Pending",
        DistributionState::Withdrawing => "Withdrawing",
        DistributionState::Drifted => "Drifted",
        DistributionState::Refused => "Refused",
    }
}
