//! The address of every page.

use std::sync::Arc;

use ::api::{KeyName, OperationId, ProviderName, Slug};

/// The pages of one workspace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Links(Arc<str>);

impl Links {
    /// The addresses inside a workspace.
    pub(crate) fn of(workspace: &Slug) -> Self {
        Self(format!("/w/{workspace}").into())
    }

    pub(crate) fn overview(&self) -> String {
        format!("{}/overview", self.0)
    }

    pub(crate) fn keys(&self) -> String {
        format!("{}/keys", self.0)
    }

    pub(crate) fn new_key(&self) -> String {
        format!("{}/keys/new", self.0)
    }

    pub(crate) fn import(&self) -> String {
        format!("{}/import", self.0)
    }

    pub(crate) fn import_version(&self, key: &KeyName) -> String {
        format!("{}/keys/{key}/import", self.0)
    }

    pub(crate) fn key(&self, key: &KeyName) -> String {
        format!("{}/keys/{key}", self.0)
    }

    pub(crate) fn versions(&self, key: &KeyName) -> String {
        format!("{}/keys/{key}/versions", self.0)
    }

    pub(crate) fn distribute(&self, key: &KeyName) -> String {
        format!("{}/keys/{key}/distribute", self.0)
    }

    pub(crate) fn distribution(&self, key: &KeyName, provider: &ProviderName) -> String {
        format!("{}/keys/{key}/distributions/{provider}", self.0)
    }

    pub(crate) fn providers(&self) -> String {
        format!("{}/providers", self.0)
    }

    pub(crate) fn new_provider(&self) -> String {
        format!("{}/providers/new", self.0)
    }

    pub(crate) fn provider(&self, provider: &ProviderName) -> String {
        format!("{}/providers/{provider}", self.0)
    }

    pub(crate) fn distributions(&self) -> String {
        format!("{}/distributions", self.0)
    }

    pub(crate) fn drift(&self) -> String {
        format!("{}/drift", self.0)
    }

    pub(crate) fn operations(&self) -> String {
        format!("{}/operations", self.0)
    }

    pub(crate) fn operation(&self, operation: &OperationId) -> String {
        format!("{}/operations/{operation}", self.0)
    }

    pub(crate) fn schedule(&self) -> String {
        format!("{}/schedule", self.0)
    }

    pub(crate) fn audit(&self) -> String {
        format!("{}/audit", self.0)
    }

    pub(crate) fn members(&self) -> String {
        format!("{}/members", self.0)
    }
}
