//! The installation: how it is sealed, which keys are ready, how it is backed up.

use ::api::{PooledKeys, System};

use crate::api;
use crate::load::{Data, load, refresh_while};
use crate::prelude::*;
use crate::ui::{self, Code, Empty, Heading, Id, Rows, Word, loading, many};

/// The page.
pub(crate) fn page() -> AnyView {
    let system = load(api::system);
    refresh_while(system, |now| now.sealing.left_to_reseal > 0 || now.pool.iter().any(is_filling));
    view! {
        <header class="page">
            <div>
                <Heading text="System" />
                <p class="soft">"What Keyferry itself rests on."</p>
            </div>
        </header>
        {loading(system, "The system", parts)}
    }
    .into_any()
}

fn parts(system: Data<System>) -> AnyView {
    view! {
        {move || sealing(&system.get())}
        {move || pool(&system.get().pool)}
        <section class="card" aria-labelledby="backup">
            <header>
                <h2 id="backup">"Backup"</h2>
            </header>
            <p>
                "Everything as of one moment, also while the server runs; give it the same settings. "
                "The sealing key is not inside: keep a copy of it apart, without it nobody can open the keys."
            </p>
            <Code title="Backup" text="keyferry backup FILE" />
        </section>
    }
    .into_any()
}

fn sealing(system: &System) -> AnyView {
    let sealing = &system.sealing;
    let state = match sealing.left_to_reseal {
        0 => view! { <Word state="in_sync" icon="check" text="Everything is sealed with it" /> }.into_any(),
        left => {
            let text = format!("{} still sealed with the previous key; do not lose it yet", many(left, "value"));
            view! { <Word state="running" icon="running" text /> }.into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby="sealing">
            <header>
                <h2 id="sealing">"Sealing"</h2>
            </header>
            <dl class="facts">
                <dt>"Sealing key"</dt>
                <dd>
                    <Id text=sealing.key.clone() what="sealing key's id" />
                </dd>
                <dt>"State"</dt>
                <dd>{state}</dd>
                <dt>"Version"</dt>
                <dd>{system.version.clone()}</dd>
            </dl>
        </section>
    }
    .into_any()
}

fn pool(pool: &[PooledKeys]) -> AnyView {
    if pool.is_empty() {
        return view! {
            <Empty icon="key" title="No keys are made ahead">
                <p>"Each is made when it is asked for. The server's --pool keeps some ready."</p>
            </Empty>
        }
        .into_any();
    }
    let row = |keys: &PooledKeys| {
        let (state, icon, text) =
            if is_filling(keys) { ("running", "running", "Being filled") } else { ("in_sync", "check", "Full") };
        let cells = vec![
            ("Ready", format!("{} of {}", keys.ready, keys.wanted).into_any()),
            ("State", view! { <Word state icon text /> }.into_any()),
        ];
        ui::row(keys.key_type.as_str().into_any(), cells)
    };
    let rows = pool.iter().map(row).collect();
    view! {
        <section class="section" aria-labelledby="pool">
            <header>
                <h2 id="pool">"Keys made ahead"</h2>
            </header>
            <Rows caption="Keys made ahead" columns=vec!["Type", "Ready", "State"] rows next=None />
        </section>
    }
    .into_any()
}

fn is_filling(keys: &PooledKeys) -> bool {
    keys.ready < keys.wanted
}
