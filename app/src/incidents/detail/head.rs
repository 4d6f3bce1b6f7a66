//! The head of the open incident: its name and subject, its state, and what can be done now.

use leptos::prelude::*;

use shared::incidents::{
    HoldStep, Incident, Intent, State, TaskState, Transition, next_step, resolves_at,
};
use shared::sla::edition;

use super::clash::lead;
use super::levels::Levels;
use super::presence::Presence;
use super::subject::Subject;
use super::{Asking, Open, Tab};
use crate::incidents::Desk;
use crate::incidents::address::Place;
use crate::incidents::direct::{DirectAct, is_possible};
use crate::incidents::words::{channel_text, missing_text, on_hold_text, state_text};
use crate::incidents::work::LogDraft;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;

#[component]
pub(super) fn Head(
    open: Open,
    asking: RwSignal<Option<Asking>>,
    tab: RwSignal<Tab>,
    /// What the subject was being changed to when the incident was last open.
    subject: RwSignal<String>,
    log: RwSignal<LogDraft>,
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
            <Subject open=open begun=subject />
            <p>
                <b data-testid="incident-name">{live(move || open.with(|incident| incident.name()))}</b>
                " · "
                <b data-testid="incident-state">{live(move || open.with(|incident| state_in_words(incident)))}</b>
                <Conflicts open=open tab=tab />
                {live(move || open.with(|incident| about(desk, incident)))}
                {live(move || closes(desk, open).or_else(|| goes_on(desk, open)))}
                {live(move || escalated(open))}
            </p>
            {live(move || incomplete(desk, open))}
            <Presence open=open />
            <Levels open=open />
            <Actions open=open asking=asking />
            <Tabs open=open tab=tab log=log />
        </div>
    }
}

/// The ways to what there is no room for.
#[component]
fn Tabs(open: Open, tab: RwSignal<Tab>, log: RwSignal<LogDraft>) -> impl IntoView {
    let tasks = Memo::new(move |_| open.with(|incident| incident.work().count(TaskState::Open)));
    let is_running = Memo::new(move |_| log.with(|log| log.since.is_some()));
    // How much there is to do, and that a timer runs, in sight from everywhere.
    let beside = move |one: Tab| {
        let count = tasks.get();
        let count = (count > 0).then(|| view! { " " <span class="count">{count}</span> });
        let runs = t!("work.runs");
        let timer = is_running
            .get()
            .then(|| view! { " " <span class="running" role="img" aria-label=runs.clone() title=runs></span> });
        (one == Tab::Work).then_some((count, timer))
    };
    let ways = Tab::ALL.map(|one| {
        view! {
            <button
                type="button"
                data-way=one.word()
                aria-pressed=live(move || (tab.get() == one).to_string())
                on:click=move |_| tab.set(one)
            >
                {one.label()}
                {move || beside(one)}
            </button>
        }
    });
    view! { <div class="tabs">{ways.collect_view()}</div> }
}

