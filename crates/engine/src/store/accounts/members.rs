//! Who may do what in a workspace.

use api::{Member, Page, PageQuery, Role, Timestamp, WorkspaceAccess};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::users::UserRow;
use crate::Error;
use crate::store::{page, page_size, parsed};

fn member(row: &AnyRow) -> Result<Member, Error> {
    Ok(Member {
        username: parsed(row, "username")?,
        role: parsed(row, "role")?,
        since: Timestamp::from_millis(row.try_get("since")?),
    })
}

/// A page of members, by name.
pub(crate) async fn list(
    connection: &mut AnyConnection,
    workspace_id: &str,
    query: &PageQuery,
) -> Result<Page<Member>, Error> {
    let limit = page_size(query.limit)?;
    let rows = sqlx::query(
        "SELECT u.username, m.role, m.since FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.workspace_id = $1 AND u.username > $2 ORDER BY u.username LIMIT $3",
    )
    .bind(workspace_id)
    .bind(query.after.as_deref().unwrap_or_default())
    .bind(i64::from(limit) + 1)
    .fetch_all(connection)
    .await?;
    let members = rows.iter().map(member).collect::<Result<_, _>>()?;
    Ok(page(members, limit, |member: &Member| member.username.to_string()))
}

/// A user's membership.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    workspace_id: &str,
    user: &UserRow,
) -> Result<Option<Member>, Error> {
    let row = sqlx::query(
        "SELECT u.username, m.role, m.since FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.workspace_id = $1 AND m.user_id = $2",
    )
    .bind(workspace_id)
    .bind(&user.id)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(member).transpose()
}

/// Stores a membership, or another role of one.
pub(crate) async fn put(
    connection: &mut AnyConnection,
    workspace_id: &str,
    user: &UserRow,
    member: &Member,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO members (workspace_id, user_id, role, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(workspace_id)
    .bind(&user.id)
    .bind(member.role.as_str())
    .bind(member.since.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a membership; `false` when there was none.
pub(crate) async fn delete(connection: &mut AnyConnection, workspace_id: &str, user: &UserRow) -> Result<bool, Error> {
    let deleted = sqlx::query("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2")
        .bind(workspace_id)
        .bind(&user.id)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Removes every membership of a user.
pub(crate) async fn delete_of_user(connection: &mut AnyConnection, user_id: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM members WHERE user_id = $1").bind(user_id).execute(connection).await?;
    Ok(())
}

/// The workspaces that are open to a user, by title, each with the higher one of the member's role and the one that
/// counts `everywhere`.
pub(crate) async fn accesses(
    connection: &mut AnyConnection,
    user_id: &str,
    everywhere: Option<Role>,
) -> Result<Vec<WorkspaceAccess>, Error> {
    let rows = sqlx::query(
        "SELECT w.slug, w.path, w.title, COALESCE(m.role, $2) AS role FROM workspaces w
         LEFT JOIN members m ON m.workspace_id = w.id AND m.user_id = $1
         WHERE m.role IS NOT NULL OR $2 <> '' ORDER BY w.title, w.slug",
    )
    .bind(user_id)
    .bind(everywhere.map_or("", Role::as_str))
    .fetch_all(connection)
    .await?;
    let access = |row: &AnyRow| {
        let role: Role = parsed(row, "role")?;
        let role = everywhere.map_or(role, |least| role.max(least));
        Ok(WorkspaceAccess {
            slug: parsed(row, "slug")?,
            path: row.try_get("path")?,
            title: parsed(row, "title")?,
            role,
        })
    };
    rows.iter().map(access).collect()
}
