//! The service levels of the open incident: two bars with words, and why.

use std::time::Duration;

use leptos::prelude::*;

use shared::incidents::{HoldReason, Stage, State};
use shared::sla::{Clock, Measure, Pace, Segment, edition, evaluate};
use shared::targets::Targets;
use shared::time::UnixMillis;

use super::Open;
use crate::incidents::Desk;
use crate::incidents::address::priority_word;
use crate::incidents::levels::{Bar, Seen, Shown, risk_word};
use crate::incidents::words::{hold_text, state_text};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;

const SECOND: Duration = Duration::from_secs(1);

/// Clocks move this often, and each second in the minute around the end of a target.
const STEP_MILLIS: i64 = 20_000;
const MINUTE_MILLIS: i64 = 60_000;

type Both = Memo<Vec<Clock>>;

/// The bars in the head.
#[component]
pub(super) fn Levels(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let now = RwSignal::new(browser::now());
    let rules = Memo::new(move |_| desk.organisation().directory.rules());
    let clocks: Both = Memo::new(move |_| {
        let now = now.get();
        let clocks = open.with(|incident| rules.with(|rules| evaluate(incident, rules, now)));
        [clocks.response, clocks.resolution]
            .into_iter()
            .flatten()
            .collect()
    });
    let targets = Memo::new(move |_| {
        open.with(|incident| rules.with(|rules| edition(incident, rules).targets.clone()))
    });
    let tick = move || {
        let is = browser::now();
        let before = now.get_untracked();
        let ends = |clock: &Clock| {
            let hours = targets.with_untracked(|targets| targets.hours(clock.priority));
            let left = clock.standing.left_millis(&hours, is);
            left.is_some_and(|left| left.abs() <= MINUTE_MILLIS)
        };
        if is.since(before) >= STEP_MILLIS || clocks.with_untracked(|all| all.iter().any(ends)) {
            now.set(is);
        }
    };
    if let Ok(timer) = set_interval_with_handle(tick, SECOND) {
        on_cleanup(move || timer.clear());
    }
    let asking = RwSignal::new(false);
    let shown = move |measure| {
        Signal::derive(move || {
            let hold = open.with(|incident| incident.hold.map(|hold| hold.reason));
            let now = now.get();
            clocks.with(|clocks| {
                let clock = clocks.iter().find(|clock| clock.measure == measure)?;
                targets.with(|targets| Some(show(clock, targets, hold, now)))
            })
        })
    };
    let [response, resolution] = Measure::ALL.map(shown);
    view! {
        <div class="levels" data-testid="levels">
            <One shown=response asking=asking />
            <One shown=resolution asking=asking />
        </div>
        <When is=Signal::derive(move || asking.get())>
            <Why open=open clocks=clocks targets=targets asking=asking />
        </When>
    }
}

fn show(clock: &Clock, targets: &Targets, hold: Option<HoldReason>, now: UnixMillis) -> Shown {
    let seen = Seen {
        measure: clock.measure,
        standing: clock.standing,
        target_minutes: clock.target_minutes,
        hours: targets.hours(clock.priority),
        hold,
        targets,
        now,
    };
    seen.show(text::exact_span)
}

#[component]
fn One(shown: Signal<Option<Shown>>, asking: RwSignal<bool>) -> impl IntoView {
    let of = move |part: fn(&Shown) -> String| {
        live(move || shown.with(|shown| shown.as_ref().map(part).unwrap_or_default()))
    };
    let is_there = Memo::new(move |_| shown.with(Option::is_some));
    view! {
        <When is=Signal::derive(move || is_there.get())>
            <button
                type="button"
                data-risk=of(|shown| risk_word(shown.risk).to_owned())
                data-paused=of(|shown| shown.is_paused.to_string())
                title=t!("level.why")
                on:click=move |_| asking.set(true)
            >
                {of(|shown| shown.words.clone())}
                <When is=Signal::derive(move || {
                    shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.used.is_some()))
                })>
                    <Bar shown=shown />
                </When>
            </button>
        </When>
    }
}

/// Why the clocks stand as they do.
#[component]
fn Why(open: Open, clocks: Both, targets: Memo<Targets>, asking: RwSignal<bool>) -> impl IntoView {
    let one = move |clock: Clock| {
        let hours = targets.with(|targets| {
            let calendar = targets.calendar(clock.priority)?;
            Some(t!(
                "level.in_hours",
                name = calendar.name.as_str(),
                zone = calendar.zone.as_str()
            ))
        });
        let hours = hours.unwrap_or_else(|| t!("level.around_the_clock"));
        view! { <WhyOne clock=clock hours=hours /> }
    };
    let version = move || {
        t!(
            "level.edition",
            version = targets.with(|targets| targets.version)
        )
    };
    let name = open.with_untracked(|incident| incident.name());
    view! {
        <Sheet title=t!("level.title", name = name) on_close=move |()| asking.set(false)>
            <div class="body why">
                {live(move || clocks.get().into_iter().map(one).collect_view().into_any())}
                <p>{t!("level.rule")} " " {live(version)}</p>
            </div>
        </Sheet>
    }
}

#[component]
fn WhyOne(clock: Clock, hours: String) -> impl IntoView {
    let promise = text::span(i64::from(clock.target_minutes) * MINUTE_MILLIS);
    let priority = priority_word(clock.priority);
    let (title, promise) = match clock.measure {
        Measure::Response => (
            t!("level.response"),
            t!(
                "level.promise_response",
                priority = priority,
                time = promise
            ),
        ),
        Measure::Resolution => (
            t!("level.resolution"),
            t!(
                "level.promise_resolution",
                priority = priority,
                time = promise
            ),
        ),
    };
    let used = t!("level.used", time = text::span(clock.elapsed_millis));
    let due = clock
        .breach_at
        .map(|at| t!("level.due", at = text::clock_and_day(at)));
    let segments = clock.segments.iter().map(segment).collect_view();
    view! {
        <h3>{title}</h3>
        <p>{[Some(promise), Some(hours), due, Some(used)].into_iter().flatten().collect::<Vec<_>>().join(" ")}</p>
        <ol>{segments}</ol>
        {clock.is_provisional.then(|| view! { <p class="hint">{t!("level.provisional")}</p> })}
    }
}

fn segment(segment: &Segment) -> impl IntoView + use<> {
    let since = text::clock_and_day(segment.since);
    let when = match segment.until {
        Some(until) => t!(
            "level.from_to",
            since = since,
            until = text::clock_and_day(until)
        ),
        None => t!("level.since", since = since),
    };
    let what = stage_text(segment.stage);
    let counts = match segment.pace {
        Pace::Runs => t!("level.counts", time = text::span(segment.millis)),
        Pace::Paused => t!("level.pauses"),
        Pace::Stopped => t!("level.stands"),
    };
    let pace = match segment.pace {
        Pace::Runs => "runs",
        Pace::Paused => "paused",
        Pace::Stopped => "stopped",
    };
    view! {
        <li data-pace=pace>
            <b>{what}</b>
            " "
            {counts}
            <small>{when}</small>
        </li>
    }
}

fn stage_text(stage: Stage) -> String {
    match stage {
        Stage::Ready => t!("level.open"),
        Stage::InProgress => state_text(State::InProgress),
        Stage::OnHold(reason) => t!("row.on_hold", reason = hold_text(reason)),
        Stage::Resolved => state_text(State::Resolved),
        Stage::Closed => state_text(State::Closed),
        Stage::Cancelled => state_text(State::Cancelled),
    }
}
