//! Lists of keys: filtered, sorted and cut into pages by the database, over indexes.

use std::collections::HashMap;

use api::{Holder, KeyFilter, KeyName, KeyQuery, KeySort, KeySummary, Page, Slug};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::keys::{COLUMNS, KeyRow, key_row};
use super::operations::SelectedKey;
use super::{Store, page, page_size};
use crate::Error;

/// Keys that a search finds and that are few enough to be sorted whenever they are listed.
const FEW: i64 = 1_000;

/// The index that a list is read along: it has the keys in the order of their names.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Along {
    /// `keys`: all of a workspace, or of a type.
    Names,
    /// `keys_by_search`: in whatever case.
    Search,
    /// `distributions_by_state`, and by rotation `distributions_by_state_and_rotation`.
    State,
}

impl Along {
    fn of(query: &KeyQuery) -> Self {
        match (&query.state, &query.search) {
            (Some(_), _) => Self::State,
            (None, Some(search)) if !search.is_empty() => Self::Search,
            (None, _) => Self::Names,
        }
    }

    fn join(self) -> &'static str {
        match self {
            Self::Names | Self::Search => "",
            Self::State => "JOIN distributions d ON d.key_id = k.id",
        }
    }

    /// The key's name, in whatever case, as it is searched along here.
    fn searched(self) -> &'static str {
        match self {
            // Said so that no index is used for it.
            Self::Names => "lower(k.name) || '' >= ? AND lower(k.name) || '' < ?",
            Self::Search => "lower(k.name) >= ? AND lower(k.name) < ?",
            Self::State => "lower(d.key_name) >= ? AND lower(d.key_name) < ?",
        }
    }

    fn by_rotation(self, direction: &str) -> String {
        match self {
            Self::Names | Self::Search => format!("k.rotated_at {direction}, k.name {direction}"),
            Self::State => format!("d.key_rotated_at {direction}, d.key_name {direction}"),
        }
    }

    /// What comes behind a moment and a name.
    fn rotated_after(self, sort: KeySort) -> &'static str {
        match (self, sort) {
            (Self::State, KeySort::RotatedDescending) => "(d.key_rotated_at, d.key_name) < (?, ?)",
            (Self::State, _) => "(d.key_rotated_at, d.key_name) > (?, ?)",
            (_, KeySort::RotatedDescending) => "(k.rotated_at, k.name) < (?, ?)",
            _ => "(k.rotated_at, k.name) > (?, ?)",
        }
    }

    fn by_name(self, direction: &str) -> String {
        match self {
            Self::Names => format!("k.name {direction}"),
            Self::Search => format!("lower(k.name) {direction}, k.name {direction}"),
            Self::State => format!("d.key_name {direction}"),
        }
    }
}

/// The keys of a workspace that a filter matches, by name: one more than so many at most.
pub(crate) async fn matching(
    store: &Store,
    workspace: &Slug,
    filter: &KeyFilter,
    most: usize,
) -> Result<Vec<SelectedKey>, Error> {
    let KeyFilter { search, key_type, state } = filter.clone();
    let query = KeyQuery { search, key_type, state, ..KeyQuery::default() };
    let mut connection = store.pool.acquire().await?;
    let workspace = super::workspace_id(&mut connection, workspace).await?;
    let along = Along::of(&query);
    selected(&mut connection, along, filtered(&workspace, along, &query), most).await
}

/// The named keys of a workspace, by name.
pub(crate) async fn named(
    store: &Store,
    workspace: &Slug,
    names: &[KeyName],
    most: usize,
) -> Result<Vec<SelectedKey>, Error> {
    let mut connection = store.pool.acquire().await?;
    let workspace = super::workspace_id(&mut connection, workspace).await?;
    let mut found = Vec::with_capacity(names.len().min(most));
    for chunk in names[..names.len().min(most + 1)].chunks(500) {
        let conditions = Conditions::default()
            .and("k.workspace_id = ?", [workspace.as_str().into()])
            .and_in("k.name", chunk.iter().map(ToString::to_string));
        found.append(&mut selected(&mut connection, Along::Names, conditions, most).await?);
    }
    let is_missing = |name: &&KeyName| !found.iter().any(|key| key.name == **name);
    if let Some(name) = names.iter().take(most).find(is_missing) {
        return Err(Error::invalid("selection.keys", format!("there is no key {name} here")));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

async fn selected(
    connection: &mut AnyConnection,
    along: Along,
    conditions: Conditions,
    most: usize,
) -> Result<Vec<SelectedKey>, Error> {
    let (join, order, limit) = (along.join(), along.by_name(""), most + 1);
    let sql =
        format!("SELECT k.id, k.name FROM keys k {join} WHERE {} ORDER BY {order} LIMIT {limit}", conditions.sql());
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(SelectedKey { id: row.try_get("id")?, name: super::parsed(row, "name")? })).collect()
}

impl Store {
    /// A page of keys.
    pub(crate) async fn keys(&self, workspace: &Slug, query: &KeyQuery) -> Result<Page<KeySummary>, Error> {
        let limit = page_size(query.limit)?;
        let sort = query.sort.unwrap_or_default();
        let mut connection = self.pool.acquire().await?;
        let workspace = super::workspace_id(&mut connection, workspace).await?;
        let along = match (Along::of(query), sort) {
            // Looking for them along the moments of rotation is quicker than to sort them.
            (Along::Search, KeySort::Rotated | KeySort::RotatedDescending)
                if !is_rare(&mut connection, &workspace, query).await? =>
            {
                Along::Names
            }
            (along, _) => along,
        };
        let conditions = after(filtered(&workspace, along, query), along, sort, query.after.as_deref())?;
        let order = match sort {
            KeySort::Name => along.by_name(""),
            KeySort::NameDescending => along.by_name("DESC"),
            KeySort::Rotated => along.by_rotation(""),
            KeySort::RotatedDescending => along.by_rotation("DESC"),
        };
        let sql = format!("{COLUMNS} {} WHERE {} ORDER BY {order} LIMIT {}", along.join(), conditions.sql(), limit + 1);
        let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(&mut *connection).await?;
        let rows = rows.iter().map(key_row).collect::<Result<Vec<_>, _>>()?;
        let page = page(rows, limit, |key| cursor(key, sort));
        let mut holders = holders(&mut connection, &page.items).await?;
        let items = page.items.into_iter().map(|key| summary(key, &mut holders)).collect();
        Ok(Page { items, next: page.next })
    }
}

/// Whether a search finds few keys of a workspace.
async fn is_rare(connection: &mut AnyConnection, workspace: &str, query: &KeyQuery) -> Result<bool, Error> {
    let search_alone = KeyQuery { search: query.search.clone(), ..KeyQuery::default() };
    let conditions = filtered(workspace, Along::Search, &search_alone);
    let sql =
        format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM keys k WHERE {} LIMIT {FEW}) found", conditions.sql());
    let found: i64 = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_one(connection).await?.try_get(0)?;
    Ok(found < FEW)
}

