//! Sync as devices meet it, without a network: one request in, one response out.

mod author;
mod device;
mod interleaved;
mod pull;
mod push;
mod refused;
mod server;
