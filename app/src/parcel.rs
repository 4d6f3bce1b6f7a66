//! What is unsent, saved as a file and brought in on another device of the same person.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Event;

use shared::sync::parcel::{BadParcel, PARCEL_BYTES_MAX};

use crate::engine::protocol::{Answer, Call, Failure, Line, Take, Unpacked, WaitingAct};
use crate::link::{Link, Organisation};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::When;
use crate::ui::toast::Toasts;

/// What each page says in its own words.
#[derive(Clone, Copy)]
pub(crate) struct Wording {
    /// What happened, what was kept, and what to do next.
    pub(crate) failure: fn(&Failure) -> String,
    /// The acts of a file as items of a list.
    pub(crate) items: fn(Vec<WaitingAct>, &Organisation) -> AnyView,
}

/// Saves what waits as a file.
#[component]
pub(crate) fn SaveFile() -> impl IntoView {
    let (link, toasts) = (expect_context::<Link>(), expect_context::<Toasts>());
    let save = move |_| {
        spawn_local(async move {
            let saved = match link.ask(Call::Pack).await {
                Ok(Answer::Packed { file }) => browser::save_file(&file_name(), &file),
                Ok(_) | Err(_) => false,
            };
            toasts.say(if saved {
                t!("parcel.saved")
            } else {
                t!("parcel.not_saved")
            });
        });
    };
    view! { <button type="button" class="button" on:click=save>{t!("parcel.save")}</button> }
}

/// The ways for what waits: to a file, or to the server now.
#[component]
pub(crate) fn Sending() -> impl IntoView {
    let (link, toasts) = (expect_context::<Link>(), expect_context::<Toasts>());
    let send = move |_| {
        let status = link.board.status;
        if status.with_untracked(|status| status.line == Line::Offline) {
            toasts.say(t!("leave.send_offline"));
        }
        link.tell(Call::Retry);
    };
    // What the server refused is not sent from another device either.
    let waits = move || link.board.status.with(|status| status.waiting > 0);
    view! {
        <When is=Signal::derive(waits)>
            <SaveFile />
            <button type="button" class="button" on:click=send>{t!("leave.send")}</button>
        </When>
    }
}

fn file_name() -> String {
    format!("holdfast-unsent-{}.holdfast", browser::file_stamp())
}

/// A file that was looked into, before it is taken over.
#[derive(Clone)]
struct Opened {
    file: Vec<u8>,
    brings: Unpacked,
}

/// Takes over what was saved on another device, once its owner has seen what it is.
#[component]
pub(crate) fn BringIn(wording: Wording) -> impl IntoView {
    let link = expect_context::<Link>();
    let opened = RwSignal::new(None::<Opened>);
    let failure = RwSignal::new(String::new());
    let look = move |event: Event| {
        let input = event_target(&event);
        spawn_local(async move {
            let looked = look_into(link, browser::chosen_file(input, PARCEL_BYTES_MAX).await).await;
            let (found, why) = match looked {
                Ok(found) => (Some(found), String::new()),
                Err(why) => (
                    None,
                    refusal(wording, &why, &link.board.organisation.get_untracked()),
                ),
            };
            // The panel may have been closed meanwhile.
            opened.try_set(found);
            failure.try_set(why);
        });
    };
    view! {
        <h3>{t!("parcel.title")}</h3>
        <p><small>{t!("parcel.about")}</small></p>
        {move || opened.get().map(|found| view! { <Content found=found opened=opened wording=wording /> })}
        <p class="error" role="alert">{failure}</p>
        <div class="actions">
            <label class="button">
                {t!("parcel.choose")}
                <input type="file" class="sr-only" accept=".holdfast" on:change=look />
            </label>
        </div>
    }
}

