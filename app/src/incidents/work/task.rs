//! One task: a box to tick, its title, who has it and until when; everything else behind it.

use leptos::html::Input;
use leptos::prelude::*;
use shared::ids::FactId;
use shared::incidents::{Event, EventKind, Holder, Intent, Task, TaskChange, TaskState, Work};
use web_sys::HtmlInputElement;

use super::{Working, tick};
use crate::incidents::moments;
use crate::incidents::{Desk, choices};
use crate::link::Organisation;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::pick::Pick;

/// A task as its parts see it.
#[derive(Clone, Copy)]
struct One {
    desk: Desk,
    working: Working,
    work: Memo<Work>,
    fact: FactId,
    task: Memo<Option<Task>>,
}

impl One {
    fn change(self, change: TaskChange) {
        let id = self.working.open.with_untracked(|incident| incident.id);
        let task = self.fact;
        self.desk.do_now(id, Intent::ChangeTask { task, change });
    }

    /// What the task says, or nothing once it is taken back.
    fn get<T: Default>(self, part: impl FnOnce(&Task) -> T) -> T {
        self.task
            .with(|task| task.as_ref().map(part).unwrap_or_default())
    }

    /// The last that was said of it.
    fn last(self) -> FactId {
        let is_of_it = |event: &&Event| {
            if let EventKind::TaskChanged { task, .. } = &event.kind {
                return event.counts() && *task == self.fact;
            }
            event.fact == self.fact
        };
        self.working.open.with(|incident| {
            let last = incident.timeline.iter().rev().find(is_of_it);
            last.map_or(self.fact, |event| event.fact)
        })
    }
}

fn state_word(state: TaskState) -> &'static str {
    state.word()
}

#[component]
pub(super) fn TaskItem(working: Working, work: Memo<Work>, fact: FactId) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let task = Memo::new(move |_| {
        work.with(|work| work.tasks.iter().find(|task| task.fact == fact).cloned())
    });
    let one = One {
        desk,
        working,
        work,
        fact,
        task,
    };
    let state = Memo::new(move |_| {
        task.with(|task| {
            task.as_ref()
                .map_or(TaskState::Open, |task| task.state.value)
        })
    });
    let is_waiting = Memo::new(move |_| one.get(|task| !task.waits_for.is_empty()));
    let waits = move || is_waiting.get().then_some("true");
    let toggle = Callback::new(move |is_done| {
        let state = if is_done {
            TaskState::Done
        } else {
            TaskState::Open
        };
        one.change(TaskChange::State(state));
    });
    let is_done = Signal::derive(move || state.get() == TaskState::Done);
    let is_dropped = Signal::derive(move || state.get() == TaskState::Dropped);
    view! {
        <li data-state=live(move || state_word(state.get())) data-waits=live(waits)>
            <Box
                label=Signal::derive(move || one.get(|task| task.title.clone()))
                is_done=is_done
                is_off=is_dropped
                on_change=toggle
            />
            <details>
                <summary>
                    <span class="title">{live(move || one.get(|task| task.title.clone()))}</span>
                    <small>{live(move || about(one))} {live(move || tick(desk, working, one.last()))}</small>
                </summary>
                <Behind one=one is_dropped=is_dropped />
            </details>
        </li>
    }
}

/// A box to tick that shows what holds: what is refused falls back by itself.
#[component]
fn Box(
    label: Signal<String>,
    is_done: Signal<bool>,
    #[prop(into, optional)] is_off: Signal<bool>,
    on_change: Callback<bool>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let change = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let input: &HtmlInputElement = &input;
        let wanted = input.checked();
        input.set_checked(is_done.get_untracked());
        on_change.run(wanted);
    };
    view! {
        <label class="tick-box">
            <input
                type="checkbox"
                node_ref=input
                aria-label=label
                disabled=is_off
                prop:checked=is_done
                on:change=change
            />
        </label>
    }
}

fn holder_text(holder: &Holder, organisation: &Organisation) -> Option<String> {
    let person = holder.person.map(|person| organisation.person_name(person));
    let group = holder.group.as_ref();
    person.or_else(|| group.map(|group| organisation.group_name(group)))
}

/// What stands beside the title: who, until when, how far, and what it waits for.
fn about(one: One) -> String {
    let organisation = one.desk.organisation();
    let title = |fact: &FactId| {
        one.work.with(|work| {
            let task = work.tasks.iter().find(|task| task.fact == *fact);
            task.map(|task| task.title.clone())
        })
    };
    let parts = one.get(|task| {
        let mut parts: Vec<String> = Vec::new();
        if task.state.value == TaskState::Dropped {
            parts.push(t!("work.dropped"));
        }
        parts.extend(holder_text(&task.holder, &organisation));
        if let Some(due) = task.due.value.filter(|_| task.is_open()) {
            let at = text::clock_and_day(due);
            parts.push(if due < browser::now() {
                t!("work.overdue", at = at)
            } else {
                t!("work.due_at", at = at)
            });
        }
        let done = task.steps.iter().filter(|step| step.is_done.value).count();
        if !task.steps.is_empty() {
            parts.push(t!(
                "work.steps_of",
                done = done.to_string(),
                all = task.steps.len().to_string()
            ));
        }
        if let Some(first) = task.waits_for.first().and_then(title) {
            parts.push(t!("work.waits", title = first));
        }
        parts
    });
    parts.join(" · ")
}

