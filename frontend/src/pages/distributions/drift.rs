//! What differs at the vaults, side by side, and what to do about it.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::prelude::*;
use ::api::{
    AcceptDifference, Difference, Distribution, DistributionState, DriftField, KeyName, Page, ProviderName, Reason,
    ReopenDifference, Role, Slug, WorkspaceAccess,
};

use crate::address::Address;
use crate::api;
use crate::change::Change;
use crate::links::Links;
use crate::load::{load, refresh_while};
use crate::session::CurrentSession;
use crate::ui::{
    Badge, Dialog, Field, Foot, Form, FormState, Heading, Icon, Pager, Summary, Time, Word, as_call, capital, check,
    link, loading, nothing, press, row,
};

/// A difference at its place.
type Found = (KeyName, ProviderName, Option<u32>, Difference);

/// What the tables of a page share.
#[derive(Clone)]
pub(super) struct Drift {
    slug: Slug,
    acts: bool,
    change: Change,
    /// What to accept, and whether that is being asked.
    chosen: Arc<Mutex<Option<Found>>>,
    asking: RwSignal<bool>,
    look: Arc<dyn Fn() + Send + Sync>,
}

impl Drift {
    /// For a page that looks again with `look`.
    pub(super) fn of(slug: &Slug, look: impl Fn() + Send + Sync + 'static) -> Self {
        let acts = CurrentSession::expect().may(slug, Role::Operator);
        let asking = RwSignal::new(false);
        Self { slug: slug.clone(), acts, change: Change::new(), chosen: Arc::default(), asking, look: Arc::new(look) }
    }

    /// Why the last change failed, and the question that accepting asks: once in a page.
    pub(super) fn dialog(&self) -> AnyView {
        let drift = self.clone();
        view! {
            {self.change.failure()}
            <Dialog open=self.asking id="accept-title" title="Accept this difference?">
                {drift.chosen().clone().map(|found| view! { <Accept drift=drift.clone() found /> }.into_any())}
            </Dialog>
        }
        .into_any()
    }

    /// Everything that differs at a distribution, whose page is at `href` if this is another one; nothing where nothing
    /// differs.
    pub(super) fn table(&self, now: &Distribution, href: Option<String>) -> AnyView {
        let (mut rows, mut is_foreign, mut may_reconcile) = (Vec::new(), false, false);
        let mut add = |version: Option<u32>, differences: &[Difference]| {
            for difference in differences {
                is_foreign |= difference.field == DriftField::Modulus;
                may_reconcile |= self.acts && difference.is_reconcilable();
                rows.push(self.row((now.key.clone(), now.provider.clone(), version, difference.clone())));
            }
        };
        add(None, &now.drift);
        for delivery in &now.deliveries {
            add(Some(delivery.version), &delivery.drift);
        }
        if rows.is_empty() {
            return ().into_any();
        }
        let reconcile = may_reconcile.then(|| {
            let (drift, key, provider) = (self.clone(), now.key.clone(), now.provider.clone());
            let act = move || drift.send(api::reconcile(&drift.slug, &key, &provider));
            button("Reconcile", format!("Reconcile {} in {}", now.key, now.provider), Box::new(act))
        });
        let head = |name: &'static str| view! { <th scope="col">{name}</th> }.into_any();
        let columns = ["What", "We want", "Azure has", "Since", "Accepted"];
        let id = format!("drift-{}-{}", now.key, now.provider);
        let badge = href.is_some().then(|| view! { <Badge state=now.state /> }.into_any());
        let title = match href {
            None => "Drift".into_any(),
            Some(href) => link(href, format!("{} in {}", now.key, now.provider)),
        };
        view! {
            <section class="section" aria-labelledby=id.clone()>
                <header>
                    <div class="page__title">
                        <h2 id=id.clone()>{title}</h2>
                        {badge}
                    </div>
                    {reconcile}
                </header>
                {is_foreign.then(alarm)}
                <table class="rows">
                    <thead>
                        <tr>{columns.into_iter().map(head).collect::<Vec<AnyView>>()}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
        .into_any()
    }

    fn row(&self, found: Found) -> AnyView {
        let (_, _, version, difference) = found.clone();
        let what = what(version, &difference);
        let state = match (difference.is_open(), difference.field.is_alarm()) {
            (true, true) => "refused",
            (true, false) => "drifted",
            (false, _) => "in_sync",
        };
        let way = match (difference.field, self.acts) {
            (DriftField::Modulus, _) => Some(view! { <span class="soft">"never"</span> }.into_any()),
            (_, true) => Some(self.way(found, &what)),
            (_, false) => None,
        };
        let soft = |words: AnyView| view! { <small class="soft">{words}</small> }.into_any();
        let accepted = difference.accepted.map(|accepted| {
            let who = soft(view! { {accepted.by} ", " <Time at=accepted.at /> }.into_any());
            view! { <span>{accepted.reason.to_string()}</span> {who} }.into_any()
        });
        let advice = difference.advice.map(|advice| soft(advice.into_any()));
        let cells = vec![
            ("We want", view! { <span>{difference.wanted}</span> }.into_any()),
            ("Azure has", view! { <Word state icon=state text=difference.found /> {advice} }.into_any()),
            ("Since", difference.since.map(|at| view! { <Time at /> }.into_any()).into_any()),
            ("Accepted", view! { {accepted} {way} }.into_any()),
        ];
        row(what.into_any(), cells)
    }

    /// Accepts a difference, or takes that back.
    fn way(&self, found: Found, what: &str) -> AnyView {
        let drift = self.clone();
        if found.3.is_open() {
            let ask = move || {
                *drift.chosen() = Some(found.clone());
                drift.asking.set(true);
            };
            return button("Accept…", format!("Accept {what}"), Box::new(ask));
        }
        let reopen = move || {
            let (key, provider, version, difference) = &found;
            let reopen = ReopenDifference { field: difference.field, version: *version };
            drift.send(api::reopen_difference(&drift.slug, key, provider, &reopen));
        };
        button("Take back", format!("No longer accept {what}"), Box::new(reopen))
    }

    fn chosen(&self) -> MutexGuard<'_, Option<Found>> {
        self.chosen.lock().expect("nobody else runs meanwhile")
    }

