//! Starting with the wrong key, the wrong place, or twice.

use engine::{Engine, Error, Options, SealingKey};
use sqlx::{AnyConnection, Connection as _};

use crate::support::{World, on_both_databases, options};

async fn refusal(options: Options) -> String {
    match Engine::start(options).await {
        Err(Error::Start(sentence)) => sentence,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it started"),
    }
}

on_both_databases! {
    async fn a_wrong_or_missing_sealing_key_stops_the_start(world: World) {
        let data = tempfile::tempdir().unwrap();
        let mut wrong = options(&world.azure, &world.database, &data);
        wrong.sealing_key = Some(SealingKey::generate());
        assert!(refusal(wrong).await.contains("not the one this database was sealed with"));

        let mut missing = options(&world.azure, &world.database, &data);
        missing.sealing_key = None;
        assert!(refusal(missing).await.contains("the sealing key is missing"));
        assert!(!data.path().join("sealing-key").exists(), "no new key is made beside an old database");
    }

    async fn a_sealed_key_moved_to_another_row_does_not_open(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("one").await;
        world.create_key("two").await;
        let mut database = AnyConnection::connect(&world.database).await.unwrap();
        let sealed: Vec<(String, String)> =
            sqlx::query_as("SELECT id, sealed_private_key FROM key_versions ORDER BY id").fetch_all(&mut database).await.unwrap();
        for (row, other) in [(0, 1), (1, 0)] {
            sqlx::query("UPDATE key_versions SET sealed_private_key = $1 WHERE id = $2")
                .bind(&sealed[other].1)
                .bind(&sealed[row].0)
                .execute(&mut database)
                .await
                .unwrap();
        }

        world.distribute("one", "keyvault-name").await;

        world.azure.wait_for(azure_sim::Call::CreateKey, 1).await;
        world.until_tried("one", "keyvault-name").await;
        assert!(world.azure.key("keyvault-name", "one").is_none(), "the other key was not delivered in its place");
    }
}

#[tokio::test]
async fn a_data_directory_serves_one_process() {
    let data = tempfile::tempdir().unwrap();
    let first = Engine::start(Options::new(data.path().to_owned())).await.unwrap();
    assert!(refusal(Options::new(data.path().to_owned())).await.contains("in use by another"));
    first.close().await;
    drop(first);

    let again = Engine::start(Options::new(data.path().to_owned())).await.unwrap();
    again.close().await;
    drop(again);

    std::fs::remove_file(data.path().join("sealing-key")).unwrap();
    assert!(refusal(Options::new(data.path().to_owned())).await.contains("the sealing key is missing"));
}

#[tokio::test]
async fn a_postgresql_that_cannot_be_reached_is_named_without_its_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut unreachable = Options::new(data.path().to_owned());
    unreachable.database = Some(format!("postgres://keyferry:canary@{free}/keyferry"));
    unreachable.sealing_key = Some(SealingKey::generate());

    let sentence = refusal(unreachable).await;

    assert!(sentence.contains(&format!("PostgreSQL at {free} cannot be reached")), "{sentence}");
    assert!(sentence.contains("check that it runs there") && !sentence.contains("canary"), "{sentence}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_sealing_key_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().unwrap();
    let engine = Engine::start(Options::new(data.path().to_owned())).await.unwrap();
    engine.close().await;
    let mode = std::fs::metadata(data.path().join("sealing-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
