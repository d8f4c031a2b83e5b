//! Who is signed in, and what happens when that ends.

use crate::prelude::*;
use ::api::{GlobalRole, Role, Session, Slug, WorkspaceAccess};
use leptos::task::spawn_local;

use crate::api::{self, Error};

/// What is known about who sits here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// The server has not answered yet.
    Asking,
    /// The server could not be asked.
    Unreachable(Error),
    /// Nobody is signed in.
    Out,
    /// Somebody is.
    In(Session),
}

/// Who is signed in: one for the whole console.
#[derive(Clone, Copy)]
pub(crate) struct CurrentSession {
    stage: RwSignal<Stage>,
    ended: RwSignal<bool>,
    renewals: RwSignal<u32>,
}

impl CurrentSession {
    /// Asks the server who is signed in, and makes the answer known to everything below.
    pub(crate) fn provide() -> Self {
        let session =
            Self { stage: RwSignal::new(Stage::Asking), ended: RwSignal::new(false), renewals: RwSignal::new(0) };
        api::on_signed_out(move || {
            if matches!(&*session.stage.read_untracked(), Stage::In(_)) {
                session.ended.set(true);
            }
        });
        provide_context(session);
        session.ask();
        session
    }

    /// The one session of the console.
    pub(crate) fn expect() -> Self {
        use_context().expect("the console provides its session before anything else")
    }

    /// Asks the server again.
    pub(crate) fn ask(self) {
        spawn_local(async move {
            match api::session().await {
                Ok(session) => self.begin(session),
                Err(error) if error.status() == 401 => self.stage.set(Stage::Out),
                Err(error) => self.stage.set(Stage::Unreachable(error)),
            }
        });
    }

    /// Starts, or goes on after having signed in again.
    pub(crate) fn begin(self, session: Session) {
        self.stage.set(Stage::In(session));
        self.ended.set(false);
        self.renewals.update(|count| *count += 1);
    }

    /// Becomes different each time somebody has signed in.
    pub(crate) fn renewals(self) -> u32 {
        self.renewals.get()
    }

    /// Forgets who was signed in.
    pub(crate) fn end(self) {
        self.ended.set(false);
        self.stage.set(Stage::Out);
    }

    pub(crate) fn stage(self) -> Stage {
        self.stage.get()
    }

    /// Whether the session ended while its pages are still open.
    pub(crate) fn ended(self) -> bool {
        self.ended.get()
    }

    /// The session, as long as somebody is signed in.
    pub(crate) fn get(self) -> Option<Session> {
        match self.stage.get() {
            Stage::In(session) => Some(session),
            Stage::Asking | Stage::Unreachable(_) | Stage::Out => None,
        }
    }

    /// Who is signed in. Another person gets another console, so nobody waits for this to change.
    pub(crate) fn username(self) -> String {
        untrack(|| self.get()).map(|session| session.username.to_string()).unwrap_or_default()
    }

    /// The role outside and above workspaces.
    pub(crate) fn global_role(self) -> GlobalRole {
        untrack(|| self.get()).map_or(GlobalRole::None, |session| session.global_role)
    }

    pub(crate) fn workspaces(self) -> Vec<WorkspaceAccess> {
        self.get().map(|session| session.workspaces).unwrap_or_default()
    }

    /// A workspace, if it is open to this session.
    pub(crate) fn workspace(self, slug: &str) -> Option<WorkspaceAccess> {
        self.workspaces().into_iter().find(|access| access.slug.as_str() == slug)
    }

    /// Whether the role in a workspace is enough, as of the last sign-in.
    pub(crate) fn may(self, workspace: &Slug, role: Role) -> bool {
        untrack(|| self.workspace(workspace.as_str())).is_some_and(|access| access.role >= role)
    }
}
