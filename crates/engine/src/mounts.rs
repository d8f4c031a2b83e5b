//! Mounts: workspaces as Vault's clients see them, by their path.

use api::{NewWorkspace, Outcome, Slug, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::AnyConnection;

use crate::namespaces::join;
use crate::store::audit::Event;
use crate::store::{mounts, namespaces, workspaces};
use crate::{Actor, Engine, Error, clock};

/// How many segments a path may have: more are nowhere.
const DEEPEST: usize = 32;

/// What stands below each namespace and belongs to the server itself.
const RESERVED: [&str; 6] = ["audit", "auth", "cubbyhole", "identity", "root", "sys"];

/// A workspace as it is found by a path of the Vault-compatible API.
#[derive(Debug)]
pub struct Mount {
    /// The workspace.
    pub slug: Slug,
    /// Its mount path.
    pub path: String,
    /// What follows its mount path.
    pub rest: String,
}

/// A workspace with what clients keep with its mount.
#[derive(Clone, Debug)]
pub struct MountInfo {
    /// The workspace's id.
    pub id: String,
    /// The workspace.
    pub slug: Slug,
    /// Its mount path.
    pub path: String,
    /// What people say about it.
    pub description: String,
    /// What clients set.
    pub settings: MountSettings,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What clients set about a mount and read again; nothing depends on it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct MountSettings {
    /// Lifetimes, visibility and the like.
    pub config: Map<String, Value>,
    /// The engine's own.
    pub options: Option<Map<String, Value>>,
    /// Whether it is not replicated.
    pub local: bool,
    /// Whether its storage is wrapped once more.
    pub seal_wrap: bool,
    /// Whether it may use another source of entropy.
    pub external_entropy_access: bool,
}

impl Engine {
    /// The workspace whose mount path begins this path, by whole segments; of several, the one with the longest.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn mount_at(&self, full_path: &str) -> Result<Option<Mount>, Error> {
        let full_path = full_path.trim_matches('/');
        let mut connection = self.store().pool.acquire().await?;
        let found = mounts::longest(&mut connection, ancestors(full_path)).await?;
        Ok(found.map(|(slug, path)| {
            let rest = full_path[path.len()..].trim_matches('/').to_owned();
            Mount { slug, path, rest }
        }))
    }

    /// Every mount of a namespace, by path; those of namespaces below it are theirs.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn mounts(&self, namespace: &str) -> Result<Vec<MountInfo>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let prefix = join(namespace, "");
        let below = namespaces::below(&mut connection, namespace).await?;
        let is_theirs = |path: &str| below.iter().any(|other| path.starts_with(&join(&other.path, "")));
        let mut mounts = mounts::list(&mut connection).await?;
        mounts.retain(|mount| mount.path.starts_with(&prefix) && !is_theirs(&mount.path));
        Ok(mounts)
    }

    /// The mount at exactly this path.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn mount(&self, path: &str) -> Result<MountInfo, Error> {
        let mut connection = self.store().pool.acquire().await?;
        mounts::find(&mut connection, path).await?.ok_or_else(|| absent(path))
    }

    /// Makes a workspace at a path.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a path that cannot be, [`Error::Conflict`] when it is taken.
    pub async fn create_mount(
        &self,
        path: &str,
        description: &str,
        settings: &MountSettings,
        actor: &Actor,
    ) -> Result<MountInfo, Error> {
        check_description(description)?;
        let mut change = self.store().change().await?;
        check_path(&mut change.transaction, path, None).await?;
        let title: String = path.chars().take(100).collect();
        let new = NewWorkspace {
            slug: free_slug(&mut change.transaction, path).await?,
            title: title.parse().map_err(|_| Error::Internal("a path is no title"))?,
        };
        workspaces::insert(&mut change.transaction, &new, path, clock::now()).await?;
        mounts::update(&mut change.transaction, path, description, settings).await?;
        change.record(actor, crate::workspaces::created(&new)).await?;
        change.commit().await?;
        self.mount(path).await
    }

    /// Changes what clients keep with a mount; what is absent stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a description that cannot be.
    pub async fn tune_mount(
        &self,
        path: &str,
        description: Option<&str>,
        settings: MountSettings,
        actor: &Actor,
    ) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let mut mount = mounts::find(&mut change.transaction, path).await?.ok_or_else(|| absent(path))?;
        if let Some(description) = description {
            check_description(description)?;
            description.clone_into(&mut mount.description);
        }
        mount.settings.config.extend(settings.config);
        if settings.options.is_some() {
            mount.settings.options = settings.options;
        }
        mounts::update(&mut change.transaction, path, &mount.description, &mount.settings).await?;
        change.record(actor, event("workspace.tune", &mount.slug, json!({ "config": mount.settings.config }))).await?;
        change.commit().await
    }

    /// Gives a mount another path. Its workspace keeps its slug, its keys and its members.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] and [`Error::Conflict`] for the new path.
    pub async fn move_mount(&self, from: &str, to: &str, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let mount = mounts::find(&mut change.transaction, from).await?.ok_or_else(|| absent(from))?;
        check_path(&mut change.transaction, to, Some(from)).await?;
        mounts::set_path(&mut change.transaction, from, to).await?;
        change.record(actor, event("workspace.move", &mount.slug, json!({ "from": from, "to": to }))).await?;
        change.commit().await
    }

    /// Deletes a workspace that is empty, with its memberships and tokens.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] that says what is in it.
    pub async fn delete_mount(&self, path: &str, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let mount = mounts::find(&mut change.transaction, path).await?.ok_or_else(|| absent(path))?;
        let (keys, providers) = mounts::contents(&mut change.transaction, &mount.id).await?;
        if keys > 0 || providers > 0 {
            let sentence = format!(
                "{path}/ is not empty: it holds {keys} {} and {providers} KMS {}; delete them first",
                if keys == 1 { "key" } else { "keys" },
                if providers == 1 { "provider" } else { "providers" },
            );
            return Err(Error::conflict("not_empty", sentence));
        }
        mounts::delete(&mut change.transaction, &mount.id, clock::now()).await?;
        change.record(actor, event("workspace.delete", &mount.slug, json!({ "path": path }))).await?;
        change.commit().await
    }
}

