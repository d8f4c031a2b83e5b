//! Policies, tokens that carry them, namespaces and mounts, on both databases.

use std::collections::BTreeMap;

use api::{Capability, PolicyName, SecretInput, SignIn};
use engine::{Caller, Error, IssuedPolicyToken, Lineage, MountSettings, NewPolicyToken};

use crate::support::{Node, World, on_both_databases};

impl World {
    async fn log_in(&self, username: &str) -> IssuedPolicyToken {
        let password = SecretInput::new("a long enough password".to_owned());
        let form = SignIn { username: username.to_owned(), password };
        self.node.engine.log_in(&form, "", None).await.unwrap()
    }

    async fn caller(&self, token: &IssuedPolicyToken) -> Option<Caller> {
        self.node.engine.caller_of_token(token.expose()).await.unwrap()
    }

    async fn child(&self, of: &IssuedPolicyToken, new: NewPolicyToken) -> Result<IssuedPolicyToken, Error> {
        let caller = self.caller(of).await.unwrap();
        self.node.engine.create_policy_token(&new, "", &caller, &self.actor).await
    }
}

fn message(outcome: Result<impl Sized, Error>) -> String {
    outcome.err().expect("it is refused").to_string()
}

on_both_databases! {
    async fn a_token_dies_with_any_of_its_ancestors_on_every_node(world: World) {
        let other = Node::start(&world.azure, &world.database).await;
        let top = world.log_in("admin").await;
        let mut line = vec![world.child(&top, NewPolicyToken::default()).await.unwrap()];
        for generation in 0..5 {
            let next = world.child(&line[generation], NewPolicyToken::default()).await.unwrap();
            line.push(next);
        }
        let orphan = NewPolicyToken { lineage: Lineage::Orphan, ..NewPolicyToken::default() };
        let orphan = world.child(&line[2], orphan).await.unwrap();
        assert!(other.engine.caller_of_token(line[5].expose()).await.unwrap().is_some_and(|caller| caller.is_root()));

        world.node.engine.end_token(&line[1].token.accessor, false, &world.actor).await.unwrap();
        for (generation, token) in line.iter().enumerate() {
            let caller = other.engine.caller_of_token(token.expose()).await.unwrap();
            assert_eq!(caller.is_some(), generation == 0, "{generation}");
        }
        assert!(other.engine.caller_of_token(orphan.expose()).await.unwrap().is_some());
        other.stop().await;
    }

    async fn a_line_of_tokens_has_an_end(world: World) {
        let mut last = world.log_in("admin").await;
        for _ in 0..20 {
            last = world.child(&last, NewPolicyToken::default()).await.unwrap();
        }
        assert!(message(world.child(&last, NewPolicyToken::default()).await).contains("too many ancestors"));
    }

    async fn the_last_use_is_given_to_one(world: World) {
        let root = world.log_in("admin").await;
        let new = NewPolicyToken { num_uses: 3, ..NewPolicyToken::default() };
        let token = world.child(&root, new).await.unwrap();
        let uses = (0..12).map(|_| world.caller(&token));
        let callers = futures::future::join_all(uses).await;
        assert_eq!(callers.iter().flatten().count(), 3);
    }

    async fn a_renewed_token_lives_no_longer_than_it_may(world: World) {
        let root = world.log_in("admin").await;
        let life = |ttl, explicit_max_ttl| NewPolicyToken { ttl, explicit_max_ttl, renewable: true, ..NewPolicyToken::default() };
        let token = world.child(&root, life(60, 3600)).await.unwrap();
        let engine = &world.node.engine;
        let renewed = engine.renew_token(&token.token.accessor, 0, &world.actor).await.unwrap();
        assert!((59..=60).contains(&renewed.ttl), "{}", renewed.ttl);
        let renewed = engine.renew_token(&token.token.accessor, 1_000_000, &world.actor).await.unwrap();
        assert!((3590..=3600).contains(&renewed.ttl), "{}", renewed.ttl);
        assert!(message(world.child(&root, life(-1, 0)).await).starts_with("ttl"));
        let other = world.child(&root, life(0, 1)).await.unwrap();
        assert_eq!(other.token.creation_ttl, 1);
    }

    async fn policies_are_resolved_with_their_namespace(world: World) {
        let engine = &world.node.engine;
        engine.create_namespace("team1", BTreeMap::new(), &world.actor).await.unwrap();
        let text = r#"path "k/*" { capabilities = ["read"] }"#;
        for namespace in ["", "team1"] {
            engine.write_policy(namespace, "readers", text, &world.actor).await.unwrap();
        }
        let root = world.log_in("admin").await;
        let caller = world.caller(&root).await.unwrap();
        let new = NewPolicyToken { policies: vec!["readers".to_owned()], ..NewPolicyToken::default() };
        let inner = engine.create_policy_token(&new, "team1", &caller, &world.actor).await.unwrap();
        let inner = world.caller(&inner).await.unwrap();
        let names: Vec<&str> = inner.policies().iter().map(PolicyName::as_str).collect();
        assert_eq!(names, ["default", "team1/readers"]);
        assert!(inner.may("team1/k/x", Capability::Read) && !inner.may("k/x", Capability::Read));
        let outer = engine.create_policy_token(&new, "", &caller, &world.actor).await.unwrap();
        let outer = world.caller(&outer).await.unwrap();
        assert!(outer.may("k/x", Capability::Read) && !outer.may("team1/k/x", Capability::Read));
        assert_eq!(engine.policies("team1").await.unwrap(), ["default", "readers"]);
        let kept = engine.delete_namespace("team1", &world.actor).await;
        assert!(message(kept).contains("the policy team1/readers"));
    }

    async fn a_path_finds_its_mount_by_whole_parts(world: World) {
        let engine = &world.node.engine;
        let settings = MountSettings::default();
        for path in ["team1/keymgmt", "team1-keymgmt", "nested/mount"] {
            engine.create_mount(path, "", &settings, &world.actor).await.unwrap();
        }
        let found = |path: &'static str| async move {
            engine.mount_at(path).await.unwrap().map(|mount| (mount.slug.to_string(), mount.path, mount.rest))
        };
        let mount = |slug: &str, path: &str, rest: &str| Some((slug.to_owned(), path.to_owned(), rest.to_owned()));
        assert_eq!(found("nested/mount/key/pay/rotate").await, mount("nested-mount", "nested/mount", "key/pay/rotate"));
        assert_eq!(found("team1-keymgmt/key").await, mount("team1-keymgmt-2", "team1-keymgmt", "key"));
        assert_eq!(found("team1/keymgmt/").await, mount("team1-keymgmt", "team1/keymgmt", ""));
        assert_eq!(found("nested/mounted/key").await, None);
        assert_eq!(found("nested").await, None);
        assert!(message(engine.move_mount("nested/mount", "team1", &world.actor).await).contains("in use at team1/keymgmt/"));
        engine.move_mount("nested/mount", "nested/mount/deeper", &world.actor).await.unwrap();
        engine.move_mount("nested/mount/deeper", "nested", &world.actor).await.unwrap();
        assert_eq!(found("nested/key").await, mount("nested-mount", "nested", "key"));
        engine.delete_mount("nested", &world.actor).await.unwrap();
        assert_eq!(found("nested/key").await, None);
    }
}

