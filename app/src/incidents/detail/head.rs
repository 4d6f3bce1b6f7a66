//! The head of the open incident: its name and subject, its state, and what can be done now.

use leptos::prelude::*;

use shared::incidents::{Incident, Intent, State, Transition};

use super::clash::lead;
use super::levels::Levels;
use super::subject::Subject;
use super::{Asking, Open, Tab};
use crate::incidents::Desk;
use crate::incidents::address::Place;
use crate::incidents::words::{channel_text, hold_text, state_text};
use crate::text::{self, t};
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;

#[component]
pub(super) fn Head(
    open: Open,
    asking: RwSignal<Option<Asking>>,
    tab: RwSignal<Tab>,
    /// What the subject was being changed to when the incident was last open.
    subject: RwSignal<String>,
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
            </p>
            <Levels open=open />
            <Actions open=open asking=asking />
            <Tabs tab=tab />
        </div>
    }
}

/// The ways to what there is no room for.
#[component]
fn Tabs(tab: RwSignal<Tab>) -> impl IntoView {
    let ways = Tab::ALL.map(|one| {
        view! {
            <button
                type="button"
                data-way=one.word()
                aria-pressed=live(move || (tab.get() == one).to_string())
                on:click=move |_| tab.set(one)
            >
                {one.label()}
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

fn state_in_words(incident: &Incident) -> String {
    match incident.hold {
        Some(reason) => t!("row.on_hold", reason = hold_text(reason)),
        None => state_text(incident.state),
    }
}

/// What can be done to the open incident.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Claim,
    Start,
    Close,
    /// Asks for something first.
    Ask(Asking),
}

impl Act {
    /// In the order in which they are looked for.
    const ALL: [Self; 7] = [
        Self::Claim,
        Self::Start,
        Self::Ask(Asking::Resolve),
        Self::Ask(Asking::Hold),
        Self::Ask(Asking::Reopen),
        Self::Close,
        Self::Ask(Asking::Cancel),
    ];

    fn label(self, state: State) -> String {
        match self {
            Self::Claim => t!("action.claim"),
            Self::Start if state == State::OnHold => t!("action.go_on"),
            Self::Start => t!("action.start"),
            Self::Close => t!("action.close_incident"),
            Self::Ask(what) => what.label(),
        }
    }

    /// The act, or one like it with its texts filled in, to be judged.
    fn intent(self, incident: &Incident) -> Intent {
        match self {
            Self::Claim => Intent::Claim {
                group: incident.assignment.group.clone(),
            },
            Self::Start => Intent::Start,
            Self::Close => Intent::Close,
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
    let is_mine = incident.assignment.person == Some(desk.me().id);
    let mut offers = Vec::new();
    for act in Act::ALL {
        let intent = act.intent(incident);
        let step = intent.transition();
        let is_possible = match step {
            Some(step) => step.is_allowed_from(state),
            None => state.is_open() && !is_mine,
        };
        if is_possible {
            let is_usual = step == Some(usual(state));
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
        Act::Claim | Act::Start | Act::Close => {
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
            popovertarget=menu
            popovertargetaction="hide"
            on:click=move |_| press.run(offer.act)
        >
            {offer.label}
        </button>
    }
}
