//! The server of Holdfast: sign-in, the client's files, sync, imports.
//!
//! Everything that decides lies in `shared`; here are the clock, the store and the network.

pub mod accounts;
pub mod attachments;
pub mod auth;
pub mod calendar;
pub mod check;
pub mod client;
pub mod clock;
pub mod command;
pub mod config;
pub mod data;
pub mod demo;
pub mod devices;
pub mod error;
pub mod import;
pub mod jobs;
pub mod metrics;
pub mod notify;
mod older;
pub mod people;
mod portal;
mod refused;
mod reports;
mod requests;
mod rules;
pub mod serve;
pub mod settings;
pub mod sla;
pub mod store;
pub mod sync;
mod text;
mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use tokio::sync::watch;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use attachments::Attachments;
use auth::{Attempts, Passwords};
use client::Client;
use clock::{Clock, Random};
use config::Config;
use error::ApiError;
use metrics::Metrics;
use notify::Caught;
use people::People;
use requests::Pace;
use rules::Ruling;
use store::Store;
use sync::Keeper;
use views::Views;

pub use data::{backup, has_data, open_store, open_store_to_read, restore};

/// A request that has not arrived whole by then is given up.
const REQUEST_SECONDS_MAX: u64 = 60;

/// Everything that handlers share.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub random: Random,
    pub store: Arc<dyn Store>,
    pub keeper: Arc<Keeper>,
    pub people: People,
    pub(crate) views: Views,
    pub(crate) rules: Ruling,
    pub passwords: Passwords,
    pub attempts: Attempts,
    pub(crate) pace: Pace,
    pub client: Client,
    pub attachments: Attachments,
    pub metrics: Metrics,
    /// The mail of a demo.
    pub caught: Caught,
    stopping: watch::Sender<bool>,
}

impl App {
    /// Reads what handlers need from the store.
    pub async fn new(
        config: Config,
        clock: Clock,
        random: Random,
        store: Arc<dyn Store>,
        client: Client,
    ) -> anyhow::Result<Arc<Self>> {
        let directory = store.directory(0).await?.unwrap_or_default();
        let views = store.views().await?;
        let rules = Ruling::new(&*store).await?;
        let keeper = Keeper::open(&*store, &config).await?;
        Ok(Arc::new(Self {
            keeper: Arc::new(keeper),
            people: People::new(directory),
            views: Views::new(views),
            rules,
            passwords: Passwords::new(random.bytes())?,
            attempts: Attempts::new(
                config.sign_in_failures_per_login,
                config.sign_in_failures_per_address,
            ),
            pace: Pace::default(),
            client,
            attachments: Attachments::new(&config.data),
            metrics: Metrics::default(),
            caught: Caught::default(),
            stopping: watch::Sender::new(false),
            config,
            clock,
            random,
            store,
        }))
    }

    /// Asks sockets and background work to end.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Returns once the server is to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}

/// Every address the server answers.
pub fn router(app: Arc<App>) -> Router {
    let share = middleware::from_fn_with_state(Arc::clone(&app), requests::share);
    Router::new()
        .merge(client::routes())
        .merge(portal::routes())
        .merge(auth::routes())
        .merge(metrics::routes())
        .merge(reports::routes())
        .merge(devices::routes())
        .merge(refused::routes())
        .merge(older::routes())
        .merge(settings::routes())
        .merge(rules::routes())
        .merge(views::routes())
        .merge(notify::routes())
        .merge(attachments::routes().layer(share.clone()))
        .merge(sync::routes().layer(compression()).layer(share))
        .fallback(async || ApiError::NotFound)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(REQUEST_SECONDS_MAX),
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            requests::refuse_cross_site,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            requests::keep_pace,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            requests::observe,
        ))
        .with_state(app)
}

/// The fastest level halves a page of the log; the best saves 4 % more in one and a half the time.
fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}
