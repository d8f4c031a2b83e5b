//! Why a distribution is not where it should be, and what happens next.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Cure, Distribution, DistributionState, Explanation};

use super::detail::Place;
use crate::api;
use crate::change::Change;
use crate::ui::{Evidence, Icon, Time, many, press};

/// What moves or what is wrong; nothing when all is well.
#[component]
pub(super) fn Trouble(place: Arc<Place>, now: Arc<Distribution>, retry: Change) -> impl IntoView {
    match (now.state, now.last_error.clone()) {
        (DistributionState::InSync | DistributionState::Drifted, None) => ().into_any(),
        (_, Some(error)) => view! { <Explained place now error retry /> }.into_any(),
        (state, None) => {
            let words = if state == DistributionState::Withdrawing {
                "Azure is deleting the key. It is gone when Azure shows it as deleted; you may leave this page."
            } else {
                "Versions are on their way. What Azure has not confirmed is pending; you may leave this page."
            };
            view! {
                <div class="notice" data-state=state.as_str()>
                    <Icon name=state.as_str() />
                    <p>{words}</p>
                </div>
            }
            .into_any()
        }
    }
}

#[component]
fn Explained(place: Arc<Place>, now: Arc<Distribution>, error: Explanation, retry: Change) -> impl IntoView {
    let state = now.state.as_str();
    let cure = match error.cure {
        Cure::Time => "This passes by itself: it is tried again.",
        Cure::Person => "This needs a person; then it is tried again.",
        Cure::Us => "This is our own fault: please tell us, with what Azure said.",
    };
    let acts = place.may_act();
    view! {
        <section class="notice" data-state=state aria-labelledby="why">
            <Icon name=state />
            <h2 id="why">{error.title}</h2>
            <p>{cure}</p>
            <div class="split">
                <div class="stack">
                    <h3>"What to do"</h3>
                    <p>{error.advice}</p>
                    <Evidence facts=error.facts command=error.command kms=error.kms />
                </div>
                <div class="stack">
                    <h3>"What happens next"</h3>
                    <dl class="facts">
                        <dt>"Next attempt"</dt>
                        <dd>
                            {match now.next_attempt_at {
                                Some(at) => view! { <Time at /> }.into_any(),
                                None => view! { "when you ask for it" }.into_any(),
                            }}
                        </dd>
                        <dt>"Attempts"</dt>
                        <dd>{many(now.attempts.into(), "attempt")} " since the last success"</dd>
                        <dt>"Last failure"</dt>
                        <dd>
                            <Time at=error.at />
                        </dd>
                    </dl>
                    {acts.then(|| view! { <Retry place retry /> }.into_any())}
                </div>
            </div>
        </section>
    }
}

#[component]
fn Retry(place: Arc<Place>, retry: Change) -> impl IntoView {
    let busy = move || retry.is_sending().then_some("true");
    let (provider, check) = (place.links.provider(&place.provider), format!("Check {}", place.provider));
    view! {
        <div class="actions">
            <button type="button" data-kind="primary" aria-disabled=move || busy() aria-busy=move || busy() on:click=press(move || place.send(retry, api::retry))>
                <Icon name="retry" />
                "Retry now"
            </button>
            <a class="button" href=provider>
                {check}
            </a>
        </div>
    }
}
