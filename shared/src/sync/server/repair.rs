//! automerge's own sync protocol for one document, to read.

use automerge::Automerge;
use automerge::sync::{Message, State, SyncDoc as _};

use crate::sync::message::BadMessage;

/// Answers a device's automerge sync message from a stored document; none when the device has
/// everything. What the message offers is left aside: acts come by push.
///
/// Nothing is remembered between messages, so each names what the device has.
pub fn answer(stored: &[u8], message: &[u8]) -> Result<Option<Vec<u8>>, BadMessage> {
    let mut message = Message::decode(message).map_err(|_| BadMessage)?;
    message.changes = Vec::<Vec<u8>>::new().into();
    let mut document = Automerge::load(stored).map_err(|_| BadMessage)?;
    let mut state = State::new();
    document
        .receive_sync_message(&mut state, message)
        .map_err(|_| BadMessage)?;
    Ok(document
        .generate_sync_message(&mut state)
        .map(Message::encode))
}
