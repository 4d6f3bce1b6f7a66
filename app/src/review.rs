//! Refused acts that their author discards: gone at once, and put back as long as that is offered.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::ActId;

use crate::engine::protocol::Call;
use crate::link::Link;
use crate::text::t;
use crate::ui::toast::Toasts;

/// Discards an act and offers to put it back.
pub(crate) fn discard(link: Link, toasts: Toasts, act: ActId) {
    spawn_local(async move {
        if link.ask(Call::Discard { act }).await.is_ok() {
            let put_back = Callback::new(move |()| put_back(link, toasts, act));
            toasts.offer_undo(t!("review.discarded"), (None, put_back));
        }
    });
}

fn put_back(link: Link, toasts: Toasts, act: ActId) {
    spawn_local(async move {
        toasts.say(match link.ask(Call::PutBack { act }).await {
            Ok(_) => t!("review.put_back"),
            Err(_) => t!("review.not_put_back"),
        });
    });
}
