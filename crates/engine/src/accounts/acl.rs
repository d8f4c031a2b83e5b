//! Access-control lists of paths, with the precedence that Vault documents.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use api::{Capability, Right};

/// What some policies and roles allow together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acl {
    is_root: bool,
    rules: BTreeMap<Pattern, BTreeSet<Capability>>,
}

/// Which paths a rule is about: `+` is one segment, a `*` at the end everything that follows.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Pattern {
    text: String,
    /// Whether it holds below every namespace: for the system's own paths.
    everywhere: bool,
}

impl Acl {
    /// What allows everything.
    pub(crate) fn root() -> Self {
        Self { is_root: true, rules: BTreeMap::new() }
    }

    /// Whether it allows everything.
    pub(crate) fn is_root(&self) -> bool {
        self.is_root
    }

    /// Adds a rule. Capabilities of the same pattern add up, and "deny" beats all of them.
    pub(crate) fn allow(&mut self, pattern: impl Into<String>, capabilities: &[Capability]) {
        self.add(Pattern { text: pattern.into(), everywhere: false }, capabilities.iter().copied());
    }

    /// Adds a rule that holds below every namespace.
    pub(crate) fn allow_everywhere(&mut self, pattern: &str, capabilities: &[Capability]) {
        self.add(Pattern { text: pattern.to_owned(), everywhere: true }, capabilities.iter().copied());
    }

    /// Adds all that another list allows or denies.
    pub(crate) fn extend(&mut self, other: Self) {
        self.is_root |= other.is_root;
        for (pattern, capabilities) in other.rules {
            self.add(pattern, capabilities);
        }
    }

    fn add(&mut self, pattern: Pattern, capabilities: impl IntoIterator<Item = Capability>) {
        self.rules.entry(pattern).or_default().extend(capabilities);
    }

    /// Whether a path may be used so. A list may be named with or without the slash at its end.
    pub(crate) fn allows(&self, path: &str, capability: Capability) -> bool {
        self.is_root || self.at(path, capability == Capability::List).contains(&capability)
    }

    /// What a path may be used for; nothing when it is denied.
    pub(crate) fn capabilities(&self, path: &str) -> BTreeSet<Capability> {
        if self.is_root {
            return Capability::ALL.iter().copied().filter(|capability| *capability != Capability::Deny).collect();
        }
        let mut capabilities = self.at(path, false);
        capabilities.remove(&Capability::List);
        if self.allows(path, Capability::List) {
            capabilities.insert(Capability::List);
        }
        capabilities
    }

    /// The pattern of every rule.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().map(|pattern| pattern.text.as_str())
    }

    /// Every rule.
    pub(crate) fn rights(&self) -> Vec<Right> {
        let right = |(pattern, capabilities): (&Pattern, &BTreeSet<Capability>)| Right {
            path: pattern.text.clone(),
            capabilities: capabilities.iter().copied().collect(),
        };
        self.rules.iter().map(right).collect()
    }

    /// What the rule of the highest priority allows.
    fn at(&self, path: &str, as_list: bool) -> BTreeSet<Capability> {
        let path = path.trim_matches('/');
        let listed = format!("{path}/");
        let matching =
            self.rules.iter().filter(|(pattern, _)| pattern.matches(path) || (as_list && pattern.matches(&listed)));
        let best = matching.max_by(|(a, _), (b, _)| a.priority(b)).map(|(_, capabilities)| capabilities);
        best.filter(|capabilities| !capabilities.contains(&Capability::Deny)).cloned().unwrap_or_default()
    }
}

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        if matches(&self.text, path) {
            return true;
        }
        self.everywhere && path.match_indices('/').any(|(at, _)| matches(&self.text, &path[at + 1..]))
    }

    /// Vault's rules in their order: the later wildcard, no `*` at the end, fewer `+`, the longer one, the later one in
    /// the alphabet. What holds below every namespace gives way to all that names one.
    fn priority(&self, other: &Self) -> Ordering {
        let wildcard = |text: &str| text.find(['+', '*']).unwrap_or(usize::MAX);
        let segments = |text: &str| text.split('/').filter(|segment| *segment == "+").count();
        let (own, theirs) = (self.text.as_str(), other.text.as_str());
        (other.everywhere.cmp(&self.everywhere))
            .then_with(|| wildcard(own).cmp(&wildcard(theirs)))
            .then_with(|| theirs.ends_with('*').cmp(&own.ends_with('*')))
            .then_with(|| segments(theirs).cmp(&segments(own)))
            .then_with(|| own.len().cmp(&theirs.len()))
            .then_with(|| own.cmp(theirs))
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_open) = pattern.strip_suffix('*').map_or((pattern, false), |prefix| (prefix, true));
    let mut rest = Some(path);
    let mut segments = pattern.split('/').peekable();
    while let Some(segment) = segments.next() {
        let Some(left) = rest else { return false };
        if is_open && segments.peek().is_none() {
            return left.starts_with(segment);
        }
        let (first, behind) = left.split_once('/').map_or((left, None), |(first, behind)| (first, Some(behind)));
        if first != segment && (segment != "+" || first.is_empty()) {
            return false;
        }
        rest = behind;
    }
    rest.is_none()
}

