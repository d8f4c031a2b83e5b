//! Fields: a visible label, a hint before the error, the error under the field.

use std::str::FromStr;

use crate::prelude::*;
use ::api::Invalid;
use leptos::ev::Event;

use super::form::{changed, sentence};
use super::{FormState, Icon, when_released};

/// Says what is wrong with a text, if it does not parse.
pub(crate) fn check<T: FromStr<Err = Invalid>>(text: &str) -> Option<String> {
    text.trim().parse::<T>().err().map(|invalid| sentence(&invalid.to_string()))
}

/// Says what is wrong with a text that is no whole number.
pub(crate) fn whole_number(text: &str) -> Option<String> {
    text.trim().parse::<u32>().is_err().then(|| "Write a whole number.".to_owned())
}

/// A line of text with its label.
#[component]
pub(crate) fn Field(
    form: FormState,
    /// The field as in the request; also the id of the input.
    name: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    #[prop(default = "")] hint: &'static str,
    /// What is wrong with a text, looked at when the field is left.
    #[prop(default = |_| None)]
    check: fn(&str) -> Option<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    /// Whether the text is a name or an id, shown in monospace.
    #[prop(optional)]
    code: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let Watch { wrong, typed, left } = watch(form, name, label, value, check);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="field__hint" id=format!("{name}-hint")>{hint}</p> }.into_any())}
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck=code.then_some("false")
                autofocus=autofocus
                aria-invalid=move || wrong.get().then_some("true")
                aria-describedby=move || described(name, !hint.is_empty(), wrong.get())
                prop:value=move || value.get()
                on:input=typed
                on:change=left
            />
            <ErrorOf form name />
        </div>
    }
}

/// A text of several lines with its label.
#[component]
pub(crate) fn Area(
    form: FormState,
    /// The field as in the request; also the id of the text.
    name: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    hint: &'static str,
    /// What is wrong with a text, looked at when the field is left.
    check: fn(&str) -> Option<String>,
    #[prop(default = "6")] rows: &'static str,
) -> impl IntoView {
    let Watch { wrong, typed, left } = watch(form, name, label, value, check);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <p class="field__hint" id=format!("{name}-hint")>
                {hint}
            </p>
            <textarea
                id=name
                name=name
                rows=rows
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=move || wrong.get().then_some("true")
                aria-describedby=move || described(name, true, wrong.get())
                prop:value=move || value.get()
                on:input=typed
                on:change=left
            ></textarea>
            <ErrorOf form name />
        </div>
    }
}

/// What happens to a field while somebody fills it in.
struct Watch {
    wrong: Memo<bool>,
    typed: Box<dyn FnMut(Event)>,
    left: Box<dyn FnMut(Event)>,
}

/// Takes what is typed. A text is checked when its field is left; what was wrong is forgotten as soon as it is right.
fn watch(
    form: FormState,
    name: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    check: fn(&str) -> Option<String>,
) -> Watch {
    form.name_field(name, label);
    let error = form.error(name);
    let wrong = Memo::new(move |_| error.read().is_some());
    let typed = changed(move |text: String| {
        if wrong.get_untracked() && check(&text).is_none() {
            form.set_error(name, None);
        }
        value.set(text);
    });
    let left = changed(move |text: String| {
        if !text.is_empty() {
            // It is often left by a click, and its button must not move away.
            when_released(move || form.set_error(name, check(&text)));
        }
    });
    Watch { wrong, typed, left }
}

fn described(name: &str, hint: bool, wrong: bool) -> Option<String> {
    match (hint, wrong) {
        (true, true) => Some(format!("{name}-hint {name}-error")),
        (true, false) => Some(format!("{name}-hint")),
        (false, true) => Some(format!("{name}-error")),
        (false, false) => None,
    }
}

/// What is wrong with a field, below it.
#[component]
pub(crate) fn ErrorOf(form: FormState, name: &'static str) -> impl IntoView {
    let error = form.error(name);
    let shown = move || {
        error.get().map(|message| {
            view! {
                <p class="field__error" id=format!("{name}-error")>
                    <Icon name="refused" />
                    {message}
                </p>
            }
            .into_any()
        })
    };
    view! { {move || shown()} }
}

/// One of several words, with its label.
#[component]
pub(crate) fn Select(
    name: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    /// Each value with the words for it.
    options: Vec<(&'static str, &'static str)>,
    #[prop(optional)] form: Option<FormState>,
) -> impl IntoView {
    if let Some(form) = form {
        form.name_field(name, label);
    }
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name prop:value=move || value.get() on:change=changed(move |word| value.set(word))>
                {options
                    .into_iter()
                    .map(|(word, words)| {
                        view! {
                            <option value=word selected=value.get_untracked() == word>
                                {words}
                            </option>
                        }.into_any()
                    })
                    .collect_view()}
            </select>
            {form.map(|form| view! { <ErrorOf form name /> }.into_any())}
        </div>
    }
}

/// A choice as a whole row: the input, its name, what it means.
#[component]
pub(crate) fn Choice(
    /// `radio` or `checkbox`.
    kind: &'static str,
    name: &'static str,
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    /// Whether it is chosen.
    #[prop(into)]
    chosen: Signal<bool>,
    #[prop(optional)] disabled: bool,
    choose: impl Fn(bool) + 'static,
    children: Children,
) -> impl IntoView {
    choice((kind, name), id, label, chosen, disabled, Box::new(choose), children())
}

/// One function for all choices, whatever they choose.
fn choice(
    (kind, name): (&'static str, &'static str),
    id: String,
    label: String,
    chosen: Signal<bool>,
    disabled: bool,
    choose: Box<dyn Fn(bool)>,
    content: AnyView,
) -> AnyView {
    let means = format!("{id}-means");
    view! {
        <div class="choice">
            <input
                type=kind
                name=name
                id=id.clone()
                disabled=disabled
                aria-describedby=means.clone()
                prop:checked=move || chosen.get()
                on:change=move |event| choose(event_target_checked(&event))
            />
            <label for=id>{label}</label>
            <p id=means>{content}</p>
        </div>
    }
    .into_any()
}
