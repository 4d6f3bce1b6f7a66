//! The console as a whole: what is always there, around the queue and the open incident.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod appearance;
mod banners;
mod devices_page;
mod draft_list;
mod export;
mod files_list;
mod frame;
mod menu;
mod refused_page;
pub mod rooms;
mod status;
mod sync_centre;

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;
use web_sys::MouseEvent;

use shared::ids::PersonId;
use shared::incidents::within_a_sentence;
use shared::people::Person;
use shared::policy;
use shared::sync::message::Surface;
use shared::time::UnixMillis;

use crate::incidents::{
    Address, AttentionRoom, Desk, DetailPane, Drafts, IncidentRoom, OlderRoom, Palette, Place,
    QueuePane, Saved, Tallying, WorkRoom,
};
use crate::link::{Link, ask_to_persist_once_more};
use crate::pin::lock_when_idle;
use crate::session::{Session, SignInPage};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::keys::Keys;
use crate::ui::live::{When, live};
use crate::ui::room::room;
use crate::ui::toast::{ToastShelf, Toasts};

use banners::Banners;
use frame::{BottomBar, Counts, Nav, TopBar};
use rooms::Rooms;

/// How often ages on the page are written anew.
const AGES: Duration = Duration::from_secs(20);

/// How long after it is built the page has settled.
const SETTLED_MILLIS: u32 = 1_000;

/// Starts the console: the engine at once, the page as soon as it can speak.
pub fn start(rooms: Rooms) {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    // Mounted first: tasks need the executor, and signals the owner, that mounting brings.
    mount_to_body(move || {
        let session = Session::new(Surface::Console);
        let link = Link::following(session);
        let can_speak = RwSignal::new(false);
        spawn_local(session.begin());
        spawn_local(async move {
            text::speak(session.language.get_untracked()).await;
            can_speak.set(true);
            text::prepare();
        });
        provide_context(rooms);
        provide_context(IncidentRoom(rooms.incident));
        provide_context(WorkRoom(rooms.work));
        provide_context(rooms.attachments);
        provide_context(AttentionRoom(rooms.attention));
        provide_context(OlderRoom(rooms.older));
        provide_context(rooms.search);
        move || {
            can_speak
                .get()
                .then(|| view! { <Console link=link session=session /> })
        }
    });
}

#[component]
fn Console(link: Link, session: Session) -> impl IntoView {
    let rooms = expect_context::<Rooms>();
    let toasts = Toasts::with_key("Z");
    let address = Address::new(Saved::new(link.board));
    let desk = Desk::new(link, address, session, toasts);
    let drafts = desk.drafts;
    provide_context(link);
    provide_context(session);
    provide_context(toasts);
    provide_context(Keys::of_device());
    provide_context(desk);
    provide_context(drafts);
    appearance::follow();
    session.follow_directory(link);
    save_when_leaving(drafts);
    lock_when_idle(link, drafts);
    let installed = window_event_listener_untyped("appinstalled", move |_| {
        ask_to_persist_once_more(link);
    });
    on_cleanup(move || installed.remove());
    // Memos, since the page must not be built again for what is known already.
    let is_known = Memo::new(move |_| session.looked.get());
    let person = session.id();
    Effect::new(move |before: Option<Option<PersonId>>| {
        let person = person.get();
        if before
            .flatten()
            .is_some_and(|before| Some(before) != person)
        {
            drafts.part();
        }
        person
    });
    let signs_in = StoredValue::new(false);
    let is_wiping = session.is_wiping();
    let is_locked = Memo::new(move |_| session.locked.with(Option::is_some));
    move || {
        session.language.track();
        match (is_known.get(), person.get()) {
            (false, _) => ().into_any(),
            _ if is_wiping.get() => room(rooms.wiping).into_any(),
            (true, Some(_)) if is_locked.get() => room(rooms.locked).into_any(),
            (true, None) => {
                signs_in.set_value(true);
                view! { <SignInPage /> }.into_any()
            }
            // Another person gets a page of their own.
            (true, Some(person)) => {
                link.serve(person);
                if signs_in.try_update_value(std::mem::take) == Some(true) {
                    untrack(|| land(desk));
                }
                // In the language of the page.
                link.board.name_again();
                view! { <Page /> }.into_any()
            }
        }
    }
}

/// Who does not work on incidents themselves begins with how the work stands.
fn land(desk: Desk) {
    let me = desk.me();
    if desk.address.is_bare() && policy::oversees(&me) && !policy::works(&me) {
        desk.address.go_instead(Place::Reports);
    }
}

/// A tab can be gone at any moment after it is hidden; on a phone nothing else is told.
fn save_when_leaving(drafts: Drafts) {
    let hidden = window_event_listener(leptos::ev::visibilitychange, move |_| drafts.send_all());
    let gone = window_event_listener_untyped("pagehide", move |_| drafts.send_all());
    on_cleanup(move || {
        hidden.remove();
        gone.remove();
    });
}

