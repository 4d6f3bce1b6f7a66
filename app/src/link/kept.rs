//! Whether the browser keeps what is on this device: asked for when there is something to keep, and
//! noticed when it did not.
//!
//! A mark beside the database says that there was one, and how much in it had not been sent. When
//! the browser takes both, such as when somebody clears all data of the site, the device is as new:
//! nothing on it can know of what was there.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::PersonId;
use shared::sync::message::Surface;

use super::{Link, beside};
use crate::engine::protocol::Call;
use crate::ui::browser;

const MARK: &str = "kept";
const ASKED: &str = "holdfast.persist";

fn mark(link: Link, person: PersonId) -> String {
    beside(link.surface, person, MARK)
}

/// Whether there was a database of a person on a surface.
pub(super) fn is_marked(surface: Surface, person: PersonId) -> bool {
    browser::stored(&beside(surface, person, MARK)).is_some()
}

/// Compares what is there with the mark, and keeps the mark from then on.
pub(super) fn look(link: Link, person: PersonId, is_new: bool) {
    let name = mark(link, person);
    let before = browser::stored(&name).filter(|_| is_new);
    if let Some(before) = before {
        link.board.evicted.set(Some(before.parse().unwrap_or(0)));
    }
    let waiting = link.board.status.with_untracked(|status| status.waiting);
    note(link, person, waiting);
}

/// Notes how much is not sent.
pub(super) fn note(link: Link, person: PersonId, waiting: u32) {
    browser::store(&mark(link, person), Some(&waiting.to_string()));
}

/// Asks the browser, once there is something to lose, to keep it under pressure. A browser that
/// asks the person in turn is asked only once.
pub(super) fn ask_to_persist(link: Link) {
    let is_kept = link
        .board
        .status
        .with_untracked(|status| status.promises.persistent);
    if !is_kept && browser::stored(ASKED).is_none() {
        ask_to_persist_once_more(link);
    }
}

/// Asks in any case: the page was installed, which weighs with browsers.
pub(crate) fn ask_to_persist_once_more(link: Link) {
    browser::store(ASKED, Some("1"));
    spawn_local(async move {
        browser::persist().await;
        link.tell(Call::Measure);
    });
}
