//! What to do about drift: make Azure match, or accept what it has.

use api::{
    AcceptDifference, Acceptance, Difference, Distribution, DistributionPath, DriftField, Page, PageQuery,
    ReopenDifference, Slug,
};
use serde_json::json;

use crate::distributions::event;
use crate::store::deliveries::DeliveryRow;
use crate::store::distributions;
use crate::store::drift;
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// A page of a workspace's distributions with something that differs, accepted or not: alarms first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a limit or cursor out of range.
    pub async fn drift(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<Distribution>, Error> {
        self.store().drifted(workspace, query).await
    }

    /// Asks for what differs, and is not accepted, to be made as it should be.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when nothing differs that this would help.
    pub async fn reconcile_distribution(&self, path: &DistributionPath, actor: &Actor) -> Result<Distribution, Error> {
        let mut change = self.store().change().await?;
        let (row, deliveries) = distributions::find(&mut change.transaction, path).await?;
        let is_concerned = |delivery: &&DeliveryRow| delivery.drift.iter().any(Difference::is_reconcilable);
        let versions: Vec<u32> = deliveries.iter().filter(is_concerned).map(|delivery| delivery.number).collect();
        if row.withdrawn_at.is_some() || versions.is_empty() {
            let sentence = "nothing differs there that this would help: verify first, or see what is said about each \
                            difference";
            return Err(Error::conflict("nothing_to_reconcile", sentence));
        }
        drift::request_reconciliation(&mut change.transaction, &row.id, &versions, clock::now()).await?;
        change.record(actor, event("distribution.reconcile", path, json!({"versions": versions}))).await?;
        Ok(self.finish(change, row.id).await?.distribution)
    }

    /// Lets a difference stay, for a reason, as long as it stays the same.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, [`Error::Conflict`] when something else is found by now, [`Error::Invalid`]
    /// for a version that is not ours, which nobody can accept.
    pub async fn accept_difference(
        &self,
        path: &DistributionPath,
        accept: &AcceptDifference,
        actor: &Actor,
    ) -> Result<Distribution, Error> {
        if accept.field == DriftField::Modulus {
            let sentence = "a version that is not ours cannot be accepted: withdraw the key and distribute it anew";
            return Err(Error::invalid("field", sentence));
        }
        let mut change = self.store().change().await?;
        let (row, deliveries) = distributions::find(&mut change.transaction, path).await?;
        let mut differences = drift::of(&row, &deliveries, accept.version).to_vec();
        let difference = find(&mut differences, accept.field, accept.version)?;
        if difference.found != accept.found {
            return Err(Error::Conflict {
                code: "difference_changed",
                field: Some("found"),
                sentence: format!("something else is found by now: {}", difference.found),
            });
        }
        let acceptance = Acceptance { reason: accept.reason.clone(), by: actor.name.clone(), at: clock::now() };
        difference.accepted = Some(acceptance);
        drift::replace(&mut change.transaction, &row.id, accept.version, &differences).await?;
        change.record(actor, event("difference.accept", path, json!(accept))).await?;
        Ok(self.finish(change, row.id).await?.distribution)
    }

    /// Takes back that a difference may stay.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn reopen_difference(
        &self,
        path: &DistributionPath,
        reopen: &ReopenDifference,
        actor: &Actor,
    ) -> Result<Distribution, Error> {
        let mut change = self.store().change().await?;
        let (row, deliveries) = distributions::find(&mut change.transaction, path).await?;
        let mut differences = drift::of(&row, &deliveries, reopen.version).to_vec();
        let difference = find(&mut differences, reopen.field, reopen.version)?;
        if difference.accepted.take().is_some() {
            drift::replace(&mut change.transaction, &row.id, reopen.version, &differences).await?;
            change.record(actor, event("difference.reopen", path, json!(reopen))).await?;
        }
        Ok(self.finish(change, row.id).await?.distribution)
    }
}

fn find(differences: &mut [Difference], field: DriftField, version: Option<u32>) -> Result<&mut Difference, Error> {
    let what = match version {
        Some(version) => format!("a difference in {field} of version {version}"),
        None => format!("a difference in {field} of the key as a whole"),
    };
    differences.iter_mut().find(|difference| difference.field == field).ok_or(Error::NotFound(what))
}
