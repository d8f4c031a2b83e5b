//! What became of each key of an operation.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Action, Operation, OperationCounts, OperationKey, OperationKeyQuery, OperationKeyState, Page};

use super::detail::OperationPage;
use super::total;
use crate::address::Address;
use crate::api;
use crate::load::{Data, load};
use crate::ui::{self, Rows, Time, Word, grouped, link, loading};

/// How a key can stand: the state, how it looks, what it means, how many do.
type Standing =
    (OperationKeyState, &'static str, &'static str, &'static str, &'static str, fn(&OperationCounts) -> u64);

const STANDINGS: [Standing; 5] = [
    (OperationKeyState::Refused, "refused", "refused", "Refused", "a rule or a provider said no", |now| now.refused),
    (OperationKeyState::Started, "pending", "pending", "Under way", "until Azure confirms", |now| now.started),
    (OperationKeyState::Waiting, "none", "none", "Waiting", "not begun", |now| now.waiting),
    (OperationKeyState::Done, "done", "in_sync", "Done", "carried out everywhere", |now| now.done),
    (OperationKeyState::Cancelled, "disabled", "disabled", "Cancelled", "left as they were", |now| now.cancelled),
];

/// How many keys stand how; each leads to them.
#[component]
pub(super) fn Figures(operation: Data<Operation>) -> impl IntoView {
    let address = Address::expect();
    let figure = move |&(state, look, icon, text, means, count): &Standing| {
        let count = move || count(&operation.get().counts);
        // What is nowhere the case is quiet.
        let word = move || {
            let state = if count() > 0 { look } else { "none" };
            view! { <Word state icon text /> }.into_any()
        };
        view! {
            <div>
                <dt>
                    {move || word()}
                </dt>
                <dd>
                    <a
                        aria-label=move || format!("{text}: {}", count())
                        href=move || address.with("state", state.as_str())
                        aria-current=move || (address.value("state").as_deref() == Some(state.as_str())).then_some("true")
                    >
                        {move || grouped(count())}
                    </a>
                </dd>
                <dd class="soft">{means}</dd>
            </div>
        }
        .into_any()
    };
    view! { <dl class="figures">{STANDINGS.iter().map(figure).collect::<Vec<AnyView>>()}</dl> }
}

/// The keys, all or those that stand in one way.
#[component]
pub(super) fn Outcomes(page: Arc<OperationPage>, operation: Data<Operation>) -> impl IntoView {
    let address = Address::expect();
    let keys = {
        let path = page.path.clone();
        load(move || {
            // What moves the counts moves the rows.
            operation.get();
            let state = address.value("state").and_then(|word| word.parse().ok());
            api::operation_keys(&path, &OperationKeyQuery { state, limit: None, after: address.value("after") })
        })
    };
    let all = move || {
        let filtered = address.value("state").is_some();
        let text = format!("Show all {}", grouped(total(&operation.get())));
        filtered.then(|| view! { <a href=address.with("state", "")>{text}</a> }.into_any())
    };
    view! {
        <section class="section" aria-labelledby="outcomes">
            <header>
                <h2 id="outcomes">"Outcome per key"</h2>
                {move || all()}
            </header>
            {loading(
                keys,
                "The outcomes",
                move |keys| view! { <Table keys page=page.clone() operation /> }.into_any(),
            )}
        </section>
    }
}

#[component]
fn Table(keys: Data<Page<OperationKey>>, page: Arc<OperationPage>, operation: Data<Operation>) -> impl IntoView {
    let deletes = operation.get_untracked().action == Action::Delete;
    let row = move |row: &OperationKey| {
        let standing = STANDINGS.iter().find(|standing| standing.0 == row.state);
        let (_, state, icon, text, ..) = *standing.expect("each state has its look");
        let name = row.key.to_string();
        let is_gone = deletes && row.state == OperationKeyState::Done;
        let name = if is_gone { name.into_any() } else { link(page.links.key(&row.key), name) };
        let cells = vec![
            ("Outcome", view! { <Word state icon text /> }.into_any()),
            ("Why", row.reason.clone().unwrap_or_default().into_any()),
            ("When", row.at.map_or_else(|| String::new().into_any(), |at| view! { <Time at /> }.into_any())),
        ];
        ui::row(name, cells)
    };
    let table = move || {
        let page = keys.get();
        if page.items.is_empty() {
            return view! { <p class="soft">"No key stands so."</p> }.into_any();
        }
        let rows: Vec<AnyView> = page.items.iter().map(&row).collect();
        let columns = vec!["Key", "Outcome", "Why", "When"];
        view! { <Rows caption="Outcome per key" columns rows next=page.next.clone() /> }.into_any()
    };
    view! { {move || table()} }
}
