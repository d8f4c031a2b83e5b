//! What every page takes from Leptos.
//!
//! Leptos has a type for each attribute and repeats its code for each; here the common ones are one type with a name.

pub(crate) use leptos::prelude::*;
use leptos::tachys::html::attribute::AttributeValue;
use leptos::tachys::html::attribute::custom::CustomAttr;

/// Declares a trait in place of the one of Leptos with that name.
macro_rules! attributes {
    ($(#[$meta:meta])* $trait:ident { $($method:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        pub(crate) trait $trait<V: AttributeValue>: AddAnyAttr + Sized {
            $(
                fn $method(self, value: V) -> <Self as AddAnyAttr>::Output<CustomAttr<&'static str, V>> {
                    self.attr($name, value)
                }
            )+
        }

        impl<T: AddAnyAttr + Sized, V: AttributeValue> $trait<V> for T {}
    };
}

attributes! {
    /// The class.
    ClassAttribute { class = "class", }
}

attributes! {
    /// Attributes of any element.
    GlobalAttributes {
        autocapitalize = "autocapitalize",
        autofocus = "autofocus",
        hidden = "hidden",
        id = "id",
        popover = "popover",
        role = "role",
        spellcheck = "spellcheck",
        tabindex = "tabindex",
        title = "title",
    }
}

attributes! {
    /// What is said to people who hear the page.
    AriaAttributes {
        aria_busy = "aria-busy",
        aria_current = "aria-current",
        aria_describedby = "aria-describedby",
        aria_disabled = "aria-disabled",
        aria_hidden = "aria-hidden",
        aria_invalid = "aria-invalid",
        aria_label = "aria-label",
        aria_labelledby = "aria-labelledby",
        aria_live = "aria-live",
        aria_pressed = "aria-pressed",
        aria_sort = "aria-sort",
    }
}

/// A view without the wrapper of Leptos, in which there would be a second kind of each element.
macro_rules! view {
    ({ $($part:tt)* }) => {
        ::leptos::view! { { $($part)* } }
    };
    ($text:literal) => {
        $text
    };
    ($($part:tt)*) => {
        ::leptos::view! { $($part)* }.into_inner()
    };
}
pub(crate) use view;

/// Collects views; the one of Leptos wraps each.
pub(crate) trait CollectView {
    fn collect_view(self) -> Vec<AnyView>;
}

impl<I: Iterator<Item = AnyView>> CollectView for I {
    fn collect_view(self) -> Vec<AnyView> {
        self.collect()
    }
}
