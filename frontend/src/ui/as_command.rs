//! "As command": what a form does, for programs.

use crate::prelude::*;

use super::Code;
use crate::command::{Command, CommandNow};

/// A tool with its name and what it is given.
type Tool = (&'static str, fn(&Command) -> String);

const TOOLS: [Tool; 3] = [("vault CLI", Command::vault), ("curl", Command::curl), ("Terraform", Command::terraform)];

/// The same action as a command, folded until somebody asks.
#[component]
pub(crate) fn AsCommand(
    command: CommandNow,
    /// What a command cannot say.
    #[prop(default = "")]
    but: &'static str,
) -> impl IntoView {
    view! {
        <details>
            <summary>"As command"</summary>
            <Commands command but />
        </details>
    }
}

/// The same as a call of our own API, where the tools of Vault have no word for it.
pub(crate) fn as_call(method: &'static str, path: String, body: Memo<Option<String>>) -> AnyView {
    let call = move || {
        let text = format!(
            "curl --fail-with-body -X {method} -H \"Authorization: Bearer $VAULT_TOKEN\" \\\n  \"$VAULT_ADDR/api/v1{path}\" \\\n  --json '{}'",
            body.get()?
        );
        Some(view! { <Code title="curl" text /> }.into_any())
    };
    view! {
        <details>
            <summary>"As command"</summary>
            {move || call()}
        </details>
    }
    .into_any()
}

/// One action as a command of each tool.
#[component]
pub(crate) fn Commands(command: CommandNow, #[prop(default = "")] but: &'static str) -> impl IntoView {
    let chosen = RwSignal::new(0_u32);
    let choice = |(tool, at): (&Tool, u32)| {
        view! {
            <label>
                <input
                    type="radio"
                    name="tool"
                    prop:checked=move || chosen.get() == at
                    on:change=move |_| chosen.set(at)
                />
                {tool.0}
            </label>
        }
        .into_any()
    };
    let shown = move || {
        let (title, write) = TOOLS[chosen.get() as usize];
        view! { <Code title text=write(&command()) /> }.into_any()
    };
    view! {
        <div class="command">
            <div class="segments" role="radiogroup" aria-label="Show as">
                {TOOLS.iter().zip(0..).map(choice).collect_view()}
            </div>
            {move || shown()}
            <p class="soft">
                "VAULT_ADDR is the address of this server, VAULT_TOKEN a token of yours. " {but}
            </p>
        </div>
    }
}
