//! The audit trail: who did what, to what, and how it ended.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{AuditEntry, AuditEvent, AuditQuery, Outcome, Page, WorkspaceAccess};

use super::filters::Filters;
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::{Data, load};
use crate::ui::{Empty, Heading, Icon, Pager, Time, Word, grouped, loading};

/// The page that lists events, newest first.
pub(crate) fn page(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let events = load(move || {
        api::audit_events(&AuditQuery {
            workspace: Some(workspace.slug.clone()),
            subject: address.value("subject"),
            limit: None,
            after: address.value("after"),
        })
    });
    view! {
        <header class="page">
            <div>
                <Heading text="Audit" />
                <p class="soft">"Every change, and what came of it, newest first."</p>
            </div>
        </header>
        <div class="stack">
            <Filters what="events" search="Search by key or provider" part="subject" />
            {loading(
                events,
                "Events",
                move |page| {
                    let links = links.clone();
                    let rows = move || view! { <Rows page=page.get() links=links.clone() /> }.into_any();
                    view! { {move || rows()} }.into_any()
                },
            )}
        </div>
    }
    .into_any()
}

#[component]
fn Rows(page: Arc<Page<AuditEntry>>, links: Links) -> impl IntoView {
    let next = page.next.clone();
    let visible: Vec<(u64, AuditEvent)> =
        page.items.iter().filter_map(|entry| Some((entry.seq, entry.event.clone()?))).collect();
    if visible.is_empty() {
        let all = links.audit();
        return view! {
            <Empty icon="audit" title="No event matches">
                <p>"Nothing in this part of the trail is open to you or fits the search."</p>
                <div class="actions">
                    <a class="button" href=all>
                        "Clear filters"
                    </a>
                </div>
            </Empty>
            <Pager next />
        }
        .into_any();
    }
    let row = move |(seq, event)| view! { <Row seq event links=links.clone() /> }.into_any();
    view! {
        <table class="rows">
            <caption class="sr">"Events, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Number"</th>
                    <th scope="col">"When"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"On what"</th>
                    <th scope="col">"Outcome"</th>
                </tr>
            </thead>
            <tbody>{visible.into_iter().map(row).collect::<Vec<_>>()}</tbody>
        </table>
        <Pager next />
    }
    .into_any()
}

#[component]
fn Row(seq: u64, event: AuditEvent, links: Links) -> impl IntoView {
    let detail = Some(event.detail.clone()).filter(|detail| detail != "{}" && !detail.is_empty());
    let source = event.source.clone().map(|source| view! { <small class="soft">{source}</small> }.into_any());
    view! {
        <tr>
            <th scope="row">{grouped(seq)}</th>
            <td data-label="When">
                <Time at=event.at />
            </td>
            <td data-label="Who">{event.actor.clone()} {source}</td>
            <td data-label="What">
                <code>{event.action.clone()}</code>
                {detail
                    .map(|detail| {
                        view! {
                            <details>
                                <summary>"Details"</summary>
                                <code>{detail}</code>
                            </details>
                        }.into_any()
                    })}
            </td>
            <td data-label="On what">
                <Subject event=event.clone() links />
            </td>
            <td data-label="Outcome">
                <Ended outcome=event.outcome />
            </td>
        </tr>
    }
}

#[component]
fn Ended(outcome: Outcome) -> impl IntoView {
    let (state, icon, text) = match outcome {
        Outcome::Done => ("done", "in_sync", "Done"),
        Outcome::Refused => ("refused", "refused", "Refused"),
        Outcome::Failed => ("failed", "warning", "Failed"),
    };
    view! { <Word state icon text /> }
}

/// What an event is about, as a link where it has a page.
#[component]
fn Subject(event: AuditEvent, links: Links) -> impl IntoView {
    let parts = event.subject.split_once('/');
    let noun = event.action.split('.').next().unwrap_or_default();
    let (name, href, place) = match (noun, parts) {
        ("key", None) => (event.subject.as_str(), event.subject.parse().ok().map(|key| links.key(&key)), None),
        ("provider" | "kek", None) => {
            (event.subject.as_str(), event.subject.parse().ok().map(|provider| links.provider(&provider)), None)
        }
        ("distribution" | "version", Some((key, place))) => (key, distribution(&links, key, place), Some(place)),
        _ => (event.subject.as_str(), None, None),
    };
    let (name, place) = (name.to_owned(), place.map(|place| format!("in {place}")));
    view! {
        {match href {
            Some(href) => view! { <a href=href>{name}</a> }.into_any(),
            None => name.into_any(),
        }}
        " "
        {place.map(|place| view! { <small class="soft">{place}</small> }.into_any())}
    }
}

fn distribution(links: &Links, key: &str, provider: &str) -> Option<String> {
    Some(links.distribution(&key.parse().ok()?, &provider.parse().ok()?))
}

/// The last events in a few words each.
#[component]
pub(super) fn Log(events: Data<Page<AuditEntry>>, links: Links) -> impl IntoView {
    let line = move |event: AuditEvent| {
        let icon = match (event.outcome, event.action.split('.').next()) {
            (Outcome::Refused, _) => "refused",
            (Outcome::Failed, _) => "warning",
            (Outcome::Done, Some("key")) => "key",
            (Outcome::Done, Some("provider" | "kek")) => "provider",
            (Outcome::Done, Some("version" | "distribution")) => "distribution",
            _ => "audit",
        };
        let state = (event.outcome != Outcome::Done).then_some(event.outcome.as_str());
        let at = event.at;
        view! {
            <li data-state=state>
                <Icon name=icon />
                <span>
                    <strong>{event.actor.clone()}</strong>
                    " "
                    <code>{event.action.clone()}</code>
                    " "
                    <Subject event links=links.clone() />
                </span>
                <Time at />
            </li>
        }
        .into_any()
    };
    let all = move || events.get().items.iter().filter_map(|entry| entry.event.clone()).map(&line).collect::<Vec<_>>();
    view! { <ol class="log">{move || all()}</ol> }
}
