//! Forms: errors under the field and in one summary, one way to send.

use std::str::FromStr;

use crate::prelude::*;
use ::api::{FieldError, Invalid};
use leptos::ev::{Event, SubmitEvent};
use leptos::html;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::explain::evidence;
use super::{Failure, Icon, capital};
use crate::api::{Call, Error, Thing, Work, typed};

/// What is wrong with a form, and whether it is on its way.
#[derive(Clone, Copy)]
pub(crate) struct FormState {
    errors: RwSignal<Vec<FieldError>>,
    failure: RwSignal<Option<Error>>,
    sending: RwSignal<bool>,
    listed: RwSignal<bool>,
    labels: StoredValue<Vec<(&'static str, &'static str)>>,
    summary: NodeRef<html::Div>,
}

impl FormState {
    pub(crate) fn new() -> Self {
        Self {
            errors: RwSignal::default(),
            failure: RwSignal::default(),
            sending: RwSignal::default(),
            listed: RwSignal::default(),
            labels: StoredValue::default(),
            summary: NodeRef::new(),
        }
    }

    /// Tells the summary what a field is called.
    pub(crate) fn name_field(self, field: &'static str, label: &'static str) {
        self.labels.update_value(|labels| labels.push((field, label)));
    }

    /// What is wrong with a field.
    pub(crate) fn error(self, field: &'static str) -> Signal<Option<String>> {
        let errors = self.errors;
        Signal::derive(move || errors.read().iter().find(|error| error.field == field).map(|e| e.message.clone()))
    }

    /// Says, or no longer says, that something is wrong with a field.
    pub(crate) fn set_error(self, field: &'static str, message: Option<String>) {
        let known = self.errors.read_untracked().iter().any(|error| error.field == field);
        if known || message.is_some() {
            self.errors.update(|errors| {
                errors.retain(|error| error.field != field);
                errors.extend(message.map(|message| FieldError { field: field.to_owned(), message }));
            });
        }
    }

    /// Reads a field into what it means, or says why not.
    pub(crate) fn read<T: FromStr<Err = Invalid>>(self, field: &'static str, text: &str) -> Option<T> {
        let parsed = text.trim().parse();
        self.set_error(field, parsed.as_ref().err().map(|invalid: &Invalid| sentence(&invalid.to_string())));
        parsed.ok()
    }

    /// Reads a text that may be anything but nothing.
    pub(crate) fn read_secret(self, field: &'static str, text: &str) -> Option<::api::SecretInput> {
        self.set_error(field, text.is_empty().then(|| "Fill this in.".to_owned()));
        (!text.is_empty()).then(|| ::api::SecretInput::new(text.to_owned()))
    }

    /// Whether nothing is known to be wrong.
    pub(crate) fn is_right(self) -> bool {
        self.errors.read_untracked().is_empty()
    }

    /// Sends the form; what the server has against it is shown, else `done` goes on.
    pub(crate) fn send<T: Send + Sync + 'static>(self, call: Call<T>, done: impl FnOnce(T) + 'static) {
        self.run(call.found(), Box::new(|thing| done(typed(thing))));
    }

    fn run(self, work: Work<Thing>, done: Box<dyn FnOnce(Thing)>) {
        if self.sending.get_untracked() {
            return;
        }
        self.sending.set(true);
        spawn_local(async move {
            match work.await {
                Ok(thing) => {
                    done(thing);
                    self.sending.set(false);
                }
                Err(error) => {
                    self.sending.set(false);
                    self.refuse(error);
                }
            }
        });
    }

    /// Whether the form is on its way.
    pub(crate) fn is_sending(self) -> bool {
        self.sending.get()
    }

    fn refuse(self, error: Error) {
        if error.is_signed_out() {
            // The sign-in in front of the page says so; then the form can be sent again.
            return;
        }
        if let Error::Problem(problem) = &error {
            let said = problem.errors.iter().cloned();
            self.errors.set(said.map(|error| FieldError { message: sentence(&error.message), ..error }).collect());
        }
        self.failure.set(Some(error));
        self.show_errors();
    }

    /// Moves the focus to what is wrong, if anything is.
    fn show_errors(self) {
        let wrong = !self.errors.read_untracked().is_empty();
        self.listed.set(wrong);
        if !wrong && self.failure.read_untracked().is_none() {
            return;
        }
        request_animation_frame(move || {
            if let Some(summary) = self.summary.get_untracked() {
                // Without the focus the summary is still announced, as an alert.
                let _ = summary.focus();
            }
        });
    }
}

