//! What there is to know about a key.

use crate::prelude::*;
use ::api::{Distribution, DistributionState, Key, Protection};

use super::versions::thumbprint;
use crate::links::Links;
use crate::load::Data;
use crate::pages::schedule::kept;
use crate::ui::{Icon, Moment, State, Time, Word, many, now};

/// What of this key moves or needs a person, the worst first.
#[component]
pub(super) fn Notices(key: Data<Key>, links: Links) -> impl IntoView {
    let notices = move || {
        let mut unsettled = key.get().distributions.clone();
        unsettled.retain(|distribution| distribution.state != DistributionState::InSync);
        unsettled.sort_by_key(|distribution| std::cmp::Reverse(distribution.state));
        unsettled
            .into_iter()
            .map(|distribution| view! { <Unsettled distribution links=links.clone() /> }.into_any())
            .collect::<Vec<_>>()
    };
    view! { {move || notices()} }
}

#[component]
fn Unsettled(distribution: Distribution, links: Links) -> impl IntoView {
    let state = distribution.state.as_str();
    let provider = distribution.provider.to_string();
    let missing = distribution.deliveries.iter().filter(|delivery| delivery.remote_version.is_none()).count();
    let (claim, link) = match distribution.state {
        DistributionState::Pending if missing > 0 => {
            (format!("{provider} lags by {}.", many(missing as u64, "version")), "Follow it")
        }
        DistributionState::Pending | DistributionState::InSync => {
            (format!("{provider} is being changed."), "Follow it")
        }
        DistributionState::Withdrawing => (format!("{provider} is giving the key back."), "Follow it"),
        DistributionState::Drifted => (format!("{provider} holds something else than we sent."), "Compare"),
        DistributionState::Refused => (format!("{provider} refuses the key."), "What to do"),
    };
    view! {
        <div class="notice" data-state=state>
            <Icon name=state />
            <p>
                <strong>{claim}</strong>
                " "
                {match distribution.last_error {
                    Some(error) => format!("{}. ", error.title.trim_end_matches('.')),
                    None => "Until Azure confirms, it is pending. ".to_owned(),
                }}
                {distribution.next_attempt_at.map(|at| view! { "Next attempt " <Time at /> ". " }.into_any())}
                <a href=links.distribution(&distribution.key, &distribution.provider)>{link}</a>
            </p>
        </div>
    }
}

/// The card with the facts.
#[component]
pub(super) fn Facts(key: Data<Key>) -> impl IntoView {
    let deletion = move || {
        if key.get().deletion_allowed {
            view! { <Word state="due" icon="warning" text="Allowed" /> }.into_any()
        } else {
            view! { <Word state="disabled" icon="disabled" text="Not allowed" /> }.into_any()
        }
    };
    let latest = move || key.get().versions.first().cloned();
    let private_key = move || match key.get().destroyed_at {
        Some(_) => "destroyed",
        None => "sealed; cannot be read by anyone",
    };
    view! {
        <section class="card" aria-labelledby="facts">
            <header>
                <h2 id="facts">"Key"</h2>
            </header>
            <dl class="facts">
                <dt>"Type"</dt>
                <dd>{key.get_untracked().key_type.as_str()}</dd>
                <dt>"Thumbprint"</dt>
                <dd>{move || latest().map(|version| thumbprint(&version))}</dd>
                <dt>"Created"</dt>
                <dd>{move || view! { <Moment at=key.get().created_at /> }.into_any()}</dd>
                <dt>"Minimum enabled version"</dt>
                <dd>{move || format!("{} of {}", key.get().min_enabled_version, key.get().latest_version)}</dd>
                <dt>"Next rotation"</dt>
                <dd>{move || next_rotation(&key.get())}</dd>
                <dt>"Deletion"</dt>
                <dd>{move || deletion()}</dd>
                <dt>"Private key"</dt>
                <dd>{move || private_key()}</dd>
            </dl>
        </section>
    }
}

fn next_rotation(key: &Key) -> AnyView {
    let Some(rotation) = &key.rotation else { return "only when asked".into_any() };
    let at = rotation.due_at;
    let overdue = (at < now()).then(|| view! { <Word state="due" icon="due" text="Overdue" /> " " }.into_any());
    let words = format!("every {} days; {} stay enabled", rotation.period_days, kept(rotation.keep_versions));
    view! {
        {overdue}
        <Moment at />
        <br />
        <span class="soft">{words}</span>
    }
    .into_any()
}

/// The card that says where the key is held.
#[component]
pub(super) fn HeldBy(key: Data<Key>, links: Links) -> impl IntoView {
    let holder = move |distribution: &Distribution| {
        let purposes: Vec<&str> = distribution.purposes.iter().map(|purpose| purpose.as_str()).collect();
        let protection = match distribution.protection {
            Protection::Hsm => "HSM",
            Protection::Software => "software",
        };
        view! {
            <dt>
                <a href=links.distribution(&distribution.key, &distribution.provider)>
                    {distribution.provider.to_string()}
                </a>
            </dt>
            <dd>
                <State state=distribution.state />
                <br />
                <code>{distribution.name_in_kms.to_string()}</code>
                <br />
                <span class="soft">{format!("{} · {protection}", purposes.join(", "))}</span>
            </dd>
        }
        .into_any()
    };
    let why = if key.get_untracked().key_type.fits_azure() {
        "No provider holds this key: it is held by us only."
    } else {
        "It is held by us only: Azure takes RSA keys, and no others."
    };
    let nowhere = move || key.get().distributions.is_empty().then(|| view! { <p class="soft">{why}</p> }.into_any());
    view! {
        <section class="card" aria-labelledby="where">
            <header>
                <h2 id="where">"Held by"</h2>
            </header>
            {move || nowhere()}
            <dl class="facts">{move || key.get().distributions.iter().map(&holder).collect::<Vec<_>>()}</dl>
        </section>
    }
}
