//! Waiting for what must happen.

use std::time::{Duration, Instant};

use api::{Distribution, DistributionQuery, DistributionState, Explanation, PageQuery, ProviderPath};
use azure_sim::Call;

use super::{World, path, workspace};

/// How long a story waits for what must happen.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

impl World {
    /// How many calls of this kind Azure has received.
    pub(crate) fn seen(&self, call: Call) -> usize {
        self.azure.received().iter().filter(|received| received.call == Some(call)).count()
    }

    /// Waits until a distribution is in this state.
    pub(crate) async fn until(&self, key: &str, provider: &str, state: DistributionState) -> Distribution {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let distribution = self.distribution(key, provider).await;
            if distribution.state == state {
                return distribution;
            }
            assert!(Instant::now() < deadline, "not {state} in time: {distribution:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until an attempt was made, whatever came of it.
    pub(crate) async fn until_tried(&self, key: &str, provider: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.distribution(key, provider).await.next_attempt_at.is_none() {
            assert!(Instant::now() < deadline, "not tried in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a distribution is there again.
    pub(crate) async fn until_there(&self, key: &str, provider: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.node.engine.distribution(&path(key, provider)).await.is_err() {
            assert!(Instant::now() < deadline, "not there in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a provider keeps no deleted key any more.
    pub(crate) async fn until_purged(&self, provider: &ProviderPath) {
        let deadline = Instant::now() + PATIENCE;
        while !self.node.engine.deleted_keys(provider, &PageQuery::default()).await.unwrap().items.is_empty() {
            assert!(Instant::now() < deadline, "not purged in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until what was asked of the one deleted key failed.
    pub(crate) async fn until_refused(&self, provider: &ProviderPath) -> Explanation {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let listed = self.node.engine.deleted_keys(provider, &PageQuery::default()).await.unwrap().items;
            if let Some(error) = listed.into_iter().next().and_then(|key| key.last_error) {
                return error;
            }
            assert!(Instant::now() < deadline, "not refused in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nothing is pending or being withdrawn.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        for state in [DistributionState::Pending, DistributionState::Withdrawing] {
            let query = DistributionQuery { state: Some(state), ..DistributionQuery::default() };
            loop {
                let waiting = self.node.engine.distributions(&workspace(), &query).await.unwrap();
                let Some(first) = waiting.items.first() else { break };
                assert!(Instant::now() < deadline, "not settled in time: {first:#?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}
