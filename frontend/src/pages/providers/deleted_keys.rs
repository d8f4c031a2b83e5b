//! Keys of ours that a vault keeps as deleted: recovered, or purged for good.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{DeletedKey, Distribution, Explanation, NameInKms, Page, ProviderName, Role, Slug};

use super::detail::ProviderPage;
use crate::api::{self, Call};
use crate::load::{Load, load, refresh_while};
use crate::ui::{
    Dialog, Evidence, Foot, FormState, Moment, Summary, Time, TypeName, Word, letters_to_go, press, submit,
};

/// What can be asked for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Wish {
    Recover,
    Purge,
}

impl Wish {
    fn verb(self) -> &'static str {
        match self {
            Self::Recover => "Recover",
            Self::Purge => "Purge",
        }
    }

    fn call(self) -> fn(&Slug, &ProviderName, &NameInKms) -> Call<DeletedKey> {
        match self {
            Self::Recover => api::recover_deleted_key,
            Self::Purge => api::purge_deleted_key,
        }
    }
}

/// What the dialog asks about, while it is open.
type Asked = RwSignal<Option<(Wish, NameInKms)>>;

/// The section of the deleted keys; nothing where there are none.
#[component]
pub(super) fn DeletedKeys(page: Arc<ProviderPage>, held: Load<Page<Distribution>>) -> impl IntoView {
    let deleted = {
        let (slug, name) = (page.workspace.slug.clone(), page.name.clone());
        load(move || api::deleted_keys(&slug, &name))
    };
    refresh_while(deleted, |page| page.items.iter().any(is_moving));
    let provider = page.provider;
    // One that left the list was purged, or is held again.
    Effect::new(move |before: Option<usize>| {
        let count = deleted.last().map_or(0, |deleted| deleted.items.len());
        if before.is_some_and(|before| before > count) {
            held.refetch();
            provider.refetch();
        }
        count
    });
    let asked: Asked = RwSignal::new(None);
    let rows = {
        let page = page.clone();
        move || {
            let deleted = deleted.last().filter(|deleted| !deleted.items.is_empty())?;
            Some(view! { <Section page=page.clone() deleted asked /> }.into_any())
        }
    };
    let question = move || {
        let (wish, name) = asked.get()?;
        Some(view! { <Question page=page.clone() wish name deleted /> }.into_any())
    };
    view! {
        {move || rows()}
        {move || question()}
    }
}

/// Whether something was asked for and has neither come nor failed.
fn is_moving(deleted: &DeletedKey) -> bool {
    let asked = deleted.recovery_requested_at.or(deleted.purge_requested_at);
    asked.is_some() && deleted.last_error.is_none()
}

