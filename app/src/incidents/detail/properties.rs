//! The properties of the open incident: lists that act at once.

use leptos::prelude::*;

use shared::ids::{GroupId, PersonId};
use shared::incidents::{Incident, Intent, Level, Requester, SetField};
use shared::policy;
use shared::sla::edition;

use super::asking::Asking;
use super::clash::lead;
use super::person::{Finding, PersonSheet};
use super::watchers::{WatcherLines, WatcherSheet};
use super::{Open, Tab};
use crate::incidents::Desk;
use crate::incidents::choices;
use crate::incidents::words::{channel_text, requester_text};
use crate::text::{self, t};
use crate::ui::live::{When, live};
use crate::ui::pick::{Choice, Pick};

#[component]
pub(super) fn Properties(
    open: Open,
    tab: RwSignal<Tab>,
    asking: RwSignal<Option<Asking>>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_reader = Memo::new(move |_| !policy::works(&desk.me()));
    let finding = RwSignal::new(false);
    let adding = RwSignal::new(None);
    view! {
        <section class="props" aria-label=t!("props.label")>
            <h3>{t!("props.incident")}</h3>
            <When is=is_reader>
                <p>{t!("props.reader")}</p>
            </When>
            <dl>
                <PriorityLine open=open tab=tab asking=asking />
                <Levels open=open tab=tab />
                <Places open=open tab=tab />
                <Assignment open=open />
                <RequesterLine open=open asking=finding />
                <dt>{t!("field.channel")}</dt>
                <dd>{live(move || open.with(|incident| channel_text(incident.channel)))}</dd>
                <WatcherLines open=open adding=adding />
                <dt>{t!("field.created")}</dt>
                <dd>{live(move || open.with(|incident| text::clock_and_day(incident.created.corrected)))}</dd>
            </dl>
        </section>
        <When is=Signal::derive(move || finding.get())>
            <RequesterSheet open=open asking=finding />
        </When>
        {move || adding.get().map(|doc| view! { <WatcherSheet open=open doc=doc adding=adding /> })}
    }
}

/// The priority; whoever overrides the matrix says why.
#[component]
fn PriorityLine(open: Open, tab: RwSignal<Tab>, asking: RwSignal<Option<Asking>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let priority = move || {
        let rules = desk.organisation().directory.rules();
        open.with(|incident| incident.priority(&edition(incident, &rules).matrix).word())
    };
    let why = move || {
        open.with(|incident| {
            let said = &incident.priority.holds;
            let is_said = said.value.priority.is_some();
            is_said.then(|| {
                let name = desk.organisation().person_name(said.from.by);
                t!(
                    "props.overridden",
                    name = name,
                    reason = said.value.reason.as_str()
                )
            })
        })
    };
    let example = Asking::Priority.example();
    let refusal = Memo::new(move |_| open.with(|incident| desk.refusal(&example, incident)));
    let clash = Clash {
        field: "priority",
        rivals: |incident| incident.priority.rivals.len(),
        tab,
    };
    view! {
        <dt>{t!("field.priority")}</dt>
        <dd>
            <button
                type="button"
                class="overrides"
                aria-keyshortcuts="P"
                disabled=move || refusal.get().is_some()
                title=live(move || why().unwrap_or_else(|| t!("props.priority_why")))
                aria-label=live(move || t!("props.change_priority", priority = priority()))
                on:click=move |_| asking.set(Some(Asking::Priority))
            >
                <span class="priority" data-priority=live(priority)>{live(priority)}</span>
            </button>
            {mark(open, clash)}
            {live(move || why().map(|why| view! { <small>{why}</small> }))}
        </dd>
    }
}

/// One property that is a list: what it shows, and what choosing does.
#[component]
fn Line(
    #[prop(into)] label: String,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    open: Open,
    /// The word of the value that holds.
    value: fn(&Incident) -> String,
    /// The key that leads to it.
    #[prop(optional)]
    key: &'static str,
    /// Where the choice between several values is to be shown.
    #[prop(into, optional)]
    clash: Option<Clash>,
    /// The act that a word means; none when nothing would change.
    #[prop(into)]
    intent: Callback<String, Option<Intent>>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let shown = Signal::derive(move || open.with(|incident| value(incident)));
    let disabled = Signal::derive(move || {
        let word = choices.with(|choices| choices.last().map(|(word, _)| word.clone()));
        let example = word.and_then(|word| untrack(|| intent.run(word)));
        example
            .is_some_and(|example| open.with(|incident| desk.refusal(&example, incident).is_some()))
    });
    let pick = move |word: String| {
        let id = open.with_untracked(|incident| incident.id);
        if let Some(intent) = intent.run(word) {
            desk.do_now(id, intent);
        }
    };
    view! {
        <dt>{label.clone()}</dt>
        <dd>
            <Pick label=label choices=choices value=shown disabled=disabled key=key on_pick=pick />
            {clash.map(|clash| mark(open, clash))}
        </dd>
    }
}

/// A field that two people may set at the same time.
#[derive(Clone, Copy)]
struct Clash {
    field: &'static str,
    rivals: fn(&Incident) -> usize,
    tab: RwSignal<Tab>,
}

/// Says at the field that there is more than one value, and leads to the choice.
fn mark(open: Open, clash: Clash) -> impl IntoView {
    let count = Memo::new(move |_| open.with(|incident| (clash.rivals)(incident)));
    move || {
        (count.get() > 0).then(|| {
            view! {
                <button
                    type="button"
                    class="clashing"
                    on:click=move |_| lead(clash.tab, Some(clash.field))
                >
                    {t!("clash.mark", count = count.get() + 1)}
                </button>
            }
        })
    }
}

