//! What a check of a provider found.

use crate::prelude::*;
use ::api::{Check, CheckOutcome, CheckStep};

use crate::ui::{Evidence, Icon, Time, Word};

/// The last check in one word, with when it was.
#[component]
pub(crate) fn Health(check: Option<Check>, #[prop(optional)] badge: bool) -> impl IntoView {
    let (state, icon, text) = match &check {
        None => ("none", "none", "Not checked"),
        Some(check) if check.passed() => ("in_sync", "in_sync", "Healthy"),
        Some(_) => ("failed", "refused", "Check failed"),
    };
    let at =
        check.filter(|_| !badge).map(|check| view! { <small class="soft"><Time at=check.at /></small> }.into_any());
    view! {
        <Word state icon text badge />
        {at}
    }
}

/// The steps of a check, in the order they were taken.
#[component]
pub(super) fn Steps(check: Check) -> impl IntoView {
    view! { <ol class="steps">{check.steps.into_iter().map(|step| view! { <Step step /> }.into_any()).collect_view()}</ol> }
}

#[component]
fn Step(step: CheckStep) -> impl IntoView {
    let (state, icon, outcome) = match step.outcome {
        CheckOutcome::Passed => ("done", "in_sync", "passed"),
        CheckOutcome::Failed => ("failed", "refused", "failed"),
        CheckOutcome::Skipped => ("none", "none", "not tried"),
        CheckOutcome::Unknown => ("none", "info", "cannot be told"),
    };
    let found = step.found;
    let advice = step.error.map(|error| {
        let title = (error.title != found).then(|| view! { <strong>{error.title} " "</strong> }.into_any());
        view! {
            <div class="stack">
                <p>
                    {title}
                    {error.advice}
                </p>
                <Evidence facts=error.facts command=error.command kms=error.kms />
            </div>
        }
        .into_any()
    });
    view! {
        <li data-state=state>
            <Icon name=icon />
            <strong>{claim(&step.name)}</strong>
            <span>{outcome}</span>
            <p>{found}</p>
            {advice}
        </li>
    }
}

/// What a step is about.
fn claim(step: &str) -> String {
    let claim = match step {
        "name" => "The name resolves",
        "connection" => "TLS and firewall let us through",
        "identity" => "Entra gives a token",
        "access" => "The vault takes the token",
        "permissions" => "The permissions are granted",
        "tier" => "The tier is known",
        "kek" => "The key exchange key is fit",
        "clock" => "The clocks agree",
        other => other,
    };
    claim.to_owned()
}
