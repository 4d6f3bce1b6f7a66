//! What the whole page says above all else: how this device stands, and a notice.

use leptos::prelude::*;

use super::export;
use crate::banners::copy_button;
use crate::engine::protocol::{Rescued, Sealed};
use crate::incidents::Desk;
use crate::text::t;
use crate::ui::browser;

const DISMISSED: &str = "holdfast.notice";

/// One place in the grid holds them all, one above the other.
#[component]
pub(super) fn Banners() -> impl IntoView {
    view! {
        <div class="banners">
            <crate::banners::Banners copy=copy />
            <Notice />
        </div>
    }
}

fn copy(sealed: Sealed<Rescued>) -> AnyView {
    let desk = expect_context::<Desk>();
    copy_button(move || {
        let rescued = sealed.open().unwrap_or_default();
        export::rescued(&rescued, &desk.organisation())
    })
}

/// A sentence of the organisation, until it is dismissed on this device.
#[component]
fn Notice() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let dismissed = RwSignal::new(browser::stored(DISMISSED));
    let notice = Memo::new(move |_| {
        let organisation = desk.organisation();
        let notice = organisation
            .directory
            .notice_in(desk.session.language.get());
        let notice = notice.map(str::to_owned);
        notice.filter(|notice| dismissed.with(|dismissed| dismissed.as_ref() != Some(notice)))
    });
    let dismiss = move |_| {
        let notice = notice.get_untracked();
        browser::store(DISMISSED, notice.as_deref());
        dismissed.set(notice);
    };
    move || {
        notice.get().map(|notice| {
            view! {
                <section class="banner" aria-label=t!("banner.notice")>
                    <p>{notice}</p>
                    <button type="button" class="button quiet" on:click=dismiss>
                        {t!("action.dismiss")}
                    </button>
                </section>
            }
        })
    }
}
