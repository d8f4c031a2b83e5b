//! Rotation by itself: a period for each key, and the part that keeps to it.

use std::time::Duration;

use api::{KeyName, Outcome, Page, PageQuery, ScheduleChange, ScheduledKey, Slug};
use aws_lc_rs::rand;
use serde_json::json;

use crate::background::keep_at;
use crate::store::audit::Event;
use crate::store::schedule::{self, DueKey, Interval};
use crate::store::{distributions, keys};
use crate::{Actor, Engine, Error, clock};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Which periods can be, in days.
const PERIODS: std::ops::RangeInclusive<u32> = 7..=3650;

/// How often to look for what is due. Periods are days long.
const PAUSE: Duration = Duration::from_secs(10);

/// Due keys that are taken up at once.
const BATCH: u32 = 20;

impl Engine {
    /// Gives keys a period, or takes it from them: all of them or none.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a period, number of versions or selection that
    /// cannot be.
    pub async fn change_schedule(&self, workspace: &Slug, wanted: &ScheduleChange, actor: &Actor) -> Result<(), Error> {
        check(wanted)?;
        let selected = self.selected(workspace, &wanted.selection).await?;
        let detail = json!({"period_days": wanted.period_days, "keep_versions": wanted.keep_versions});
        let mut change = self.store().change().await?;
        for key in selected {
            let interval = wanted.period_days.map(|days| interval(days, wanted.keep_versions)).transpose()?;
            if schedule::set(&mut change.transaction, &key.id, interval.as_ref()).await? {
                change.record(actor, event("key.schedule", workspace, &key.name, detail.clone())).await?;
            } else if wanted.selection.keys.is_some() {
                let sentence = format!("{} is destroyed and stays so", key.name);
                return Err(Error::invalid("selection.keys", sentence));
            }
        }
        change.commit().await
    }

    /// A page of the rotations to come, the next first; overdue ones before all.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a page that cannot be.
    pub async fn schedule(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<ScheduledKey>, Error> {
        self.store().schedule(workspace, query).await
    }

    /// Rotates what is due, for as long as it runs; may be dropped at any time.
    pub(crate) async fn keep_schedule(&self) {
        keep_at("a scheduled rotation is made later", PAUSE, || self.rotate_due()).await;
    }

    /// Rotates some of what is due. Returns whether there may be more.
    async fn rotate_due(&self) -> Result<bool, Error> {
        let due = self.store().due_keys(BATCH).await?;
        for key in &due {
            self.rotate_as_scheduled(key).await?;
        }
        Ok(!due.is_empty())
    }

    async fn rotate_as_scheduled(&self, due: &DueKey) -> Result<(), Error> {
        let version = self.generate(due.key_type, &Actor::keyferry()).await?;
        let mut change = self.store().change().await?;
        if !schedule::is_due(&mut change.transaction, due).await? {
            return Ok(());
        }
        let number = keys::add_version(&mut change.transaction, &due.id, &version, clock::now()).await?;
        schedule::follow(&mut change.transaction, &due.id).await?;
        distributions::restate_key(&mut change.transaction, &due.id).await?;
        let detail = json!({"version": number, "thumbprint": version.thumbprint, "due_at": due.due_at});
        change.record(&Actor::keyferry(), event("key.rotate", &due.workspace, &due.name, detail)).await?;
        change.commit().await?;
        self.wake().notify_one();
        Ok(())
    }
}

fn check(wanted: &ScheduleChange) -> Result<(), Error> {
    if wanted.period_days.is_some_and(|days| !PERIODS.contains(&days)) {
        return Err(Error::invalid("period_days", "choose 7 to 3650 days, or none"));
    }
    match wanted.keep_versions {
        Some(_) if wanted.period_days.is_none() => {
            Err(Error::invalid("keep_versions", "choose a period too: versions are switched off when one is added"))
        }
        Some(number) if !(1..=1000).contains(&number) => {
            Err(Error::invalid("keep_versions", "keep 1 to 1,000 versions, or leave it out to keep all"))
        }
        _ => Ok(()),
    }
}

/// A period less up to a tenth, so that keys made together do not all come at once.
fn interval(days: u32, keep_versions: Option<u32>) -> Result<Interval, Error> {
    let mut random = [0; 4];
    rand::fill(&mut random).map_err(|_| Error::Internal("the system gives no randomness"))?;
    let period = i64::from(days) * DAY;
    let jitter = i64::from(u32::from_be_bytes(random)) % (period / 10);
    Ok(Interval { days, millis: period - jitter, keep_versions })
}

fn event<'a>(action: &'static str, workspace: &'a Slug, key: &KeyName, detail: serde_json::Value) -> Event<'a> {
    let (workspace, subject) = (Some(workspace.as_str()), key.to_string());
    Event { action, workspace, subject, outcome: Outcome::Done, detail }
}
