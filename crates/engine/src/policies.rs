//! Policies: what people write about paths, beside the roles that are policies made by code.

use api::{GlobalRole, Outcome, PolicyName};
use serde_json::json;
use sqlx::AnyConnection;

use crate::accounts::acl::Acl;
use crate::accounts::{policy_text, roles};
use crate::namespaces::join;
use crate::store::audit::Event;
use crate::store::{policies, workspaces};
use crate::{Actor, Engine, Error, clock};

/// A policy as somebody wrote it.
#[derive(Debug)]
pub struct Policy {
    /// Its name within its namespace.
    pub name: String,
    /// Its text: HCL or JSON.
    pub text: String,
}

impl Engine {
    /// The names of a namespace's policies, sorted, with those that are built in.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn policies(&self, namespace: &str) -> Result<Vec<String>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let mut names = policies::names(&mut connection, namespace).await?;
        let own = namespace.len() + usize::from(!namespace.is_empty());
        for name in &mut names {
            *name = name.split_off(own);
        }
        names.push(roles::DEFAULT.to_owned());
        if namespace.is_empty() {
            names.extend([roles::ROOT.to_owned(), roles::GLOBAL_AUDITOR.to_owned()]);
        }
        names.sort_unstable();
        Ok(names)
    }

    /// A policy of a namespace, or one that is built in.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn policy(&self, namespace: &str, name: &str) -> Result<Policy, Error> {
        let name = name.to_lowercase();
        let full_name = full_name(namespace, &name)?;
        let mut connection = self.store().pool.acquire().await?;
        let text = if roles::is_reserved(&name) {
            let acl = acl(&mut connection, &[full_name]).await?;
            let is_known = acl.is_root() || !acl.rights().is_empty();
            is_known.then(|| policy_text::written(&acl.rights()))
        } else {
            policies::text(&mut connection, &full_name).await?
        };
        match text {
            Some(text) => Ok(Policy { name, text }),
            None => Err(Error::NotFound(format!("policy {name}"))),
        }
    }

    /// Writes a policy, or another text of one. It counts from the next request of everybody who has it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or a text that cannot be, with its line.
    pub async fn write_policy(&self, namespace: &str, name: &str, text: &str, actor: &Actor) -> Result<(), Error> {
        let name = name.to_lowercase();
        if roles::is_reserved(&name) {
            return Err(Error::invalid("name", format!("cannot update {name:?} policy: it is built in")));
        }
        if name.contains('/') {
            return Err(Error::invalid("name", "a policy's name has no '/': name the namespace in the path"));
        }
        let full_name = full_name(namespace, &name)?;
        let mut rules = policy_text::rules(text)?;
        for rule in &mut rules {
            rule.path = join(namespace, &rule.path);
        }
        let mut change = self.store().change().await?;
        policies::put(&mut change.transaction, namespace, &full_name, text, &rules, clock::now()).await?;
        change.record(actor, event("policy.write", &full_name, json!({ "rules": rules }))).await?;
        change.commit().await
    }

    /// Deletes a policy. Who has it keeps its name, and nothing of what it allowed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a policy that is built in.
    pub async fn delete_policy(&self, namespace: &str, name: &str, actor: &Actor) -> Result<(), Error> {
        let name = name.to_lowercase();
        if roles::is_reserved(&name) {
            return Err(Error::invalid("name", format!("cannot delete {name:?} policy: it is built in")));
        }
        let full_name = full_name(namespace, &name)?;
        let mut change = self.store().change().await?;
        if policies::delete(&mut change.transaction, &full_name).await? {
            change.record(actor, event("policy.delete", &full_name, json!({}))).await?;
            change.commit().await?;
        }
        Ok(())
    }
}

/// A policy's name with its namespace; built-in ones belong to none.
pub(crate) fn full_name(namespace: &str, name: &str) -> Result<PolicyName, Error> {
    let text = if roles::is_reserved(name) { name.to_owned() } else { join(namespace, name) };
    text.parse().map_err(|error: api::Invalid| Error::invalid("name", error.to_string()))
}

/// What policies allow together, as they are now. A name without a policy allows nothing.
pub(crate) async fn acl(connection: &mut AnyConnection, names: &[PolicyName]) -> Result<Acl, Error> {
    let mut acl = Acl::default();
    let mut written = Vec::new();
    for name in names {
        match name.as_str() {
            roles::ROOT => acl.extend(Acl::root()),
            roles::DEFAULT => acl.extend(roles::default()),
            roles::GLOBAL_AUDITOR => {
                acl.extend(roles::global(GlobalRole::Auditor));
                for path in workspaces::paths(connection).await? {
                    acl.extend(roles::workspace(&path, api::Role::Auditor));
                }
            }
            name => match roles::named(name) {
                Some((slug, role)) => {
                    if let Some(path) = workspaces::path(connection, &slug).await? {
                        acl.extend(roles::workspace(&path, role));
                    }
                }
                None => written.push(name.to_owned()),
            },
        }
    }
    if !written.is_empty() {
        for right in policies::rules(connection, written).await? {
            acl.allow(right.path, &right.capabilities);
        }
    }
    Ok(acl)
}

fn event(action: &'static str, name: &PolicyName, detail: serde_json::Value) -> Event<'static> {
    Event { action, workspace: None, subject: name.to_string(), outcome: Outcome::Done, detail }
}
