//! Fields that two people set at the same time: a sentence with names and times, and the choice.

use leptos::prelude::*;

use shared::incidents::{Field, Incident, Intent, Provenance, Said, SetField};

use super::provenance::is_late;
use super::{Open, Tab};
use crate::incidents::Desk;
use crate::incidents::attention::{choice, instead, keep};
use crate::incidents::words::{field_text, value_text};
use crate::link::Organisation;
use crate::text::{self, t};
use crate::ui::browser;

/// A field with several values, the one that holds first.
#[derive(Clone)]
struct Clash {
    holds: (SetField, Provenance),
    rivals: Vec<(SetField, Provenance)>,
}

fn clash<T: Clone>(field: &Field<T>, set: fn(T) -> SetField) -> Option<Clash> {
    let said = |said: &Said<T>| (set(said.value.clone()), said.from);
    let rivals: Vec<_> = field.rivals.iter().map(said).collect();
    (!rivals.is_empty()).then(|| Clash {
        holds: said(&field.holds),
        rivals,
    })
}

fn clashes(incident: &Incident) -> Vec<Clash> {
    let found = [
        clash(&incident.subject, SetField::Subject),
        clash(&incident.category, SetField::Category),
        clash(&incident.impact, SetField::Impact),
        clash(&incident.urgency, SetField::Urgency),
        clash(&incident.site, SetField::Site),
        clash(&incident.requester, SetField::Requester),
        clash(&incident.priority, SetField::Priority),
    ];
    found.into_iter().flatten().collect()
}

/// Leads to the choice that nobody has made of a field, or to the first, wherever the conversation
/// hides it.
pub(super) fn lead(tab: RwSignal<Tab>, field: Option<&'static str>) {
    tab.set(Tab::Talk);
    let field = field.map(|field| ["=", field].concat()).unwrap_or_default();
    let choice = [".detail [data-field", &field, "] .button"].concat();
    // After the conversation has taken the place of what was there.
    request_animation_frame(move || browser::focus(&choice));
}

fn word(field: &SetField) -> &'static str {
    match field {
        SetField::Subject(_) => "subject",
        SetField::Category(_) => "category",
        SetField::Impact(_) => "impact",
        SetField::Urgency(_) => "urgency",
        SetField::Site(_) => "site",
        SetField::Requester(_) => "requester",
        SetField::Priority(_) => "priority",
    }
}

/// A card for every field that nobody has settled.
#[component]
pub(super) fn Clashes(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    move || {
        let organisation = desk.organisation();
        let found = open.with(|incident| clashes(incident));
        found
            .into_iter()
            .map(|clash| card(desk, open, &organisation, clash))
            .collect_view()
    }
}

fn card(
    desk: Desk,
    open: Open,
    organisation: &Organisation,
    clash: Clash,
) -> impl IntoView + use<> {
    let (field, word) = (field_text(&clash.holds.0), word(&clash.holds.0));
    let sentence = sentence(desk, organisation, &clash);
    let settle = move |word, value: SetField| {
        let id = open.with_untracked(|incident| incident.id);
        let text = value_text(&value, organisation);
        choice(word, &text, move || {
            desk.do_now(id, Intent::Set(value.clone()));
        })
    };
    let rivals = clash.rivals.into_iter();
    let rivals = rivals.map(|(value, _)| settle(instead, value));
    view! {
        <section class="clash" data-field=word aria-label=t!("clash.label", field = field)>
            <p>{sentence}</p>
            {settle(keep, clash.holds.0)}
            {rivals.collect_view()}
        </section>
    }
}

fn sentence(desk: Desk, organisation: &Organisation, clash: &Clash) -> String {
    let me = untrack(|| desk.me());
    let name = |from: &Provenance, you: String| {
        if from.by == me.id {
            you
        } else {
            organisation.person_name(from.by)
        }
    };
    let (value, from) = &clash.holds;
    let mut parts = vec![t!(
        "clash.holds",
        field = field_text(value),
        value = value_text(value, organisation),
        who = name(from, t!("clash.you_holds")),
        at = time(from)
    )];
    parts.extend(clash.rivals.iter().map(|(value, from)| {
        t!(
            "clash.rival",
            value = value_text(value, organisation),
            who = name(from, t!("clash.you")),
            at = time(from)
        )
    }));
    parts.join(" ")
}

fn time(from: &Provenance) -> String {
    let at = text::clock_and_day(from.corrected);
    if is_late(from) || from.arrival.is_none() {
        t!("clash.offline", at = at)
    } else {
        at
    }
}
