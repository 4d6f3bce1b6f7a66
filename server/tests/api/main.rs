//! The server as its clients meet it, without a network: one request in, one response out.

mod client;
mod requests;
mod session;
mod support;
