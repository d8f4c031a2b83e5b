//! Calls to the server: one function per call, one kind of error.

mod accounts;
mod distributions;
mod keys;
mod providers;
mod workspaces;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use ::api::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

pub(crate) use accounts::*;
pub(crate) use distributions::*;
pub(crate) use keys::*;
pub(crate) use providers::*;
pub(crate) use workspaces::*;

/// After this many milliseconds without an answer a call has failed; a check of a vault may take long.
const PATIENCE: u32 = 60_000;

/// A call under way. It is boxed, so that every call has the same small shape in the program.
pub(crate) type Reply<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Error {
    /// The server said why.
    Problem(Box<Problem>),
    /// There was no answer.
    Network,
    /// The answer was not one of ours.
    Reply,
}

impl Error {
    /// The HTTP status, where the server answered.
    pub(crate) fn status(&self) -> u16 {
        if let Self::Problem(problem) = self { problem.status } else { 0 }
    }

    /// The stable name of the problem, such as `no_session`.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Problem(problem) => problem.problem_type.rsplit(':').next().unwrap_or_default(),
            Self::Network | Self::Reply => "",
        }
    }

    /// Whether the session has ended.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.code() == "no_session"
    }

    /// What is wrong, in one sentence.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Problem(_) if self.is_signed_out() => "You were signed out".to_owned(),
            Self::Problem(problem) => problem.title.clone(),
            Self::Network => "The server did not answer".to_owned(),
            Self::Reply => "The server's answer was not understood".to_owned(),
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Problem(_) if self.is_signed_out() => {
                "Sign in again, then repeat what you did. What you typed is kept.".to_owned()
            }
            Self::Problem(problem) => match (&problem.detail, &problem.request_id) {
                (Some(detail), _) => detail.clone(),
                (None, Some(request)) => format!("Request {request} in the server's log says more."),
                (None, None) => String::new(),
            },
            Self::Network => "Check the connection and try again.".to_owned(),
            Self::Reply => "The console may be older than the server: reload this page.".to_owned(),
        }
    }
}

thread_local! {
    static ON_SIGNED_OUT: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Says what to do when any call finds that the session has ended.
pub(crate) fn on_signed_out(act: impl Fn() + 'static) {
    ON_SIGNED_OUT.set(Some(Box::new(act)));
}

fn get<T: DeserializeOwned + 'static>(path: &str) -> Reply<T> {
    decoded(fetch("GET", path, None))
}

fn post<T: DeserializeOwned + 'static>(path: &str, body: Option<String>) -> Reply<T> {
    decoded(fetch("POST", path, body))
}

fn patch<T: DeserializeOwned + 'static>(path: &str, body: String) -> Reply<T> {
    decoded(fetch("PATCH", path, Some(body)))
}

fn delete(path: &str) -> Reply<()> {
    silent(fetch("DELETE", path, None))
}

fn body<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("what the console sends is text and numbers")
}

/// Reads the JSON of an answer.
fn decoded<T: DeserializeOwned + 'static>(answer: Reply<String>) -> Reply<T> {
    Box::pin(async move { serde_json::from_str(&answer.await?).map_err(|_| Error::Reply) })
}

/// Waits for an answer without content.
fn silent(answer: Reply<String>) -> Reply<()> {
    Box::pin(async move { answer.await.map(|_| ()) })
}

fn fetch(method: &'static str, path: &str, body: Option<String>) -> Reply<String> {
    let url = format!("/api/v1{path}");
    Box::pin(async move {
        let request = RequestInit::new();
        request.set_method(method);
        request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
        if let Some(body) = body {
            request.set_body(&JsValue::from_str(&body));
            let headers = web_sys::Headers::new().map_err(|_| Error::Network)?;
            headers.set("Content-Type", "application/json").map_err(|_| Error::Network)?;
            request.set_headers(&headers);
        }
        let answer = JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(&url, &request)).await;
        let answer: Response = answer.map_err(|_| Error::Network)?.unchecked_into();
        let text = JsFuture::from(answer.text().map_err(|_| Error::Network)?).await.map_err(|_| Error::Network)?;
        let text = text.as_string().unwrap_or_default();
        if answer.ok() { Ok(text) } else { Err(refusal(&text)) }
    })
}

fn refusal(text: &str) -> Error {
    let error = serde_json::from_str(text).map_or(Error::Reply, |problem| Error::Problem(Box::new(problem)));
    if error.is_signed_out() {
        ON_SIGNED_OUT.with_borrow(|act| act.iter().for_each(|act| act()));
    }
    error
}

/// Writes `?name=value&…` of what is there.
pub(crate) fn query(parts: &[(&str, Option<&str>)]) -> String {
    let mut text = String::new();
    for (name, value) in parts {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.push_str(&String::from(js_sys::encode_uri_component(value)));
        }
    }
    text
}
