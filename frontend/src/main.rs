//! The Keyferry console.
#![expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
#![expect(unreachable_pub, reason = "the component macro makes its functions public")]

mod api;
mod app;
mod frame;
mod links;
mod pages;
mod session;
mod ui;

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        leptos::logging::error!("{panic}");
        app::stop();
    }));
    leptos::mount::mount_to_body(app::App);
}
