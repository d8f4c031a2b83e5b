//! The Keyferry console.
#![expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
#![expect(clippy::redundant_closure, reason = "closures written in a view share one type, functions do not")]
#![expect(unreachable_pub, reason = "the component macro makes its functions public")]

mod address;
mod api;
mod app;
mod change;
mod command;
mod frame;
mod links;
mod live;
mod load;
mod pages;
mod prelude;
mod session;
mod ui;

fn main() {
    // As it ships, a panic is only a trap; `stop.js` tells people either way.
    if cfg!(debug_assertions) {
        std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    }
    leptos::mount::mount_to_body(app::App);
}
