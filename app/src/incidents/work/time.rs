//! The time spent on an incident: the timer and what it becomes, sums, and every log.

use leptos::prelude::*;
use shared::incidents::{Logged, Work, spent};

use super::timer::Logging;
use super::{Working, tick};
use crate::incidents::Desk;
use crate::incidents::words::{log_kind_text, minutes_text};
use crate::link::Organisation;
use crate::text::{self, t};
use crate::ui::live::live;

const MINUTE: i64 = 60_000;

fn minutes(minutes: u64) -> String {
    text::span(
        i64::try_from(minutes)
            .unwrap_or(i64::MAX / MINUTE)
            .saturating_mul(MINUTE),
    )
}

#[component]
pub(super) fn Spending(working: Working, work: Memo<Work>) -> impl IntoView {
    let total = move || {
        work.with(|work| {
            let logs = work.logs.iter();
            let sum: u64 = logs.map(|logged| u64::from(logged.log.minutes)).sum();
            (sum > 0).then(|| minutes(sum))
        })
    };
    view! {
        <section aria-label=t!("work.time")>
            <header>
                <h3>{t!("work.time")}</h3>
                <small>{live(total)}</small>
            </header>
            <Logging working=working />
            <Sums work=work />
            <Logs working=working work=work />
        </section>
    }
}

/// Who spent how much in which way.
#[component]
fn Sums(work: Memo<Work>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let sums = move || {
        let organisation = desk.organisation();
        let sums = work.with(|work| spent(&work.logs));
        (!sums.is_empty()).then(|| {
            let row = |sum: shared::incidents::Spent| {
                view! {
                    <tr>
                        <th scope="row">{organisation.person_name(sum.by)}</th>
                        <td>{log_kind_text(sum.kind)}</td>
                        <td>{minutes(sum.minutes)}</td>
                        <td>{minutes(sum.billable)}</td>
                    </tr>
                }
            };
            view! {
                <table class="sums">
                    <thead>
                        <tr>
                            <th scope="col">{t!("work.who")}</th>
                            <th scope="col">{t!("work.kind")}</th>
                            <th scope="col">{t!("work.time")}</th>
                            <th scope="col">{t!("work.billable")}</th>
                        </tr>
                    </thead>
                    <tbody>{sums.into_iter().map(row).collect_view()}</tbody>
                </table>
            }
        })
    };
    live(sums)
}

#[component]
fn Logs(working: Working, work: Memo<Work>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let logs = move || {
        let organisation = desk.organisation();
        work.with(|work| {
            // The latest first.
            let logs = work.logs.iter().rev();
            let logs = logs.map(|logged| item(desk, working, &organisation, logged));
            logs.collect_view()
        })
    };
    view! { <ul class="logs">{live(logs)}</ul> }
}

fn item(
    desk: Desk,
    working: Working,
    organisation: &Organisation,
    logged: &Logged,
) -> impl IntoView + use<> {
    let log = &logged.log;
    let mut about = vec![
        log_kind_text(log.kind),
        t!(
            "work.from_to",
            since = text::clock_and_day(logged.began),
            until = text::clock_and_day(logged.ended())
        ),
    ];
    if !log.is_billable {
        about.push(t!("work.not_billable"));
    }
    let overlaps = logged
        .is_overlapping
        .then(|| view! { <span class="overlaps">{t!("work.overlaps")}</span> });
    let words = (!log.text.is_empty()).then(|| view! { <p dir="auto">{log.text.clone()}</p> });
    view! {
        <li>
            <b>{minutes_text(log)}</b>
            " "
            {organisation.person_name(logged.from.by)}
            " "
            <small>{about.join(" · ")} {tick(desk, working, logged.fact)}</small>
            {overlaps}
            {words}
        </li>
    }
}
