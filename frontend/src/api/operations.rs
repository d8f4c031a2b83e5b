//! Calls about work on many keys, and about rotation by itself.

use ::api::{
    Operation, OperationKey, OperationKeyQuery, OperationKeyState, OperationPath, Page, PageQuery, Plan, ScheduledKey,
    Slug,
};

use super::providers::paging;
use super::{Call, get, post, put, query};

fn path(operation: &OperationPath) -> String {
    format!("/workspaces/{}/operations/{}", operation.workspace, operation.operation)
}

/// Lists operations.
pub(crate) fn operations(workspace: &Slug, wanted: &PageQuery) -> Call<Page<Operation>> {
    get(&format!("/workspaces/{workspace}/operations{}", paging(wanted)))
}

/// What a `NewOperation` would do.
pub(crate) fn plan_operation(workspace: &Slug, new: String) -> Call<Option<Plan>> {
    post(&format!("/workspaces/{workspace}/operations/plan"), Some(new))
}

/// Begins a `NewOperation`.
pub(crate) fn start_operation(workspace: &Slug, new: String) -> Call<Operation> {
    post(&format!("/workspaces/{workspace}/operations"), Some(new))
}

/// One operation with its progress.
pub(crate) fn operation(operation: &OperationPath) -> Call<Operation> {
    get(&path(operation))
}

/// Lists the keys of an operation.
pub(crate) fn operation_keys(operation: &OperationPath, wanted: &OperationKeyQuery) -> Call<Page<OperationKey>> {
    let query = query(&[("state", wanted.state.map(OperationKeyState::as_str)), ("after", wanted.after.as_deref())]);
    get(&format!("{}/keys{query}", path(operation)))
}

/// Pauses, resumes, cancels or retries an operation.
pub(crate) fn steer_operation(operation: &OperationPath, verb: &'static str) -> Call<Operation> {
    post(&format!("{}/{verb}", path(operation)), None)
}

/// Lists the rotations to come.
pub(crate) fn schedule(workspace: &Slug, wanted: &PageQuery) -> Call<Page<ScheduledKey>> {
    get(&format!("/workspaces/{workspace}/schedule{}", paging(wanted)))
}

/// Gives keys a period, or takes it from them: a `ScheduleChange`.
pub(crate) fn change_schedule(workspace: &Slug, change: String) -> Call<()> {
    put(&format!("/workspaces/{workspace}/schedule"), change)
}
