//! Waiting for what must happen.

use std::time::{Duration, Instant};

use api::{Distribution, DistributionQuery, DistributionState, Explanation, PageQuery, Provider, ProviderPath};
use azure_sim::Call;

use super::{World, path, workspace};

/// How long a story waits for what must happen.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Looks until it sees what was waited for; what it saw instead says why that took too long.
async fn wait<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look().await {
            Ok(seen) => return seen,
            Err(instead) => assert!(Instant::now() < deadline, "not {what} in time: {instead}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl World {
    /// How many calls of this kind Azure has received.
    pub(crate) fn seen(&self, call: Call) -> usize {
        self.azure.received().iter().filter(|received| received.call == Some(call)).count()
    }

    /// Waits until Azure has received so many calls of this kind.
    pub(crate) async fn until_seen(&self, call: Call, times: usize) {
        wait("received", async || {
            let seen = self.seen(call);
            if seen >= times { Ok(()) } else { Err(format!("{seen} of {times}")) }
        })
        .await;
    }

    /// Waits until a distribution is in this state.
    pub(crate) async fn until(&self, key: &str, provider: &str, state: DistributionState) -> Distribution {
        self.until_like(key, provider, state.as_str(), |now| now.state == state).await
    }

    /// Waits until a distribution is like that.
    pub(crate) async fn until_like(
        &self,
        key: &str,
        provider: &str,
        what: &str,
        is_expected: impl Fn(&Distribution) -> bool,
    ) -> Distribution {
        wait(what, async || {
            let distribution = self.distribution(key, provider).await;
            if is_expected(&distribution) { Ok(distribution) } else { Err(format!("{distribution:#?}")) }
        })
        .await
    }

    /// Waits until an attempt was made, whatever came of it.
    pub(crate) async fn until_tried(&self, key: &str, provider: &str) {
        wait("tried", async || {
            let distribution = self.distribution(key, provider).await;
            distribution.next_attempt_at.map(|_| ()).ok_or_else(|| format!("{distribution:#?}"))
        })
        .await;
    }

    /// Waits until nothing more is tried for a key exchange key that was asked for.
    pub(crate) async fn until_kek_settled(&self, provider: &str) -> Provider {
        wait("settled", async || {
            let path = ProviderPath { workspace: workspace(), provider: provider.parse().unwrap() };
            let provider = self.node.engine.provider(&path).await.unwrap();
            if provider.kek_requested_at.is_none() { Ok(provider) } else { Err(format!("{provider:#?}")) }
        })
        .await
    }

    /// Waits until a distribution is there again.
    pub(crate) async fn until_there(&self, key: &str, provider: &str) {
        wait("there", async || {
            let found = self.node.engine.distribution(&path(key, provider)).await;
            found.map(|_| ()).map_err(|error| error.to_string())
        })
        .await;
    }

    /// Waits until a provider keeps no deleted key any more.
    pub(crate) async fn until_purged(&self, provider: &ProviderPath) {
        wait("purged", async || {
            let kept = self.node.engine.deleted_keys(provider, &PageQuery::default()).await.unwrap().items;
            if kept.is_empty() { Ok(()) } else { Err(format!("{kept:#?}")) }
        })
        .await;
    }

    /// Waits until what was asked of the one deleted key failed.
    pub(crate) async fn until_refused(&self, provider: &ProviderPath) -> Explanation {
        wait("refused", async || {
            let listed = self.node.engine.deleted_keys(provider, &PageQuery::default()).await.unwrap().items;
            let error = listed.first().and_then(|key| key.last_error.clone());
            error.ok_or_else(|| format!("{listed:#?}"))
        })
        .await
    }

    /// Waits until nothing is pending or being withdrawn.
    pub(crate) async fn settle(&self) {
        for state in [DistributionState::Pending, DistributionState::Withdrawing] {
            let query = DistributionQuery { state: Some(state), ..DistributionQuery::default() };
            wait("settled", async || {
                let waiting = self.node.engine.distributions(&workspace(), &query).await.unwrap();
                waiting.items.first().map_or(Ok(()), |first| Err(format!("{first:#?}")))
            })
            .await;
        }
    }
}
