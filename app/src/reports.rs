//! The first view of whoever answers for the work: how it stands, and how complete that is.
//!
//! Numbers come from this device's own rows by [`shared::reports`], so they stay without a network;
//! each opens the list it counts.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod completeness;

use leptos::prelude::*;
use web_sys::MouseEvent;

use shared::policy;
use shared::reports::{Day, Report, report};
use shared::search::{DayOf, Filter, Look};
use shared::sla::Risk;
use shared::time::UnixMillis;

use crate::incidents::{Address, Desk, Place, View, priority_word, risk_text, state_text};
use crate::link::Organisation;
use crate::text::{self, Filling as _, t};
use crate::ui::browser;
use crate::ui::live::live;

use completeness::Completeness;

/// How many days the page looks back.
const DAYS: u32 = 14;

/// The page with all numbers.
#[component]
pub(crate) fn ReportPage(now: ReadSignal<UnixMillis>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let numbers = Memo::new(move |_| {
        let (me, organisation, now) = (desk.me(), desk.organisation(), now.get());
        let (me, directory) = (&me, &organisation.directory);
        let days: Vec<_> = (0..DAYS).map(|before| browser::day(now, before)).collect();
        desk.board().with_rows(|rows| {
            let rows = rows.iter().map(|entry| &entry.row);
            report(rows, &days, Look { me, directory, now })
        })
    });
    view! {
        <main class="report" tabindex="-1">
            <header>
                <h1>{t!("report.title")}</h1>
                <p class="dated">{live(move || text::full(now.get()))}</p>
                <Completeness now=now />
                <button type="button" class="button quiet" on:click=move |_| browser::print()>
                    {t!("report.print")}
                </button>
            </header>
            {move || {
                let organisation = desk.organisation();
                numbers.with(|report| drawn(desk.address, &organisation, report))
            }}
        </main>
    }
}

fn drawn(address: Address, organisation: &Organisation, report: &Report) -> AnyView {
    let states = report.states.iter();
    let states =
        states.map(|(state, count)| (state_text(*state), *count, Filter::of_state(*state)));
    let priorities = report.priorities.iter().map(|(priority, count)| {
        let filter = Filter::of_priority(*priority);
        (priority_word(*priority).to_owned(), *count, filter)
    });
    let groups = report.groups.iter().map(|(group, count)| {
        let name = group.as_ref().map(|group| organisation.group_name(group));
        let name = name.unwrap_or_else(|| t!("tag.no_group"));
        (name, *count, Filter::of_group(group.clone()))
    });
    let (states, priorities) = (states.collect(), priorities.collect());
    let groups = groups.collect();
    view! {
        {tiles(address, report)}
        {bars(address, t!("report.states"), states)}
        {bars(address, t!("report.priorities"), priorities)}
        {bars(address, t!("report.groups"), groups)}
        {days(address, &report.days)}
    }
    .into_any()
}

fn tiles(address: Address, report: &Report) -> AnyView {
    let tile = |name: String, sign: &'static str, count: usize, filter: Filter| {
        let content = view! { <b>{count.text()}</b><span>{name}</span> }.into_any();
        view! { <li data-risk=sign>{link(address, View::Open, filter, content)}</li> }
    };
    let risk = |risk, sign, count| tile(risk_text(risk), sign, count, Filter::of_risk(risk));
    view! {
        <ul class="tiles">
            {tile(View::Open.name(), "", report.open, Filter::default())}
            {risk(Risk::AtRisk, "risk", report.at_risk)}
            {risk(Risk::Breached, "late", report.breached)}
        </ul>
    }
    .into_any()
}

/// Names with a bar and a number each, longest where most are.
fn bars(address: Address, title: String, lines: Vec<(String, usize, Filter)>) -> AnyView {
    let most = lines.iter().map(|(_, count, _)| *count).max().unwrap_or(0);
    let lines = lines.into_iter().map(|(name, count, filter)| {
        let content =
            view! { <span>{name}</span>{bar(count, most)}<b>{count.text()}</b> }.into_any();
        view! { <li>{link(address, View::Open, filter, content)}</li> }
    });
    view! {
        <section>
            <h2>{title}</h2>
            <ul class="lines">{lines.collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn days(address: Address, days: &[Day]) -> AnyView {
    let most = days.iter().map(|day| day.opened.max(day.resolved)).max();
    let most = most.unwrap_or(0);
    let cell = |of: DayOf, count: usize, day: &Day| {
        let content = view! { {bar(count, most)}<b>{count.text()}</b> }.into_any();
        let filter = Filter::of_day(of, day.span);
        view! { <td>{link(address, View::All, filter, content)}</td> }
    };
    let rows = days.iter().map(|day| {
        view! {
            <tr>
                <th scope="row">{text::day(day.span.start)}</th>
                {cell(DayOf::Opened, day.opened, day)}
                {cell(DayOf::Resolved, day.resolved, day)}
            </tr>
        }
    });
    view! {
        <section class="days">
            <h2>{t!("report.days")}</h2>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{t!("report.day")}</th>
                        <th scope="col">{t!("report.opened")}</th>
                        <th scope="col">{t!("report.resolved")}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// The number says the same; the bar only makes it quick to see.
fn bar(count: usize, most: usize) -> AnyView {
    let share = count * 100 / most.max(1);
    view! {
        <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect width=share.to_string() height="8" />
        </svg>
    }
    .into_any()
}

/// A number that opens the list it counts.
fn link(address: Address, view_of: View, filter: Filter, content: AnyView) -> AnyView {
    let href = Address::of_list(view_of, filter.clone());
    let open = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            address.open_list(view_of, filter.clone());
        }
    };
    view! { <a href=href on:click=open>{content}</a> }.into_any()
}

/// The way to the reports, for those they are made for.
#[component]
pub(crate) fn ReportsLink() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_here = move || desk.address.place.get() == Place::Reports;
    let open = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            desk.address.go(Place::Reports);
        }
    };
    let is_for_me = Memo::new(move |_| policy::oversees(&desk.me()));
    move || {
        is_for_me.get().then(|| {
            view! {
                <a
                    href=Address::of(Place::Reports)
                    aria-current=live(move || is_here().then_some("page"))
                    on:click=open
                >
                    {t!("report.title")}
                </a>
            }
        })
    }
}