/// Makes a sentence of somebody's words.
pub(super) fn sentence(words: &str) -> String {
    format!("{}.", capital(words.trim_end_matches('.')))
}

/// A form: `send` reads the fields and sends them; what is wrong is listed on top.
#[component]
pub(crate) fn Form(
    state: FormState,
    send: impl Fn() + 'static,
    #[prop(default = "stack form")] class: &'static str,
    children: Children,
) -> impl IntoView {
    form(state, Box::new(send), class, children())
}

/// One function for all forms, whatever they send.
fn form(state: FormState, send: Box<dyn Fn()>, class: &'static str, content: AnyView) -> AnyView {
    let press = move || {
        if !state.sending.get_untracked() {
            state.failure.set(None);
            state.errors.set(Vec::new());
            send();
            state.show_errors();
        }
    };
    view! {
        <form class=class novalidate aria-busy=move || state.sending.get().then_some("true") on:submit=submit(press)>
            {content}
        </form>
    }
    .into_any()
}

/// What a form does when it is sent; all such handlers are one type in the program.
pub(crate) fn submit(send: impl Fn() + 'static) -> Box<dyn FnMut(SubmitEvent)> {
    Box::new(move |event| {
        event.prevent_default();
        send();
    })
}

/// What a field does when its text changes; all such handlers are one type in the program.
pub(crate) fn changed(act: impl Fn(String) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(move |event| act(event_target_value(&event)))
}

/// What is wrong with a form, with a link to each field.
#[component]
pub(crate) fn Summary(state: FormState) -> impl IntoView {
    let summary = move || {
        let errors = state.errors.get();
        match state.failure.get() {
            Some(error) if errors.is_empty() => Some(view! { <Failure error /> }.into_any()),
            _ if errors.is_empty() || !state.listed.get() => None,
            _ => Some(view! { <Errors state errors /> }.into_any()),
        }
    };
    view! {
        <div class="summary" node_ref=state.summary tabindex="-1">
            {move || summary()}
        </div>
    }
}

#[component]
fn Errors(state: FormState, errors: Vec<FieldError>) -> impl IntoView {
    let title = match errors.len() {
        1 => "One thing to correct".to_owned(),
        count => format!("{count} things to correct"),
    };
    let lines: Vec<AnyView> = errors.into_iter().map(|error| view! { <Line state error /> }.into_any()).collect();
    view! {
        <div class="notice" role="alert" data-state="refused">
            <Icon name="refused" />
            <h2>{title}</h2>
            <ul>{lines}</ul>
            {move || state.failure.get().and_then(|error| evidence(&error))}
        </div>
    }
}

#[component]
fn Line(state: FormState, error: FieldError) -> impl IntoView {
    let label = state.labels.read_value().iter().find(|(field, _)| *field == error.field).map(|(_, label)| *label);
    let FieldError { field, message } = error;
    let jump = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        event.stop_propagation();
        if let Some(input) = document().get_element_by_id(&field) {
            // The link stays even where the field cannot take the focus.
            let _ = input.unchecked_into::<HtmlElement>().focus();
        }
    };
    match label {
        Some(label) => view! {
            <li>
                <a href="#" on:click=jump>
                    {label}
                    ": "
                    {message}
                </a>
            </li>
        }
        .into_any(),
        None => view! { <li>{message}</li> }.into_any(),
    }
}

/// The button that sends a form.
#[component]
pub(crate) fn Submit(
    state: FormState,
    #[prop(into)] text: Signal<String>,
    #[prop(default = "primary")] kind: &'static str,
    /// Why it cannot be sent now.
    #[prop(optional, into)]
    forbidden: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <button
            data-kind=kind
            aria-disabled=move || (state.sending.get() || forbidden.read().is_some()).then_some("true")
            title=move || forbidden.get()
        >
            {text}
        </button>
    }
}
