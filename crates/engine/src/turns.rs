//! Turns at work that takes a core: shared fairly between those who ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// As many turns at once as leave one core free for everything else. Nobody stands in the common line with more than that:
/// whoever asks for thousands of keys keeps others waiting for a few only.
pub(crate) struct Turns {
    at_once: usize,
    common: Semaphore,
    own: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A turn; it ends when it is dropped.
pub(crate) struct Turn<'a> {
    _common: SemaphorePermit<'a>,
    _own: OwnedSemaphorePermit,
}

impl Turns {
    /// Turns for a machine with so many cores.
    pub(crate) fn new(cores: usize) -> Self {
        let at_once = cores.saturating_sub(1).max(1);
        Self { at_once, common: Semaphore::new(at_once), own: Mutex::default() }
    }

    /// Waits for a turn of this user.
    pub(crate) async fn take(&self, user: &str) -> Turn<'_> {
        const OPEN: &str = "the semaphore is never closed";
        let own = self.own_line(user).acquire_owned().await.expect(OPEN);
        Turn { _common: self.common.acquire().await.expect(OPEN), _own: own }
    }

    /// Whether nobody waits.
    pub(crate) fn are_free(&self) -> bool {
        self.common.available_permits() > 0
    }

    fn own_line(&self, user: &str) -> Arc<Semaphore> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|_, line| Arc::strong_count(line) > 1);
        let line = own.entry(user.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.at_once)));
        Arc::clone(line)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;

    use super::*;

    #[tokio::test]
    async fn whoever_asks_for_much_does_not_keep_others_waiting() {
        let turns = Turns::new(2);
        let first = turns.take("ann").await;
        let (mut second, mut third) = (pin!(turns.take("ann")), pin!(turns.take("ann")));
        let mut other = pin!(turns.take("bob"));
        for waiting in [poll!(&mut second), poll!(&mut third), poll!(&mut other)] {
            assert!(waiting.is_pending());
        }
        drop(first);
        assert!(poll!(&mut second).is_pending());
        let other = other.await;
        assert!(poll!(&mut second).is_pending() && !turns.are_free());
        drop(other);
        drop(second.await);
        drop(third.await);
        assert!(turns.are_free());
    }
}
