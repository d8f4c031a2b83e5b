//! Users, members, sessions, tokens and workspaces, on both databases.

use api::{
    GlobalRole, MemberChange, MemberPath, NewToken, NewUser, NewWorkspace, PageQuery, PasswordChange, Role,
    SecretInput, SignIn, UserChange, Username,
};
use engine::{Caller, Chain, Error, StoredSession};

use crate::support::{World, on_both_databases, workspace};

const PASSWORD: &str = "ferry boats leave at nine";

fn secret(text: &str) -> SecretInput {
    SecretInput::new(text.to_owned())
}

fn username(text: &str) -> Username {
    text.parse().unwrap()
}

fn page(limit: u32, after: Option<String>) -> PageQuery {
    PageQuery { limit: Some(limit), after }
}

impl World {
    async fn create_user(&self, name: &str, global_role: GlobalRole) {
        let new = NewUser { username: username(name), password: secret(PASSWORD), global_role };
        self.node.engine.create_user(&new, &self.actor).await.unwrap();
    }

    async fn set_role(&self, name: &str, role: Role) {
        let path = MemberPath { workspace: workspace(), username: username(name) };
        self.node.engine.set_member(&path, &MemberChange { role }, &self.actor).await.unwrap();
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<Caller, Error> {
        let form = SignIn { username: name.to_owned(), password: secret(password) };
        self.node.engine.sign_in(&form, Some("192.0.2.1".to_owned())).await
    }

    /// Stores a session of a user and tells whether it is still there.
    async fn begin_session(&self, id: &str, caller: &Caller) {
        let expires_at = "2999-01-01T00:00:00Z".parse().unwrap();
        let session = StoredSession { user_id: caller.user_id().to_owned(), data: "{}".to_owned(), expires_at };
        self.node.engine.create_session(id, &session).await.unwrap();
        assert!(self.has_session(id).await);
    }

    async fn has_session(&self, id: &str) -> bool {
        self.node.engine.load_session(id).await.unwrap().is_some()
    }
}

on_both_databases! {
    async fn roles_are_the_higher_of_the_members_and_the_global_one(world: World) {
        world.create_user("ann", GlobalRole::None).await;
        world.create_user("dan", GlobalRole::Auditor).await;
        let ann = world.sign_in("ann", PASSWORD).await.unwrap();
        assert_eq!((ann.role_in(&workspace()), ann.workspaces().len()), (None, 0));
        world.set_role("ann", Role::Operator).await;
        world.set_role("dan", Role::Operator).await;
        let other = NewWorkspace { slug: "others".parse().unwrap(), title: "Others".parse().unwrap() };
        world.node.engine.create_workspace(&other, &world.actor).await.unwrap();

        let ann = world.sign_in("ann", PASSWORD).await.unwrap();
        assert_eq!((ann.role_in(&workspace()), ann.role_in(&other.slug)), (Some(Role::Operator), None));
        let dan = world.sign_in("dan", PASSWORD).await.unwrap();
        assert_eq!((dan.role_in(&workspace()), dan.role_in(&other.slug)), (Some(Role::Operator), Some(Role::Auditor)));
        let admin = world.sign_in("admin", "a long enough password").await.unwrap();
        assert_eq!(admin.role_in(&other.slug), Some(Role::Admin));

        let open = world.node.engine.workspaces(&page(1, None), &dan).await.unwrap();
        assert_eq!((open.items[0].slug.as_str(), open.next.as_deref()), ("keymgmt", Some("keymgmt")));
        let rest = world.node.engine.workspaces(&page(1, open.next), &dan).await.unwrap();
        assert_eq!((rest.items[0].slug.as_str(), rest.next), ("others", None));
        let again = world.node.engine.create_workspace(&other, &world.actor).await;
        assert!(matches!(again, Err(Error::Conflict { code: "name_taken", field: Some("slug"), .. })));
    }

    async fn people_are_listed_by_name_page_by_page(world: World) {
        for name in ["bob", "ann", "cyd"] {
            world.create_user(name, GlobalRole::None).await;
            world.set_role(name, Role::Auditor).await;
        }
        let first = world.node.engine.users(&page(3, None)).await.unwrap();
        let rest = world.node.engine.users(&page(3, first.next.clone())).await.unwrap();
        let names: Vec<&str> = first.items.iter().chain(&rest.items).map(|user| user.username.as_str()).collect();
        assert_eq!((names, rest.next), (vec!["admin", "ann", "bob", "cyd"], None));
        let members = world.node.engine.members(&workspace(), &page(2, None)).await.unwrap();
        let rest = world.node.engine.members(&workspace(), &page(2, members.next.clone())).await.unwrap();
        let names: Vec<&str> = members.items.iter().chain(&rest.items).map(|member| member.username.as_str()).collect();
        assert_eq!((names, rest.next), (vec!["ann", "bob", "cyd"], None));
        assert_eq!(world.node.engine.workspace(&workspace()).await.unwrap().counts.members, 3);
        let taken = NewUser { username: username("ann"), password: secret(PASSWORD), global_role: GlobalRole::None };
        let taken = world.node.engine.create_user(&taken, &world.actor).await;
        assert!(matches!(taken, Err(Error::Conflict { code: "name_taken", field: Some("username"), .. })));
    }

    async fn another_role_another_password_and_disabling_end_every_session(world: World) {
        world.create_user("bob", GlobalRole::None).await;
        world.set_role("bob", Role::Operator).await;
        let engine = &world.node.engine;
        let bob = world.sign_in("bob", PASSWORD).await.unwrap();

        world.begin_session("before another role", &bob).await;
        world.set_role("bob", Role::Auditor).await;
        assert!(!world.has_session("before another role").await);

        world.begin_session("before a new password", &bob).await;
        let form = PasswordChange { current_password: secret(PASSWORD), new_password: secret("a barge with forty crates") };
        engine.change_password(&form, &bob, &world.actor).await.unwrap();
        assert!(!world.has_session("before a new password").await);
        assert!(matches!(world.sign_in("bob", PASSWORD).await, Err(Error::WrongCredentials)));
        assert!(world.sign_in("bob", "a barge with forty crates").await.is_ok());

        world.begin_session("before disabling", &bob).await;
        let disable = UserChange { disabled: Some(true), ..UserChange::default() };
        engine.change_user(&username("bob"), &disable, &world.actor).await.unwrap();
        assert!(!world.has_session("before disabling").await);
        assert!(engine.caller_of_user(bob.user_id()).await.unwrap().is_none());
        let refused = world.sign_in("bob", "a barge with forty crates").await;
        assert!(matches!(refused, Err(Error::WrongCredentials)));
        assert!(matches!(engine.check_audit_chain().await.unwrap(), Chain::Whole(_)));
    }

    async fn two_administrators_cannot_shut_each_other_out_at_once(world: World) {
        world.create_user("second", GlobalRole::Administrator).await;
        let disable = UserChange { disabled: Some(true), ..UserChange::default() };
        let (first, second) = (username("admin"), username("second"));
        let engine = &world.node.engine;
        let (one, other) = tokio::join!(
            engine.change_user(&first, &disable, &world.actor),
            engine.change_user(&second, &disable, &world.actor),
        );
        let refused = [one, other].into_iter().filter(|outcome| {
            matches!(outcome, Err(Error::Conflict { code: "last_administrator", .. }))
        });
        assert_eq!(refused.count(), 1);
    }

    async fn a_token_is_worth_what_its_owner_is_worth(world: World) {
        world.create_user("bob", GlobalRole::None).await;
        world.set_role("bob", Role::Admin).await;
        let bob = world.sign_in("bob", PASSWORD).await.unwrap();
        let new = NewToken {
            name: "deploy".parse().unwrap(),
            workspace: workspace(),
            role: Role::Operator,
            expires_in_days: 30,
        };
        let engine = &world.node.engine;
        let issued = engine.create_token(&new, &bob, &world.actor).await.unwrap();
        let caller = engine.caller_of_token(&issued.secret).await.unwrap().unwrap();
        assert_eq!(caller.role_in(&workspace()), Some(Role::Operator));
        assert_eq!(caller.actor(None).name, "token:bob/deploy");
        assert!(engine.caller_of_token("kf_unknown").await.unwrap().is_none());
        let listed = engine.tokens(&page(1, None), &bob).await.unwrap();
        assert!(listed.items[0].last_used_at.is_some() && listed.next.is_none());

        world.set_role("bob", Role::Auditor).await;
        let caller = engine.caller_of_token(&issued.secret).await.unwrap().unwrap();
        assert_eq!(caller.role_in(&workspace()), Some(Role::Auditor));
        engine.revoke_token(&issued.token.id, &bob, &world.actor).await.unwrap();
        assert!(engine.caller_of_token(&issued.secret).await.unwrap().is_none());
    }

    async fn a_database_is_set_up_once(world: World) {
        let second = world.node.engine.first_start(Some(&secret("another long password")), false).await.unwrap();
        assert!(second.is_none());
        assert!(world.sign_in("admin", "another long password").await.is_err());
        assert!(!world.sign_in("admin", "a long enough password").await.unwrap().must_change_password());
    }
}
