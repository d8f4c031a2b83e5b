//! What an operation would do, before it starts.

use crate::prelude::*;
use ::api::{Plan, PlannedCalls, RefusedKey};

use crate::load::Data;
use crate::ui::{Icon, Word, grouped, span};

/// How long something takes at a vault's limits.
fn about(seconds: u64) -> String {
    match seconds {
        0 => "a few seconds".to_owned(),
        seconds => format!("about {}", span(i64::try_from(seconds).unwrap_or_default() * 1000)),
    }
}

/// The plan, as soon as everything is chosen.
#[component]
pub(super) fn Foreseen(plan: Data<Option<Plan>>, meaning: &'static str) -> impl IntoView {
    let foreseen = move || match &*plan.get() {
        None => view! { <p class="soft">"Choose the rest to see what will be called."</p> }.into_any(),
        Some(plan) => happens(plan, meaning),
    };
    view! { {move || foreseen()} }
}

/// What the plan says, in numbers.
fn happens(plan: &Plan, meaning: &'static str) -> AnyView {
    let line = |count: u64, words: &'static str| {
        view! {
            <li>
                <strong>{grouped(count)}</strong>
                <span>{words}</span>
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="consequences" aria-label="What will happen">
            {line(plan.keys - plan.refused, "would be done")}
            {(plan.refused > 0).then(|| line(plan.refused, "would be refused as things stand"))}
            <li>
                <Icon name="info" />
                <span>{meaning}</span>
            </li>
            <li>
                <Icon name="running" />
                <span>{about(plan.seconds)} ", if the slowest vault is sent nothing else"</span>
            </li>
        </ul>
        {(!plan.calls.is_empty()).then(|| calls(&plan.calls))}
        {(plan.refused > 0).then(|| refusals(plan))}
    }
    .into_any()
}

/// A kind of calls, with how many of them are planned.
type Kind = (&'static str, fn(&PlannedCalls) -> u64);

/// How often each provider is called, and how long that takes. What no provider is called for has no column.
fn calls(calls: &[PlannedCalls]) -> AnyView {
    const KINDS: [Kind; 4] = [
        ("Imports", |calls| calls.imports),
        ("Changes", |calls| calls.updates),
        ("Deletions", |calls| calls.deletions),
        ("Reads", |calls| calls.reads),
    ];
    let kinds: Vec<_> = KINDS.iter().filter(|(_, of)| calls.iter().any(|calls| of(calls) > 0)).collect();
    let head = |name: &'static str| view! { <th scope="col" class="number">{name}</th> }.into_any();
    let number = |text: String| view! { <td class="number">{text}</td> }.into_any();
    let row = |calls: &PlannedCalls| {
        let mut numbers: Vec<AnyView> = kinds.iter().map(|(_, of)| number(grouped(of(calls)))).collect();
        numbers.push(number(about(calls.seconds)));
        view! {
            <tr>
                <th scope="row">{calls.provider.to_string()}</th>
                {numbers}
            </tr>
        }
        .into_any()
    };
    let mut heads: Vec<AnyView> = kinds.iter().map(|(name, _)| head(name)).collect();
    heads.push(head("Time"));
    view! {
        <div class="scroller">
            <table>
                <caption class="sr">"Calls to each provider"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Provider"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{calls.iter().map(row).collect::<Vec<AnyView>>()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Which keys would be refused, and why.
fn refusals(plan: &Plan) -> AnyView {
    let row = |RefusedKey { key, reason }: &RefusedKey| {
        view! {
            <li>
                <Word state="refused" icon="refused" text=key.to_string() />
                " "
                {reason.clone()}
            </li>
        }
        .into_any()
    };
    let more = plan.refused - plan.first_refused.len() as u64;
    view! {
        <details>
            <summary>"What would be refused, and why"</summary>
            <ul>{plan.first_refused.iter().map(row).collect::<Vec<AnyView>>()}</ul>
            {(more > 0).then(|| format!("and {} more", grouped(more)))}
        </details>
    }
    .into_any()
}
