//! What pages load from the server.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::prelude::*;

use crate::api::{Call, Error, Parse, Work};
use crate::session::CurrentSession;

/// How long to wait between two looks at something that moves.
const PAUSE: Duration = Duration::from_millis(1200);

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
    answer: LocalResource<Result<Found, Error>>,
    last: Memo<Option<Found>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

/// Loads something now, when what the call reads changes, and again after signing in again.
pub(crate) fn load<T: Send + Sync + 'static>(call: impl Fn() -> Call<T> + 'static) -> Load<T> {
    load_any(Box::new(move || {
        let (answer, parse) = call().into_parts();
        found(answer, parse)
    }))
}

fn found(answer: Work<String>, parse: Parse) -> Work<Found> {
    Box::pin(async move {
        let text = answer.await?;
        Ok(Found { value: parse(&text)?.into(), text: text.into() })
    })
}

fn load_any<T>(call: Box<dyn Fn() -> Work<Found>>) -> Load<T> {
    let session = CurrentSession::expect();
    let answer = LocalResource::new(move || {
        session.renewals();
        call()
    });
    let last = Memo::new(move |before: Option<&Option<Found>>| match answer.get() {
        Some(Ok(now)) => Some(now),
        _ => before.cloned().flatten(),
    });
    Load { answer, last, of: PhantomData }
}

impl<T: Send + Sync + 'static> Load<T> {
    /// The last data that was loaded, if any ever was.
    pub(crate) fn last(self) -> Option<Arc<T>> {
        self.last.get().map(typed)
    }

    /// Whether any data was ever loaded.
    ///
    /// Something that reads this must not also read the data: a change that reaches it on both ways can be lost.
    pub(crate) fn is_known(self) -> Memo<bool> {
        let last = self.last;
        Memo::new(move |_| last.read().is_some())
    }

    /// The data, where it is shown only because there is some.
    pub(crate) fn data(self) -> Data<T> {
        Data(self)
    }

    /// Why the last answer had no data.
    pub(crate) fn error(self) -> Option<Error> {
        self.answer.get().and_then(Result::err)
    }

    /// Loads it again.
    pub(crate) fn refetch(self) {
        self.answer.refetch();
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

/// Loads again and again while something moves and somebody looks.
pub(crate) fn refresh_while<T: Send + Sync + 'static>(load: Load<T>, moves: fn(&T) -> bool) {
    refresh_any(load.answer, Box::new(move |found| moves(&typed::<T>(found))));
}

fn refresh_any(answer: LocalResource<Result<Found, Error>>, moves: Box<dyn Fn(Found) -> bool>) {
    // Each answer, good or bad, starts one timer; a hidden tab waits without asking.
    let looks = RwSignal::new(0_u32);
    Effect::new(move |before: Option<bool>| {
        looks.track();
        let moving = match answer.get() {
            Some(Ok(now)) => moves(now),
            // After signing in again it is loaded anew.
            Some(Err(error)) => before == Some(true) && !error.is_signed_out(),
            None => false,
        };
        if moving {
            let look = move || {
                if document().hidden() {
                    looks.update(|count| *count += 1);
                } else {
                    answer.refetch();
                }
            };
            if let Ok(timer) = set_timeout_with_handle(look, PAUSE) {
                on_cleanup(move || timer.clear());
            }
        }
        moving
    });
}
