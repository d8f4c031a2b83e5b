//! The rotations to come, by day.

use crate::prelude::*;
use ::api::{Page, PageQuery, ScheduledKey, WorkspaceAccess};

use super::kept;
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::{Data, load, refresh_while};
use crate::ui::{self, Heading, Rows, Time, Word, day, link, loading, nothing};

/// The page that shows which key is rotated when.
pub(crate) fn page(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let page =
        load(move || api::schedule(&workspace.slug, &PageQuery { limit: Some(100), after: address.value("after") }));
    refresh_while(page, |page| page.items.iter().any(|key| key.is_overdue));
    view! {
        <header class="page">
            <div>
                <Heading text="Schedule" />
                <p class="soft">"Which key gets its next version by itself, and when. Overdue ones come first."</p>
            </div>
        </header>
        {loading(page, "The schedule", move |page| days(page, links.clone()))}
    }
    .into_any()
}

fn days(page: Data<Page<ScheduledKey>>, links: Links) -> AnyView {
    let days = move || {
        let page = page.get();
        if page.items.is_empty() {
            let text = "Select keys in their list to give them a period, or open one.";
            return nothing("calendar", "Nothing is scheduled", text, links.keys(), "Go to the keys");
        }
        let (mut rows, mut last) = (Vec::new(), String::new());
        for scheduled in &page.items {
            let overdue = scheduled.is_overdue;
            let title = if overdue { "Overdue".to_owned() } else { day(scheduled.rotation.due_at) };
            if title != last {
                rows.push(heading(title.clone(), overdue));
                last = title;
            }
            rows.push(row(scheduled, &links));
        }
        let columns = vec!["Key", "Due", "Period", "Stay enabled"];
        view! { <Rows caption="Rotations to come" columns rows next=page.next.clone() /> }.into_any()
    };
    view! { {move || days()} }.into_any()
}

fn heading(text: String, is_overdue: bool) -> AnyView {
    let (state, icon) = if is_overdue { ("due", "due") } else { ("", "calendar") };
    view! {
        <tr>
            <th colspan="4" scope="rowgroup">
                <strong>
                    <Word state icon text />
                </strong>
            </th>
        </tr>
    }
    .into_any()
}

fn row(scheduled: &ScheduledKey, links: &Links) -> AnyView {
    let rotation = &scheduled.rotation;
    let at = rotation.due_at;
    let cells = vec![
        ("Due", view! { <Time at /> }.into_any()),
        ("Period", format!("{} days", rotation.period_days).into_any()),
        ("Enabled", kept(rotation.keep_versions).into_any()),
    ];
    ui::row(link(links.key(&scheduled.key), scheduled.key.to_string()), cells)
}
