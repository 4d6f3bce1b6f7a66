//! One report: where it stands, what was said, and what the requester can do about it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::ids::IncidentId;
use shared::incidents::{Incident, Intent, State};

use super::words::Standing;
use super::{Front, compose, conversation, home, report, title, words};
use crate::engine::protocol::DraftKind;
use crate::incidents::Draft;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};

/// The incident on the page, kept current.
pub(super) type Open = RwSignal<Arc<Incident>>;

pub(super) fn incident(front: Front, id: IncidentId) -> impl IntoView {
    let draft = RwSignal::new(None::<Draft>);
    let failure = RwSignal::new(None::<String>);
    spawn_local(async move {
        match front.link.open(id).await {
            // The page may show another one by now.
            Ok(saved) => {
                let begun = front.drafts.begun(id, DraftKind::Entry, &saved);
                draft.try_set(Some(begun));
            }
            Err(why) => drop(failure.try_set(Some(words::failure(&why)))),
        }
    });
    on_cleanup(move || front.link.leave(id));
    let current = move || {
        let incident = front.link.board.incident.get();
        incident.filter(|incident| incident.id == id)
    };
    let is_here = Memo::new(move |_| current().is_some());
    view! {
        {report::back(front)}
        {move || {
            if let Some(incident) = is_here.get().then(|| untrack(current)).flatten() {
                let open = RwSignal::new(incident);
                Effect::new(move |_| {
                    if let Some(incident) = current() {
                        open.set(incident);
                    }
                });
                return here(front, open, draft).into_any();
            }
            view! {
                <p class="quiet" role="alert">{live(move || failure.get())}</p>
            }
                .into_any()
        }}
    }
}

fn here(front: Front, open: Open, draft: RwSignal<Option<Draft>>) -> impl IntoView {
    Effect::new(move |_| open.with(|incident| title(&incident.subject.holds.value)));
    let standing = Memo::new(move |_| open.with(|incident| Standing::of(incident)));
    let id = open.with_untracked(|incident| incident.id);
    let is_lost = move || {
        let board = front.link.board;
        board.started.get() && board.row(id).is_none()
    };
    let is_closed = Memo::new(move |_| {
        standing.with(|standing| matches!(standing.state, State::Closed | State::Cancelled))
    });
    view! {
        <h1 tabindex="-1" class="subject" dir="auto">
            {live(move || open.with(|incident| incident.subject.holds.value.clone()))}
        </h1>
        <p class="quiet" data-testid="incident-name">
            {live(move || open.with(|incident| incident.name()))}
        </p>
        <When is=Signal::derive(is_lost)>
            <section class="banner" data-kind="warn" role="alert">
                <p>{t!("portal.lost")}</p>
            </section>
        </When>
        <section class="standing" data-mine=live(move || standing.with(Standing::is_mine).then_some("true"))>
            <p role="status" data-testid="standing">
                {live(move || {
                    front.now.track();
                    standing.with(|standing| standing.headline(front))
                })}
            </p>
            {move || {
                let question = standing.with(|standing| standing.question.clone());
                (!question.is_empty()).then(|| view! { <p class="question" dir="auto">{question}</p> })
            }}
            {move || standing.with(home::steps)}
            {verdict(front, open, standing)}
        </section>
        {conversation::conversation(front, open)}
        {move || {
            if is_closed.get() {
                again(front, open).into_any()
            } else {
                compose::compose(front, open, standing, draft).into_any()
            }
        }}
    }
}

/// Is it fixed? Confirming closes; what is still broken opens it again.
fn verdict(front: Front, open: Open, standing: Memo<Standing>) -> impl IntoView {
    let id = open.with_untracked(|incident| incident.id);
    let is_asked = Memo::new(move |_| standing.with(|one| one.state == State::Resolved));
    let telling = RwSignal::new(false);
    let failure = RwSignal::new(String::new());
    let words = RwSignal::new(String::new());
    let act = move |intent: Intent| {
        spawn_local(async move {
            match front.act(id, intent).await {
                Ok(()) => {
                    words.try_set(String::new());
                    telling.try_set(false);
                    failure.try_set(String::new());
                }
                Err(why) => drop(failure.try_set(why)),
            }
        });
    };
    let tell = move |_| {
        telling.set(true);
        request_animation_frame(|| browser::focus("#broken"));
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = words.get_untracked().trim().to_owned();
        act(Intent::Reopen { text });
    };
    view! {
        <When is=Signal::derive(move || is_asked.get())>
            <div class="next">
                <button type="button" class="button primary" on:click=move |_| act(Intent::Close)>
                    {t!("portal.confirm")}
                </button>
                <button
                    type="button"
                    class="button"
                    aria-expanded=live(move || telling.get().to_string())
                    on:click=tell
                >
                    {t!("portal.broken")}
                </button>
            </div>
            <When is=Signal::derive(move || telling.get())>
                <form class="broken" on:submit=submit>
                    <label for="broken">{t!("portal.broken_words")}</label>
                    <textarea id="broken" rows="3" dir="auto" bind:value=words></textarea>
                    <button type="submit" class="button primary">{t!("portal.broken_send")}</button>
                </form>
            </When>
        </When>
        <p class="error" role="alert">{failure}</p>
    }
}

/// What is closed stays closed; the same problem is reported again.
fn again(front: Front, open: Open) -> impl IntoView {
    let begin = move |_| {
        let subject = open.with_untracked(|incident| incident.subject.holds.value.clone());
        front.begin_report(&subject);
    };
    view! {
        <p class="again">
            {t!("portal.again_about")}
            " "
            <button type="button" class="button" on:click=begin>{t!("portal.again")}</button>
        </p>
    }
}
