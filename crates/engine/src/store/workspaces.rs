//! Workspaces, with how much is in them.

use std::collections::HashMap;

use api::{Counts, DistributionState, NewWorkspace, Page, PageQuery, Slug, Timestamp, Workspace};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::{is_taken, new_id, page, page_size, parsed};
use crate::Error;

/// Stores a workspace.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    new: &NewWorkspace,
    path: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let inserted =
        sqlx::query("INSERT INTO workspaces (id, slug, path, title, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(new_id())
            .bind(new.slug.as_str())
            .bind(path)
            .bind(new.title.as_str())
            .bind(now.millis())
            .execute(connection)
            .await;
    match inserted {
        Err(error) if is_taken(&error) => {
            Err(Error::taken("slug", format!("a workspace {} exists: choose another short name", new.slug)))
        }
        inserted => inserted.map(|_| ()).map_err(Error::from),
    }
}

/// The mount path of a workspace.
pub(crate) async fn path(connection: &mut AnyConnection, slug: &Slug) -> Result<Option<String>, Error> {
    let path = sqlx::query_scalar("SELECT path FROM workspaces WHERE slug = $1").bind(slug.as_str());
    Ok(path.fetch_optional(connection).await?)
}

/// Every mount path.
pub(crate) async fn paths(connection: &mut AnyConnection) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar("SELECT path FROM workspaces ORDER BY path").fetch_all(connection).await?)
}

/// A page of the workspaces with these slugs, by slug.
pub(crate) async fn list(
    connection: &mut AnyConnection,
    slugs: impl IntoIterator<Item = String>,
    query: &PageQuery,
) -> Result<Page<Workspace>, Error> {
    let limit = page_size(query.limit)?;
    let mut slugs: Vec<String> =
        slugs.into_iter().filter(|slug| query.after.as_ref().is_none_or(|after| slug > after)).collect();
    slugs.sort_unstable();
    slugs.truncate(limit as usize + 1);
    let mut states = states(connection, &slugs).await?;
    let conditions = Conditions::default().and_in("w.slug", slugs);
    let sql = format!(
        "SELECT w.slug, w.path, w.title, w.created_at,
             (SELECT COUNT(*) FROM keys k WHERE k.workspace_id = w.id) AS keys,
             (SELECT COUNT(*) FROM (SELECT DISTINCT d.key_name FROM distributions d
                 WHERE d.workspace_id = w.id AND d.removed_at IS NULL) held) AS keys_distributed,
             (SELECT COUNT(*) FROM providers p WHERE p.workspace_id = w.id) AS providers,
             (SELECT COUNT(*) FROM members m WHERE m.workspace_id = w.id) AS members
         FROM workspaces w WHERE {} ORDER BY w.slug",
        conditions.sql()
    );
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    let found = rows.iter().map(|row| workspace(row, &mut states)).collect::<Result<_, _>>()?;
    Ok(page(found, limit, |workspace: &Workspace| workspace.slug.to_string()))
}

type States = HashMap<(String, DistributionState), u64>;

/// How many distributions stand how, by workspace.
async fn states(connection: &mut AnyConnection, slugs: &[String]) -> Result<States, Error> {
    let conditions = Conditions::default().and_in("w.slug", slugs.iter().cloned());
    let sql = format!(
        "SELECT w.slug, d.state, COUNT(*) AS number FROM distributions d
         JOIN workspaces w ON w.id = d.workspace_id
         WHERE d.removed_at IS NULL AND {} GROUP BY w.slug, d.state",
        conditions.sql()
    );
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(((row.try_get("slug")?, parsed(row, "state")?), count(row, "number")?))).collect()
}

fn workspace(row: &AnyRow, states: &mut States) -> Result<Workspace, Error> {
    let slug: String = row.try_get("slug")?;
    let mut standing = |state| states.remove(&(slug.clone(), state)).unwrap_or_default();
    let keys = count(row, "keys")?;
    let counts = Counts {
        keys,
        keys_not_distributed: keys.saturating_sub(count(row, "keys_distributed")?),
        providers: count(row, "providers")?,
        members: count(row, "members")?,
        in_sync: standing(DistributionState::InSync),
        pending: standing(DistributionState::Pending),
        refused: standing(DistributionState::Refused),
        drifted: standing(DistributionState::Drifted),
        withdrawing: standing(DistributionState::Withdrawing),
    };
    Ok(Workspace {
        slug: parsed(row, "slug")?,
        path: row.try_get("path")?,
        title: parsed(row, "title")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        counts,
    })
}

fn count(row: &AnyRow, column: &str) -> Result<u64, Error> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}
