//! The page of a person who is signed in.

use leptos::prelude::*;

use super::address::{Address, Place};
use super::front::Front;
use super::{frame, home};
use crate::ui::browser;
use crate::ui::live::live;
use crate::ui::room::room;
use crate::ui::toast::ToastShelf;

pub(super) fn inside(front: Front) -> impl IntoView {
    let rooms = front.rooms;
    front.link.serve(untrack(|| front.me()));
    // In the language of the page.
    front.link.board.name_again();
    focus_after_steps(front.address);
    view! {
        {frame::header(front)}
        {frame::banners()}
        <main>
            {live(move || {
                Some(match front.address.place.get() {
                    Place::Home => home::home(front).into_any(),
                    Place::Report => room(rooms.report).into_any(),
                    Place::Incident(id) => room(move || (rooms.incident)(id)).into_any(),
                })
            })}
        </main>
        <ToastShelf />
    }
}

/// A new page begins at its heading, also for those who do not see it.
fn focus_after_steps(address: Address) {
    Effect::new(move |before: Option<Place>| {
        let place = address.place.get();
        if before.is_some_and(|before| before != place) {
            request_animation_frame(|| {
                window().scroll_to_with_x_and_y(0.0, 0.0);
                browser::focus("h1");
            });
        }
        place
    });
}
