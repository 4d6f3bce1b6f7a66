//! The first page: say what is not working, and see where the own reports stand.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::ids::IncidentId;
use shared::incidents::{Intent, Requester, State};
use shared::rows::Row;

use super::address::Place;
use super::front::{Front, title};
use super::words::Standing;
use crate::engine::protocol::{Answer, Call, DraftKind};
use crate::text::t;
use crate::ui::live::{When, live};
use crate::ui::room::room;

/// What staff asks, by incident, once it was looked up.
type Questions = RwSignal<HashMap<IncidentId, String>>;

pub(super) fn home(front: Front) -> impl IntoView {
    title(&t!("portal.title"));
    let subject = RwSignal::new(String::new());
    let begin = move |event: SubmitEvent| {
        event.prevent_default();
        front.begin_report(&subject.get_untracked());
    };
    view! {
        <h1 tabindex="-1">{t!("portal.ask")}</h1>
        <form class="ask" on:submit=begin>
            <input
                type="text"
                aria-label=t!("portal.ask_label")
                placeholder=t!("portal.ask_hint")
                bind:value=subject
            />
            <button type="submit" class="button primary">{t!("portal.report")}</button>
        </form>
        {unsent(front)}
        <section class="mine" aria-labelledby="mine">
            <h2 id="mine">{t!("portal.mine")}</h2>
            {reports(front)}
        </section>
    }
}

/// What was not sent and has no other page, if anything.
fn unsent(front: Front) -> impl IntoView {
    let board = front.link.board;
    view! { <When is=Signal::derive(move || board.started.get())>{room(front.rooms.unsent)}</When> }
}

fn reports(front: Front) -> impl IntoView {
    let board = front.link.board;
    let questions: Questions = RwSignal::new(HashMap::new());
    let rows = Memo::new(move |_| {
        let me = front.me();
        let is_mine = |row: &Row| row.requester == Requester::Person(me) || row.is_watched_by(me);
        board.with_rows(|entries| {
            let rows = entries.iter().map(|entry| &entry.row);
            rows.filter(|row| is_mine(row)).cloned().collect::<Vec<_>>()
        })
    });
    ask_questions(front, rows, questions);
    let done = |row: &Row| matches!(row.state, State::Closed | State::Cancelled);
    let list = move |is_done: bool| {
        let mut rows = rows.get();
        rows.retain(|row| done(row) == is_done);
        rows.sort_by_key(|row| {
            (
                !Standing::of_row(row, front.me()).is_mine(),
                -row.updated_at.0,
            )
        });
        rows
    };
    let all = move |rows: &[Row]| {
        let rows = rows.iter().map(|row| one(front, row, questions));
        Some(rows.collect_view().into_any())
    };
    let has_done = Memo::new(move |_| rows.with(|rows| rows.iter().any(done)));
    let has_open = Memo::new(move |_| rows.with(|rows| rows.iter().any(|row| !done(row))));
    let nothing = move || {
        let status = board.status.get();
        if board.started.get() && status.complete {
            t!("portal.none")
        } else {
            t!("portal.arriving")
        }
    };
    view! {
        <ul>
            {live(move || {
                front.now.track();
                all(&list(false))
            })}
        </ul>
        <When is=Signal::derive(move || !has_open.get())>
            <p class="quiet">{live(nothing)}</p>
        </When>
        <When is=Signal::derive(move || has_done.get())>
            <details>
                <summary>{t!("portal.done")}</summary>
                <ul>
                    {live(move || all(&list(true)))}
                </ul>
            </details>
        </When>
    }
}

/// A row does not hold what is asked; the incident on this device does.
fn ask_questions(front: Front, rows: Memo<Vec<Row>>, questions: Questions) {
    Effect::new(move |_| {
        let me = front.me();
        let waits = |row: &&Row| Standing::of_row(row, me).waits_for_me();
        let ids: Vec<_> = rows.with(|rows| rows.iter().filter(waits).map(|row| row.id).collect());
        for id in ids {
            spawn_local(async move {
                let call = Call::Question { incident: id };
                if let Ok(Answer::Question(question)) = front.link.ask(call).await {
                    questions.try_update(|all| all.insert(id, question));
                }
            });
        }
    });
}

fn one(front: Front, row: &Row, questions: Questions) -> impl IntoView + use<> {
    let id = row.id;
    let mut standing = Standing::of_row(row, front.me());
    if standing.waits_for_me() {
        standing.question = questions.with(|all| all.get(&id).cloned().unwrap_or_default());
    }
    let place = Place::Incident(id);
    view! {
        <li data-mine=standing.is_mine().then_some("true")>
            <a
                class="subject"
                dir="auto"
                href=place.url()
                on:click=move |event| front.address.follow(&event, place)
            >
                {row.subject.clone()}
            </a>
            {watched(front, row)}
            <p>{standing.sentence(front)}</p>
            {steps(&standing)}
            {next(front, id, &standing)}
        </li>
    }
}

/// Who reported what the reader only watches.
fn watched(front: Front, row: &Row) -> Option<impl IntoView + use<>> {
    let requester = &row.requester;
    let is_own = *requester == Requester::Person(front.me());
    let name = (!is_own).then(|| front.organisation().requester_name(requester))?;
    Some(view! { <p class="quiet">{t!("portal.watched", name = name)}</p> })
}

/// How far it has come, for the eye; the sentence says the same.
pub(super) fn steps(standing: &Standing) -> impl IntoView + use<> {
    let reached = standing.steps();
    (reached > 0).then(|| {
        let bars = (1..=4_u8).map(|step| {
            view! { <i data-on=(step <= reached).then_some("true")></i> }
        });
        view! { <div class="steps" aria-hidden="true">{bars.collect_view()}</div> }
    })
}

/// What the requester can do next, right from the list.
fn next(front: Front, id: IncidentId, standing: &Standing) -> AnyView {
    let write = move |kind| move |_| front.begin_writing(id, kind);
    if standing.waits_for_me() {
        return view! {
            <div class="next">
                <button type="button" class="button" on:click=write(DraftKind::Entry)>
                    {t!("portal.answer")}
               </button>
            </div>
        }
        .into_any();
    }
    if standing.state != State::Resolved || !standing.is_own {
        return ().into_any();
    }
    let busy = RwSignal::new(false);
    let confirm = move |_| {
        // The second of two taps means the same.
        if busy.try_update(|busy| std::mem::replace(busy, true)) != Some(false) {
            return;
        }
        spawn_local(async move {
            if let Err(why) = front.act(id, Intent::Close).await {
                front.toasts.say(why);
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="next">
            <button type="button" class="button primary" disabled=busy on:click=confirm>
                {t!("portal.confirm")}
            </button>
            <button type="button" class="button" on:click=write(DraftKind::Reopen)>
                {t!("portal.broken")}
           </button>
        </div>
    }
    .into_any()
}
