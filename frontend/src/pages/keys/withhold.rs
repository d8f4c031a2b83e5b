//! Versions that nobody may use any more: marked as compromised, or destroyed.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Compromise, Compromised, Destruction, Holding, Key, KeyVersion, Reason};

use super::detail::KeyPage;
use crate::api;
use crate::load::Data;
use crate::ui::{
    Dialog, Field, Foot, FormState, Icon, Summary, Time, TypeName, Word, and, check, letters_to_go, many, press,
    ranges, submit,
};

/// What can be done to versions, for good.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Act {
    Compromise,
    Destroy,
}

impl Act {
    /// Whether nothing is left to do to a version.
    pub(super) fn is_done(self, version: &KeyVersion) -> bool {
        match self {
            Self::Compromise => version.compromised_at.is_some(),
            Self::Destroy => version.destroyed_at.is_some(),
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Compromise => "Mark as compromised",
            Self::Destroy => "Destroy",
        }
    }

    /// The words of the button, about a key or `version 2`.
    pub(super) fn text(self, what: &str) -> String {
        match self {
            Self::Compromise => format!("Mark {what} as compromised"),
            Self::Destroy => format!("Destroy {what}"),
        }
    }
}

/// What the dialog asks about: one version, or all of them.
pub(super) type Asked = RwSignal<Option<(Act, Option<u32>)>>;

/// The state of a version that nobody may use any more.
pub(super) fn withheld(version: &KeyVersion) -> Option<AnyView> {
    let text = match (version.destroyed_at, version.compromised_at) {
        (Some(_), Some(_)) => "Compromised, destroyed",
        (Some(_), None) => "Destroyed",
        (None, Some(_)) => "Compromised",
        (None, None) => return None,
    };
    Some(view! { <Word state="refused" icon="warning" text badge=true /> }.into_any())
}

/// The dialog, once something is asked.
pub(super) fn question(page: &Arc<KeyPage>, key: Data<Key>) -> Option<AnyView> {
    let (act, number) = page.withholding.get()?;
    let page = page.clone();
    let open = RwSignal::new(true);
    let title = match number {
        Some(number) => act.text(&format!("version {number} of {}", page.name)),
        None => act.text(page.name.as_str()),
    };
    let marked = RwSignal::new(None::<Compromised>);
    let content = move || match marked.get() {
        Some(done) => view! { <Marked done open /> }.into_any(),
        None => view! { <Confirm page=page.clone() key=key.get_untracked() act number open marked /> }.into_any(),
    };
    Some(view! { <Dialog open id="withhold-title" title=format!("{title}?")>{content()}</Dialog> }.into_any())
}

#[component]
fn Confirm(
    page: Arc<KeyPage>,
    key: Arc<Key>,
    act: Act,
    number: Option<u32>,
    open: RwSignal<bool>,
    marked: RwSignal<Option<Compromised>>,
) -> impl IntoView {
    let form = FormState::new();
    let text = RwSignal::new(String::new());
    let name = key.name.to_string();
    let left = {
        let name = name.clone();
        Memo::new(move |_| letters_to_go(&name, &text.read()).filter(|_| act == Act::Destroy))
    };
    let field = match act {
        Act::Compromise => view! {
            <Field form name="reason" label="Why" value=text check={check::<Reason>} autofocus=true
                hint="It stays with the versions and in the audit trail." />
        }
        .into_any(),
        Act::Destroy => view! { <TypeName name what=" to destroy it" typed=text left /> }.into_any(),
    };
    let versions = number.map(|number| vec![number]);
    let send = move || {
        let (load, slug, versions) = (page.key, &page.workspace.slug, versions.clone());
        if act == Act::Destroy && left.read_untracked().is_none() {
            form.send(api::destroy_key(slug, &page.name, &Destruction { versions }), move |_| {
                open.set(false);
                load.refetch();
            });
        } else if act == Act::Compromise
            && let Some(reason) = form.read("reason", &text.read_untracked())
        {
            form.send(api::compromise_key(slug, &page.name, &Compromise { versions, reason }), move |done| {
                marked.set(Some(done));
                load.refetch();
            });
        }
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <p>
                    <strong>"This cannot be taken back."</strong>
                </p>
                {consequences(&key, act, number)}
                {field}
            </div>
            <Foot open state=form text=act.verb() kind="danger" forbidden=left signed=true />
        </form>
    }
}

