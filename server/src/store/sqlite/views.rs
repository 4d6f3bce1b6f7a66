//! Saved views.

use shared::ids::ViewId;
use shared::views::SavedView;
use sqlx::Row as _;
use sqlx::sqlite::SqlitePool;

use super::super::Result;

/// A place without a change: devices that are in touch come for it and find the views.
const MOVE_ON: &str = "UPDATE log SET head = head + 1";

pub(super) async fn all(pool: &SqlitePool) -> Result<Vec<SavedView>> {
    let query = sqlx::query("SELECT body FROM views ORDER BY id");
    let mut views = Vec::new();
    for row in query.fetch_all(pool).await? {
        let body: String = row.try_get(0)?;
        match serde_json::from_str(&body) {
            Ok(view) => views.push(view),
            // One that is lost must not keep the server from starting.
            Err(cause) => tracing::error!(%cause, "a saved view cannot be read and is left out"),
        }
    }
    Ok(views)
}

pub(super) async fn put(pool: &SqlitePool, view: &SavedView) -> Result<()> {
    let body = serde_json::to_string(view).expect("a view is plain JSON");
    let mut transaction = pool.begin().await?;
    sqlx::query("INSERT OR REPLACE INTO views VALUES (?, ?, ?)")
        .bind(view.id.as_bytes().as_slice())
        .bind(view.owner.0)
        .bind(body)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(MOVE_ON).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn delete(pool: &SqlitePool, id: ViewId) -> Result<()> {
    let mut transaction = pool.begin().await?;
    sqlx::query("DELETE FROM views WHERE id = ?")
        .bind(id.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await?;
    sqlx::query(MOVE_ON).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