/// A path and every path that it is below.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = String> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).take(DEEPEST);
    ends.map(|end| path[..end].to_owned())
}

/// Refuses paths that could be mistaken for patterns, or for something of the server's own.
pub(crate) fn check_segments(path: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_segment = |segment: &str| {
        !segment.is_empty() && segment.chars().all(allowed) && segment.contains(|c: char| c.is_ascii_alphanumeric())
    };
    if path.len() > 200 || path.split('/').count() > DEEPEST / 2 || !path.split('/').all(is_segment) {
        return Err(Error::invalid("path", "use letters, digits, '_', '-' and '.', with '/' between parts"));
    }
    match path.split('/').find(|segment| RESERVED.contains(segment)) {
        Some(reserved) => Err(Error::invalid("path", format!("path cannot contain {reserved:?}, which is reserved"))),
        None => Ok(()),
    }
}

/// Refuses a mount path that is taken, lies within another one or around one. `moved` is where it was before.
pub(crate) async fn check_path(connection: &mut AnyConnection, path: &str, moved: Option<&str>) -> Result<(), Error> {
    check_segments(path)?;
    let taken = |what: &str| Error::taken("path", format!("path is already in use at {what}/"));
    let above = mounts::longest(connection, ancestors(path)).await?.map(|(_, path)| path);
    let below = mounts::below(connection, path).await?;
    if let Some(other) = above.into_iter().chain(below).find(|other| Some(other.as_str()) != moved) {
        return Err(taken(&other));
    }
    if namespaces::find(connection, path).await?.is_some() {
        return Err(taken(path));
    }
    match namespaces::below(connection, path).await?.first() {
        Some(namespace) => Err(taken(&namespace.path)),
        None => Ok(()),
    }
}

fn check_description(description: &str) -> Result<(), Error> {
    if description.chars().count() > 1000 || description.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::invalid("description", "use at most 1000 printable characters"));
    }
    Ok(())
}

/// A slug made from a path, with a number behind it when others have it.
async fn free_slug(connection: &mut AnyConnection, path: &str) -> Result<Slug, Error> {
    let letters = path.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let base: String = letters.trim_matches('-').chars().take(56).collect();
    let base = base.trim_end_matches('-');
    for number in 1..10_000 {
        let text = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
        let slug = text.parse().map_err(|_| Error::Internal("a path makes no slug"))?;
        if workspaces::path(connection, &slug).await?.is_none() {
            return Ok(slug);
        }
    }
    Err(Error::Internal("there are too many workspaces of one name"))
}

fn absent(path: &str) -> Error {
    Error::NotFound(format!("secret engine mount at {path}/"))
}

fn event<'a>(action: &'static str, slug: &'a Slug, detail: Value) -> Event<'a> {
    Event { action, workspace: Some(slug.as_str()), subject: slug.to_string(), outcome: Outcome::Done, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_parts_that_nothing_else_is_called() {
        for path in ["keymgmt", "team1/keymgmt", "nested/mount.path", "a_b-c"] {
            assert!(check_segments(path).is_ok(), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", "a/../b", "a*", "+/b", "sys", "team1/auth/x", "ü", "a b"] {
            assert!(check_segments(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_path_is_below_each_of_its_beginnings() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b", "a/b/c"]);
        assert_eq!(ancestors(&"a/".repeat(5000)).count(), DEEPEST);
    }
}