#[component]
fn Behind(one: One, is_dropped: Signal<bool>) -> impl IntoView {
    let steps = Memo::new(move |_| one.get(|task| task.steps.len()));
    let is_in_circle = Signal::derive(move || one.get(|task| task.is_in_circle));
    let step = move |nth: usize| {
        let text = move || {
            one.get(|task| task.steps.get(nth).map(|step| step.text.clone()))
                .unwrap_or_default()
        };
        let is_done = Signal::derive(move || {
            one.get(|task| task.steps.get(nth).is_some_and(|step| step.is_done.value))
        });
        let change = Callback::new(move |is_done| {
            let nth = u8::try_from(nth).unwrap_or(u8::MAX);
            one.change(TaskChange::Step { nth, is_done });
        });
        view! {
            <li>
                <Box label=Signal::derive(text) is_done=is_done on_change=change />
                <span aria-hidden="true">{live(text)}</span>
            </li>
        }
    };
    let drop = move |_| {
        let state = if is_dropped.get_untracked() {
            TaskState::Open
        } else {
            TaskState::Dropped
        };
        one.change(TaskChange::State(state));
    };
    view! {
        <div class="behind">
            {live(move || (steps.get() > 0).then(|| view! {
                <ul class="steps">{(0..steps.get()).map(step).collect_view()}</ul>
            }))}
            <Values one=one />
            <After one=one />
            <When is=is_in_circle>
                <p>{t!("work.circle")}</p>
            </When>
            <button type="button" class="button quiet" on:click=drop>
                {live(move || if is_dropped.get() { t!("work.take_up") } else { t!("work.drop") })}
            </button>
        </div>
    }
}

#[component]
fn Values(one: One) -> impl IntoView {
    let desk = one.desk;
    let holder = Signal::derive(move || one.get(|task| task.holder.clone()));
    let person = Signal::derive(move || {
        holder.with(|holder| holder.person.map(|id| id.0.to_string()).unwrap_or_default())
    });
    let group = Signal::derive(move || {
        holder.with(|holder| {
            holder
                .group
                .as_ref()
                .map(|id| id.0.clone())
                .unwrap_or_default()
        })
    });
    let people = Signal::derive(move || {
        let organisation = desk.organisation();
        let mut people =
            holder.with(|holder| choices::assignees(&organisation, holder.group.as_ref()));
        // Whoever has it is shown, also when they could not be given it now.
        let word = person.get();
        if people.iter().all(|(one, _)| *one != word) {
            let name = choices::person_of(&word).map(|id| organisation.person_name(id));
            people.extend(name.map(|name| (word, name)));
        }
        people
    });
    let groups = Signal::derive(move || choices::groups(&desk.organisation()));
    let to_person = move |word: String| {
        one.change(TaskChange::Person(choices::person_of(&word)));
    };
    let to_group = move |word: String| {
        one.change(TaskChange::Group(choices::group_of(&word)));
    };
    let due = move || {
        one.get(|task| task.due.value)
            .map(moments::written)
            .unwrap_or_default()
    };
    let set_due = move |event| {
        let at = moments::chosen(&event_target_value(&event));
        one.change(TaskChange::Due(at));
    };
    view! {
        <div class="beside">
            <div class="field">
                <span aria-hidden="true">{t!("field.assignee")}</span>
                <Pick label=t!("field.assignee") choices=people value=person on_pick=to_person />
            </div>
            <div class="field">
                <span aria-hidden="true">{t!("field.group")}</span>
                <Pick label=t!("field.group") choices=groups value=group on_pick=to_group />
            </div>
            <label class="field">
                <span>{t!("work.due")}</span>
                <input type="datetime-local" prop:value=live(due) on:change=set_due />
            </label>
        </div>
    }
}

/// What it waits for, among the other tasks that are to be done or done.
#[component]
fn After(one: One) -> impl IntoView {
    let others = Memo::new(move |_| {
        one.work.with(|work| {
            let others = work.tasks.iter();
            let others = others
                .filter(|task| task.fact != one.fact && task.state.value != TaskState::Dropped);
            others
                .map(|task| (task.fact, task.title.clone()))
                .collect::<Vec<_>>()
        })
    });
    let item = move |(fact, title): (FactId, String)| {
        let is_awaited = Signal::derive(move || one.get(|task| task.after.contains(&fact)));
        let change = Callback::new(move |is_awaited| {
            let task = fact;
            one.change(TaskChange::After { task, is_awaited });
        });
        let label = Signal::stored(title.clone());
        view! {
            <li>
                <Box label=label is_done=is_awaited on_change=change />
                <span aria-hidden="true">{title}</span>
            </li>
        }
    };
    live(move || {
        let others = others.get();
        (!others.is_empty()).then(|| {
            view! {
                <fieldset>
                    <legend>{t!("work.after")}</legend>
                    <ul class="steps">{others.into_iter().map(item).collect_view()}</ul>
                </fieldset>
            }
        })
    })
}