#[component]
fn Section(page: Arc<ProviderPage>, deleted: Arc<Page<DeletedKey>>, asked: Asked) -> impl IntoView {
    let rows: Vec<AnyView> = deleted.items.iter().map(|deleted| row(&page, deleted, asked)).collect();
    view! {
        <section class="section" aria-labelledby="deleted">
            <header>
                <h2 id="deleted">"Deleted keys"</h2>
                <p class="soft">"Azure keeps them until their purge date; so long their names cannot be used again."</p>
            </header>
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">"Name in the vault"</th>
                        <th scope="col">"Key"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Deleted"</th>
                        <th scope="col">"Purged on"</th>
                        <th scope="col">
                            <span class="sr">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(page: &ProviderPage, deleted: &DeletedKey, asked: Asked) -> AnyView {
    let purged = match deleted.purge_at {
        Some(at) => view! { <Moment at /> }.into_any(),
        None => view! { <span class="soft">"not told"</span> }.into_any(),
    };
    let moving = is_moving(deleted);
    let acts = page.may(Role::Admin).then(|| {
        let button = |wish: Wish| act(wish, &deleted.name_in_kms, moving, asked);
        view! { <span class="actions">{button(Wish::Recover)} {button(Wish::Purge)}</span> }.into_any()
    });
    view! {
        <tr>
            <th scope="row">
                <code>{deleted.name_in_kms.to_string()}</code>
            </th>
            <td data-label="Key">
                <a href=page.links.key(&deleted.key)>{deleted.key.to_string()}</a>
            </td>
            <td data-label="State">{state(deleted)}</td>
            <td data-label="Deleted">
                <Time at=deleted.deleted_at />
            </td>
            <td data-label="Purged on">
                <span>{purged}</span>
            </td>
            <td>{acts}</td>
        </tr>
    }
    .into_any()
}

fn act(wish: Wish, name: &NameInKms, moving: bool, asked: Asked) -> AnyView {
    let label = format!("{} {name}", wish.verb());
    let name = name.clone();
    let ask = move || {
        if !moving {
            asked.set(Some((wish, name.clone())));
        }
    };
    let blocked = moving.then_some("true");
    let why = moving.then_some("It is being recovered or purged already");
    view! {
        <button type="button" aria-label=label aria-disabled=blocked title=why on:click=press(ask)>
            {wish.verb()}
            "…"
        </button>
    }
    .into_any()
}

/// How a deleted key stands, with why the last attempt failed.
fn state(deleted: &DeletedKey) -> AnyView {
    let wanted = match (deleted.purge_requested_at, deleted.recovery_requested_at) {
        (Some(_), _) => Some("Purge"),
        (None, Some(_)) => Some("Recovery"),
        (None, None) => None,
    };
    let failed = deleted.last_error.clone().filter(|_| wanted.is_some());
    let (state, icon, text) = match (wanted, failed.is_some()) {
        (None, _) => ("none", "disabled", "Deleted, can be recovered".to_owned()),
        (Some(what), true) => ("refused", "refused", format!("{what} failed")),
        (Some(what), false) => ("pending", "pending", format!("{what} pending")),
    };
    view! {
        <Word state icon text />
        {failed.map(|error| view! { <Why error /> }.into_any())}
    }
    .into_any()
}

#[component]
fn Why(error: Explanation) -> impl IntoView {
    view! {
        <details>
            <summary>{error.title}</summary>
            <div class="stack">
                <p>{error.advice}</p>
                <Evidence facts=error.facts command=error.command kms=error.kms />
            </div>
        </details>
    }
}

/// The dialog that asks for the name.
#[component]
fn Question(page: Arc<ProviderPage>, wish: Wish, name: NameInKms, deleted: Load<Page<DeletedKey>>) -> impl IntoView {
    let open = RwSignal::new(true);
    view! {
        <Dialog open id="deleted-title" title=format!("{} {name} in {}?", wish.verb(), page.name)>
            <Confirm page=page.clone() wish name=name.clone() deleted open />
        </Dialog>
    }
}

#[component]
fn Confirm(
    page: Arc<ProviderPage>,
    wish: Wish,
    name: NameInKms,
    deleted: Load<Page<DeletedKey>>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let form = FormState::new();
    let typed = RwSignal::new(String::new());
    let text = name.to_string();
    let left = {
        let text = text.clone();
        Memo::new(move |_| letters_to_go(&text, &typed.read()))
    };
    let send = move || {
        if left.read_untracked().is_none() {
            form.send(wish.call()(&page.workspace.slug, &page.name, &name), move |_| {
                open.set(false);
                deleted.refetch();
            });
        }
    };
    let (what, kind) = match wish {
        Wish::Recover => (" to recover it", "primary"),
        Wish::Purge => (" to purge it", "danger"),
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <Consequences wish />
                <TypeName name=text what typed left />
            </div>
            <Foot open state=form text=format!("{} key", wish.verb()) kind forbidden=left signed=true />
        </form>
    }
}

#[component]
fn Consequences(wish: Wish) -> impl IntoView {
    let (words, needs) = match wish {
        Wish::Recover => (
            "Azure brings the key back with all its versions. Its distribution goes on where it was: services can use the key there again.",
            "It needs the permission to recover: Key Vault Crypto Officer has it, on a managed HSM only Managed HSM Crypto Officer.",
        ),
        Wish::Purge => (
            "This cannot be undone. Azure destroys the key in this vault with all its versions, and its name becomes free. What Keyferry and other vaults hold stays.",
            "It needs the permission to purge: Key Vault Crypto Officer has it, on a managed HSM only Managed HSM Crypto Officer. A vault with purge protection allows it to nobody.",
        ),
    };
    view! {
        <p>{words}</p>
        <p class="soft">{needs}</p>
    }
}
