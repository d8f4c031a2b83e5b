//! News: what changes on the server changes on the page.

use std::time::Duration;

use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::EventSource;

use crate::api;
use crate::prelude::*;
use crate::session::CurrentSession;
use crate::ui::now;

/// Changes often come in groups, and one look is enough for a group: so many milliseconds are waited for more, twice as
/// many each time that they go on coming.
const GROUP: i64 = 300;

/// The most that is waited.
const LONG_GROUP: i64 = 8 * GROUP;

/// How long to wait before asking again for news that were refused.
const PATIENCE: Duration = Duration::from_secs(5);

/// The news from the server: one stream for the whole console, while somebody looks at it.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    changes: RwSignal<u32>,
    attempts: RwSignal<u32>,
    lost: RwSignal<bool>,
    coming: StoredValue<bool>,
    /// When it was last told, and how long was waited for that.
    told: StoredValue<(i64, i64)>,
    source: StoredValue<Option<EventSource>, LocalStorage>,
}

impl Live {
    /// Listens as long as somebody is signed in and the tab is seen: a browser has few connections.
    pub(crate) fn provide() {
        let live = Self {
            changes: RwSignal::new(0),
            attempts: RwSignal::new(0),
            lost: RwSignal::new(false),
            coming: StoredValue::new(false),
            told: StoredValue::new((0, GROUP)),
            source: StoredValue::new_local(None),
        };
        provide_context(live);
        let session = CurrentSession::expect();
        let seen = RwSignal::new(!document().hidden());
        window_event_listener_untyped("visibilitychange", move |_| seen.set(!document().hidden()));
        let wanted = Memo::new(move |_| seen.get() && session.get().is_some() && !session.ended());
        Effect::new(move || {
            live.attempts.track();
            session.renewals();
            live.close();
            live.lost.set(false);
            if wanted.get() {
                live.open();
            }
        });
    }

    /// The news of the console.
    pub(crate) fn expect() -> Self {
        use_context().expect("the console listens before anything else")
    }

    /// Becomes different when something changed, or may have while nobody listened.
    pub(crate) fn changes(self) {
        self.changes.track();
    }

    /// Whether changes do not arrive, although somebody waits for them.
    pub(crate) fn is_lost(self) -> bool {
        self.lost.get()
    }

    fn open(self) {
        // Any address is one that can be asked.
        let Ok(source) = EventSource::new("/api/v1/events") else { return };
        let opened = move || {
            self.lost.set(false);
            self.change();
        };
        source.set_onopen(Some(&listener(opened)));
        source.set_onmessage(Some(&listener(move || self.change())));
        source.set_onerror(Some(&listener(move || self.fail())));
        self.source.set_value(Some(source));
    }

    fn close(self) {
        self.source.update_value(|source| source.take().iter().for_each(EventSource::close));
    }

    fn change(self) {
        if self.coming.get_value() {
            return;
        }
        self.coming.set_value(true);
        let (told, waited) = self.told.get_value();
        let goes_on = now().millis() - told < 2 * waited;
        let wait = if goes_on { (2 * waited).min(LONG_GROUP) } else { GROUP };
        let tell = move || {
            self.coming.set_value(false);
            self.told.set_value((now().millis(), wait));
            self.changes.update(|count| *count += 1);
        };
        set_timeout(tell, Duration::from_millis(wait.unsigned_abs()));
    }

    fn fail(self) {
        self.lost.set(true);
        let refused = |source: &Option<EventSource>| {
            source.as_ref().is_some_and(|source| source.ready_state() == EventSource::CLOSED)
        };
        // Unless it was refused, the browser tries again by itself.
        if self.source.with_value(refused) {
            set_timeout(move || self.attempts.update(|count| *count += 1), PATIENCE);
            spawn_local(async {
                // Why is not told; if the session has ended, this finds it out.
                let _ = api::session().await;
            });
        }
    }
}

/// A listener for good: the few streams of a tab are all of one console.
fn listener(act: impl Fn() + 'static) -> js_sys::Function {
    Closure::<dyn Fn()>::new(act).into_js_value().unchecked_into()
}
