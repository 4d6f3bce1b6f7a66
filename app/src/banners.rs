//! What the whole page should say: a new version, a lost copy, a session that ended, a notice.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::export;
use crate::engine::protocol::Call;
use crate::incidents::{Desk, Drafts};
use crate::link::Versions;
use crate::session::SignInAgain;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};

const DISMISSED: &str = "holdfast.notice";

/// One place in the grid holds them all, one above the other.
#[component]
pub(super) fn Banners() -> impl IntoView {
    view! {
        <div class="banners">
            <EngineFailed />
            <OtherVersions />
            <Evicted />
            <Rebuilt />
            <SignInAgain />
            <NewVersion />
            <Notice />
        </div>
    }
}

fn reload() {
    // A page that may not reload is one that is already leaving.
    window().location().reload().ok();
}

#[component]
fn EngineFailed() -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <When is=Signal::derive(move || desk.board().engine_failed.get())>
            <section class="banner" data-kind="bad" role="alert">
                <p>{t!("banner.engine_failed")}</p>
                <button type="button" class="button" on:click=move |_| reload()>
                    {t!("action.reload")}
                </button>
            </section>
        </When>
    }
}

/// A tab of another version has the database, or keeps this one from it.
#[component]
fn OtherVersions() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let versions = desk.board().versions;
    Effect::new(move |_| {
        if versions.get() == Versions::Superseded {
            // The other tab waits: what is unsaved first, then the database is let go of.
            spawn_local(async move {
                drafts.flush().await;
                desk.link.tell(Call::Stop { forget: false });
            });
        }
    });
    let text = move || match versions.get() {
        Versions::Same => String::new(),
        Versions::Blocked => t!("banner.blocked"),
        Versions::Superseded => t!("banner.superseded"),
        Versions::Earlier => t!("banner.earlier"),
    };
    let restart = move |_| {
        spawn_local(async move {
            drafts.flush().await;
            browser::announce("holdfast-restart");
        });
    };
    view! {
        <When is=Signal::derive(move || versions.get() != Versions::Same)>
            <section class="banner" data-kind="warn" role="alert">
                <p>{live(text)}</p>
                <button type="button" class="button" on:click=restart>{t!("action.reload")}</button>
            </section>
        </When>
    }
}

/// The browser removed what was kept on this device; nobody can bring back what only this device had.
#[component]
fn Evicted() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let evicted = desk.board().evicted;
    move || {
        evicted.get().map(|waiting| {
            let text = match waiting {
                0 => t!("banner.evicted"),
                count => t!("banner.evicted_lost", count = count),
            };
            view! {
                <section class="banner" data-kind="warn" role="alert">
                    <p>{text}</p>
                    <button type="button" class="button quiet" on:click=move |_| evicted.set(None)>
                        {t!("action.dismiss")}
                    </button>
                </section>
            }
        })
    }
}

/// The stored copy was lost; what could be saved of it is offered as a text.
#[component]
fn Rebuilt() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let rebuilding = desk.board().rebuilding;
    let dismiss = move |_| rebuilding.set(None);
    move || {
        rebuilding.get().map(|what| {
            let text = match what.lost_acts {
                0 => t!("banner.rebuilding"),
                count => t!("banner.rebuilding_lost", count = count),
            };
            let rescued = what.rescued;
            let copy = rescued.map(|rescued| {
                let copy = move |_| {
                    if let Ok(rescued) = rescued.open() {
                        desk.copy(export::rescued(&rescued, &desk.organisation()));
                    }
                };
                view! {
                    <button type="button" class="button" on:click=copy>
                        {t!("banner.copy_export")}
                    </button>
                }
            });
            view! {
                <section class="banner" data-kind="warn" role="alert">
                    <p>{text}</p>
                    {copy}
                    <button type="button" class="button quiet" on:click=dismiss>
                        {t!("action.dismiss")}
                    </button>
                </section>
            }
        })
    }
}

/// A new version lies ready; it starts once every draft is kept.
#[component]
fn NewVersion() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let ready = RwSignal::new(browser::page_attribute("data-update").is_some());
    let heard = window_event_listener_untyped("holdfast-update", move |_| ready.set(true));
    on_cleanup(move || heard.remove());
    let restart = move |_| {
        spawn_local(async move {
            if drafts.flush().await {
                browser::announce("holdfast-restart");
            } else {
                desk.toasts.say(t!("banner.draft_not_kept"));
            }
        });
    };
    let needed = desk.board().update_needed;
    let text = move || {
        if needed.get() {
            t!("banner.update_needed")
        } else {
            t!("banner.update_ready")
        }
    };
    view! {
        <When is=Signal::derive(move || ready.get() || needed.get())>
            <section class="banner" role="status">
                <p>{live(text)}</p>
                <button type="button" class="button" on:click=restart>{t!("banner.restart")}</button>
            </section>
        </When>
    }
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
