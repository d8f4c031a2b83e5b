//! The audit trail's rows: each one's hash covers the one before.

use api::{AuditEntry, AuditEvent, AuditQuery, Outcome, Page, Timestamp};
use aws_lc_rs::digest;
use sqlx::AssertSqlSafe;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Change, Store, page, page_size};
use crate::{Actor, Error, clock};

/// What an event tells, apart from who and when.
pub(crate) struct Event<'a> {
    /// What, as `<noun>.<verb>`.
    pub(crate) action: &'static str,
    /// In which workspace: its slug.
    pub(crate) workspace: Option<&'a str>,
    /// On what.
    pub(crate) subject: String,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// More about it: a JSON object without secrets.
    pub(crate) detail: serde_json::Value,
}

impl Change {
    /// Appends an event to the chain, within this change.
    pub(crate) async fn record(&mut self, actor: &Actor, event: Event<'_>) -> Result<(), Error> {
        let event = AuditEvent {
            at: clock::now(),
            actor: actor.name.clone(),
            source: actor.source.clone(),
            action: event.action.to_owned(),
            workspace: event.workspace.map(|slug| slug.parse().expect("stored slugs are valid")),
            subject: event.subject,
            outcome: event.outcome,
            detail: event.detail.to_string(),
        };
        let seq = self.seq + 1;
        let hash = hash(&event, seq.unsigned_abs(), &self.hash);
        sqlx::query(
            "INSERT INTO audit_events (seq, at, actor, source, action, workspace, subject, outcome, detail, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(seq)
        .bind(event.at.millis())
        .bind(event.actor)
        .bind(event.source)
        .bind(event.action)
        .bind(event.workspace.map(String::from))
        .bind(event.subject)
        .bind(event.outcome.as_str())
        .bind(event.detail)
        .bind(&hash)
        .execute(&mut *self.transaction)
        .await?;
        (self.seq, self.hash) = (seq, hash);
        Ok(())
    }
}

/// The hash of a row: SHA-256 over [`AuditEvent::preimage`], in hexadecimal.
pub(crate) fn hash(event: &AuditEvent, seq: u64, previous: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, &event.preimage(seq, previous)))
}

impl Store {
    /// A page of the trail, newest first.
    pub(crate) async fn audit_entries(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, Error> {
        let limit = page_size(query.limit)?;
        let after = match query.after.as_deref().map(str::parse) {
            None => i64::MAX,
            Some(Ok(seq)) => seq,
            Some(Err(_)) => return Err(Error::invalid("after", "pass the `next` of the page before")),
        };
        let subject = query.subject.clone().unwrap_or_default();
        let by_workspace = if query.workspace.is_some() { "AND workspace = $3" } else { "AND $3 = ''" };
        let by_subject = if query.subject.is_some() {
            "AND (subject = $4 OR (subject >= $5 AND subject < $6))"
        } else {
            "AND $4 = '' AND $5 <> $6"
        };
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT seq, at, actor, source, action, workspace, subject, outcome, detail, hash
             FROM audit_events WHERE seq < $1 {by_workspace} {by_subject} ORDER BY seq DESC LIMIT $2"
        )))
        .bind(after)
        .bind(i64::from(limit) + 1)
        .bind(query.workspace.as_ref().map_or("", |slug| slug.as_str()))
        .bind(subject.clone())
        .bind(format!("{subject}/"))
        .bind(format!("{subject}0")) // '0' follows '/'
        .fetch_all(&self.pool)
        .await?;
        let entries = rows.iter().map(entry).collect::<Result<_, _>>()?;
        Ok(page(entries, limit, |entry: &AuditEntry| entry.seq.to_string()))
    }

    /// The whole trail, oldest first, from behind `seq`: for checking the chain.
    pub(crate) async fn audit_from(&self, seq: u64, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        let rows = sqlx::query(
            "SELECT seq, at, actor, source, action, workspace, subject, outcome, detail, hash
             FROM audit_events WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(seq.cast_signed())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(entry).collect()
    }

    /// The head of the chain: the last row's number and hash.
    pub(crate) async fn audit_head(&self) -> Result<(u64, String), Error> {
        let row = sqlx::query("SELECT seq, hash FROM audit_head WHERE id = 1").fetch_one(&self.pool).await?;
        Ok((row.try_get::<i64, _>("seq")?.unsigned_abs(), row.try_get("hash")?))
    }
}

fn entry(row: &AnyRow) -> Result<AuditEntry, Error> {
    const BROKEN: Error = Error::Internal("an audit row is not as it was written");
    let workspace: Option<String> = row.try_get("workspace")?;
    let event = AuditEvent {
        at: Timestamp::from_millis(row.try_get("at")?),
        actor: row.try_get("actor")?,
        source: row.try_get("source")?,
        action: row.try_get("action")?,
        workspace: workspace.map(|slug| slug.parse().map_err(|_| BROKEN)).transpose()?,
        subject: row.try_get("subject")?,
        outcome: row.try_get::<String, _>("outcome")?.parse::<Outcome>().map_err(|_| BROKEN)?,
        detail: row.try_get("detail")?,
    };
    Ok(AuditEntry { seq: row.try_get::<i64, _>("seq")?.unsigned_abs(), hash: row.try_get("hash")?, event: Some(event) })
}
