//! What portal and console say of this device: a lost copy, tabs of other versions, a session that
//! ended, a new version.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::{Call, Rescued, Sealed};
use crate::incidents::Drafts;
use crate::link::{Link, Versions};
use crate::session::SignInAgain;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::toast::Toasts;

/// All of them, one above the other.
#[component]
pub(crate) fn Banners(
    /// The button that copies what was saved of a lost copy, in the words of the page.
    copy: fn(Sealed<Rescued>) -> AnyView,
) -> impl IntoView {
    view! {
        <EngineFailed />
        <OtherVersions />
        <Evicted />
        <Rebuilt copy=copy />
        <SignInAgain />
        <NewVersion />
    }
}

fn reload() {
    // A page that may not reload is one that is already leaving.
    window().location().reload().ok();
}

#[component]
fn EngineFailed() -> impl IntoView {
    let failed = expect_context::<Link>().board.engine_failed;
    view! {
        <When is=Signal::derive(move || failed.get())>
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
    let (link, drafts) = (expect_context::<Link>(), expect_context::<Drafts>());
    let versions = link.board.versions;
    Effect::new(move |_| {
        if versions.get() == Versions::Superseded {
            // The other tab waits: what is unsaved first, then the database is let go of.
            spawn_local(async move {
                drafts.flush().await;
                link.tell(Call::Stop);
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

/// The browser removed what was kept on this device; nobody can bring back what only this device
/// had.
#[component]
fn Evicted() -> impl IntoView {
    let evicted = expect_context::<Link>().board.evicted;
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
fn Rebuilt(copy: fn(Sealed<Rescued>) -> AnyView) -> impl IntoView {
    let rebuilding = expect_context::<Link>().board.rebuilding;
    let dismiss = move |_| rebuilding.set(None);
    move || {
        rebuilding.get().map(|what| {
            let text = match what.lost_acts {
                0 => t!("banner.rebuilding"),
                count => t!("banner.rebuilding_lost", count = count),
            };
            let rescued = what.rescued;
            let copy = rescued.map(copy);
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
    let (link, drafts) = (expect_context::<Link>(), expect_context::<Drafts>());
    let toasts = expect_context::<Toasts>();
    let ready = RwSignal::new(browser::page_attribute("data-update").is_some());
    let heard = window_event_listener_untyped("holdfast-update", move |_| ready.set(true));
    on_cleanup(move || heard.remove());
    let restart = move |_| {
        spawn_local(async move {
            if drafts.flush().await {
                browser::announce("holdfast-restart");
            } else {
                toasts.say(t!("banner.draft_not_kept"));
            }
        });
    };
    let needed = link.board.update_needed;
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

/// A button that copies what was saved, once it is put in words.
pub(crate) fn copy_button(in_words: impl Fn() -> String + 'static) -> AnyView {
    let toasts = expect_context::<Toasts>();
    view! {
        <button type="button" class="button" on:click=move |_| toasts.copy(in_words())>
            {t!("banner.copy_export")}
        </button>
    }
    .into_any()
}
