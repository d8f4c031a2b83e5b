//! What a mount of keys and providers answers: which path does what, and who may.

use api::{Capability, Slug};
use engine::{Arrival, Mount};

use super::answer::{Answer, Refusal};
use super::request::Verb;
use super::{Call, distributions, keys, kms};

/// Answers a request below a mount.
pub(super) async fn answer(call: &mut Call, mount: &Mount) -> Result<Answer, Refusal> {
    let segments: Vec<&str> = mount.rest.split('/').filter(|segment| !segment.is_empty()).collect();
    let (verb, workspace) = (call.request.verb, &mount.slug);
    call.require(capability(call, workspace, &segments).await?)?;
    let in_path = call.request.fields.replaced(names_in_path(&segments));
    let answer = match (segments.as_slice(), verb) {
        (["key"], Verb::List) => keys::list(call, workspace).await,
        (["key", name], Verb::Read) => keys::read(call, workspace, name).await,
        (["key", name], Verb::Write) => keys::write(call, workspace, name).await,
        (["key", name], Verb::Delete) => keys::delete(call, workspace, name).await,
        (["key", name, "kms"], Verb::List) => keys::list_kms(call, workspace, name).await,
        (["key", name, "rotate"], Verb::Write) => keys::rotate(call, workspace, name).await,
        (["kms"], Verb::List) => kms::list(call, workspace).await,
        (["kms", name], Verb::Read) => kms::read(call, workspace, name).await,
        (["kms", name], Verb::Write) => kms::write(call, workspace, name).await,
        (["kms", name], Verb::Delete) => kms::delete(call, workspace, name).await,
        (["kms", name, "key"], Verb::List) => distributions::list(call, workspace, name).await,
        (["kms", name, "key", key], Verb::Read) => distributions::read(call, workspace, name, key).await,
        (["kms", name, "key", key], Verb::Write) => distributions::write(call, workspace, name, key).await,
        (["kms", name, "key", key], Verb::Delete) => distributions::delete(call, workspace, name, key).await,
        (["kms", _, "key", key, "replicate"], Verb::Write) => distributions::replicate(call, workspace, key).await,
        (
            ["key" | "kms"]
            | ["key" | "kms", _]
            | ["key", _, "kms" | "rotate"]
            | ["kms", _, "key"]
            | ["kms", _, "key", _]
            | ["kms", _, "key", _, "replicate"],
            _,
        ) => Err(Refusal::unsupported_operation()),
        _ => Err(Refusal::unsupported_path()),
    }?;
    let replaced = format!(
        "Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [{}]",
        in_path.join(" ")
    );
    Ok(answer.warn_in_body((!in_path.is_empty()).then_some(replaced)))
}

/// What a request needs. To write what is not there yet is to create it.
async fn capability(call: &Call, workspace: &Slug, segments: &[&str]) -> Result<Capability, Refusal> {
    Ok(match (call.request.verb, segments) {
        (Verb::Read, _) => Capability::Read,
        (Verb::List, _) => Capability::List,
        (Verb::Delete, _) => Capability::Delete,
        (Verb::Patch, _) => Capability::Patch,
        (Verb::Write, ["key", name]) if !keys::exists(call, workspace, name).await? => Capability::Create,
        (Verb::Write, ["kms", name]) if !kms::exists(call, workspace, name).await? => Capability::Create,
        (Verb::Write, _) => Capability::Update,
    })
}

/// The fields that the path says.
fn names_in_path(segments: &[&str]) -> &'static [&'static str] {
    match segments {
        ["key" | "kms", _, ..] if segments.len() < 4 => &["name"],
        ["kms", _, "key", _, ..] => &["name", "key_name"],
        _ => &[],
    }
}

/// Nothing is to be said of what has arrived.
pub(super) fn arrived(arrival: Arrival) -> Answer {
    match arrival {
        Arrival::Done => Answer::nothing(),
        Arrival::GoesOn(sentence) => Answer::nothing().warn(sentence),
    }
}

/// What is gone already, or never was, counts as deleted.
pub(super) fn deleted(outcome: Result<(), engine::Error>) -> Result<Answer, Refusal> {
    match outcome {
        Ok(()) | Err(engine::Error::NotFound(_)) => Ok(Answer::nothing()),
        Err(error) => Err(error.into()),
    }
}

/// What is read and not there is missing, without a word.
pub(super) fn found<T>(outcome: Result<T, engine::Error>) -> Result<T, Refusal> {
    match outcome {
        Err(engine::Error::NotFound(_)) => Err(Refusal::missing()),
        outcome => Ok(outcome?),
    }
}

/// What has to be there to be used.
pub(super) fn named<T>(kind: &str, name: &str, outcome: Result<T, engine::Error>) -> Result<T, Refusal> {
    match outcome {
        Err(engine::Error::NotFound(_)) => Err(Refusal::bad(format!("{kind} \"{name}\" not found"))),
        outcome => Ok(outcome?),
    }
}
