//! Calls about workspaces, their members and the audit trail.

use ::api::{AuditEntry, AuditQuery, Member, MemberChange, Page, PageQuery, Slug, Username, Workspace};

use super::providers::paging;
use super::{Call, body, delete, get, put, query};

/// A workspace with how much is in it.
pub(crate) fn workspace(workspace: &Slug) -> Call<Workspace> {
    get(&format!("/workspaces/{workspace}"))
}

/// Lists the members of a workspace.
pub(crate) fn members(workspace: &Slug, wanted: &PageQuery) -> Call<Page<Member>> {
    get(&format!("/workspaces/{workspace}/members{}", paging(wanted)))
}

/// Gives a person a role, or another one.
pub(crate) fn set_member(workspace: &Slug, person: &Username, change: &MemberChange) -> Call<Member> {
    put(&format!("/workspaces/{workspace}/members/{person}"), body(change))
}

/// Takes a person's role away.
pub(crate) fn remove_member(workspace: &Slug, person: &Username) -> Call<()> {
    delete(&format!("/workspaces/{workspace}/members/{person}"))
}

/// Lists events, newest first.
pub(crate) fn audit_events(wanted: &AuditQuery) -> Call<Page<AuditEntry>> {
    let limit = wanted.limit.map(|limit| limit.to_string());
    let query = query(&[
        ("workspace", wanted.workspace.as_ref().map(Slug::as_str)),
        ("subject", wanted.subject.as_deref()),
        ("limit", limit.as_deref()),
        ("after", wanted.after.as_deref()),
    ]);
    get(&format!("/audit-events{query}"))
}