/// A database as the first release left it, with a token of `bob`, who is operator.
async fn first_release(url: &str, secret: &str) {
    sqlx::any::install_default_drivers();
    let files = tempfile::tempdir().unwrap();
    let name = "0001_foundation.sql";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(name);
    std::fs::copy(path, files.path().join(name)).unwrap();
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    sqlx::migrate::Migrator::new(files.path()).await.unwrap().run(&pool).await.unwrap();
    for sql in [
        "INSERT INTO workspaces (id, slug, path, title, created_at) VALUES ('w', 'keymgmt', 'keymgmt', 'Keys', 1)",
        "INSERT INTO users (id, username, password_hash, global_role, created_at) VALUES ('u', 'bob', '', 'none', 1)",
        "INSERT INTO members (workspace_id, user_id, role, since) VALUES ('w', 'u', 'operator', 1)",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    sqlx::query(
        "INSERT INTO tokens (id, secret_hash, name, user_id, workspace_id, role, created_at, expires_at)
         VALUES ('01a21317-a5c5-728e-8f7d-e454db384700', $1, 'deploy', 'u', 'w', 'operator', 1, 99999999999999)",
    )
    .bind(hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes())))
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

async fn its_tokens_go_on(url: &str) {
    first_release(url, "kf_of-the-first-release").await;
    let azure = azure_sim::Simulator::start(azure_sim::Options::default()).await.unwrap();
    let node = Node::start(&azure, url).await;
    let caller = node.engine.caller_of_token("kf_of-the-first-release").await.unwrap().unwrap();
    assert_eq!(caller.role_in(&crate::support::workspace()), Some(api::Role::Operator));
    assert_eq!(caller.capabilities("keymgmt/key/pay"), ["create", "list", "read", "update"]);
    assert_eq!(caller.capabilities("other/key/pay"), ["deny"]);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_first_release_go_on_working() {
    let files = tempfile::tempdir().unwrap();
    its_tokens_go_on(&format!("sqlite://{}?mode=rwc", files.path().join("keyferry.db").display())).await;
    if let Some(url) = crate::support::new_database().await {
        its_tokens_go_on(&url).await;
    }
}
