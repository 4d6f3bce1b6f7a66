//! A new task: one line is enough; who, until when and in which steps stand behind it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::incidents::{Holder, Intent, NewTask};
use shared::policy;
use web_sys::SubmitEvent;

use super::Working;
use crate::engine::protocol::DraftKind;
use crate::incidents::choices;
use crate::incidents::drafts::Draft;
use crate::incidents::moments;
use crate::incidents::{Desk, Drafts};
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::live;
use crate::ui::overlay::submit_by_keys;
use crate::ui::pick::Pick;

/// What is chosen beside the words.
#[derive(Clone, Copy)]
struct Chosen {
    person: RwSignal<String>,
    group: RwSignal<String>,
    due: RwSignal<String>,
}

impl Chosen {
    fn clear(self) {
        for one in [self.person, self.group, self.due] {
            one.try_set(String::new());
        }
    }
}

/// The title stands in the first line of the draft, and each step in one of its own.
fn parts(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

fn new_task(text: &str, chosen: Chosen) -> NewTask {
    let (title, steps) = parts(text);
    let steps = steps.lines().map(str::trim);
    NewTask {
        title: title.trim().to_owned(),
        holder: Holder {
            person: choices::person_of(&chosen.person.get_untracked()),
            group: choices::group_of(&chosen.group.get_untracked()),
        },
        due: moments::chosen(&chosen.due.get_untracked()),
        steps: steps
            .filter(|step| !policy::is_blank(step))
            .map(str::to_owned)
            .collect(),
        after: Vec::new(),
    }
}

#[component]
pub(super) fn Adding(working: Working) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let id = working.open.with_untracked(|incident| incident.id);
    let draft = working.task;
    let chosen = Chosen {
        person: RwSignal::new(String::new()),
        group: RwSignal::new(String::new()),
        due: RwSignal::new(String::new()),
    };
    let (failure, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let submit = Callback::new(move |()| {
        let sent = draft.get_untracked().text;
        if policy::is_blank(parts(&sent).0) || busy.get_untracked() {
            return browser::focus("#task-title");
        }
        busy.set(true);
        let intent = Intent::AddTask(new_task(&sent, chosen));
        spawn_local(async move {
            let outcome = desk.act(id, intent).await;
            if outcome.is_ok() {
                drafts.sent((id, DraftKind::Task), &sent, draft).await;
                chosen.clear();
            }
            busy.try_set(false);
            failure.try_set(outcome.err().unwrap_or_default());
        });
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        submit.run(());
    };
    view! {
        <form
            class="adding"
            aria-label=t!("work.add_task")
            on:submit=on_submit
            on:keydown=submit_by_keys(submit)
        >
            <Title draft=draft working=working busy=busy />
            <details>
                <summary>{t!("work.more")}</summary>
                <Beside chosen=chosen />
                <Steps draft=draft working=working />
            </details>
            <p class="error" role="alert">{failure}</p>
        </form>
    }
}

fn keep(drafts: Drafts, working: Working, text: String) {
    let incident = working.open.get_untracked();
    working.task.update(|draft| draft.type_in(text, &incident));
    drafts.keep(incident.id, DraftKind::Task, working.task.get_untracked());
}

#[component]
fn Title(draft: RwSignal<Draft>, working: Working, busy: RwSignal<bool>) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let title = move || draft.with(|draft| parts(&draft.text).0.to_owned());
    let on_input = move |event| {
        let typed = event_target_value(&event);
        let steps = draft.with_untracked(|draft| parts(&draft.text).1.to_owned());
        let text = if steps.is_empty() {
            typed
        } else {
            [&typed, "\n", &steps].concat()
        };
        keep(drafts, working, text);
    };
    view! {
        <div class="field line">
            <input
                id="task-title"
                type="text"
                maxlength="400"
                autocomplete="off"
                aria-label=t!("work.task_title")
                placeholder=t!("work.add_hint")
                prop:value=live(title)
                on:input=on_input
            />
            <button type="submit" class="button" disabled=busy>{t!("work.add")}</button>
        </div>
    }
}

#[component]
fn Beside(chosen: Chosen) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let people = Signal::derive(move || {
        let group = choices::group_of(&chosen.group.get());
        choices::assignees(&desk.organisation(), group.as_ref())
    });
    let groups = Signal::derive(move || choices::groups(&desk.organisation()));
    view! {
        <div class="beside">
            <div class="field">
                <span aria-hidden="true">{t!("field.assignee")}</span>
                <Pick
                    label=t!("field.assignee")
                    choices=people
                    value=chosen.person
                    on_pick=move |word| chosen.person.set(word)
                />
            </div>
            <div class="field">
                <span aria-hidden="true">{t!("field.group")}</span>
                <Pick
                    label=t!("field.group")
                    choices=groups
                    value=chosen.group
                    on_pick=move |word| chosen.group.set(word)
                />
            </div>
            <label class="field">
                <span>{t!("work.due")}</span>
                <input
                    type="datetime-local"
                    prop:value=chosen.due
                    on:change=move |event| chosen.due.set(event_target_value(&event))
                />
            </label>
        </div>
    }
}

#[component]
fn Steps(draft: RwSignal<Draft>, working: Working) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let steps = move || draft.with(|draft| parts(&draft.text).1.to_owned());
    let on_input = move |event| {
        let typed = event_target_value(&event);
        let title = draft.with_untracked(|draft| parts(&draft.text).0.to_owned());
        let text = [&title, "\n", &typed].concat();
        keep(drafts, working, text);
    };
    view! {
        <label class="field">
            <span>{t!("work.steps")}</span>
            <textarea
                rows="3"
                placeholder=t!("work.steps_hint")
                prop:value=live(steps)
                on:input=on_input
            ></textarea>
        </label>
    }
}
