//! People who are called on by `@` in the box to write in: offered while a name is typed, told with
//! the entry, and marked where it is read.

use std::ops::Range;

use leptos::html::Textarea;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use shared::ids::{DocKind, PersonId};
use shared::incidents::Incident;
use shared::people::Person;
use shared::policy;
use shared::search::mentions::{begun, goes_with, mentions};

use super::Open;
use crate::incidents::Desk;
use crate::link::Organisation;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::live;

/// So many are offered.
const OFFERED_MAX: usize = 6;

/// Somebody who is offered.
#[derive(Clone, PartialEq, Eq)]
struct Offer {
    person: PersonId,
    name: String,
    about: String,
    /// What they replace, as bytes.
    place: Range<usize>,
}

/// The offers of one box. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Calling {
    desk: Desk,
    open: Open,
    doc: Signal<DocKind>,
    text: Signal<String>,
    offers: RwSignal<Vec<Offer>>,
    at: RwSignal<usize>,
    /// Whom somebody chose, for the case that others have the same name.
    chosen: RwSignal<Vec<PersonId>>,
    entry: NodeRef<Textarea>,
    type_in: Callback<String>,
}

impl Calling {
    pub(super) fn new(
        open: Open,
        doc: Signal<DocKind>,
        text: Signal<String>,
        type_in: Callback<String>,
    ) -> Self {
        Self {
            desk: expect_context(),
            open,
            doc,
            text,
            offers: RwSignal::new(Vec::new()),
            at: RwSignal::new(0),
            chosen: RwSignal::new(Vec::new()),
            entry: NodeRef::new(),
            type_in,
        }
    }

    pub(super) fn entry(self) -> NodeRef<Textarea> {
        self.entry
    }

    /// Whom the text calls on, each once; tracked.
    pub(super) fn people(self) -> Vec<PersonId> {
        let text = self.text.get();
        if !text.contains('@') {
            return Vec::new();
        }
        let (doc, me) = (self.doc.get(), self.desk.me().id);
        let organisation = self.desk.organisation();
        let people = self.open.with(|incident| {
            let people = organisation.directory.people.iter();
            let people = people.filter(|one| one.id != me && may(one, doc, incident));
            let called: Vec<_> = people.map(|one| (one.id, one.name.as_str())).collect();
            self.chosen.with(|chosen| mentions(&text, &called, chosen))
        });
        let mut once = Vec::new();
        for (_, person) in people {
            if !once.contains(&person) {
                once.push(person);
            }
        }
        once
    }

    /// Looks at what is typed at the cursor.
    pub(super) fn look(self) {
        let found = self.find().unwrap_or_default();
        self.at.set(0);
        if found.is_empty() && self.offers.with_untracked(Vec::is_empty) {
            return;
        }
        self.offers.set(found);
    }

    pub(super) fn close(self) {
        self.offers.set(Vec::new());
    }

    fn find(self) -> Option<Vec<Offer>> {
        let entry = self.entry.get_untracked()?;
        let text = entry.value();
        let units = entry.selection_end().ok().flatten()?;
        let place = begun(&text, browser::bytes_of_units(&text, units))?;
        let typed = &text[place.clone()];
        let (doc, me) = (self.doc.get_untracked(), untrack(|| self.desk.me()).id);
        let organisation = untrack(|| self.desk.organisation());
        self.open.with_untracked(|incident| {
            let people = organisation.directory.people.iter();
            let people = people.filter(|one| one.id != me && may(one, doc, incident));
            let ranked = people.filter_map(|one| Some((goes_with(&one.name, typed)?, one)));
            let mut ranked: Vec<_> = ranked.collect();
            ranked.sort_by_key(|(rank, one)| (*rank, one.name.as_str()));
            ranked.truncate(OFFERED_MAX);
            let offer = |(_, one): (u8, &Person)| Offer {
                person: one.id,
                name: one.name.clone(),
                about: about(one, incident),
                place: place.clone(),
            };
            Some(ranked.into_iter().map(offer).collect())
        })
    }