/// How many fields two people set at the same time.
#[component]
fn Conflicts(open: Open, tab: RwSignal<Tab>) -> impl IntoView {
    let count = Memo::new(move |_| open.with(|incident| incident.conflicts()));
    move || {
        (count.get() > 0).then(|| {
            view! {
                " · "
                <button
                    type="button"
                    class="clashing"
                    data-testid="conflicts"
                    on:click=move |_| lead(tab, None)
                >
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

/// When it closes by itself, unless somebody says another word.
fn closes(desk: Desk, open: Open) -> Option<String> {
    let since = open.with(|incident| {
        let is_resolved = incident.state == State::Resolved;
        is_resolved.then(|| incident.rests_since())
    })?;
    let organisation = desk.organisation();
    let at = organisation.directory.targets.closes_at(since)?;
    if at <= browser::now() {
        return None;
    }
    Some([" · ", &t!("head.closes", at = text::clock_and_day(at))].concat())
}

/// How often people were reminded of the hold, and what comes next if nobody does anything.
fn goes_on(desk: Desk, open: Open) -> Option<String> {
    let hold = open.with(|incident| incident.hold)?;
    let organisation = desk.organisation();
    let next = next_step(&hold, &organisation.directory.targets);
    let reminded =
        (hold.reminders > 0).then(|| t!("head.reminded", count = usize::from(hold.reminders)));
    let reminds = next.and_then(|(step, at)| match step {
        HoldStep::Remind => Some(t!("head.reminds", at = text::clock_and_day(at))),
        // The state says until when it is on hold.
        HoldStep::Resolve | HoldStep::Resume => None,
    });
    let resolves = resolves_at(&hold, &organisation.directory.targets);
    let resolves = resolves.map(|at| t!("head.resolves", at = text::clock_and_day(at)));
    let parts = reminded.into_iter().chain(reminds).chain(resolves);
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| [" · ", &parts.join(", ")].concat())
}

/// How often it was escalated.
fn escalated(open: Open) -> Option<String> {
    let count = open.with(|incident| incident.escalations());
    (count > 0).then(|| [" · ", &t!("head.escalated", count = count)].concat())
}

/// What was missing as it was resolved.
fn incomplete(desk: Desk, open: Open) -> Option<AnyView> {
    let organisation = desk.organisation();
    let rules = organisation.directory.rules();
    let missing = open.with(|incident| {
        let gates = &edition(incident, &rules).targets.gates;
        incident.incomplete(gates)
    });
    let text = t!("head.incomplete", missing = missing_text(&missing));
    (!missing.is_empty()).then(|| view! { <p class="incomplete">{text}</p> }.into_any())
}

pub(super) fn state_in_words(incident: &Incident) -> String {
    match incident.hold {
        Some(hold) => on_hold_text(&hold),
        None => state_text(incident.state),
    }
}

/// What can be done to the open incident.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Direct(DirectAct),
    /// Asks for something first.
    Ask(Asking),
}

impl Act {
    /// In the order in which they are looked for.
    const ALL: [Self; 8] = [
        Self::Direct(DirectAct::Claim),
        Self::Direct(DirectAct::Start),
        Self::Ask(Asking::Resolve),
        Self::Ask(Asking::Hold),
        Self::Ask(Asking::Escalate),
        Self::Ask(Asking::Reopen),
        Self::Direct(DirectAct::Close),
        Self::Ask(Asking::Cancel),
    ];

    /// The key that does it.
    fn key(self) -> Option<&'static str> {
        match self {
            Self::Direct(act) => act.key(),
            Self::Ask(_) => None,
        }
    }

    /// By which the palette finds its button, where it asks for something.
    fn asks(self) -> Option<&'static str> {
        match self {
            Self::Direct(_) => None,
            Self::Ask(what) => Some(what.word()),
        }
    }

    fn label(self, state: State) -> String {
        match self {
            Self::Direct(act) => act.label(state),
            Self::Ask(what) => what.label(),
        }
    }

    /// The act, or one like it with its texts filled in, to be judged.
    fn intent(self, incident: &Incident) -> Intent {
        match self {
            Self::Direct(act) => act.intent(incident),
            Self::Ask(what) => what.example(),
        }
    }
}

/// What stands in the line of acts, or behind its last button.
#[derive(Clone, PartialEq)]
struct Offer {
    act: Act,
    label: String,
    is_usual: bool,
    /// Why not, in a sentence.
    refusal: Option<String>,
}

/// The usual next step from a state.
fn usual(state: State) -> Transition {
    match state {
        State::New | State::Assigned | State::OnHold => Transition::Started,
        State::InProgress => Transition::Resolved,
        State::Resolved | State::Closed | State::Cancelled => Transition::Closed,
    }
}

/// What can be done from here, the usual first and the rare last.
fn offers(desk: Desk, incident: &Incident) -> Vec<Offer> {
    let state = incident.state;
    let me = desk.me().id;
    let mut offers = Vec::new();
    for act in Act::ALL {
        let intent = act.intent(incident);
        if is_possible(&intent, incident, me) {
            let is_usual = intent.transition() == Some(usual(state));
            let offer = Offer {
                act,
                label: act.label(state),
                is_usual,
                refusal: desk.refusal(&intent, incident),
            };
            let place = if is_usual { 0 } else { offers.len() };
            offers.insert(place, offer);
        }
    }
    offers
}

/// How many acts stand in sight.
const IN_SIGHT: usize = 2;
const MENU: &str = "more-acts";

/// What can be done now: the usual stands out, the rare waits in a menu.
#[component]
fn Actions(open: Open, asking: RwSignal<Option<Asking>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    // Drawn anew only for other offers, so that news close no menu and take no focus.
    let offers = Memo::new(move |_| open.with(|incident| offers(desk, incident)));
    let press = move |act| match act {
        // After a menu has closed and given the focus back, which a sheet returns it to.
        Act::Ask(what) => request_animation_frame(move || {
            asking.try_set(Some(what));
        }),
        Act::Direct(act) => {
            let incident = open.get_untracked();
            desk.do_now(incident.id, act.intent(&incident));
        }
    };
    let draw = move || {
        let mut line = offers.get();
        let rest = line.split_off(IN_SIGHT.min(line.len()));
        // What is usual stands where the eye ends its way along the line.
        line.reverse();
        let draw = |offers: Vec<Offer>, menu| {
            let one = |offer| button(offer, menu, Callback::new(press));
            offers.into_iter().map(one).collect_view()
        };
        let more = (!rest.is_empty()).then(|| more(draw(rest, Some(MENU)).into_any()));
        (draw(line, None), more)
    };
    view! { <div class="actions">{draw}</div> }
}

fn more(rest: AnyView) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button icon"
            popovertarget=MENU
            aria-label=t!("action.more")
            title=t!("action.more")
        >
            {icon(Icon::More)}
        </button>
        <div class="menu" id=MENU popover="auto">
            {rest}
        </div>
    }
}

/// A button in the line, or in a menu that it closes.
fn button(offer: Offer, menu: Option<&'static str>, press: Callback<Act>) -> impl IntoView {
    let class = match (menu, offer.is_usual) {
        (Some(_), _) => "",
        (None, true) => "button primary",
        (None, false) => "button",
    };
    let is_refused = offer.refusal.is_some();
    view! {
        <button
            type="button"
            class=class
            disabled=is_refused
            title=offer.refusal
            aria-keyshortcuts=offer.act.key()
            data-ask=offer.act.asks()
            popovertarget=menu
            popovertargetaction="hide"
            on:click=move |_| press.run(offer.act)
        >
            {offer.label}
        </button>
    }
}
