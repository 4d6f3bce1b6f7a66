//! The server as its clients meet it, without a network: one request in, one response out.

mod client;
mod demo;
mod import;
mod portal;
mod program;
mod requests;
mod rules;
mod serve;
mod session;
mod settings;
mod support;
mod views;
