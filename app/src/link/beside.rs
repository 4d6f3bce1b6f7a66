//! What lies beside the database of a person: small texts in the browser's other store.
//!
//! Portal and console share that store. So each name says whose it is and on which surface: an
//! internal note that the console sets aside is no draft of the portal, and whoever takes
//! everything along from one of them leaves nothing of it behind.

use shared::ids::PersonId;
use shared::sync::message::Surface;

use crate::ui::browser;

/// The name of something that belongs to a person on one surface.
pub(crate) fn beside(surface: Surface, person: PersonId, what: &str) -> String {
    let surface = match surface {
        Surface::Console => "holdfast.console.",
        Surface::Portal => "holdfast.portal.",
    };
    [surface, &person.0.to_string(), ".", what].concat()
}

/// Forgets all that lies beside the database of somebody who takes everything along.
pub(crate) fn forget_beside(surface: Surface, person: PersonId) {
    browser::forget_all(&beside(surface, person, ""));
}
