//! Changes that pages send to the server.

use crate::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Call, Error, Thing, Work};
use crate::ui::Failure;

/// A change that a button sends: whether it is on its way, and why the last one failed.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    sending: RwSignal<bool>,
    failure: RwSignal<Option<Error>>,
}

impl Change {
    pub(crate) fn new() -> Self {
        Self { sending: RwSignal::new(false), failure: RwSignal::new(None) }
    }

    /// Whether a change is on its way.
    pub(crate) fn is_sending(self) -> bool {
        self.sending.get()
    }

    /// Sends a change, unless one is on its way; afterwards, however it ended, the page looks what came of it.
    pub(crate) fn send<T: Send + Sync + 'static>(self, call: Call<T>, after: impl FnOnce() + 'static) {
        self.run(call.found(), Box::new(after));
    }

    fn run(self, work: Work<Thing>, after: Box<dyn FnOnce()>) {
        if self.sending.get_untracked() {
            return;
        }
        self.sending.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = work.await;
            self.sending.set(false);
            self.failure.set(answer.err().filter(|error| !error.is_signed_out()));
            after();
        });
    }

    /// Why the last change failed.
    pub(crate) fn failure(self) -> AnyView {
        let failure = self.failure;
        view! { {move || failure.get().map(|error| view! { <Failure error /> }.into_any())} }.into_any()
    }
}
