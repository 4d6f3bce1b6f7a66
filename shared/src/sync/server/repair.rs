//! automerge's own sync protocol for one document, to read.

use automerge::Automerge;
use automerge::sync::{Have, Message, State, SyncDoc as _};

use crate::sync::message::BadMessage;

/// automerge sends one summary of what it has.
const SUMMARIES_MAX: usize = 4;

/// How many changes a message may name as wanted; what is named beyond it is asked for again.
const WANTED_MAX: usize = 1024;

/// Bits for each entry and probes for each hash, as every automerge writes them. The library
/// believes whatever the message says, and makes room for as many probes.
const FILTER: [u8; 2] = [10, 7];

/// Answers a device's automerge sync message from a stored document; none when the device has
/// everything. What the message offers is left aside: acts come by push.
///
/// Nothing is remembered between messages, so each names what the device has.
pub fn answer(stored: &[u8], message: &[u8]) -> Result<Option<Vec<u8>>, BadMessage> {
    let mut message = Message::decode(message).map_err(|_| BadMessage)?;
    let is_plain = message.have.len() <= SUMMARIES_MAX && message.have.iter().all(is_usual);
    if !is_plain {
        return Err(BadMessage);
    }
    message.need.truncate(WANTED_MAX);
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

/// Whether a summary's filter is empty or has automerge's own measures. They follow the number of
/// entries, each number being in LEB128.
fn is_usual(have: &Have) -> bool {
    let filter = have.bloom.to_bytes();
    let is_more = |byte: &&u8| **byte & 0x80 != 0;
    let measures = filter.iter().skip_while(is_more).skip(1).take(2);
    filter.is_empty() || measures.eq(&FILTER)
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable as _;

    use super::*;

    fn document() -> Automerge {
        let mut document = Automerge::new();
        for nth in 0..200 {
            let mut tx = document.transaction();
            tx.put(automerge::ROOT, "nth", nth).expect("it fits");
            tx.commit();
        }
        document
    }

    #[test]
    fn a_filter_of_other_measures_than_automerges_own_is_refused() {
        let document = document();
        let ask = document.generate_sync_message(&mut State::new());
        let ask = ask.expect("it says what it has").encode();
        let stored = document.save();
        assert!(answer(&stored, &ask).is_ok());
        // 200 entries in LEB128, then the measures.
        let filter = [200, 1, 10, 7];
        let at = ask.windows(4).position(|bytes| bytes == filter);
        let at = at.expect("a filter of 200 entries");
        for (offset, byte) in [(2, 0), (2, 9), (3, 0), (3, 8), (3, 127)] {
            let mut forged = ask.clone();
            forged[at + offset] = byte;
            assert_eq!(answer(&stored, &forged), Err(BadMessage), "{offset} {byte}");
        }
    }
}
