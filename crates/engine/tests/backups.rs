//! Backup and restore, into either database.

use std::path::Path;

use api::DistributionState;
use engine::{Chain, Error, back_up, restore};

use crate::support::{Node, World, new_database, on_both_databases};

/// A world with a key that is delivered and one that is on its way, and its backup.
async fn backed_up(world: &World) -> Vec<u8> {
    world.connect("keyvault-name").await;
    world.create_key("payments").await;
    world.distribute("payments", "keyvault-name").await;
    world.until("payments", "keyvault-name", DistributionState::InSync).await;
    world.rotate("payments").await;
    let mut file = Vec::new();
    back_up(Path::new("unused"), Some(&world.database), &mut file).await.unwrap();
    file
}

/// An empty SQLite database.
fn empty(directory: &tempfile::TempDir) -> String {
    format!("sqlite://{}?mode=rwc", directory.path().join("restored.db").display())
}

async fn refused(file: &[u8], database: &str) -> String {
    let data = tempfile::tempdir().unwrap();
    match restore(data.path(), Some(database), &mut &*file).await {
        Err(Error::Start(sentence)) => sentence,
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn a_backup_made_while_running_goes_on_in_either_database_where_it_was(world: World) {
        let file = backed_up(&world).await;
        world.until("payments", "keyvault-name", DistributionState::InSync).await;
        let before = world.key("payments").await.versions;
        let World { azure, node, .. } = world;
        node.stop().await;

        let directory = tempfile::tempdir().unwrap();
        for database in [Some(empty(&directory)), new_database().await].into_iter().flatten() {
            let data = tempfile::tempdir().unwrap();
            let backup = restore(data.path(), Some(&database), &mut &*file).await.unwrap();

            let node = Node::start(&azure, &database).await;
            let files = tempfile::tempdir().unwrap();
            let restored = World::of(azure.clone(), node, database, files);
            restored.until("payments", "keyvault-name", DistributionState::InSync).await;
            assert_eq!(restored.key("payments").await.versions, before);
            restored.assert_held("keyvault-name", "payments").await;
            let chain = restored.node.engine.check_audit_chain().await.unwrap();
            assert!(matches!(chain, Chain::Whole(events) if events >= backup.audit_seq.unsigned_abs()), "{chain:?}");
            restored.node.stop().await;
        }
    }

    async fn a_backup_that_is_cut_short_or_changed_is_refused_and_nothing_is_restored(world: World) {
        let file = backed_up(&world).await;
        let directory = tempfile::tempdir().unwrap();
        let database = empty(&directory);

        let cut = &file[..file.len() - 200];
        assert!(refused(cut, &database).await.contains("not whole"));
        let changed = String::from_utf8(file.clone()).unwrap().replacen("\"payments\"", "\"paymentz\"", 1);
        assert!(refused(changed.as_bytes(), &database).await.contains("not whole"));
        assert!(refused(b"", &database).await.contains("not a backup"));
        assert!(refused(b"{\"something\":1}\n", &database).await.contains("line 1"));

        let data = tempfile::tempdir().unwrap();
        restore(data.path(), Some(&database), &mut &*file).await.unwrap();
        assert!(refused(&file, &database).await.contains("restore into an empty one"));
        assert!(refused(&file, &world.database).await.contains("restore into an empty one"));
    }
}