#[component]
fn Page() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let rooms = expect_context::<Rooms>();
    let centre = RwSignal::new(false);
    let (now, set_now) = signal(browser::now());
    // Without the timer ages only stand still.
    if let Ok(timer) = set_interval_with_handle(move || set_now.set(browser::now()), AGES) {
        on_cleanup(move || timer.clear());
    }
    let palette = Palette {
        open: RwSignal::new(false),
        keys: RwSignal::new(false),
        centre,
        now,
    };
    let counts = Counts::new(desk);
    title(desk);
    take_back_by_key(desk);
    open_by_key(palette);
    fetch(rooms, desk, now);
    let pane = move || match desk.address.place.get() {
        Place::Incident(_) => "detail",
        Place::Reports | Place::Devices | Place::Refused | Place::Settings | Place::Rules => {
            "report"
        }
        Place::Queue | Place::New => "list",
    };
    let at = move |place: Place, is_for: fn(&Person) -> bool| {
        Memo::new(move |_| desk.address.place.get() == place && is_for(&desk.me()))
    };
    let reports = at(Place::Reports, |_| true);
    let devices = at(Place::Devices, policy::administers);
    let refused = at(Place::Refused, policy::reviews);
    let settings = at(Place::Settings, policy::administers);
    let rules = at(Place::Rules, policy::administers);
    let others = [reports, devices, refused, settings, rules];
    let is_queue = move || !others.iter().any(|other| other.get());
    view! {
        <div class="app" id="content" data-pane=live(pane)>
            <SkipLink />
            <TopBar centre=centre now=now />
            <Banners />
            <Nav counts=counts />
            <When is=Signal::derive(move || reports.get())>
                {room(move || (rooms.reports)(now))}
            </When>
            <When is=Signal::derive(move || devices.get())>
                {room(move || (rooms.all_devices)(now))}
            </When>
            <When is=Signal::derive(move || refused.get())>
                {room(rooms.refused)}
            </When>
            <When is=Signal::derive(move || settings.get())>
                {room(rooms.settings)}
            </When>
            <When is=Signal::derive(move || rules.get())>
                {room(rooms.rules)}
            </When>
            <When is=Signal::derive(is_queue)>
                <QueuePane now=now centre=centre />
                <DetailPane />
            </When>
            <BottomBar centre=centre counts=counts />
        </div>
        <Sheets palette=palette />
        <ToastShelf />
    }
}

/// What opens above the page.
#[component]
fn Sheets(palette: Palette) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let rooms = expect_context::<Rooms>();
    let Palette { centre, now, .. } = palette;
    let is_new = Memo::new(move |_| desk.address.place.get() == Place::New);
    view! {
        <When is=Signal::derive(move || is_new.get())>
            {room(rooms.declare)}
        </When>
        <When is=desk.address.saved.editing>
            {room(rooms.saved)}
        </When>
        <When is=Signal::derive(move || centre.get())>
            {room(move || (rooms.sync_centre)(centre, now))}
        </When>
        <When is=Signal::derive(move || palette.open.get())>
            {room(move || (rooms.palette)(palette))}
        </When>
        <When is=Signal::derive(move || palette.keys.get())>
            {room(move || (rooms.keys)(palette.keys))}
        </When>
    }
}

/// Wherever somebody is on the page, also while they type, `Ctrl K` opens what can be done; `?`
/// says what every key does.
fn open_by_key(palette: Palette) {
    let (open, keys) = (palette.open, expect_context::<Keys>());
    let heard = window_event_listener(leptos::ev::keydown, move |event| {
        let is_it =
            (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key();
        if is_it && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            let is_alone = open.get_untracked() || !browser::is_asking();
            open.set(!open.get_untracked() && is_alone);
        } else if keys.pressed(&event).as_deref() == Some("?") {
            event.prevent_default();
            palette.keys.set(true);
        }
    });
    on_cleanup(move || heard.remove());
}

/// Wherever somebody is on the page, `Z` takes back what they did last.
fn take_back_by_key(desk: Desk) {
    let keys = expect_context::<Keys>();
    let heard = window_event_listener(leptos::ev::keydown, move |event| {
        if keys.pressed(&event).as_deref() == Some("z") {
            desk.toasts.undo_last();
            event.prevent_default();
        }
    });
    on_cleanup(move || heard.remove());
}

/// Leads past the bar and the views, for whoever moves by keys.
#[component]
fn SkipLink() -> impl IntoView {
    let skip = move |event: MouseEvent| {
        event.prevent_default();
        browser::focus("main.detail, main.report, .listing, main");
    };
    view! { <a class="sr-only" href="#content" on:click=skip>{t!("nav.skip")}</a> }
}

/// Fetches what the first paint did not need, once it is over.
fn fetch(rooms: Rooms, desk: Desk, now: Now) {
    spawn_local(ScopedFuture::new_untracked(async move {
        TimeoutFuture::new(SETTLED_MILLIS).await;
        (rooms.fetch)().await;
        // Without its file there is no search yet, and nothing to make ready for it.
        (rooms.search.keep_folded)(desk.board()).await.ok();
        (rooms.search.keep_counts)(Tallying::new(desk, now))
            .await
            .ok();
    }));
}

/// The tab says which incident is open.
fn title(desk: Desk) {
    Effect::new(move |_| {
        let open = desk.board().incident.with(|incident| {
            incident.as_ref().map(|open| {
                let subject = within_a_sentence(&open.subject.holds.value);
                format!("{} {subject} · ", open.name())
            })
        });
        document().set_title(&format!("{}Holdfast", open.unwrap_or_default()));
    });
}

/// The time that ages are counted from.
pub type Now = ReadSignal<UnixMillis>;