    fn send(&self, call: api::Call<Distribution>) {
        let look = self.look.clone();
        self.change.send(call, move || look());
    }
}

fn alarm() -> AnyView {
    view! {
        <div class="notice" data-state="refused">
            <Icon name="warning" />
            <p>
                <strong>"Alarm: this vault holds a key that is not ours."</strong>
            </p>
        </div>
    }
    .into_any()
}

fn what(version: Option<u32>, difference: &Difference) -> String {
    let field = capital(&difference.field.as_str().replace('_', " "));
    version.map_or(field.clone(), |version| format!("{field} of version {version}"))
}

fn button(text: &'static str, label: String, act: Box<dyn Fn()>) -> AnyView {
    view! {
        <button type="button" aria-label=label on:click=press(act)>
            {text}
        </button>
    }
    .into_any()
}

#[component]
fn Accept(drift: Drift, found: Found) -> impl IntoView {
    let form = FormState::new();
    let reason = RwSignal::new(String::new());
    let (key, provider, version, difference) = found;
    let words = format!(
        "{} in {key} at {provider}: Azure has {} where we want {}. It may stay as long as it stays the same.",
        what(version, &difference),
        difference.found,
        difference.wanted
    );
    let open = drift.asking;
    let path = api::acceptance(&drift.slug, &key, &provider);
    let body = {
        let (field, found) = (difference.field, difference.found);
        Memo::new(move |_| {
            let reason = reason.read().trim().parse().ok()?;
            Some(api::body(&AcceptDifference { field, version, found: found.clone(), reason }))
        })
    };
    let command = as_call("POST", path.clone(), body);
    let send = move || {
        form.read::<Reason>("reason", &reason.read_untracked());
        if let Some(body) = body.get_untracked() {
            let look = drift.look.clone();
            form.send(api::accept_difference(&path, body), move |_| {
                open.set(false);
                look();
            });
        }
    };
    view! {
        <Form state=form send class="">
            <div class="stack">
                <Summary state=form />
                <p>{words}</p>
                <Field form name="reason" label="Reason" value=reason check={check::<Reason>} autofocus=true />
                {command}
            </div>
            <Foot open state=form text="Accept" signed=true />
        </Form>
    }
}

/// The drift board: everything that differs, at all vaults of a workspace.
pub(crate) fn board(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let page = {
        let slug = workspace.slug.clone();
        load(move || api::drift(&slug, address.value("after").as_deref()))
    };
    refresh_while(page, |page: &Page<Distribution>| {
        page.items.iter().any(|distribution| distribution.state == DistributionState::Pending)
    });
    let drift = Drift::of(&workspace.slug, move || page.refetch());
    let dialog = drift.dialog();
    let list = loading(page, "Drift", move |page| {
        let (links, drift) = (links.clone(), drift.clone());
        let all = move || {
            let page = page.get();
            if page.items.is_empty() {
                let text = "Every version in every vault is compared once a day, and when you ask for it.";
                let way = "Go to the distributions";
                return nothing("in_sync", "Nothing differs", text, links.distributions(), way);
            }
            let section = |now: &Distribution| {
                let href = links.distribution(&now.key, &now.provider);
                drift.table(now, Some(href))
            };
            view! {
                {page.items.iter().map(section).collect::<Vec<AnyView>>()}
                <Pager next=page.next.clone() />
            }
            .into_any()
        };
        view! { {move || all()} }.into_any()
    });
    view! {
        <header class="page">
            <div>
                <Heading text="Drift" />
                <p class="soft">
                    "What vaults have and we do not want, alarms first. Reconcile makes Azure match; what may stay is accepted with a reason."
                </p>
            </div>
        </header>
        {dialog}
        {list}
    }
    .into_any()
}
