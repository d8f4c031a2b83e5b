//! What a token may do.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Capability, PolicyName, Right, Token};

use crate::api;
use crate::load::load;
use crate::ui::{Dialog, Rows, Word, loading, press};

/// The button that opens a token's rights.
#[component]
pub(super) fn RightsOf(token: Token) -> impl IntoView {
    let open = RwSignal::new(false);
    let title = format!("What {} may do", token.name);
    view! {
        <button type="button" aria-label=format!("Rights of {}", token.name) on:click=press(move || open.set(true))>
            "Rights…"
        </button>
        <Dialog open id="rights-title" title>
            <Rights token=token.clone() />
        </Dialog>
    }
}

#[component]
fn Rights(token: Token) -> impl IntoView {
    let policies: Vec<&str> = token.policies.iter().map(PolicyName::as_str).collect();
    let source = match (&token.workspace, token.role) {
        (Some(workspace), Some(role)) => format!("It is {} in {workspace}, as far as its owner is.", role.as_str()),
        _ if policies.is_empty() => "It carries no policy.".to_owned(),
        _ => format!("Its policies: {}.", policies.join(", ")),
    };
    let rights = load(move || api::token_rights(&token.id));
    view! {
        <div class="stack">
            <p>{source}</p>
            {loading(rights, "Rights", |rights| view! { <Paths rights=rights.get() /> }.into_any())}
        </div>
    }
}

#[component]
fn Paths(rights: Arc<Vec<Right>>) -> impl IntoView {
    if rights.is_empty() {
        return view! { <p>"At this moment it may do nothing."</p> }.into_any();
    }
    let row = |right: &Right| {
        let may: Vec<&str> = right.capabilities.iter().map(|capability| capability.as_str()).collect();
        let may = if right.capabilities.contains(&Capability::Deny) {
            view! { <Word state="refused" icon="refused" text="deny" /> }.into_any()
        } else {
            may.join(", ").into_any()
        };
        view! {
            <tr>
                <th scope="row">
                    <code>{right.path.clone()}</code>
                </th>
                <td data-label="May">{may}</td>
            </tr>
        }
        .into_any()
    };
    let rows = rights.iter().map(row).collect();
    view! {
        <p class="soft">
            "Paths below " <code>"/v1/"</code> ": " <code>"+"</code> " stands for one part, " <code>"*"</code>
            " for all that follows. The closest rule counts."
        </p>
        <Rows caption="Rights" columns=vec!["Path", "May"] rows next=None />
    }
    .into_any()
}