fn filtered(workspace: &str, along: Along, query: &KeyQuery) -> Conditions {
    Conditions::default()
        .and("k.workspace_id = ?", [workspace.into()])
        .and_if(query.search.as_ref().filter(|search| !search.is_empty()), |conditions, search| {
            let from = search.to_lowercase();
            let to = format!("{from}{}", char::MAX);
            conditions.and(along.searched(), [from.into(), to.into()])
        })
        .and_if(query.key_type, |conditions, key_type| conditions.and("k.key_type = ?", [key_type.as_str().into()]))
        .and_if(query.state, |conditions, state| {
            if along == Along::State {
                // Once each, though several of its distributions may be in that state.
                let held = "d.workspace_id = ? AND d.state = ? AND d.removed_at IS NULL AND NOT EXISTS \
                            (SELECT 1 FROM distributions e WHERE e.key_id = d.key_id AND e.removed_at IS NULL \
                            AND e.state = d.state AND e.provider_id < d.provider_id)";
                return conditions.and(held, [workspace.into(), state.as_str().into()]);
            }
            let held = "EXISTS (SELECT 1 FROM distributions d \
                        WHERE d.key_id = k.id AND d.removed_at IS NULL AND d.state = ?)";
            conditions.and(held, [state.as_str().into()])
        })
}

/// Where the next page starts: a name, or a moment and a name.
fn cursor(key: &KeyRow, sort: KeySort) -> String {
    match sort {
        KeySort::Name | KeySort::NameDescending => key.name.to_string(),
        KeySort::Rotated | KeySort::RotatedDescending => format!("{}~{}", key.rotated_at.millis(), key.name),
    }
}

fn after(conditions: Conditions, along: Along, sort: KeySort, after: Option<&str>) -> Result<Conditions, Error> {
    let Some(after) = after else { return Ok(conditions) };
    let moment_and_name = || {
        let (moment, name) = after.split_once('~')?;
        Some((moment.parse::<i64>().ok()?, name))
    };
    let broken = || Error::invalid("after", "pass the `next` of the page before, with the same sort");
    Ok(match (sort, along) {
        (KeySort::Name, Along::Names) => conditions.and("k.name > ?", [after.into()]),
        (KeySort::Name, Along::State) => conditions.and("d.key_name > ?", [after.into()]),
        (KeySort::Name, Along::Search) => {
            conditions.and("(lower(k.name), k.name) > (?, ?)", [after.to_lowercase().into(), after.into()])
        }
        (KeySort::NameDescending, Along::Names) => conditions.and("k.name < ?", [after.into()]),
        (KeySort::NameDescending, Along::State) => conditions.and("d.key_name < ?", [after.into()]),
        (KeySort::NameDescending, Along::Search) => {
            conditions.and("(lower(k.name), k.name) < (?, ?)", [after.to_lowercase().into(), after.into()])
        }
        (KeySort::Rotated | KeySort::RotatedDescending, _) => {
            let (moment, name) = moment_and_name().ok_or_else(broken)?;
            conditions.and(along.rotated_after(sort), [moment.into(), name.into()])
        }
    })
}

/// Which providers hold these keys: one query for the whole page.
async fn holders(connection: &mut AnyConnection, keys: &[KeyRow]) -> Result<HashMap<String, Vec<Holder>>, Error> {
    let conditions = Conditions::default().and_in("d.key_id", keys.iter().map(|key| key.id.clone()));
    let sql = format!(
        "SELECT d.key_id, d.state, p.name FROM distributions d JOIN providers p ON p.id = d.provider_id
         WHERE d.removed_at IS NULL AND {} ORDER BY p.name",
        conditions.sql()
    );
    let mut holders: HashMap<String, Vec<Holder>> = HashMap::new();
    for row in conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await? {
        let holder = Holder { provider: super::parsed(&row, "name")?, state: super::parsed(&row, "state")? };
        holders.entry(row.try_get("key_id")?).or_default().push(holder);
    }
    Ok(holders)
}

fn summary(key: KeyRow, holders: &mut HashMap<String, Vec<Holder>>) -> KeySummary {
    KeySummary {
        holders: holders.remove(&key.id).unwrap_or_default(),
        name: key.name,
        key_type: key.key_type,
        latest_version: key.latest_version,
        min_enabled_version: key.min_enabled_version,
        created_at: key.created_at,
        rotated_at: key.rotated_at,
        destroyed_at: key.destroyed_at,
    }
}