#[cfg(test)]
mod tests {
    use Capability::{Create, Deny, List, Read, Update};
    use proptest::prelude::*;

    use super::*;

    fn acl(rules: &[(&str, &[Capability])]) -> Acl {
        let mut acl = Acl::default();
        for (pattern, capabilities) in rules {
            acl.allow(*pattern, capabilities);
        }
        acl
    }

    #[test]
    fn a_pattern_is_about_the_paths_that_vault_says() {
        for (pattern, path, expected) in [
            ("keymgmt/key/pay", "keymgmt/key/pay", true),
            ("keymgmt/key/pay", "keymgmt/key/pay/rotate", false),
            ("keymgmt/key/*", "keymgmt/key/pay/rotate", true),
            ("keymgmt/key/*", "keymgmt/key", false),
            ("keymgmt/key/pay*", "keymgmt/key/payments", true),
            ("keymgmt/kms/+/key/*", "keymgmt/kms/north/key/pay", true),
            ("keymgmt/kms/+/key/*", "keymgmt/kms/north/south/key/pay", false),
            ("+/key/pay", "keymgmt/key/pay", true),
            ("+/key/pay", "key/pay", false),
            ("keymgmt/+", "keymgmt/", false),
            ("*", "anything/at/all", true),
            ("keymgmt/*/pay", "keymgmt/key/pay", false),
            ("keymgmt/*", "keymgmt2/key/pay", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_more_specific_pattern_counts_alone() {
        let ladder = ["*", "k/+/+/y*", "k/+/x/*", "k/*", "k/+/x/y", "k/key/*", "k/key/x/*", "k/key/x/y"];
        for (at, better) in ladder.iter().enumerate() {
            for worse in &ladder[..at] {
                let acl = acl(&[(better, &[Read]), (worse, &[Update])]);
                assert!(acl.allows("k/key/x/y", Read), "{better} {worse}");
                assert!(!acl.allows("k/key/x/y", Update), "{better} {worse}");
            }
        }
    }

    #[test]
    fn deny_wins_over_all_else_of_the_same_pattern() {
        let acl = acl(&[("k/*", &[Read, Update]), ("k/*", &[Deny]), ("k/key/x", &[Read])]);
        assert!(!acl.allows("k/key/y", Read));
        assert!(acl.allows("k/key/x", Read));
        assert!(acl.capabilities("k/key/y").is_empty());
    }

    #[test]
    fn a_list_is_allowed_with_and_without_its_slash() {
        for pattern in ["k/key", "k/key/", "k/*", "k/key/*", "k/+"] {
            let acl = acl(&[(pattern, &[List])]);
            assert!(acl.allows("k/key", List) && acl.allows("k/key/", List), "{pattern}");
            assert!(acl.capabilities("k/key").contains(&List), "{pattern}");
        }
        assert!(!acl(&[("k/key/", &[Read])]).allows("k/key", Read));
    }

    #[test]
    fn what_holds_everywhere_gives_way_to_what_names_a_namespace() {
        let mut acl = acl(&[("team1/*", &[Deny])]);
        acl.allow_everywhere("auth/token/lookup-self", &[Read]);
        assert!(acl.allows("auth/token/lookup-self", Read));
        assert!(acl.allows("team2/auth/token/lookup-self", Read));
        assert!(!acl.allows("team1/auth/token/lookup-self", Read));
        assert!(!acl.allows("xauth/token/lookup-self", Read));
    }

    proptest! {
        #[test]
        fn no_rules_allow_nothing_and_root_allows_all(path in "[a-z+*/]{0,20}") {
            prop_assert!(!Acl::default().allows(&path, Create));
            prop_assert!(Acl::root().allows(&path, Create));
        }

        #[test]
        fn the_order_of_rules_does_not_matter(
            rules in prop::collection::vec(("([ab+]/){0,3}[ab]?[*]?", prop::sample::subsequence(Capability::ALL, 0..4)), 0..8),
            path in "[ab](/[ab]){0,3}",
        ) {
            let rules: Vec<(&str, &[Capability])> =
                rules.iter().map(|(pattern, capabilities)| (pattern.as_str(), capabilities.as_slice())).collect();
            let backwards: Vec<_> = rules.iter().copied().rev().collect();
            prop_assert_eq!(acl(&rules).capabilities(&path), acl(&backwards).capabilities(&path));
        }

        #[test]
        fn a_path_of_another_mount_is_never_matched_by_a_pattern_below_one(path in "[a-z]{1,5}(/[a-z]{0,5}){0,3}") {
            prop_assert_eq!(matches("keymgmt/*", &path), path.starts_with("keymgmt/"));
        }
    }
}
