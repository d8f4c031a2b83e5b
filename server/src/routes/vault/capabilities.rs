//! `sys/capabilities-self` and its kin: what somebody may do with paths.

use api::Capability;
use engine::Caller;
use serde_json::{Map, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::request::Verb;
use super::system::{only, within};
use super::tokens;

pub(super) fn own(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Write)?;
    call.require(Capability::Update)?;
    let paths = paths(call)?;
    Ok(shown(&call.caller, namespace, &paths))
}

pub(super) async fn of_token(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Write)?;
    call.require(Capability::Update)?;
    let token = tokens::secret(call)?;
    let token = call.engine.token_by_secret(token.expose(), namespace).await;
    let accessor = token.map_err(|_| Refusal::bad("invalid token"))?.accessor;
    let caller = call.engine.caller_of_accessor(&accessor, namespace).await?;
    let paths = paths(call)?;
    Ok(shown(&caller, namespace, &paths))
}

pub(super) async fn of_accessor(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Write)?;
    call.require(Capability::Update)?;
    let accessor = tokens::accessor(call)?;
    let caller = call.engine.caller_of_accessor(&accessor, namespace).await;
    let caller = caller.map_err(|_| Refusal::bad("invalid accessor"))?;
    let paths = paths(call)?;
    Ok(shown(&caller, namespace, &paths))
}

fn paths(call: &mut Call) -> Result<Vec<String>, Refusal> {
    let fields = &mut call.request.fields;
    let (paths, path) = (fields.list("paths")?.unwrap_or_default(), fields.list("path")?.unwrap_or_default());
    let paths = if paths.is_empty() { path } else { paths };
    match paths.len() {
        0 => Err(Refusal::bad("paths must be supplied")),
        1..=1000 => Ok(paths),
        _ => Err(Refusal::bad("ask for at most 1000 paths at once")),
    }
}

fn shown(caller: &Caller, namespace: &str, paths: &[String]) -> Answer {
    let of = |path: &String| caller.capabilities(&within(namespace, path));
    let mut data: Map<_, _> = paths.iter().map(|path| (path.clone(), json!(of(path)))).collect();
    if let [only] = paths {
        data.insert("capabilities".to_owned(), json!(of(only)));
    }
    Answer::data_twice(data)
}
