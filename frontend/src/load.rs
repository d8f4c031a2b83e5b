//! What pages load from the server.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use leptos::task::spawn_local;

use crate::api::{Call, Error, Parse, Work};
use crate::live::Live;
use crate::prelude::*;
use crate::session::CurrentSession;
use crate::ui::when_released;

/// How long to wait between two looks at something that moves.
const PAUSE: Duration = Duration::from_millis(1500);

/// What was found, whatever it is: two answers are the same if their texts are.
///
/// Without its type, everything that is loaded shares one resource in the program.
#[derive(Clone)]
struct Found {
    text: Arc<str>,
    value: Arc<dyn Any + Send + Sync>,
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Something loaded from the server.
pub(crate) struct Load<T> {
    state: Loading,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

/// Loads something now, when what the call reads changes, after changes on the server, and again after signing in
/// again.
pub(crate) fn load<T: Send + Sync + 'static>(call: impl Fn() -> Call<T> + 'static) -> Load<T> {
    let call = move || {
        let (answer, parse) = call().into_parts();
        found(answer, parse)
    };
    Load { state: Loading::start(Box::new(call)), of: PhantomData }
}

fn found(answer: Work<String>, parse: Parse) -> Work<Found> {
    Box::pin(async move {
        let text = answer.await?;
        Ok(Found { value: parse(&text)?.into(), text: text.into() })
    })
}

/// How loading goes. A resource of Leptos can do far more than this, and weighs it.
#[derive(Clone, Copy)]
struct Loading {
    last: RwSignal<Option<Found>>,
    error: RwSignal<Option<Error>>,
    /// Counts the wishes to load it again.
    wishes: RwSignal<u32>,
    /// The number of the call that was answered last.
    answered: RwSignal<u32>,
}

impl Loading {
    fn start(call: Box<dyn Fn() -> Work<Found>>) -> Self {
        let [wishes, answered] = [(); 2].map(|()| RwSignal::new(0_u32));
        let loading = Self { last: RwSignal::new(None), error: RwSignal::new(None), wishes, answered };
        let (session, live) = (CurrentSession::expect(), Live::expect());
        Effect::new(move |before: Option<u32>| {
            session.renewals();
            live.changes();
            wishes.track();
            let number = before.unwrap_or_default() + 1;
            let work = call();
            spawn_local(async move {
                let answer = work.await;
                when_released(move || loading.answer(number, answer));
            });
            number
        });
        loading
    }

    /// Takes an answer, unless a later call was faster or the page is gone.
    fn answer(self, number: u32, answer: Result<Found, Error>) {
        if self.answered.try_get_untracked().is_none_or(|answered| answered > number) {
            return;
        }
        match answer {
            Ok(found) => {
                self.error.set(None);
                if self.last.read_untracked().as_ref() != Some(&found) {
                    self.last.set(Some(found));
                }
            }
            Err(error) => self.error.set(Some(error)),
        }
        self.answered.set(number);
    }

    fn again(self) {
        self.wishes.update(|count| *count += 1);
    }

    fn refresh_while(self, moves: Box<dyn Fn(Found) -> bool>) {
        Effect::new(move || {
            self.answered.track();
            let ended = self.error.read_untracked().as_ref().is_some_and(Error::is_signed_out);
            if !ended && self.last.get_untracked().is_some_and(&moves) {
                // Whatever a hidden tab shows is loaded again when it is seen.
                let look = move || {
                    if !document().hidden() {
                        self.again();
                    }
                };
                if let Ok(timer) = set_timeout_with_handle(look, PAUSE) {
                    on_cleanup(move || timer.clear());
                }
            }
        });
    }
}

impl<T: Send + Sync + 'static> Load<T> {
    /// The last data that was loaded, if any ever was.
    pub(crate) fn last(self) -> Option<Arc<T>> {
        self.state.last.get().map(typed)
    }

    /// Whether any data was ever loaded.
    ///
    /// Something that reads this must not also read the data: a change that reaches it on both ways can be lost.
    pub(crate) fn is_known(self) -> Memo<bool> {
        let last = self.state.last;
        Memo::new(move |_| last.read().is_some())
    }

    /// The data, where it is shown only because there is some.
    pub(crate) fn data(self) -> Data<T> {
        Data(self)
    }

    /// Why the last answer had no data.
    pub(crate) fn error(self) -> Option<Error> {
        self.state.error.get()
    }

    /// Loads it again.
    pub(crate) fn refetch(self) {
        self.state.again();
    }
}

fn typed<T: Send + Sync + 'static>(found: Found) -> Arc<T> {
    found.value.downcast().expect("a load holds what its call parsed")
}

/// Data that moves inside a view.
pub(crate) struct Data<T>(Load<T>);

impl<T> Clone for Data<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Data<T> {}

impl<T: Send + Sync + 'static> Data<T> {
    /// The data of now.
    pub(crate) fn get(self) -> Arc<T> {
        self.0.last().expect("shown only when something was loaded")
    }

    /// The data of now, without waiting for other.
    pub(crate) fn get_untracked(self) -> Arc<T> {
        untrack(|| self.get())
    }
}

/// Loads again and again while something moves and somebody looks: not every step of it is news.
pub(crate) fn refresh_while<T: Send + Sync + 'static>(load: Load<T>, moves: fn(&T) -> bool) {
    load.state.refresh_while(Box::new(move |found| moves(&typed::<T>(found))));
}
