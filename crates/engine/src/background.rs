//! Work that goes on beside the reconciler's steps, for as long as it runs.

use std::time::Duration;

use crate::Error;

/// Does some of a work again and again: at once while there is more, else after a pause. It may be dropped at any time.
/// `later` is what the log says when it did not work this time.
pub(crate) async fn keep_at<F, Fut>(later: &str, pause: Duration, do_some: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<bool, Error>>,
{
    loop {
        match do_some().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "{later}"),
        }
        tokio::time::sleep(pause).await;
    }
}
