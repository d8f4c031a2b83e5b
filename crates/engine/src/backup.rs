//! Backup and restore: every row, read as of one moment, in a file that fits both databases.
//!
//! The file is JSON Lines: a head, one line for each row, and an end with the number of rows and the SHA-256 of all
//! lines before it, so that a file cut short is never taken for a whole one. What is sealed stays sealed; the sealing
//! key is not in it. Sessions are left out: who signed in signs in again.

use std::io::{BufRead, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::start::{database_url, lock};
use crate::store::{Store, tables};
use crate::{Error, clock};

/// The format that is written, and the only one that is read.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Backup {
    /// The version of this format.
    format: u32,
    /// The last migration of the schema.
    pub schema: i64,
    /// The id of the key that the database is sealed with.
    pub sealing_key: Option<String>,
    /// The last event of the audit trail.
    pub audit_seq: i64,
    /// When it was made, in Unix milliseconds.
    pub made_at: i64,
}

/// One line of the file.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Keyferry(Backup),
    Row { table: String, row: Map<String, Value> },
    End { rows: u64, sha256: String },
}

/// Writes a backup of the database, which may be in use.
///
/// # Errors
/// [`Error::Start`] when there is no database or the file cannot be written, [`Error::Database`].
pub async fn back_up(data: &Path, database: Option<&str>, file: &mut impl Write) -> Result<Backup, Error> {
    let url = database_url(data, database);
    let Some(store) = Store::open_existing(&url).await? else {
        return Err(Error::Start("there is no Keyferry database to back up there".to_owned()));
    };
    let mut snapshot = store.snapshot().await?;
    let backup = Backup {
        format: FORMAT,
        schema: snapshot.schema().await?,
        sealing_key: snapshot.sealing_key().await?,
        audit_seq: snapshot.audit_seq().await?,
        made_at: clock::now().millis(),
    };
    let mut out = Hashed { file, context: Context::new(&SHA256) };
    out.write(&Line::Keyferry(backup.clone()))?;
    let mut rows = 0;
    for table in tables::ALL {
        snapshot
            .rows(table, |row| {
                rows += 1;
                out.write(&Line::Row { table: (*table).to_owned(), row })
            })
            .await?;
    }
    let sha256 = out.so_far();
    out.write(&Line::End { rows, sha256 })?;
    out.file.flush().map_err(|error| unwritable(&error))?;
    drop(snapshot);
    store.close().await;
    Ok(backup)
}

/// Fills an empty database from a backup, all of it or nothing, and brings its schema up to date.
///
/// # Errors
/// [`Error::Start`] when the file is not a whole backup or the database is not empty, [`Error::Database`].
pub async fn restore(data: &Path, database: Option<&str>, file: &mut impl BufRead) -> Result<Backup, Error> {
    std::fs::create_dir_all(data)
        .map_err(|error| Error::Start(format!("{} cannot be used: {error}", data.display())))?;
    let _lock = lock(data)?;
    let mut lines = Lines { file, context: Context::new(&SHA256), number: 0 };
    let Some((Line::Keyferry(backup), _)) = lines.next()? else {
        return Err(Error::Start("this is not a backup of Keyferry".to_owned()));
    };
    if backup.format != FORMAT {
        return Err(Error::Start(format!("this backup has the format {}, and only {FORMAT} is read", backup.format)));
    }
    let store = Store::open_empty(&database_url(data, database), backup.schema).await?;
    let mut copied = store.copy().await?;
    let mut rows = 0;
    loop {
        match lines.next()? {
            Some((Line::Row { table, row }, _)) if tables::ALL.contains(&table.as_str()) => {
                copied.insert(&table, &row).await?;
                rows += 1;
            }
            Some((Line::End { rows: wanted, sha256 }, before)) if wanted == rows && sha256 == before => break,
            _ => return Err(lines.broken()),
        }
    }
    copied.commit().await?;
    store.bring_up_to_date().await?;
    store.close().await;
    Ok(backup)
}

/// A file under a running hash.
struct Hashed<'a, W> {
    file: &'a mut W,
    context: Context,
}

impl<W: Write> Hashed<'_, W> {
    fn write(&mut self, line: &Line) -> Result<(), Error> {
        let mut text = serde_json::to_vec(line).map_err(|_| Error::Internal("a row is not JSON"))?;
        text.push(b'\n');
        self.context.update(&text);
        self.file.write_all(&text).map_err(|error| unwritable(&error))
    }

    fn so_far(&self) -> String {
        hex::encode(self.context.clone().finish())
    }
}

/// The lines of a file, each with the hash of those before it.
struct Lines<'a, R> {
    file: &'a mut R,
    context: Context,
    number: u64,
}

impl<R: BufRead> Lines<'_, R> {
    fn next(&mut self) -> Result<Option<(Line, String)>, Error> {
        let mut text = Vec::new();
        self.file.read_until(b'\n', &mut text).map_err(|error| Error::Start(format!("it cannot be read: {error}")))?;
        if text.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let before = hex::encode(self.context.clone().finish());
        self.context.update(&text);
        serde_json::from_slice(&text).map(|line| Some((line, before))).map_err(|_| self.broken())
    }

    fn broken(&self) -> Error {
        let line = self.number;
        Error::Start(format!("the backup is not whole: line {line} is not what was written; nothing was restored"))
    }
}

fn unwritable(error: &std::io::Error) -> Error {
    Error::Start(format!("the backup cannot be written: {error}"))
}
