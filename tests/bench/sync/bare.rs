//! The same bytes into a bare `SQLite`, as durable as the server's: what accepting them costs at
//! least.

use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tests::remote::Remote;

/// How many changes there are, and how long it took to insert them.
pub(crate) struct Bare {
    pub(crate) changes: usize,
    pub(crate) took: Duration,
}

/// Inserts changes in so many transactions.
pub(crate) fn inserted(changes: &[Vec<u8>], transactions: usize) -> Bare {
    let folder = std::env::temp_dir().join(format!("holdfast-bare-{}", std::process::id()));
    // Left by a process of the same number long ago, or not there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("the folder for temporary files can be written");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime can be built");
    let each = changes.len().div_ceil(transactions.max(1)).max(1);
    let took = runtime.block_on(insert(&folder.join("bare.sqlite"), changes.chunks(each)));
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
    Bare {
        changes: changes.len(),
        took: took.expect("SQLite takes them"),
    }
}

async fn insert(
    file: &std::path::Path,
    groups: std::slice::Chunks<'_, Vec<u8>>,
) -> sqlx::Result<Duration> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await?;
    let table = "CREATE TABLE changes (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT";
    sqlx::query(table).execute(&mut connection).await?;
    let began = Instant::now();
    for group in groups {
        let mut writing = connection.begin().await?;
        for bytes in group {
            let query = sqlx::query("INSERT INTO changes (bytes) VALUES (?)").bind(bytes);
            query.execute(&mut *writing).await?;
        }
        writing.commit().await?;
    }
    let took = began.elapsed();
    connection.close().await?;
    Ok(took)
}

/// The changes of all documents that a device holds, once each. Those of later incidents come last,
/// with the numbers that the server gave them.
pub(crate) fn changes(device: &Remote) -> Vec<Vec<u8>> {
    let disk = &device.device.disk;
    let mut keys: Vec<_> = disk.docs().collect();
    keys.sort_unstable_by_key(|key| (key.id, key.kind));
    let docs = keys
        .into_iter()
        .filter_map(|key| disk.doc(key)?.load().ok());
    let bytes = docs.flat_map(|doc| {
        let changes = doc.changes();
        let bytes = changes.filter_map(|change| doc.change_bytes(change.hash));
        bytes.collect::<Vec<_>>()
    });
    bytes.collect()
}
