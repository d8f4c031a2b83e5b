//! The HTTP API, one file a noun.

mod audit;
mod deleted_keys;
mod distributions;
mod document;
mod drift;
mod events;
mod health;
mod keys;
mod members;
mod operations;
mod providers;
mod schedule;
mod session;
mod system;
mod tokens;
mod users;
mod vault;
mod workspaces;

pub(crate) use health::{health, ready};
pub(crate) use vault::{in_vaults_shape, vault};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// Every route below `/api/v1`, and with it the document.
pub(crate) fn api() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::show_session, session::sign_out))
        .routes(routes!(session::change_password))
        .routes(routes!(session::list_demo_vaults))
        .routes(routes!(document::show_document))
        .routes(routes!(workspaces::list_workspaces, workspaces::create_workspace))
        .routes(routes!(workspaces::show_workspace))
        .routes(routes!(members::list_members))
        .routes(routes!(members::set_member, members::remove_member))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::change_user))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(tokens::show_token_rights))
        .routes(routes!(providers::list_providers, providers::create_provider))
        .routes(routes!(providers::show_provider, providers::change_provider, providers::delete_provider))
        .routes(routes!(providers::check_provider))
        .routes(routes!(providers::request_kek))
        .routes(routes!(deleted_keys::list_deleted_keys))
        .routes(routes!(deleted_keys::recover_deleted_key))
        .routes(routes!(deleted_keys::purge_deleted_key))
        .routes(routes!(keys::list_keys, keys::create_key))
        .routes(routes!(keys::show_key, keys::change_key, keys::delete_key))
        .routes(routes!(keys::rotate_key))
        .routes(routes!(keys::import_own_key))
        .routes(routes!(keys::compromise_key))
        .routes(routes!(keys::destroy_key))
        .routes(routes!(distributions::distribute_key))
        .routes(routes!(distributions::show_distribution, distributions::withdraw_key))
        .routes(routes!(distributions::retry_distribution))
        .routes(routes!(distributions::verify_distribution))
        .routes(routes!(distributions::list_distributions))
        .routes(routes!(drift::list_drift))
        .routes(routes!(drift::reconcile_distribution))
        .routes(routes!(drift::accept_difference))
        .routes(routes!(drift::reopen_difference))
        .routes(routes!(audit::list_audit_events))
        .routes(routes!(events::stream_events))
        .routes(routes!(operations::list_operations, operations::start_operation))
        .routes(routes!(operations::plan_operation))
        .routes(routes!(operations::show_operation))
        .routes(routes!(operations::list_operation_keys))
        .routes(routes!(operations::pause_operation))
        .routes(routes!(operations::resume_operation))
        .routes(routes!(operations::cancel_operation))
        .routes(routes!(operations::retry_operation))
        .routes(routes!(schedule::show_schedule, schedule::change_schedule))
        .routes(routes!(system::show_system))
}
