//! Sync as devices meet it, without a network: one request in, one response out.

mod age;
mod attachments;
mod audit;
mod author;
mod compaction;
mod contacts;
mod delivery;
mod device;
mod devices;
mod holding;
mod interleaved;
mod levels;
mod live;
mod notify;
mod presence;
mod pull;
mod push;
mod refused;
mod repair;
mod returned;
mod rows;
mod ruling;
mod server;
mod watchers;
mod withdrawn;
mod work;
