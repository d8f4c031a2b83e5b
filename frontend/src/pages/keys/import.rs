//! Bringing in an RSA key of one's own.

use ::api::{Key, KeyName, OwnKey, WorkspaceAccess};
use leptos::ev::Event;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::prelude::*;
use crate::ui::{Area, Field, Form, FormState, Heading, Submit, Summary, as_call, check};

const KEY: &str = "private_key";

/// Longer than the PEM of any key, in bytes.
const TOO_LONG: f64 = 65_536.0;

/// The page that imports the first version of a key, or the next one of a key with this name.
pub(crate) fn import(workspace: WorkspaceAccess, key: Option<KeyName>) -> AnyView {
    let form = FormState::new();
    let links = Links::of(&workspace.slug);
    let back = key.as_ref().map_or_else(|| links.keys(), |key| links.key(key));
    let heading = key.as_ref().map_or_else(|| "Import a key".to_owned(), |key| format!("Import a version of {key}"));
    let path = format!("/workspaces/{}/keys/{}/import", workspace.slug, key.as_ref().map_or("NAME", KeyName::as_str));
    let name = RwSignal::new(key.as_ref().map(ToString::to_string).unwrap_or_default());
    let private_key = RwSignal::new(String::new());
    let address = Address::expect();
    let send = move || {
        let key = form.read("name", &name.read_untracked());
        let own = form.read_secret(KEY, &private_key.read_untracked());
        if key.is_none() && own.is_some() {
            // Else the server tells, which knows more.
            form.set_error(KEY, why_not_pem(&private_key.read_untracked()));
        }
        if let (Some(key), Some(private_key)) = (key, own) {
            let there = links.versions(&key);
            form.send(api::import_key(&workspace.slug, &key, &OwnKey { private_key }), move |_: Key| {
                address.go(&there);
            });
        }
    };
    let field = key.is_none().then(|| {
        view! {
            <Field
                form
                name="name"
                label="Name"
                value=name
                hint="A new name makes a key; the name of a key gives it its next version."
                check={check::<KeyName>}
                code=true
                autofocus=true
            />
        }
        .into_any()
    });
    let body = Memo::new(|_| Some(r#"{"private_key": "the PEM, with \n for each new line"}"#.to_owned()));
    view! {
        <header class="page">
            <div>
                <Heading text=heading />
                <p class="soft">
                    "Keyferry checks the key (size, exponent, consistency, close primes, ROCA), keeps it sealed, and "
                    "never shows it again."
                </p>
            </div>
        </header>
        <Form state=form send>
            <Summary state=form />
            {field}
            <Area
                form
                name=KEY
                label="Private key"
                value=private_key
                hint="RSA as PEM, PKCS#8 or PKCS#1, without a passphrase. From PKCS#12: openssl pkcs12 -in own.p12 -nocerts -noenc"
                check=why_not_pem
            />
            <div class="field">
                <label for="file">"Or from a file"</label>
                <input id="file" type="file" on:change=chosen(form, private_key) />
            </div>
            <div class="actions">
                <Submit state=form text="Import" />
                <a class="button" data-kind="plain" href=back>
                    "Cancel"
                </a>
            </div>
            {as_call("POST", path, body)}
        </Form>
    }
    .into_any()
}

/// Takes the text of the chosen file as the key; the file stays where it is.
fn chosen(form: FormState, private_key: RwSignal<String>) -> Box<dyn FnMut(Event)> {
    Box::new(move |event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        // The same file can be chosen again.
        input.set_value("");
        spawn_local(async move {
            let text = if file.size() < TOO_LONG { JsFuture::from(file.text()).await.ok() } else { None };
            form.set_error(KEY, text.is_none().then(|| "This file is no key.".to_owned()));
            private_key.set(text.and_then(|text| text.as_string()).unwrap_or_default());
        });
    })
}

fn why_not_pem(text: &str) -> Option<String> {
    (!text.contains("-----BEGIN ")).then(|| "A PEM begins with -----BEGIN PRIVATE KEY-----".to_owned())
}