fn set_level(set: fn(Level) -> SetField) -> impl Fn(String) -> Option<Intent> + Send + Sync {
    move |word| choices::level_of(&word).map(|level| Intent::Set(set(level)))
}

#[component]
fn Levels(open: Open, tab: RwSignal<Tab>) -> impl IntoView {
    let clash = |field, rivals| Clash { field, rivals, tab };
    view! {
        <Line
            label=t!("field.impact")
            choices=Signal::stored(choices::impacts())
            open=open
            value=|incident| choices::level_word(incident.impact.holds.value).to_owned()
            clash=clash("impact", |incident| incident.impact.rivals.len())
            intent=set_level(SetField::Impact)
        />
        <Line
            label=t!("field.urgency")
            choices=Signal::stored(choices::urgencies())
            open=open
            value=|incident| choices::level_word(incident.urgency.holds.value).to_owned()
            clash=clash("urgency", |incident| incident.urgency.rivals.len())
            intent=set_level(SetField::Urgency)
        />
    }
}

#[component]
fn Places(open: Open, tab: RwSignal<Tab>) -> impl IntoView {
    let clash = |field, rivals| Clash { field, rivals, tab };
    let desk = expect_context::<Desk>();
    let categories = Signal::derive(move || choices::categories(&desk.organisation()));
    let sites = Signal::derive(move || choices::sites(&desk.organisation()));
    view! {
        <Line
            label=t!("field.category")
            choices=categories
            open=open
            value=|incident| {
                incident.category.holds.value.as_ref().map(|id| id.0.clone()).unwrap_or_default()
            }
            clash=clash("category", |incident| incident.category.rivals.len())
            intent=|word: String| Some(Intent::Set(SetField::Category(choices::category_of(&word))))
        />
        <Line
            label=t!("field.site")
            choices=sites
            open=open
            value=|incident| {
                incident.site.holds.value.as_ref().map(|id| id.0.clone()).unwrap_or_default()
            }
            clash=clash("site", |incident| incident.site.rivals.len())
            intent=|word: String| Some(Intent::Set(SetField::Site(choices::site_of(&word))))
        />
    }
}

fn group_of(incident: &Incident) -> String {
    incident
        .assignment
        .group
        .as_ref()
        .map(|group| group.0.clone())
        .unwrap_or_default()
}

fn person_of(incident: &Incident) -> String {
    incident
        .assignment
        .person
        .map(|person| person.0.to_string())
        .unwrap_or_default()
}

#[component]
fn Assignment(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let groups = Signal::derive(move || choices::groups(&desk.organisation()));
    let people = Signal::derive(move || {
        let (group, person) =
            open.with(|incident| (incident.assignment.group.clone(), person_of(incident)));
        let organisation = desk.organisation();
        let mut people = choices::assignees(&organisation, group.as_ref());
        // Whoever has it is shown, also when they could not be given it now.
        if people.iter().all(|(word, _)| *word != person) {
            let name = choices::person_of(&person).map(|id| organisation.person_name(id));
            people.extend(name.map(|name| (person, name)));
        }
        people
    });
    let to_group = move |word: String| {
        let group = choices::group_of(&word);
        let person = open.with_untracked(|incident| incident.assignment.person);
        // Whoever has it keeps it only as a member of the group it goes to.
        let person = person.filter(|person| is_member(desk, *person, group.as_ref()));
        Some(Intent::Assign {
            group,
            person,
            escalation: None,
        })
    };
    let to_person = move |word: String| {
        let person = choices::person_of(&word);
        let group = open.with_untracked(|incident| incident.assignment.group.clone());
        let group = group.or_else(|| person.and_then(|person| first_group(desk, person)));
        Some(Intent::Assign {
            group,
            person,
            escalation: None,
        })
    };
    view! {
        <Line label=t!("field.group") choices=groups open=open value=group_of intent=to_group />
        <Line
            label=t!("field.assignee")
            choices=people
            open=open
            value=person_of
            key="A"
            intent=to_person
        />
    }
}

fn is_member(desk: Desk, person: PersonId, group: Option<&GroupId>) -> bool {
    let organisation = desk.board().organisation.get_untracked();
    let groups = organisation.person(person).map(|person| &person.groups);
    group.is_some_and(|group| groups.is_some_and(|groups| groups.contains(group)))
}

fn first_group(desk: Desk, person: PersonId) -> Option<GroupId> {
    let organisation = desk.board().organisation.get_untracked();
    organisation.person(person)?.groups.first().cloned()
}

#[component]
fn RequesterLine(open: Open, asking: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let name = move || {
        open.with(|incident| requester_text(&incident.requester.holds.value, &desk.organisation()))
    };
    let label = move || t!("props.change_requester", name = name());
    let example = Intent::Set(SetField::Requester(Requester::Person(PersonId::SERVER)));
    let refusal = Memo::new(move |_| open.with(|incident| desk.refusal(&example, incident)));
    view! {
        <dt>{t!("field.requester")}</dt>
        <dd>
            <button
                type="button"
                disabled=move || refusal.get().is_some()
                title=move || refusal.get()
                aria-label=live(label)
                on:click=move |_| asking.set(true)>{live(name)}</button>
        </dd>
    }
}

#[component]
fn RequesterSheet(open: Open, asking: RwSignal<bool>) -> impl IntoView {
    let finding = Finding {
        title: t!("props.requester_title"),
        label: t!("field.requester"),
        about: None,
        submit: t!("props.requester_submit"),
        fits: |_| true,
        intent: Box::new(|person| Intent::Set(SetField::Requester(Requester::Person(person)))),
    };
    view! { <PersonSheet open=open finding=finding on_close=move |()| asking.set(false) /> }
}
