//! Work on many keys at once.

mod act;
mod detail;
mod list;
mod outcomes;
mod plan;
mod start;

use crate::prelude::*;
use ::api::{Action, Operation, OperationState};

use crate::ui::{Word, many};

pub(crate) use act::{ACTS, Act};
pub(crate) use detail::detail;
pub(crate) use list::list;
pub(crate) use start::Start;

/// What an operation does, and to how many keys.
fn title(operation: &Operation) -> String {
    let (act, provider) = match &operation.action {
        Action::Rotate => (Act::Rotate, None),
        Action::Distribute { provider, .. } => (Act::Distribute, Some(provider)),
        Action::Withdraw { provider } => (Act::Withdraw, Some(provider)),
        Action::SetMinEnabledVersion { .. } => (Act::Minimum, None),
        Action::Verify => (Act::Verify, None),
        Action::Delete => (Act::Delete, None),
    };
    act.title(&many(total(operation), "key"), provider)
}

fn total(operation: &Operation) -> u64 {
    let counts = &operation.counts;
    ended(operation) + counts.waiting + counts.started
}

/// How many keys have their outcome.
fn ended(operation: &Operation) -> u64 {
    let counts = &operation.counts;
    counts.done + counts.refused + counts.cancelled
}

/// How an operation stands.
fn standing(operation: &Operation, badge: bool) -> AnyView {
    let (state, icon, text) = match operation.state {
        OperationState::Running => ("running", "running", "Running"),
        OperationState::Paused => ("due", "pause", "Paused"),
        OperationState::Finished if operation.counts.refused > 0 => ("refused", "refused", "Ended, some refused"),
        OperationState::Finished if operation.is_cancelled => ("disabled", "stop", "Cancelled"),
        OperationState::Finished => ("done", "in_sync", "Finished"),
    };
    view! { <Word state icon text badge /> }.into_any()
}

/// How much of it is done, drawn.
fn progress(operation: &Operation) -> AnyView {
    let (ended, total) = (ended(operation), total(operation));
    let label = format!("{ended} of {total} keys");
    view! { <progress max=total.to_string() value=ended.to_string() aria-label=label></progress> }.into_any()
}
