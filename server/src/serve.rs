//! Listens, answers, and ends in order: no new connections, then the requests under way and the
//! sockets; whoever opened the store closes it after.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::notify::Post;
use crate::{App, attachments, jobs, router, settings, sla, sync};

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// How often changes of the directory by other processes are looked for.
const REFRESH: Duration = Duration::from_secs(2);

/// How long work that panicked rests before it begins again.
const RESTART: Duration = Duration::from_secs(5);

/// Listens where the configuration says; connections wait until they are served.
pub async fn listen(app: &App) -> anyhow::Result<TcpListener> {
    let address = app.config.listen_on();
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}"))
}

/// Serves until the process is asked to end.
pub async fn serve(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    let renewed = sync::rows::renew(&app).await?;
    if renewed > 0 {
        tracing::info!(renewed, "rows of an earlier version were written anew");
    }
    tracing::info!(address = %listener.local_addr()?, origin = %app.config.origin, "serving");
    let watch = tokio::spawn(stop_when_asked(Arc::clone(&app)));
    let refresh = tokio::spawn(refresh_directory(Arc::clone(&app)));
    let post = Arc::clone(&app);
    let deliver = move || jobs::run(Arc::clone(&post), Post::new(Arc::clone(&post)));
    let work = tokio::spawn(keep_up("delivering", RESTART, deliver));
    let clocks = Arc::clone(&app);
    let tell = move || sla::run(Arc::clone(&clocks));
    let levels = tokio::spawn(keep_up("telling of service levels", RESTART, tell));
    let log = Arc::clone(&app);
    let drop_old = move || sync::compact::now_and_then(Arc::clone(&log));
    let compaction = tokio::spawn(keep_up("dropping old changes", RESTART, drop_old));
    let held = Arc::clone(&app);
    let let_go = move || sync::age::now_and_then(Arc::clone(&held));
    let ageing = tokio::spawn(keep_up("letting old incidents go", RESTART, let_go));
    let resolved = Arc::clone(&app);
    let close = move || sync::closing::now_and_then(Arc::clone(&resolved));
    let closing = tokio::spawn(keep_up("closing what is resolved", RESTART, close));
    let held = Arc::clone(&app);
    let remind = move || sync::holding::now_and_then(Arc::clone(&held));
    let holding = tokio::spawn(keep_up("looking after what is on hold", RESTART, remind));
    let declared = Arc::clone(&app);
    let rule = move || sync::ruling::run(Arc::clone(&declared));
    let ruling = tokio::spawn(keep_up("ruling on what is declared", RESTART, rule));
    let set = Arc::clone(&app);
    let follow = move || settings::run(Arc::clone(&set));
    let following = tokio::spawn(keep_up("following settings", RESTART, follow));
    let halves = Arc::clone(&app);
    let sweep = move || attachments::now_and_then(Arc::clone(&halves));
    let sweeping = tokio::spawn(keep_up("giving up half uploads", RESTART, sweep));
    let served = answer(Arc::clone(&app), listener).await;
    app.stop();
    if tokio::time::timeout(GRACE, work).await.is_err() {
        tracing::warn!("gave up a notification under way; it is looked at after the next start");
    }
    watch.abort();
    refresh.abort();
    levels.abort();
    compaction.abort();
    ageing.abort();
    closing.abort();
    holding.abort();
    ruling.abort();
    following.abort();
    sweeping.abort();
    tracing::info!("ended");
    served
}

/// Answers on `listener` until [`App::stop`] is called and what is under way has ended.
pub async fn answer(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    // Small answers must not wait for more to send.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let stopping = Arc::clone(&app);
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.stopped().await });
    let given_up = async {
        app.stopped().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = server => served.context("serving failed"),
        () = given_up => {
            tracing::warn!("gave up requests that did not end");
            Ok(())
        }
    }
}

/// Does work until it ends by itself; a panic must not end it for good, and nobody would notice.
async fn keep_up<F>(what: &'static str, rest: Duration, work: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while tokio::spawn(work())
        .await
        .is_err_and(|ended| ended.is_panic())
    {
        tracing::error!(work = what, "work stopped by a panic begins again");
        tokio::time::sleep(rest).await;
    }
}

async fn stop_when_asked(app: Arc<App>) {
    if let Err(error) = asked_to_stop().await {
        tracing::error!(cause = %error, "cannot listen for signals; ending");
    }
    tracing::info!("ending");
    app.stop();
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn refresh_directory(app: Arc<App>) {
    loop {
        tokio::time::sleep(REFRESH).await;
        if let Err(error) = app.people.refresh(&app).await {
            tracing::warn!(cause = format!("{error:#}"), "cannot read the directory");
        }
        if let Err(error) = app.views.refresh(&app).await {
            tracing::warn!(cause = format!("{error:#}"), "cannot read the views");
        }
        if let Err(error) = app.rules.refresh(&*app.store).await {
            tracing::warn!(cause = format!("{error:#}"), "cannot read the rules");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn work_that_panics_begins_again_until_it_ends() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        let work = move || {
            let start = counted.fetch_add(1, Ordering::Relaxed);
            async move { assert!(start >= 2, "it panics twice") }
        };
        keep_up("trying", Duration::ZERO, work).await;
        assert_eq!(starts.load(Ordering::Relaxed), 3);
    }
}
