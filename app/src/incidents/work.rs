//! The work on the open incident: its diagnosis, its tasks, and the time that people spent on it.
//! It comes in a file of its own, since most of those who open an incident only read.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod adding;
mod diagnosis;
mod log_draft;
mod task;
mod time;
mod timer;

use std::sync::Arc;

use leptos::prelude::*;
use shared::incidents::{Incident, TaskState, Work};

use super::Desk;
use super::drafts::Draft;
use crate::text::t;
use crate::tick::Tick;
use crate::ui::live::live;
use crate::ui::room::Entering;

pub(crate) use log_draft::{LogDraft, follow};

use adding::Adding;
use diagnosis::Diagnosis;
use task::TaskItem;
use time::Spending;

/// The open incident with what is being written of the work on it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Working {
    open: RwSignal<Arc<Incident>>,
    log: RwSignal<LogDraft>,
    task: RwSignal<Draft>,
    diagnosis: RwSignal<Draft>,
}

impl Working {
    pub(crate) fn new(
        open: RwSignal<Arc<Incident>>,
        log: RwSignal<LogDraft>,
        task: RwSignal<Draft>,
        diagnosis: RwSignal<Draft>,
    ) -> Self {
        Self {
            open,
            log,
            task,
            diagnosis,
        }
    }
}

/// How the file of the work is entered.
#[derive(Clone, Copy)]
pub(crate) struct WorkRoom(pub(crate) fn(Working) -> Entering);

/// What is known, what is to be done, and how long it took.
#[component]
pub(crate) fn WorkPane(working: Working) -> impl IntoView {
    let work = Memo::new(move |_| working.open.with(|incident| incident.work()));
    view! {
        <div class="talk work" role="region" aria-label=t!("work.label") tabindex="0">
            <Diagnosis working=working />
            <Tasks working=working work=work />
            <Spending working=working work=work />
        </div>
    }
}

#[component]
fn Tasks(working: Working, work: Memo<Work>) -> impl IntoView {
    let counts = move || {
        work.with(|work| {
            let (open, done) = (work.count(TaskState::Open), work.count(TaskState::Done));
            (open + done > 0).then(|| {
                t!(
                    "work.done_of",
                    done = done.to_string(),
                    all = (open + done).to_string()
                )
            })
        })
    };
    let facts = move || {
        work.with(|work| {
            let mut tasks: Vec<_> = work.tasks.iter().collect();
            // What is still to be done first; a task keeps its place among its like.
            tasks.sort_by_key(|task| match task.state.value {
                TaskState::Open => 0,
                TaskState::Done => 1,
                TaskState::Dropped => 2,
            });
            tasks.iter().map(|task| task.fact).collect::<Vec<_>>()
        })
    };
    let is_empty = Memo::new(move |_| work.with(|work| work.tasks.is_empty()));
    view! {
        <section aria-label=t!("work.tasks")>
            <header>
                <h3>{t!("work.tasks")}</h3>
                <small>{live(counts)}</small>
            </header>
            {live(move || is_empty.get().then(|| view! { <p class="none">{t!("work.no_tasks")}</p> }))}
            <ul class="tasks">
                <For each=facts key=|fact| *fact let:fact>
                    <TaskItem working=working work=work fact=fact />
                </For>
            </ul>
            <Adding working=working />
        </section>
    }
}

/// How safe the last of these facts is, when it is the reader's own or not on the server yet.
fn tick(desk: Desk, working: Working, fact: shared::ids::FactId) -> Option<AnyView> {
    let me = desk.me().id;
    working.open.with(|incident| {
        let event = incident.event(fact)?;
        let tick = Tick::of(desk.link, event);
        let is_told = tick != Tick::Server || event.from.by == me;
        is_told.then(|| tick.view().into_any())
    })
}
