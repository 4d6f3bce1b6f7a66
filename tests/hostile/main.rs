//! Devices that mean harm, played against the real server over a real network.
//!
//! What one of them sends is refused with a reason or does nothing: the log stays as it was, the
//! server's own log holds neither personal data nor texts nor secrets, memory and time stay within
//! bounds, and a device that works beside it notices nothing. Each attack is one test.
//!
//! What is no message at all, and what a verdict says to an honest device, is tested without a
//! network in `server/tests/sync`; what nobody thought of is for `tests/fuzz` to find.

mod attachments;
mod attacker;
mod facts;
mod floods;
mod identity;
mod reading;
mod scene;
mod texts;
mod work;
