//! Every type that crosses the wire, valid by construction.
//!
//! Field names are `snake_case`, moments are RFC 3339 in UTC, and what may not exist does not parse:
//! forms, path extractors and JSON bodies all use these types.

mod attributes;
mod audit;
mod compromise;
mod distribution;
mod drift;
mod key;
mod member;
mod operation;
mod page;
mod policy;
mod problem;
mod provider;
mod schedule;
mod secret;
mod session;
mod system;
mod text;
mod timestamp;
mod token;
mod user;
mod workspace;

pub use attributes::{ExpiresAfter, Tags};
pub use audit::{AuditEntry, AuditEvent, AuditQuery, EventsQuery, Outcome};
pub use compromise::{Compromise, Compromised, Destruction, Holding, Reason};
pub use distribution::{
    Cure, DeletedKey, DeletedKeyPath, Delivery, Distribution, DistributionPath, DistributionQuery, DistributionState,
    Explanation, Fact, KmsAnswer, NameInKms, NewDistribution, Protection, Purpose,
};
pub use drift::{AcceptDifference, Acceptance, Difference, DriftField, ReopenDifference};
pub use key::{
    Holder, Key, KeyChange, KeyName, KeyPath, KeyQuery, KeySort, KeySummary, KeyType, KeyVersion, NewKey, OwnKey,
};
pub use member::{Member, MemberChange, MemberPath, Role};
pub use operation::{
    Action, KeyFilter, NewOperation, Operation, OperationCounts, OperationId, OperationKey, OperationKeyQuery,
    OperationKeyState, OperationPath, OperationState, Plan, PlannedCalls, RefusedKey, Selection,
};
pub use page::{Page, PageQuery};
pub use policy::{Capability, PolicyName, Right};
pub use problem::{FieldError, Problem};
pub use provider::{
    AzureId, Check, CheckOutcome, CheckStep, Credentials, Identity, Kek, KeyCollection, NewProvider, Pace, Permission,
    Proof, Provider, ProviderChange, ProviderKind, ProviderName, ProviderPath, Setting, Source, StoredCredentials,
    UnusedProof, VaultKind,
};
pub use schedule::{Rotation, ScheduleChange, ScheduledKey};
pub use secret::SecretInput;
pub use session::{DemoVault, PasswordChange, Session, SignIn, WorkspaceAccess};
pub use system::{PooledKeys, Sealing, System};
pub use text::Invalid;
pub use timestamp::Timestamp;
pub use token::{IssuedToken, NewToken, Token, TokenId, TokenName, TokenPath};
pub use user::{GlobalRole, NewUser, User, UserChange, UserPath, Username};
pub use workspace::{Counts, NewWorkspace, Slug, Title, Workspace, WorkspacePath};
