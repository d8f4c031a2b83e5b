//! Who asks, and whether they may.

mod attempts;
mod rights;
mod session;

pub(crate) use attempts::Attempts;
pub(crate) use rights::{
    Admin, Administrator, Auditor, GlobalAuditor, Identified, Listener, Operator, SignedIn, Source,
};
pub(crate) use session::{SessionState, layer};
