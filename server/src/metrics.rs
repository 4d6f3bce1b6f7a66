//! Counters of the running server, as Prometheus reads them, and whether it is well.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use shared::sync::Seq;

use crate::App;
use crate::error::ApiError;
use crate::store::EffectCount;

/// What has happened since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    /// Groups of changes that devices pushed, by what became of them.
    pub sync_accepted: AtomicU64,
    pub sync_duplicate: AtomicU64,
    pub sync_refused: AtomicU64,
}

impl Metrics {
    pub fn count_request(&self, route: &str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_owned(), status)).or_default() += 1;
    }

    /// The text exposition format of Prometheus, with the end of the log and the open sockets.
    fn render(&self, (head, sockets): (Seq, usize)) -> String {
        let mut text = String::new();
        self.render_requests(&mut text);
        let sync = [
            ("accepted", &self.sync_accepted),
            ("duplicate", &self.sync_duplicate),
            ("refused", &self.sync_refused),
        ];
        text.push_str("# TYPE holdfast_sync_groups_total counter\n");
        for (verdict, count) in sync {
            let count = count.load(Ordering::Relaxed);
            let line = format!("holdfast_sync_groups_total{{verdict=\"{verdict}\"}} {count}\n");
            text.push_str(&line);
        }
        gauge(&mut text, "live_connections", sockets);
        gauge(&mut text, "log_head", head.0);
        if let Some(bytes) = resident_bytes() {
            gauge(&mut text, "memory_resident_bytes", bytes);
        }
        text
    }

    fn render_requests(&self, text: &mut String) {
        text.push_str("# TYPE holdfast_requests_total counter\n");
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, status), count) in requests.iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            let _ = writeln!(text, "holdfast_requests_total{{{labels}}} {count}");
        }
    }
}

fn gauge(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(
        text,
        "# TYPE holdfast_{name} gauge\nholdfast_{name} {value}\n"
    );
}

/// What the process holds in memory; only Linux tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(is_ready))
        .route("/metrics", get(metrics))
}

/// Ready when the store answers.
async fn is_ready(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    app.store.is_ready().await.map_err(|cause| {
        tracing::warn!(cause = format!("{cause:#}"), "the store does not answer");
        ApiError::Busy
    })?;
    Ok("ready\n")
}

async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let mut text = app.metrics.render(app.keeper.watched());
    text.push_str("# TYPE holdfast_effects gauge\n");
    for EffectCount {
        state,
        reason,
        count,
    } in app.store.count_effects().await?
    {
        let reason = reason.unwrap_or_default();
        let labels = format!("state=\"{state}\",reason=\"{reason}\"");
        let _ = writeln!(text, "holdfast_effects{{{labels}}} {count}");
    }
    Ok((kind, text))
}
