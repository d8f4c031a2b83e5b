//! What went wrong, in words.

use crate::prelude::*;
use ::api::{Fact, KmsAnswer};

use super::form::sentence;
use super::{Code, Icon, Id, capital};
use crate::api::Error;

/// Why something failed, beside the button or above the data.
#[component]
pub(crate) fn Failure(error: Error, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="notice" role="alert" data-state="failed">
            <Icon name="refused" />
            <p>
                <strong>{sentence(&error.title())}</strong>
                " "
                {error.advice()}
                " "
                {children.map(|children| children())}
            </p>
            {evidence(&error)}
        </div>
    }
}

/// What stands behind a failure, if a KMS was asked.
pub(super) fn evidence(error: &Error) -> Option<AnyView> {
    let Error::Problem(problem) = error else { return None };
    let (facts, command) = (problem.facts.clone(), problem.command.clone());
    Some(view! { <Evidence facts command kms=problem.kms.clone() /> }.into_any())
}

/// What an answer of a KMS tells: the facts in it, the command that puts it right, and its own words.
#[component]
pub(crate) fn Evidence(facts: Vec<Fact>, command: Option<String>, kms: Option<KmsAnswer>) -> impl IntoView {
    view! {
        <Facts facts />
        {command.map(|text| view! { <Code title="Azure command line" text /> }.into_any())}
        {kms.map(|answer| view! { <KmsWords answer /> }.into_any())}
    }
}

/// What the KMS answered, folded.
#[component]
fn KmsWords(answer: KmsAnswer) -> impl IntoView {
    let mut title = format!("{} {}", answer.status, answer.code);
    for part in answer.inner_code.iter().cloned().chain(answer.request_id.map(|id| format!("request {id}"))) {
        title.push_str(" · ");
        title.push_str(&part);
    }
    view! {
        <details>
            <summary>"What Azure said"</summary>
            <Code title text=answer.message />
        </details>
    }
}

/// What an answer tells about who asked for what, each to be copied.
#[component]
fn Facts(facts: Vec<Fact>) -> impl IntoView {
    let fact = |Fact { name, value }| {
        view! {
            <dt>{capital(&name)}</dt>
            <dd>
                <Id text=value what=name />
            </dd>
        }
        .into_any()
    };
    (!facts.is_empty()).then(|| {
        let facts: Vec<AnyView> = facts.into_iter().map(fact).collect();
        view! { <dl class="facts">{facts}</dl> }.into_any()
    })
}
