//! What is at the vault beside our versions: versions that are not ours, or ours twice, and a policy to rotate the key.

use api::{Difference, DriftField};
use azure::{KeyChange, ListedVersion};
use byok::PublicKey;

use super::outcome::{Done, Stop};
use super::step::Step;
use crate::Error;
use crate::differences::{is_same, lasting};

impl Step<'_> {
    /// Looks at the key as a whole. What our application may not look at is told, and known as it was before.
    pub(super) async fn inspect(&self) -> Result<Done, Stop> {
        let (vault, name) = (self.site.vault()?, self.row.name_in_kms.as_str());
        let (mut differences, mut unreadable) = (Vec::new(), Vec::new());
        match vault.list_versions(name).await {
            Ok(listed) => differences.extend(self.beside_ours(&listed).await?),
            Err(error) if is_forbidden(&error) => {
                unreadable.push(DriftField::ExtraVersions);
                differences.extend(self.known(DriftField::DoubleVersions).cloned());
                differences.extend(self.known(DriftField::ExtraVersions).cloned());
            }
            Err(error) => return Err(self.site.failed(&error)),
        }
        match vault.rotates(name).await {
            Ok(rotates) => differences.extend(rotates.map(|when| {
                let advice = "A version that Azure makes is one that Keyferry does not have: take the rotation out of the \
                              key's rotation policy in Azure, and let Keyferry rotate the key.";
                lasting(DriftField::RotationPolicy, "no rotation by Azure", when, advice)
            })),
            Err(error) if error.is_not_found() => {}
            Err(error) if is_forbidden(&error) => {
                unreadable.push(DriftField::RotationPolicy);
                differences.extend(self.known(DriftField::RotationPolicy).cloned());
            }
            Err(error) => return Err(self.site.failed(&error)),
        }
        Ok(Done::Inspected { differences, unreadable })
    }

    /// What differs because of versions that we did not deliver. Their key never changes, so that each is read once only.
    async fn beside_ours(&self, listed: &[ListedVersion]) -> Result<Vec<Difference>, Stop> {
        let is_ours = |version: &str| {
            self.deliveries
                .iter()
                .filter_map(|d| d.remote_version.as_deref())
                .any(|own| own.eq_ignore_ascii_case(version))
        };
        let mut beside: Vec<&ListedVersion> = listed.iter().filter(|listed| !is_ours(&listed.version)).collect();
        beside.sort_unstable_by(|a, b| a.version.cmp(&b.version));
        let (mut doubles, mut extras) = (Vec::new(), Vec::new());
        for ListedVersion { version, enabled } in beside {
            let is_double = if self.is_named(DriftField::ExtraVersions, version) {
                false
            } else {
                self.is_named(DriftField::DoubleVersions, version) || self.is_double(version).await?
            };
            match (is_double, enabled) {
                (false, _) => extras.push(version.clone()),
                (true, true) if !self.disable_double(version).await? => doubles.push(format!("{version} (enabled)")),
                (true, _) => doubles.push(version.clone()),
            }
        }
        let told = |field, versions: Vec<String>, wanted, advice| {
            (!versions.is_empty()).then(|| lasting(field, wanted, versions.join(", "), advice))
        };
        let of_doubles = told(
            DriftField::DoubleVersions,
            doubles,
            "each version once",
            "Keyferry disables the version that is there twice. Azure deletes no single version: accept it, or withdraw the \
             key and distribute it anew.",
        );
        let of_extras = told(
            DriftField::ExtraVersions,
            extras,
            "our versions only",
            "Somebody made them in Azure, and Keyferry changes no key that is not its own. Disable them there if nobody \
             uses them, and accept them; or withdraw the key and distribute it anew.",
        );
        Ok(of_doubles.into_iter().chain(of_extras).collect())
    }

    /// Whether a version that we did not deliver holds one of our keys.
    async fn is_double(&self, remote_version: &str) -> Result<bool, Stop> {
        let Some(bundle) = self.read(Some(remote_version)).await? else { return Ok(false) };
        for number in (1..=self.row.latest_version).rev() {
            let stored = self.stored_version(number).await?;
            if is_same(&bundle, &PublicKey::from_pem(&stored.public_key).map_err(Error::from)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Disables a version that is there twice. Returns whether it is disabled now.
    async fn disable_double(&self, remote_version: &str) -> Result<bool, Stop> {
        self.site.needs_lease()?;
        tracing::error!(url = self.row.url(), remote_version, "ALARM: the vault holds a version twice");
        let change = KeyChange { enabled: Some(false), ..KeyChange::default() };
        match self.site.vault()?.update_key(self.row.name_in_kms.as_str(), remote_version, &change).await {
            Ok(bundle) => Ok(!bundle.enabled),
            Err(error) if is_forbidden(&error) => Ok(false),
            Err(error) => Err(self.site.failed(&error)),
        }
    }

    fn known(&self, field: DriftField) -> Option<&Difference> {
        self.row.drift.iter().find(|difference| difference.field == field)
    }

    /// Whether a version was found before, as this.
    fn is_named(&self, field: DriftField, remote_version: &str) -> bool {
        self.known(field).is_some_and(|difference| difference.found.contains(remote_version))
    }

    /// Whether a version that we did not deliver may stand before the next one: ours twice, or accepted.
    pub(super) fn may_precede(&self, remote_version: &str) -> bool {
        self.is_named(DriftField::DoubleVersions, remote_version)
            || self.known(DriftField::ExtraVersions).is_some_and(|extra| !extra.is_open())
                && self.is_named(DriftField::ExtraVersions, remote_version)
    }
}

/// Whether a permission is missing; the network may be closed with the same status.
fn is_forbidden(error: &azure::Error) -> bool {
    let azure::Error::Answered(answer) = error else { return false };
    let by_network = matches!(answer.inner_code.as_deref(), Some("ForbiddenByFirewall" | "ForbiddenByConnection"));
    answer.status == 403 && !by_network
}