/// What will happen, and where it is now.
fn consequences(key: &Key, act: Act, number: Option<u32>) -> AnyView {
    let these = key.versions.iter().rev().filter(|version| number.is_none_or(|number| version.number == number));
    let these: Vec<u32> = these.filter(|version| !act.is_done(version)).map(|version| version.number).collect();
    let holders = key.distributions.iter().filter(|distribution| {
        let mut delivered = distribution.deliveries.iter().filter(|delivery| delivery.remote_version.is_some());
        delivered.any(|delivery| these.contains(&delivery.version))
    });
    let holders: Vec<String> = holders.map(|distribution| distribution.provider.to_string()).collect();
    let which = format!("{}: {}", if these.len() == 1 { "version" } else { "versions" }, ranges(&these));
    let (here, held, warning) = match act {
        Act::Compromise => (
            ". Off for good, whatever the minimum enabled version says, and delivered nowhere any more",
            "told to switch it off. Where it was before is listed afterwards",
            "Services can no longer decrypt, sign or unwrap with it. Rotate the key, so that they get another version",
        ),
        Act::Destroy => (
            ". The private keys are destroyed here; public keys and history stay",
            "where it stays, switched off: it can be delivered to no other any more",
            "What was encrypted with it, Keyferry can never help to decrypt again",
        ),
    };
    let places = if holders.is_empty() { String::new() } else { format!(" ({})", and(&holders)) };
    view! {
        <ul class="consequences">
            <li>
                <strong>{these.len().to_string()}</strong>
                <span>{which} {here}</span>
            </li>
            <li>
                <strong>{holders.len().to_string()}</strong>
                <span>{if holders.len() == 1 { "vault holds it now" } else { "vaults hold it now" }} {places} ", " {held}</span>
            </li>
            <li>
                <Icon name="warning" />
                <span>{warning}</span>
            </li>
        </ul>
    }
    .into_any()
}

/// What was marked, and everywhere it is or was.
#[component]
fn Marked(done: Compromised, open: RwSignal<bool>) -> impl IntoView {
    let said = format!("Marked {}. ", many(done.versions.len() as u64, "version"));
    let places = if done.holdings.is_empty() {
        "No vault ever held it."
    } else {
        "It is or was here; every vault that still holds it switches it off now."
    };
    let table = (!done.holdings.is_empty()).then(|| {
        view! {
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">"Version"</th>
                        <th scope="col">"Provider"</th>
                        <th scope="col">"Name in the vault"</th>
                        <th scope="col">"Since"</th>
                        <th scope="col">"Until"</th>
                    </tr>
                </thead>
                <tbody>{done.holdings.into_iter().map(holding).collect::<Vec<_>>()}</tbody>
            </table>
        }
        .into_any()
    });
    view! {
        <div class="stack">
            <p role="status">{said} {places}</p>
            {table}
        </div>
        <footer>
            <button type="button" data-kind="primary" on:click=press(move || open.set(false))>
                "Done"
            </button>
        </footer>
    }
}

fn holding(held: Holding) -> AnyView {
    let until = match held.until {
        Some(at) => view! { <Time at /> }.into_any(),
        None => "held now".into_any(),
    };
    view! {
        <tr>
            <th scope="row">{held.version.to_string()}</th>
            <td data-label="Provider">{held.provider.to_string()}</td>
            <td data-label="Name in the vault">
                <code>{held.name_in_kms.to_string()}</code>
            </td>
            <td data-label="Since">
                <Time at=held.since />
            </td>
            <td data-label="Until">
                <span>{until}</span>
            </td>
        </tr>
    }
    .into_any()
}