    fn choose(self, offer: &Offer) {
        let Some(entry) = self.entry.get_untracked() else {
            return;
        };
        let text = entry.value();
        let Offer { place, name, .. } = offer;
        let (Some(before), Some(after)) = (text.get(..place.start), text.get(place.end..)) else {
            return;
        };
        let begun = [before, name, " "].concat();
        let units = u32::try_from(begun.encode_utf16().count()).unwrap_or(u32::MAX);
        self.chosen.update(|chosen| chosen.push(offer.person));
        self.type_in
            .run([&*begun, after.trim_start_matches(' ')].concat());
        self.close();
        request_animation_frame(move || {
            entry.focus().ok();
            entry.set_selection_range(units, units).ok();
        });
    }

    /// Moves among the offers, and takes one.
    pub(super) fn steer(self, event: &KeyboardEvent) {
        let last = self.offers.with_untracked(Vec::len);
        if last == 0 || event.is_composing() || event.ctrl_key() || event.meta_key() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => self.at.update(|at| *at = (*at + 1) % last),
            "ArrowUp" => self.at.update(|at| *at = (*at + last - 1) % last),
            "Enter" | "Tab" => {
                let at = self.at.get_untracked();
                let offer = self.offers.with_untracked(|offers| offers.get(at).cloned());
                if let Some(offer) = offer {
                    self.choose(&offer);
                }
            }
            "Escape" => self.close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Whether somebody may be called on: of the staff, in a message, only those who have the incident.
fn may(person: &Person, doc: DocKind, incident: &Incident) -> bool {
    let has_it = || doc == DocKind::Work || !person.is_staff() || policy::reads(person, incident);
    person.active && policy::may_be_mentioned(person, doc, Some(incident)) && has_it()
}

fn about(person: &Person, incident: &Incident) -> String {
    if incident.requester_person() == Some(person.id) {
        return t!("field.requester");
    }
    person.department.clone()
}

/// What the box offers, above it.
#[component]
pub(super) fn Offers(calling: Calling) -> impl IntoView {
    let row = move |(index, one): (usize, Offer)| {
        let chosen = one.clone();
        view! {
            <div
                role="option"
                id=format!("called-{index}")
                aria-selected=live(move || (calling.at.get() == index).to_string())
                // The box keeps the focus, so that somebody can type on.
                on:mousedown=|event| event.prevent_default()
                on:click=move |_| calling.choose(&chosen)
            >
                <span>{one.name}</span>
                <small>{one.about}</small>
            </div>
        }
    };
    view! {
        <div
            id="called"
            class="menu"
            role="listbox"
            aria-label=t!("mention.label")
            hidden=live(move || calling.offers.with(Vec::is_empty))
        >
            {live(move || calling.offers.get().into_iter().enumerate().map(row).collect_view())}
        </div>
    }
}

/// Which line of the offers is chosen, for whoever hears it.
pub(super) fn chosen_line(calling: Calling) -> Option<String> {
    let is_open = calling.offers.with(|offers| !offers.is_empty());
    is_open.then(|| format!("called-{}", calling.at.get()))
}

/// A text with those marked whom it calls on.
pub(super) fn marked(text: &str, called: &[PersonId], organisation: &Organisation) -> AnyView {
    let people: Vec<_> = called
        .iter()
        .filter_map(|id| Some((*id, organisation.person(*id)?.name.as_str())))
        .collect();
    let found = mentions(text, &people, called);
    if found.is_empty() {
        return view! { <p>{text.to_owned()}</p> }.into_any();
    }
    let mut parts = Vec::new();
    let mut end = 0;
    for (place, _) in found {
        parts.push(text[end..place.start].to_owned().into_any());
        let name = text[place.clone()].to_owned();
        parts.push(view! { <b class="mention">{name}</b> }.into_any());
        end = place.end;
    }
    parts.push(text[end..].to_owned().into_any());
    view! { <p>{parts}</p> }.into_any()
}
