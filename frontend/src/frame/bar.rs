//! The top bar: where one is, how it looks, who one is.

use crate::prelude::*;
use ::api::GlobalRole;
use leptos::task::spawn_local;

use crate::address::Address;
use crate::api;
use crate::session::CurrentSession;
use crate::ui::{Icon, hide_popover, press};

/// The top bar.
#[component]
pub(super) fn Bar() -> impl IntoView {
    view! {
        <header>
            <button type="button" data-kind="icon" popovertarget="side" aria-label="Menu">
                <Icon name="menu" />
            </button>
            <nav aria-label="Breadcrumb">
                <Crumbs />
            </nav>
            <ThemeMenu />
            <AccountMenu />
        </header>
    }
}

#[component]
fn Crumbs() -> impl IntoView {
    let session = CurrentSession::expect();
    let address = Address::expect();
    let crumbs = move || {
        let path = address.path();
        let title = path.split('/').nth(2).and_then(|slug| session.workspace(slug)).map(|room| room.title.to_string());
        trail(&path, title)
    };
    let crumb = |(text, href): (String, Option<String>)| match href {
        Some(href) => view! { <li><a href=href>{text}</a></li> }.into_any(),
        None => view! { <li aria-current="page">{text}</li> }.into_any(),
    };
    view! { <ol class="crumbs">{move || crumbs().into_iter().map(crumb).collect_view()}</ol> }
}

/// The words of an address, each with its own address but the last.
fn trail(path: &str, workspace: Option<String>) -> Vec<(String, Option<String>)> {
    let parts: Vec<&str> = path.split('/').skip(1).filter(|part| !part.is_empty()).collect();
    let mut crumbs = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let inside = parts[0] == "w";
        let text = match (at, *part) {
            // The distributions of one key are on the page of the key.
            (0, "w" | "account") | (4, "distributions") => continue,
            (1, _) if inside => workspace.clone().unwrap_or_else(|| (*part).to_owned()),
            (3, "new") if parts[2] == "keys" => "Create key".to_owned(),
            (3, "new") => "Connect a vault".to_owned(),
            // Names of keys and providers stand as they are.
            (3 | 5, name) => name.to_owned(),
            (_, word) => capitalised(word),
        };
        crumbs.push((text, Some(format!("/{}", parts[..=at].join("/")))));
    }
    if let Some(last) = crumbs.last_mut() {
        last.1 = None;
    }
    crumbs
}

fn capitalised(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// The choices of looks, as the theme script reads them from the storage.
const THEMES: [(&str, &str); 3] = [("system", "System"), ("light", "Light"), ("dark", "Dark")];

#[component]
fn ThemeMenu() -> impl IntoView {
    let storage = || window().local_storage().ok().flatten();
    let stored = storage().and_then(|storage| storage.get_item("theme").ok().flatten());
    let theme = RwSignal::new(stored.unwrap_or_else(|| "system".to_owned()));
    let choose = move |choice: &'static str| {
        hide_popover("theme");
        theme.set(choice.to_owned());
        let root = document().document_element().expect("a page has a root");
        // Without storage the choice holds until the page is closed.
        if choice == "system" {
            let _ = root.remove_attribute("data-theme");
            storage().map(|storage| storage.remove_item("theme"));
        } else {
            let _ = root.set_attribute("data-theme", choice);
            storage().map(|storage| storage.set_item("theme", choice));
        }
    };
    let row = move |(choice, text): (&'static str, &'static str)| {
        let chosen = move || theme.get() == choice;
        view! {
            <li>
                <button type="button" aria-pressed=move || chosen().to_string() on:click=press(move || choose(choice))>
                    {move || view! { <Icon name=if chosen() { "check" } else { "theme" } /> }.into_any()}
                    {text}
                </button>
            </li>
        }
        .into_any()
    };
    view! {
        <button
            type="button"
            data-kind="icon"
            popovertarget="theme"
            aria-label=move || format!("Theme: {}", theme.get())
        >
            <Icon name="theme" />
        </button>
        <div id="theme" popover>
            <ul class="menu">{THEMES.into_iter().map(row).collect_view()}</ul>
        </div>
    }
}

#[component]
fn AccountMenu() -> impl IntoView {
    let session = CurrentSession::expect();
    let role = move || match session.global_role() {
        GlobalRole::Administrator => Some("Administrator"),
        GlobalRole::Auditor => Some("Auditor"),
        GlobalRole::None => None,
    };
    let sign_out = move || {
        hide_popover("account");
        spawn_local(async move {
            // A session that is over already has been signed out of.
            match api::sign_out().await {
                Err(error) if error.status() != 401 => {}
                _ => session.end(),
            }
        });
    };
    view! {
        <button
            type="button"
            data-kind="plain"
            popovertarget="account"
            aria-label=move || format!("Account: {}", session.username())
        >
            <Icon name="user" />
            <span>{move || session.username()}</span>
        </button>
        <div id="account" popover>
            <div class="stack">
                <div>
                    <strong>{move || session.username()}</strong>
                    {move || role().map(|role| view! { <p class="soft">{role}</p> }.into_any())}
                </div>
            </div>
            <ul class="menu">
                <li>
                    <a href="/account/password" on:click=press(|| hide_popover("account"))>
                        <Icon name="lock" />
                        "Change password"
                    </a>
                </li>
                <li>
                    <button type="button" on:click=press(sign_out)>
                        <Icon name="withdrawing" />
                        "Sign out"
                    </button>
                </li>
            </ul>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breadcrumb_names_what_stands_in_the_address() {
        let words = |path| {
            let crumbs = trail(path, Some("Payments".to_owned()));
            crumbs.into_iter().map(|(text, href)| text + href.as_deref().unwrap_or("")).collect::<Vec<_>>()
        };
        assert_eq!(
            words("/w/pay/keys/a.b/distributions/acme"),
            ["Payments/w/pay", "Keys/w/pay/keys", "a.b/w/pay/keys/a.b", "acme"]
        );
        assert_eq!(words("/w/pay/providers/new"), ["Payments/w/pay", "Providers/w/pay/providers", "Connect a vault"]);
        assert_eq!(words("/account/password"), ["Password"]);
    }
}
