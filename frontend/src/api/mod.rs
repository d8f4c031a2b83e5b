//! Calls to the server: one function per call, one kind of error.

mod accounts;
mod distributions;
mod json;
mod keys;
mod operations;
mod providers;
mod workspaces;

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
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
pub(crate) use operations::*;
pub(crate) use providers::*;
pub(crate) use workspaces::*;

/// After this many milliseconds without an answer a call has failed; a check of a vault may take long.
const PATIENCE: u32 = 60_000;

/// Work under way. It is boxed, so that every call has the same small shape in the program.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// What a call finds, whatever it is: without their types, all calls are handled by the same few functions.
pub(crate) type Thing = Box<dyn Any + Send + Sync>;

/// What makes sense of an answer.
pub(crate) type Parse = fn(&str) -> Result<Thing, Error>;

/// A call that begins when it is waited for.
pub(crate) struct Call<T> {
    answer: Work<String>,
    parse: Parse,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Call<T> {
    fn new(answer: Work<String>) -> Self
    where
        T: DeserializeOwned,
    {
        Self { answer, parse: parse::<T>, of: PhantomData }
    }

    /// No call, which finds nothing.
    pub(crate) fn none() -> Call<Option<T>>
    where
        T: DeserializeOwned,
    {
        Call::new(Box::pin(async { Ok(String::new()) }))
    }

    /// Splits the call into its answer as text and what makes sense of it.
    pub(crate) fn into_parts(self) -> (Work<String>, Parse) {
        (self.answer, self.parse)
    }

    /// Waits for what is found, and leaves its type to [`typed`].
    pub(crate) fn found(self) -> Work<Thing> {
        found(self.answer, self.parse)
    }

    /// One call out of two.
    pub(crate) fn and<U: DeserializeOwned + Send + Sync + 'static>(self, other: Call<U>) -> Call<(T, U)>
    where
        T: DeserializeOwned,
    {
        Call::new(both(self.answer, other.answer))
    }
}

impl<T: Send + Sync + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Work<T>;

    fn into_future(self) -> Work<T> {
        let found = self.found();
        Box::pin(async move { found.await.map(typed) })
    }
}

fn found(answer: Work<String>, parse: Parse) -> Work<Thing> {
    Box::pin(async move { parse(&answer.await?) })
}

fn both(first: Work<String>, second: Work<String>) -> Work<String> {
    Box::pin(async move { Ok(format!("[{},{}]", first.await?, second.await?)) })
}

fn parse<T: DeserializeOwned + Send + Sync + 'static>(text: &str) -> Result<Thing, Error> {
    json::read::<T>(text).map(|thing| Box::new(thing) as Thing).map_err(|_| Error::Reply)
}

/// What a call found, as what it is.
pub(crate) fn typed<T: 'static>(thing: Thing) -> T {
    *thing.downcast().expect("a call finds what its type says")
}

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

fn get<T: DeserializeOwned + Send + Sync + 'static>(path: &str) -> Call<T> {
    Call::new(fetch("GET", path, None))
}

fn post<T: DeserializeOwned + Send + Sync + 'static>(path: &str, body: Option<String>) -> Call<T> {
    Call::new(fetch("POST", path, body))
}

fn patch<T: DeserializeOwned + Send + Sync + 'static>(path: &str, body: String) -> Call<T> {
    Call::new(fetch("PATCH", path, Some(body)))
}

fn put<T: DeserializeOwned + Send + Sync + 'static>(path: &str, body: String) -> Call<T> {
    Call::new(fetch("PUT", path, Some(body)))
}

fn delete<T: DeserializeOwned + Send + Sync + 'static>(path: &str) -> Call<T> {
    Call::new(fetch("DELETE", path, None))
}

/// What is sent, as JSON.
pub(crate) fn body<T: Serialize>(value: &T) -> String {
    // Without the words of an error that cannot be.
    serde_json::to_string(value).unwrap_or_else(|_| unreachable!("what the console sends is text and numbers"))
}

fn fetch(method: &'static str, path: &str, body: Option<String>) -> Work<String> {
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
    let error = json::read(text).map_or(Error::Reply, |problem| Error::Problem(Box::new(problem)));
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
