//! The list of operations.

use crate::prelude::*;
use ::api::{Operation, OperationState, Page, PageQuery, WorkspaceAccess};

use super::{ended, progress, standing, title, total};
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::{Data, load, refresh_while};
use crate::ui::{self, Heading, Rows, Time, grouped, link, loading, nothing};

/// The page that lists operations, the newest first.
pub(crate) fn list(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let page =
        load(move || api::operations(&workspace.slug, &PageQuery { limit: None, after: address.value("after") }));
    refresh_while(page, |page| page.items.iter().any(|operation| operation.state == OperationState::Running));
    view! {
        <header class="page">
            <div>
                <Heading text="Operations" />
                <p class="soft">"Work on many keys at once. It goes on when you leave."</p>
            </div>
        </header>
        {loading(page, "Operations", move |page| table(page, links.clone()))}
    }
    .into_any()
}

fn table(page: Data<Page<Operation>>, links: Links) -> AnyView {
    let table = move || {
        let page = page.get();
        if page.items.is_empty() {
            let text = "Select keys in their list to rotate, distribute or verify many at once.";
            return nothing("operation", "No operations yet", text, links.keys(), "Go to the keys");
        }
        let rows: Vec<AnyView> = page.items.iter().map(|operation| row(operation, &links)).collect();
        let columns = vec!["Operation", "State", "Progress", "Asked for by", "When"];
        view! { <Rows caption="Operations" columns rows next=page.next.clone() /> }.into_any()
    };
    view! { {move || table()} }.into_any()
}

fn row(operation: &Operation, links: &Links) -> AnyView {
    let at = operation.created_at;
    let cells = vec![
        ("State", standing(operation, false)),
        ("Progress", vec![how_far(operation).into_any(), progress(operation)].into_any()),
        ("By", operation.requested_by.clone().into_any()),
        ("When", view! { <Time at /> }.into_any()),
    ];
    ui::row(link(links.operation(&operation.id), title(operation)), cells)
}

fn how_far(operation: &Operation) -> String {
    let text = format!("{} of {}", grouped(ended(operation)), grouped(total(operation)));
    match operation.counts.refused {
        0 => text,
        refused => format!("{text}, {} refused", grouped(refused)),
    }
}
