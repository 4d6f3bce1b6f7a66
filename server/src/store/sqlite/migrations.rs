//! How a database comes to this version: one step after the other, each once.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

const MIGRATIONS: [(i64, &str, &str); 18] = [
    (
        1,
        "log",
        include_str!("../../../migrations/sqlite/0001_log.sql"),
    ),
    (
        2,
        "people",
        include_str!("../../../migrations/sqlite/0002_people.sql"),
    ),
    (
        3,
        "devices",
        include_str!("../../../migrations/sqlite/0003_devices.sql"),
    ),
    (
        4,
        "contacts",
        include_str!("../../../migrations/sqlite/0004_contacts.sql"),
    ),
    (
        5,
        "outbox",
        include_str!("../../../migrations/sqlite/0005_outbox.sql"),
    ),
    (
        6,
        "due",
        include_str!("../../../migrations/sqlite/0006_due.sql"),
    ),
    (
        7,
        "over",
        include_str!("../../../migrations/sqlite/0007_over.sql"),
    ),
    (
        8,
        "postponed",
        include_str!("../../../migrations/sqlite/0008_postponed.sql"),
    ),
    (
        9,
        "epochs",
        include_str!("../../../migrations/sqlite/0009_epochs.sql"),
    ),
    (
        10,
        "wipes",
        include_str!("../../../migrations/sqlite/0010_wipes.sql"),
    ),
    (
        11,
        "compaction",
        include_str!("../../../migrations/sqlite/0011_compaction.sql"),
    ),
    (
        12,
        "age",
        include_str!("../../../migrations/sqlite/0012_age.sql"),
    ),
    (
        13,
        "refused",
        include_str!("../../../migrations/sqlite/0013_refused.sql"),
    ),
    (
        14,
        "settings",
        include_str!("../../../migrations/sqlite/0014_settings.sql"),
    ),
    (
        15,
        "closing",
        include_str!("../../../migrations/sqlite/0015_closing.sql"),
    ),
    (
        16,
        "views",
        include_str!("../../../migrations/sqlite/0016_views.sql"),
    ),
    (
        17,
        "holds",
        include_str!("../../../migrations/sqlite/0017_holds.sql"),
    ),
    (
        18,
        "rules",
        include_str!("../../../migrations/sqlite/0018_rules.sql"),
    ),
];

/// All of them.
pub(super) fn migrations() -> Migrator {
    let migration = |(version, about, sql): (i64, &'static str, &'static str)| {
        Migration::new(
            version,
            about.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(MIGRATIONS.into_iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn every_file_of_the_folder_is_a_migration() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let files = std::fs::read_dir(folder).expect("the folder");
        let name = |file: std::io::Result<std::fs::DirEntry>| {
            let name = file.expect("a file").file_name();
            name.to_string_lossy().into_owned()
        };
        let mut files: Vec<_> = files.map(name).collect();
        files.sort();
        let named = |(version, about, _): (i64, &str, &str)| format!("{version:04}_{about}.sql");
        assert_eq!(files, MIGRATIONS.map(named));
    }
}
