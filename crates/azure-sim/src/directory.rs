//! Directories: which applications there are, and in which cloud and tenant.

use crate::{
    clouds::{CLOUDS, Cloud},
    state::{State, Vault},
    vaults::{self, ServicePrincipal},
};

/// An application that can ask for tokens.
pub(crate) struct Application<'a> {
    pub(crate) cloud: &'static Cloud,
    pub(crate) principal: &'a ServicePrincipal,
    /// The vault that it has rights on, if any.
    pub(crate) vault: Option<(&'a str, &'a Vault)>,
}

/// Every application.
pub(crate) fn applications(state: &State) -> impl Iterator<Item = Application<'_>> {
    let of_vaults = state.vaults.iter().filter_map(|(name, vault)| {
        let start = vaults::named(name)?;
        Some(Application { cloud: start.cloud, principal: &vault.principal, vault: Some((name, vault)) })
    });
    let stranger = Application { cloud: &CLOUDS[0], principal: &state.stranger, vault: None };
    of_vaults.chain([stranger])
}

/// The applications that a login host serves; on a name of this machine, those of all clouds.
pub(crate) fn at<'a>(state: &'a State, cloud: Option<&'static Cloud>) -> impl Iterator<Item = Application<'a>> {
    applications(state).filter(move |known| cloud.is_none_or(|cloud| cloud.name == known.cloud.name))
}
