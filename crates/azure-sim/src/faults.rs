//! Failures on demand: which call fails next, and how.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A kind of call that the simulator tells apart.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Call {
    /// `POST /{tenant}/oauth2/v2.0/token`
    Token,
    /// `GET /metadata/identity/oauth2/token` of IMDS, and the App Service endpoint
    ManagedIdentity,
    /// `POST /keys/{name}/create`
    CreateKey,
    /// `PUT /keys/{name}`
    ImportKey,
    /// `GET /keys/{name}` and `GET /keys/{name}/{version}`
    GetKey,
    /// `PATCH /keys/{name}` and `PATCH /keys/{name}/{version}`
    UpdateKey,
    /// `DELETE /keys/{name}`
    DeleteKey,
    /// `GET /deletedkeys/{name}`
    GetDeletedKey,
    /// `GET /keys`
    ListKeys,
    /// `GET /keys/{name}/versions`
    ListVersions,
    /// `GET /deletedkeys`
    ListDeletedKeys,
    /// `POST /deletedkeys/{name}/recover`
    RecoverKey,
    /// `DELETE /deletedkeys/{name}`
    PurgeKey,
    /// `POST /keys/{name}/{version}/sign` and the other uses of keys
    UseKey,
    /// `GET /keys/{name}/rotationpolicy`
    GetRotationPolicy,
}

/// A way for one call to go wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answers with this status in the service's error envelope; the work is not done.
    Status {
        /// HTTP status.
        status: u16,
        /// `error.code`; for [`Call::Token`] and [`Call::ManagedIdentity`] the OAuth `error`.
        code: &'static str,
        /// `error.innererror.code`.
        inner_code: Option<&'static str>,
        /// `error.message`; for [`Call::Token`] and [`Call::ManagedIdentity`] the `error_description`.
        message: String,
        /// Headers to add, such as `retry-after`.
        headers: Vec<(&'static str, String)>,
    },
    /// Works and answers normally after this time, also when the caller has gone away.
    Delay(Duration),
    /// Closes the connection; the work is not done.
    ResetBefore,
    /// Does the work, then closes the connection without an answer.
    ResetAfter,
    /// Closes the connection at once and does the work after this time.
    ReplyLostWorkDoneLater(Duration),
    /// Does the work, then answers 200 with a body that is not JSON.
    Garbled,
    /// An import stores, and answers with, another key than the one sent.
    SwapModulus,
    /// 401, as for a token that has expired.
    ExpiredToken,
}

impl Fault {
    /// 429; vaults send no `Retry-After` (azure.md §4.3), so `None` is the usual case. Seconds.
    #[must_use]
    pub fn throttled(retry_after: Option<u32>) -> Self {
        Self::Status {
            status: 429,
            code: "Throttled",
            inner_code: None,
            message: "Request was not processed because too many requests were received. \
                      Reason: VaultRequestTypeLimitReached"
                .to_owned(),
            headers: retry_after.map(|seconds| ("retry-after", seconds.to_string())).into_iter().collect(),
        }
    }

    /// 500 without a reason.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::status(500, "InternalServerError", None, "An internal error occurred.")
    }

    /// 503 of the vault.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::status(503, "ServiceUnavailable", None, "The service is temporarily unavailable.")
    }

    /// 503 of Entra, `AADSTS90033`.
    #[must_use]
    pub fn entra_unavailable() -> Self {
        let message = "AADSTS90033: A transient error has occurred. Please try again.";
        Self::status(503, "temporarily_unavailable", None, message)
    }

    /// 403 because a role assignment is missing.
    #[must_use]
    pub fn forbidden_by_rbac() -> Self {
        let message = "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny \
                       assignments or role definitions were changed recently, please observe propagation time.\r\n";
        Self::status(403, "Forbidden", Some("ForbiddenByRbac"), message)
    }

    /// 403 because the caller's address is not in the vault's firewall list.
    #[must_use]
    pub fn forbidden_by_firewall() -> Self {
        let message = "Client address is not authorized and caller is not a trusted service.\r\n\
                       Client address: 203.0.113.7\r\n";
        Self::status(403, "Forbidden", Some("ForbiddenByFirewall"), message)
    }

    /// Any status in the service's envelope.
    #[must_use]
    pub fn status(status: u16, code: &'static str, inner_code: Option<&'static str>, message: &str) -> Self {
        Self::Status { status, code, inner_code, message: message.to_owned(), headers: Vec::new() }
    }
}

/// The faults to come.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Coming>);

#[derive(Default)]
struct Coming {
    /// Each waits for its call, the oldest first.
    waiting: VecDeque<(Call, Fault)>,
    /// Happen in turn, each time so many calls of any kind were received.
    regular: Vec<Fault>,
    every: usize,
    calls: usize,
}

impl Coming {
    fn regular(&mut self) -> Option<Fault> {
        if self.regular.is_empty() {
            return None;
        }
        self.calls += 1;
        let is_due = self.calls.is_multiple_of(self.every);
        is_due.then(|| self.regular[self.calls / self.every % self.regular.len()].clone())
    }
}

impl Faults {
    pub(crate) fn push(&self, call: Call, fault: Fault, times: usize) {
        self.lock().waiting.extend(std::iter::repeat_n((call, fault), times));
    }

    pub(crate) fn repeat(&self, every: usize, faults: Vec<Fault>) {
        let mut coming = self.lock();
        (coming.regular, coming.every) = (faults, every);
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Coming::default();
    }

    /// Takes the oldest fault meant for this call, or else the one whose turn it is.
    pub(crate) fn take(&self, call: Option<Call>) -> Option<Fault> {
        let call = call?;
        let mut coming = self.lock();
        match coming.waiting.iter().position(|(wanted, _)| *wanted == call) {
            Some(at) => coming.waiting.remove(at).map(|(_, fault)| fault),
            None => coming.regular(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Coming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
