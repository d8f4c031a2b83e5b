//! What tests and demos change in a vault.

use crate::{
    AccessModel, Network, Permission, Simulator,
    base64url::Octets,
    keys, pairs,
    state::{Key, Version},
};

impl Simulator {
    /// Replaces the rights of a vault's identity.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn set_permissions(&self, vault: &str, permissions: &[Permission]) {
        self.change(vault, |vault| vault.permissions = permissions.to_vec());
    }

    /// Sets how a vault knows what its callers may do; role assignments at the start. A managed HSM knows no other way.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn set_access_model(&self, vault: &str, model: AccessModel) {
        self.change(vault, |vault| vault.settings.access_model = model);
    }

    /// Sets from where a vault is reached; from everywhere at the start.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn set_network(&self, vault: &str, network: Network) {
        self.change(vault, |vault| vault.settings.network = network);
    }

    /// Lets nobody purge a vault's deleted keys. As in Azure, this cannot be taken back.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn protect_from_purge(&self, vault: &str) {
        self.change(vault, |vault| vault.settings.purge_protection = true);
    }

    /// Lets a key be one that the vault rotates by itself, after an ISO 8601 duration such as `P90D`. The simulator says
    /// so when asked, and rotates nothing.
    ///
    /// # Panics
    /// When there is no such vault, or no such key in it.
    pub fn set_rotation_policy(&self, vault: &str, name: &str, rotates_after: &str) {
        self.change_key(vault, name, |key| key.rotates_after = Some(rotates_after.to_owned()));
    }

    /// Puts a key there that somebody else has made: RSA-HSM, 2048 bits, with a tag that says so. An existing key of
    /// that name gets it as a new version.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn put_foreign_key(&self, vault: &str, name: &str) {
        let version = keys::foreign_version();
        self.change(vault, |vault| Key::of(vault, name).versions.push(version));
    }

    /// Disables the latest version of a key, as somebody does in the portal.
    ///
    /// # Panics
    /// When there is no such vault, or no such key in it.
    pub fn disable_latest_version(&self, vault: &str, name: &str) {
        self.change_key(vault, name, |key| latest(key).enabled = false);
    }

    /// Puts the latest version of a key there once more, as an import does that is carried out twice.
    ///
    /// # Panics
    /// When there is no such vault, or no such key in it.
    pub fn double_latest_version(&self, vault: &str, name: &str) {
        self.change_key(vault, name, |key| {
            let version = uuid::Uuid::new_v4().simple().to_string();
            let double = Version { version, ..latest(key).clone() };
            key.versions.push(double);
        });
    }

    /// Lets the latest version of a key hold another key, which no vault ever does.
    ///
    /// # Panics
    /// When there is no such vault or no such key in it, or this machine cannot make an RSA key.
    pub fn swap_latest_version(&self, vault: &str, name: &str) {
        let other = pairs::draw(2048).expect("a machine that runs tests makes RSA keys");
        self.change_key(vault, name, |key| {
            let latest = latest(key);
            latest.modulus = Octets(other.modulus);
            latest.exponent = Octets(other.exponent);
            latest.private = Some(Octets(other.pkcs8));
        });
    }

    fn change_key(&self, vault: &str, name: &str, change: impl FnOnce(&mut Key)) {
        self.change(vault, |vault| {
            change(vault.keys.get_mut(&name.to_ascii_lowercase()).expect("the vault has a key of this name"));
        });
    }
}

fn latest(key: &mut Key) -> &mut Version {
    key.version_mut(None).expect("a key has versions")
}
