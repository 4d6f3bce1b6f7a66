//! The head of the open incident: its name and subject, its state, and what can be done now.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use shared::incidents::{Incident, Intent, SetField, State, Transition};

use super::clash::lead;
use super::levels::Levels;
use super::{Asking, Open};
use crate::incidents::Desk;
use crate::incidents::address::Place;
use crate::incidents::words::{channel_text, hold_text, state_text};
use crate::text::{self, t};
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};

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
                <b data-testid="incident-name">{live(move || open.with(|incident| incident.name()))}</b>
                " · "
                <b data-testid="incident-state">{live(move || open.with(|incident| state_in_words(incident)))}</b>
                <Conflicts open=open is_history=is_history />
                {live(move || open.with(|incident| about(desk, incident)))}
            </p>
            <Levels open=open />
            <Actions open=open asking=asking is_history=is_history />
        </div>
    }
}

/// How many fields two people set at the same time.
#[component]
fn Conflicts(open: Open, is_history: RwSignal<bool>) -> impl IntoView {
    let count = Memo::new(move |_| open.with(|incident| incident.conflicts()));
    move || {
        (count.get() > 0).then(|| {
            view! {
                " · "
                <button type="button" class="clashing" data-testid="conflicts" on:click=move |_| lead(is_history)>
                    {t!("row.conflicts", count = count.get())}
                </button>
            }
        })
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
    let desk = expect_context::<Desk>();
    let subject = move || open.with(|incident| incident.subject.holds.value.clone());
    let may_edit = Signal::derive(move || {
        let example = Intent::Set(SetField::Subject("A subject".to_owned()));
        open.with(|incident| desk.refusal(&example, incident).is_none())
    });
    view! {
        <h2>
            {move || {
                if editing.get() {
                    view! { <SubjectField open=open editing=editing /> }.into_any()
                } else {
                    view! {
                        {live(subject)}
                        " "
                        <When is=may_edit>
                            <button
                                type="button"
                                class="button quiet icon"
                                aria-label=t!("head.edit_subject")
                                on:click=move |_| editing.set(true)
                            >
                                {icon(Icon::Edit)}
                            </button>
                        </When>
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
        // Taking the field away blurs it once more, and then nothing of it may be left.
        let (Some(true), Some(typed)) = (editing.try_get_untracked(), typed.try_get_untracked())
        else {
            return;
        };
        let (id, before) =
            open.with_untracked(|incident| (incident.id, incident.subject.holds.value.clone()));
        let subject = typed.trim().to_owned();
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
                bind:value=typed
                on:keydown=on_key
                on:blur=move |_| save()
            />
        </span>
    }
}

/// One button of the head.
struct Action {
    label: String,
    /// What is asked for first; none acts at once.
    asks: Option<Asking>,
    /// The act, or one like it with its texts filled in, to be judged.
    intent: Intent,
}

impl Action {
    fn at_once(label: String, intent: Intent) -> Self {
        Self {
            label,
            asks: None,
            intent,
        }
    }

    fn asked(what: Asking) -> Self {
        Self {
            label: what.label(),
            asks: Some(what),
            intent: what.example(),
        }
    }

    /// How the button looks: the usual next step stands out, the rare one stays back.
    fn class(&self, state: State) -> &'static str {
        let usual = match state {
            State::New | State::Assigned | State::OnHold => Transition::Started,
            State::InProgress => Transition::Resolved,
            State::Resolved | State::Closed | State::Cancelled => Transition::Closed,
        };
        match self.intent.transition() {
            Some(step) if step == usual => "button primary",
            Some(Transition::Cancelled) => "button quiet",
            Some(_) | None => "button",
        }
    }
}

/// What can be done from here, the rare first and the usual last.
fn actions(incident: &Incident, is_mine: bool) -> Vec<Action> {
    let state = incident.state;
    let can = |transition: Transition| transition.is_allowed_from(state);
    let group = incident.assignment.group.clone();
    let start = if state == State::OnHold {
        t!("action.go_on")
    } else {
        t!("action.start")
    };
    let all = [
        (can(Transition::Cancelled), Action::asked(Asking::Cancel)),
        (
            state.is_open() && !is_mine,
            Action::at_once(t!("action.claim"), Intent::Claim { group }),
        ),
        (
            can(Transition::Started),
            Action::at_once(start, Intent::Start),
        ),
        (can(Transition::Held), Action::asked(Asking::Hold)),
        (can(Transition::Reopened), Action::asked(Asking::Reopen)),
        (can(Transition::Resolved), Action::asked(Asking::Resolve)),
        (
            can(Transition::Closed),
            Action::at_once(t!("action.close_incident"), Intent::Close),
        ),
    ];
    all.into_iter()
        .filter(|(is_possible, _)| *is_possible)
        .map(|(_, action)| action)
        .collect()
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
                aria-pressed=live(move || if is_history.get() { "true" } else { "false" })
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
    let class = action.class(incident.state);
    let refusal = desk.refusal(&action.intent, incident);
    let is_refused = refusal.is_some();
    let press = move |_| match action.asks {
        Some(what) => asking.set(Some(what)),
        None => desk.do_now(id, action.intent.clone()),
    };
    view! {
        <button
            type="button"
            class=class
            disabled=is_refused
            title=refusal
            on:click=press
        >
            {action.label}
        </button>
    }
}
