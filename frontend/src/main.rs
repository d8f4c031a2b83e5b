//! The Keyferry console.

use leptos::prelude::*;

fn main() {
    mount_to_body(|| view! { <main><h1>"Keyferry"</h1></main> });
}
