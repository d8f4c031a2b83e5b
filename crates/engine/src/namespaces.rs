//! Namespaces: prefixes of paths, each with policies of its own.

use std::collections::BTreeMap;

use api::{Outcome, Timestamp};
use serde_json::{Value, json};

use crate::mounts::{ancestors, check_segments};
use crate::store::audit::Event;
use crate::store::{mounts, namespaces, new_id, policies};
use crate::{Actor, Engine, Error, clock};

/// A namespace.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Names it for ever.
    pub id: String,
    /// Its path, without slashes at the ends.
    pub path: String,
    /// What people keep with it.
    pub custom_metadata: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Engine {
    /// The namespace of a path and what follows it: of several, the one with the longest path; else the root, which is
    /// an empty text.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn namespace_at(&self, full_path: &str) -> Result<(String, String), Error> {
        let full_path = full_path.trim_matches('/');
        let mut connection = self.store().pool.acquire().await?;
        let found = namespaces::longest(&mut connection, ancestors(full_path)).await?.unwrap_or_default();
        let rest = full_path[found.len()..].trim_matches('/').to_owned();
        Ok((found, rest))
    }

    /// The namespaces directly below one, sorted.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn namespaces(&self, parent: &str) -> Result<Vec<Namespace>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let below = namespaces::below(&mut connection, parent).await?;
        let own = join(parent, "").len();
        Ok(below.into_iter().filter(|namespace| !namespace.path[own..].contains('/')).collect())
    }

    /// A namespace.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn namespace(&self, path: &str) -> Result<Namespace, Error> {
        let mut connection = self.store().pool.acquire().await?;
        namespaces::find(&mut connection, path).await?.ok_or_else(|| absent(path))
    }

    /// Makes a namespace.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a path that cannot be, [`Error::Conflict`] when it is taken.
    pub async fn create_namespace(
        &self,
        path: &str,
        custom_metadata: BTreeMap<String, String>,
        actor: &Actor,
    ) -> Result<Namespace, Error> {
        check_segments(path)?;
        let mut change = self.store().change().await?;
        let connection = &mut change.transaction;
        if let Some((parent, _)) = path.rsplit_once('/')
            && namespaces::find(connection, parent).await?.is_none()
        {
            return Err(Error::invalid("path", format!("there is no namespace {parent}/: make it first")));
        }
        if namespaces::find(connection, path).await?.is_some() {
            return Err(Error::taken("path", format!("namespace {path:?} already exists")));
        }
        if let Some((_, mount)) = mounts::longest(connection, ancestors(path)).await? {
            return Err(Error::taken("path", format!("path is already in use at {mount}/, a secrets engine")));
        }
        let namespace = Namespace { id: new_id(), path: path.to_owned(), custom_metadata, created_at: clock::now() };
        namespaces::insert(connection, &namespace).await?;
        change.record(actor, event("namespace.create", path, json!({}))).await?;
        change.commit().await?;
        Ok(namespace)
    }

    /// Changes what is kept with a namespace: a text replaces, nothing removes, what is absent stays.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn change_namespace(
        &self,
        path: &str,
        custom_metadata: BTreeMap<String, Option<String>>,
        actor: &Actor,
    ) -> Result<Namespace, Error> {
        let mut change = self.store().change().await?;
        let found = namespaces::find(&mut change.transaction, path).await?;
        let mut namespace = found.ok_or_else(|| absent(path))?;
        let before = namespace.custom_metadata.clone();
        for (key, value) in custom_metadata {
            match value {
                Some(value) => namespace.custom_metadata.insert(key, value),
                None => namespace.custom_metadata.remove(&key),
            };
        }
        if namespace.custom_metadata != before {
            namespaces::update(&mut change.transaction, &namespace).await?;
            let detail = json!({ "custom_metadata": namespace.custom_metadata });
            change.record(actor, event("namespace.change", path, detail)).await?;
            change.commit().await?;
        }
        Ok(namespace)
    }

    /// Deletes a namespace that is empty.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] that names what is in it.
    pub async fn delete_namespace(&self, path: &str, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let connection = &mut change.transaction;
        namespaces::find(connection, path).await?.ok_or_else(|| absent(path))?;
        let mut within: Vec<String> = Vec::new();
        let engines = mounts::below(connection, path).await?;
        within.extend(engines.iter().map(|mount| format!("the secrets engine {mount}/")));
        let below = namespaces::below(connection, path).await?;
        within.extend(below.iter().map(|namespace| format!("the namespace {}/", namespace.path)));
        let names = policies::names(connection, path).await?;
        within.extend(names.iter().map(|name| format!("the policy {name}")));
        if !within.is_empty() {
            let sentence = format!("namespace {path:?} is not empty, delete first: {}", within.join(", "));
            return Err(Error::conflict("not_empty", sentence));
        }
        namespaces::delete(connection, path).await?;
        change.record(actor, event("namespace.delete", path, json!({}))).await?;
        change.commit().await
    }
}

/// A path below a namespace as a path below the root.
pub(crate) fn join(namespace: &str, path: &str) -> String {
    if namespace.is_empty() { path.to_owned() } else { format!("{namespace}/{path}") }
}

fn absent(path: &str) -> Error {
    Error::NotFound(format!("namespace {path}"))
}

fn event(action: &'static str, path: &str, detail: Value) -> Event<'static> {
    Event { action, workspace: None, subject: path.to_owned(), outcome: Outcome::Done, detail }
}
