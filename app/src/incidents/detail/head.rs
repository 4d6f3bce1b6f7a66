//! The head of the open incident: its name and subject, its state, and what can be done now.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use shared::incidents::{Incident, Intent, SetField, State, Transition};

use super::{Asking, Open};
use crate::incidents::Desk;
use crate::incidents::address::Place;
use crate::incidents::words::{channel_text, hold_text, state_text};
use crate::text::{self, t};
use crate::ui::icon::{Icon, icon};

#[component]
pub(super) fn Head(
    open: Open,
    asking: RwSignal<Option<Asking>>,
    is_history: RwSignal<bool>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <div class="head">
            <button
                type="button"
                class="back"
                aria-label=t!("back.to_queue")
                on:click=move |_| desk.address.go(Place::Queue)
            >
                {icon(Icon::Back)}
            </button>
            <Subject open=open />
            <p>
                <b data-testid="incident-name">{move || open.with(|incident| incident.name())}</b>
                {move || open.with(|incident| about(desk, incident))}
                " · "
                <b data-testid="incident-state">{move || open.with(|incident| state_in_words(incident))}</b>
            </p>
            <Actions open=open asking=asking is_history=is_history />
        </div>
    }
}

fn about(desk: Desk, incident: &Incident) -> String {
    let name = desk
        .organisation()
        .requester_name(&incident.requester.holds.value);
    let channel = channel_text(incident.channel);
    let at = text::clock_and_day(incident.created.corrected);
    format!(
        " · {}",
        t!("head.reported", name = name, channel = channel, at = at)
    )
}

fn state_in_words(incident: &Incident) -> String {
    match incident.hold {
        Some(reason) => t!("row.on_hold", reason = hold_text(reason)),
        None => state_text(incident.state),
    }
}

#[component]
fn Subject(open: Open) -> impl IntoView {
    let editing = RwSignal::new(false);
    let subject = move || open.with(|incident| incident.subject.holds.value.clone());
    view! {
        <h2>
            {move || {
                if editing.get() {
                    view! { <SubjectField open=open editing=editing /> }.into_any()
                } else {
                    view! {
                        {subject}
                        " "
                        <button
                            type="button"
                            class="button quiet icon"
                            aria-label=t!("head.edit_subject")
                            on:click=move |_| editing.set(true)
                        >
                            {icon(Icon::Edit)}
                        </button>
                    }
                        .into_any()
                }
            }}
        </h2>
    }
}

#[component]
fn SubjectField(open: Open, editing: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let input = NodeRef::<Input>::new();
    let typed = RwSignal::new(open.with_untracked(|incident| incident.subject.holds.value.clone()));
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            input.focus().ok();
        }
    });
    let save = move || {
        let (id, before) =
            open.with_untracked(|incident| (incident.id, incident.subject.holds.value.clone()));
        let subject = typed.get_untracked().trim().to_owned();
        if subject == before {
            return editing.set(false);
        }
        spawn_local(async move {
            match desk.act(id, Intent::Set(SetField::Subject(subject))).await {
                Ok(()) => drop(editing.try_set(false)),
                Err(why) => desk.toasts.say(why),
            }
        });
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => save(),
        "Escape" => {
            event.stop_propagation();
            editing.set(false);
        }
        _ => {}
    };
    view! {
        <span class="field">
            <input
                type="text"
                node_ref=input
                aria-label=t!("field.subject")
                maxlength="200"
                bind:value=typed
                on:keydown=on_key
                on:blur=move |_| save()
            />
        </span>
    }
}

/// One button of the head.
#[derive(Clone)]
struct Action {
    label: String,
    /// What is asked for first; none acts at once.
    asks: Option<Asking>,
    /// The act, or one like it with its texts filled in, to be judged.
    intent: Intent,
    is_primary: bool,
}

fn actions(incident: &Incident, is_mine: bool) -> Vec<Action> {
    let state = incident.state;
    let can = |transition: Transition| transition.is_allowed_from(state);
    let mut actions = Vec::new();
    let mut add = |shown: bool, label: String, asks: Option<Asking>, intent: Intent| {
        if shown {
            actions.push(Action {
                label,
                asks,
                intent,
                is_primary: false,
            });
        }
    };
    let group = incident.assignment.group.clone();
    add(
        state.is_open() && !is_mine,
        t!("action.claim"),
        None,
        Intent::Claim { group },
    );
    let start = if state == State::OnHold {
        t!("action.go_on")
    } else {
        t!("action.start")
    };
    add(can(Transition::Started), start, None, Intent::Start);
    for asking in [
        Asking::Hold,
        Asking::Reopen,
        Asking::Cancel,
        Asking::Resolve,
    ] {
        add(
            can(asking.transition()),
            asking.label(),
            Some(asking),
            asking.example(),
        );
    }
    add(
        can(Transition::Closed),
        t!("action.close_incident"),
        None,
        Intent::Close,
    );
    let primary = if state == State::InProgress || state == State::Resolved {
        actions.last_mut()
    } else {
        actions
            .iter_mut()
            .find(|action| action.intent == Intent::Start)
    };
    if let Some(action) = primary {
        action.is_primary = true;
    }
    actions
}

#[component]
fn Actions(
    open: Open,
    asking: RwSignal<Option<Asking>>,
    is_history: RwSignal<bool>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let buttons = move || {
        open.with(|incident| {
            let is_mine = incident.assignment.person == Some(desk.me().id);
            let actions = actions(incident, is_mine);
            actions
                .into_iter()
                .map(|action| button(desk, incident, action, asking))
                .collect_view()
        })
    };
    let toggle = move |_| is_history.update(|is_history| *is_history = !*is_history);
    view! {
        <div class="actions">
            <button
                type="button"
                class="button quiet"
                aria-pressed=move || if is_history.get() { "true" } else { "false" }
                on:click=toggle
            >
                {t!("history.label")}
            </button>
            {buttons}
        </div>
    }
}

fn button(
    desk: Desk,
    incident: &Incident,
    action: Action,
    asking: RwSignal<Option<Asking>>,
) -> impl IntoView + use<> {
    let id = incident.id;
    let refusal = desk.refusal(&action.intent, incident);
    let is_refused = refusal.is_some();
    let press = move |_| match action.asks {
        Some(what) => asking.set(Some(what)),
        None => desk.do_now(id, action.intent.clone()),
    };
    view! {
        <button
            type="button"
            class="button"
            class:primary=action.is_primary
            disabled=is_refused
            title=refusal
            on:click=press
        >
            {action.label}
        </button>
    }
}
