//! The very first start: one workspace and one administrator.

use api::{GlobalRole, NewWorkspace, Outcome, SecretInput};
use aws_lc_rs::rand;
use serde_json::json;

use super::password;
use crate::store::accounts::users::{self, UserRow};
use crate::store::audit::Event;
use crate::store::{new_id, workspaces};
use crate::{Actor, Engine, Error, clock};

/// The password of the first administrator, to be shown once.
pub struct FirstPassword(SecretInput);

impl FirstPassword {
    /// The password in clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// 100 random bits as five groups of four letters and digits that cannot be mistaken for each other.
    fn generate() -> Result<Self, Error> {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bytes = [0; 20];
        rand::fill(&mut bytes).map_err(|_| Error::Internal("the system gives no randomness"))?;
        let mut text = String::with_capacity(24);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Ok(Self(SecretInput::new(text)))
    }
}

impl Engine {
    /// Makes the workspace `keymgmt` and the administrator `admin`, if there is no user yet. Without a password one is
    /// made and returned; it has to be replaced at the first sign-in, but not in a demo, whose state is thrown away.
    ///
    /// # Errors
    /// [`Error::Start`] when the password given is too weak: nothing is made then.
    pub async fn first_start(&self, given: Option<&SecretInput>, demo: bool) -> Result<Option<FirstPassword>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        if users::exist(&mut connection).await? {
            return Ok(None);
        }
        drop(connection);
        let username = name("admin")?;
        let made = if given.is_some() { None } else { Some(FirstPassword::generate()?) };
        if let Some(given) = given {
            password::check("KEYFERRY_ADMIN_PASSWORD", given, &username)
                .map_err(|error| Error::Start(error.to_string()))?;
        }
        let password_hash = match (given, &made) {
            (Some(given), _) => self.hash_password(given).await?,
            (None, Some(made)) => self.hash_password(&made.0).await?,
            (None, None) => return Err(Error::Internal("there is no first password")),
        };

        let mut change = self.store().change().await?;
        if users::exist(&mut change.transaction).await? {
            return Ok(None);
        }
        let now = clock::now();
        let workspace = NewWorkspace { slug: name("keymgmt")?, title: name("Key management")? };
        let admin = UserRow {
            id: new_id(),
            username,
            password_hash,
            password_expired_at: (made.is_some() && !demo).then_some(now),
            global_role: GlobalRole::Administrator,
            token_policies: Vec::new(),
            created_at: now,
            last_signed_in_at: None,
            disabled_at: None,
        };
        workspaces::insert(&mut change.transaction, &workspace, workspace.slug.as_str(), now).await?;
        users::insert(&mut change.transaction, &admin).await?;
        let actor = Actor::keyferry();
        change.record(&actor, crate::workspaces::created(&workspace)).await?;
        change
            .record(
                &actor,
                Event {
                    action: "user.create",
                    workspace: None,
                    subject: admin.username.to_string(),
                    outcome: Outcome::Done,
                    detail: json!({ "global_role": admin.global_role }),
                },
            )
            .await?;
        change.commit().await?;
        Ok(made)
    }
}

fn name<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Internal("a first name is not a valid one"))
}
