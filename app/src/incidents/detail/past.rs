//! The open incident as it was at a moment.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::incidents::{Incident, TaskState};
use shared::sla::edition;
use shared::time::UnixMillis;

use super::Open;
use super::head::state_in_words;
use crate::incidents::Desk;
use crate::incidents::words::{assignment_text, impact_text, level_text, requester_text};
use crate::link::Organisation;
use crate::text::{self, t};
use crate::ui::live::live;
use crate::ui::overlay::Sheet;

#[component]
pub(super) fn Past(
    open: Open,
    until: UnixMillis,
    looking: RwSignal<Option<UnixMillis>>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let (id, name) = open.with_untracked(|incident| (incident.id, incident.name()));
    let was = RwSignal::new(None::<Result<Box<Incident>, String>>);
    spawn_local(async move {
        let told = desk.link.as_it_was(id, until).await;
        let told = told.ok().flatten().map(Box::new);
        was.try_set(Some(told.ok_or_else(|| t!("past.unknown"))));
    });
    let content = move || {
        was.with(|was| match was {
            None => view! { <p role="status">{t!("past.reading")}</p> }.into_any(),
            Some(Err(why)) => view! { <p class="error" role="alert">{why.clone()}</p> }.into_any(),
            Some(Ok(incident)) => values(incident, until, &desk.organisation()).into_any(),
        })
    };
    let title = t!("past.title", name = name, at = text::full(until));
    view! {
        <Sheet title=title on_close=move |()| looking.set(None)>
            {live(content)}
        </Sheet>
    }
}

fn values(
    incident: &Incident,
    until: UnixMillis,
    organisation: &Organisation,
) -> impl IntoView + use<> {
    let rules = organisation.directory.rules().until(until);
    let matrix = &edition(incident, &rules).matrix;
    let category = incident.category.holds.value.as_ref();
    let site = incident.site.holds.value.as_ref();
    let nothing = || t!("value.none");
    let events = incident.timeline.iter().filter(|event| event.counts());
    let messages = events
        .filter(|event| event.kind.message().is_some())
        .count();
    let lines = [
        (t!("field.subject"), incident.subject.holds.value.clone()),
        (t!("field.state"), state_in_words(incident)),
        (
            t!("field.priority"),
            incident.priority(matrix).word().to_owned(),
        ),
        (t!("field.impact"), impact_text(incident.impact.holds.value)),
        (
            t!("field.urgency"),
            level_text(incident.urgency.holds.value),
        ),
        (
            t!("field.category"),
            category.map_or_else(nothing, |id| organisation.category_name(id)),
        ),
        (
            t!("field.site"),
            site.map_or_else(nothing, |id| organisation.site_name(id)),
        ),
        (
            t!("field.assignee"),
            assignment_text(&incident.assignment, organisation).unwrap_or_else(nothing),
        ),
        (
            t!("field.requester"),
            requester_text(&incident.requester.holds.value, organisation),
        ),
        (t!("past.messages"), messages.to_string()),
        (
            t!("past.tasks"),
            incident.work().count(TaskState::Open).to_string(),
        ),
    ];
    let lines = lines.map(|(label, value)| view! { <dt>{label}</dt> <dd><bdi>{value}</bdi></dd> });
    let notes = incident.resolution_notes.clone();
    let notes = (incident.resolution.is_some() && !notes.is_empty()).then(|| {
        view! { <dt>{t!("past.resolution")}</dt> <dd><bdi>{notes}</bdi></dd> }
    });
    let diagnosis = incident.diagnosis.clone();
    let diagnosis = (!diagnosis.is_empty()).then(|| {
        view! { <dt>{t!("diagnosis.label")}</dt> <dd><bdi>{diagnosis}</bdi></dd> }
    });
    view! { <dl class="past">{lines.into_iter().collect_view()} {diagnosis} {notes}</dl> }
}
