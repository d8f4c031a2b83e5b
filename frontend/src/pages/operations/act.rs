//! What can be done to many keys at once.

use ::api::ProviderName;

/// One of those things.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Act {
    Rotate,
    Distribute,
    Withdraw,
    Minimum,
    Verify,
    Delete,
}

/// All of them, as the bar shows them.
pub(crate) const ACTS: [Act; 6] = [Act::Rotate, Act::Distribute, Act::Withdraw, Act::Minimum, Act::Verify, Act::Delete];

impl Act {
    /// The drawing and the word on the button, what is said about "3 keys", and what it means.
    fn words(self) -> (&'static str, &'static str, [&'static str; 2], &'static str) {
        match self {
            Self::Rotate => (
                "rotate",
                "Rotate",
                ["Rotate ", ""],
                "Each gets a new version, delivered wherever the key is held. Older versions stay as they are.",
            ),
            Self::Distribute => (
                "distribution",
                "Distribute",
                ["Distribute ", " to "],
                "Each is sent with all its versions, under its name and the time. It is pending until Azure confirms.",
            ),
            Self::Withdraw => (
                "withdrawing",
                "Withdraw",
                ["Withdraw ", " from "],
                "Services that use these keys there can no longer decrypt or unwrap with them. The keys stay in Keyferry.",
            ),
            Self::Minimum => (
                "disabled",
                "Minimum version",
                ["Set the minimum enabled version of ", ""],
                "What was wrapped with a version that is switched off cannot be unwrapped while it is off.",
            ),
            Self::Verify => (
                "verified",
                "Verify",
                ["Verify ", ""],
                "What the providers hold is compared with what is wanted. Nothing is changed.",
            ),
            Self::Delete => (
                "trash",
                "Delete",
                ["Delete ", ""],
                "This cannot be undone. What was encrypted with any version of these keys can no longer be decrypted.",
            ),
        }
    }

    /// The drawing and the word on its button.
    pub(crate) fn button(self) -> (&'static str, &'static str) {
        let (icon, word, ..) = self.words();
        (icon, word)
    }

    /// What is done to so many keys.
    pub(super) fn title(self, keys: &str, provider: Option<&ProviderName>) -> String {
        let [before, after] = self.words().2;
        let mut title = format!("{before}{keys}");
        if let Some(provider) = provider {
            title.push_str(after);
            title.push_str(provider.as_str());
        }
        title
    }

    /// What it means for those who use the keys.
    pub(super) fn meaning(self) -> &'static str {
        self.words().3
    }

    /// Whether it takes something away, so that it is typed out before.
    pub(super) fn takes_away(self) -> bool {
        matches!(self, Self::Withdraw | Self::Delete)
    }
}