async fn look_into(link: Link, file: Option<Vec<u8>>) -> Result<Opened, Failure> {
    let max = PARCEL_BYTES_MAX;
    let file = file.ok_or(Failure::Parcel(BadParcel::TooLarge { max }))?;
    let brings = unpack(link, file.clone(), Take::Look).await?;
    Ok(Opened { file, brings })
}

async fn unpack(link: Link, file: Vec<u8>, take: Take) -> Result<Unpacked, Failure> {
    match link.ask(Call::Unpack { file, take }).await? {
        Answer::Unpacked(brings) => brings.open(),
        Answer::Done
        | Answer::Started { .. }
        | Answer::Opened { .. }
        | Answer::Painted { .. }
        | Answer::Drafts(_)
        | Answer::AsItWas(_)
        | Answer::Question(_)
        | Answer::Waiting(_)
        | Answer::Packed { .. }
        | Answer::Wiped { .. }
        | Answer::Files(_) => Err(Failure::NotStarted),
    }
}

/// What the file brings, to take or to leave.
#[component]
fn Content(found: Opened, opened: RwSignal<Option<Opened>>, wording: Wording) -> impl IntoView {
    let (link, toasts) = (expect_context::<Link>(), expect_context::<Toasts>());
    let organisation = link.board.organisation;
    let Opened { file, brings } = found;
    let count = brings.acts.len();
    let is_all_known = count == 0 && brings.known > 0;
    let title = if is_all_known {
        t!("parcel.all_known", count = brings.known)
    } else {
        let at = text::clock_and_day(brings.made_at);
        t!("parcel.holds", count = count, at = at)
    };
    let absent = brings.acts.iter().filter(|act| act.lacks_incident).count();
    let notes = [
        brings.is_own_device.then(|| t!("parcel.own_device")),
        (brings.known > 0 && !is_all_known).then(|| t!("parcel.known", count = brings.known)),
        (absent > 0).then(|| t!("parcel.absent", count = absent)),
    ];
    let notes = notes
        .into_iter()
        .flatten()
        .map(|note| view! { <p>{note}</p> });
    let bring = move |_| {
        let file = file.clone();
        spawn_local(async move {
            let told = match unpack(link, file, Take::Over).await {
                Ok(brought) => t!("parcel.brought", count = brought.acts.len()),
                Err(why) => refusal(wording, &why, &organisation.get_untracked()),
            };
            toasts.say(told);
            opened.try_set(None);
        });
    };
    let bring = (count > 0).then(|| {
        view! {
            <button type="button" class="button primary" on:click=bring>{t!("parcel.bring")}</button>
        }
    });
    view! {
        <article class="review" aria-label=title.clone()>
            <b>{title.clone()}</b>
            {notes.collect_view()}
            <ul>{(wording.items)(brings.acts, &organisation.get_untracked())}</ul>
            <div class="actions">
                {bring}
                <button type="button" class="button quiet" on:click=move |_| opened.set(None)>
                    {t!("parcel.leave")}
                </button>
            </div>
        </article>
    }
}

/// Why a file is not taken over; what is on this device stays as it was.
fn refusal(wording: Wording, why: &Failure, organisation: &Organisation) -> String {
    let Failure::Parcel(why) = why else {
        return (wording.failure)(why);
    };
    match why {
        BadParcel::Strange => t!("parcel.strange"),
        BadParcel::TooLarge { max } => t!("parcel.too_large", max = text::bytes(*max as u64)),
        BadParcel::Later => t!("parcel.later"),
        BadParcel::CutShort { .. } => t!("parcel.cut_short"),
        BadParcel::Altered => t!("parcel.altered"),
        BadParcel::Person { of } => match organisation.person(*of) {
            Some(person) => t!("parcel.person", name = person.name.as_str()),
            None => t!("parcel.somebody"),
        },
        BadParcel::Home {
            organisation,
            origin,
        } => {
            t!(
                "parcel.home",
                name = organisation.as_str(),
                origin = origin.as_str()
            )
        }
        BadParcel::Surface => t!("parcel.surface"),
    }
}
