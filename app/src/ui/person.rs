//! People on the page: their initials, and finding one while typing.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use shared::ids::PersonId;
use shared::people::Person;

use crate::link::Organisation;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::live;

const FOUND_MAX: usize = 8;

/// The first letters of a name's first and last word; what stands in brackets is no part of it.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .filter(|letter| letter.is_alphabetic());
    let first = words.next();
    let letters: String = first.into_iter().chain(words.next_back()).collect();
    browser::upper_case(&letters)
}

/// A round sign with a person's initials.
pub fn avatar(name: &str) -> impl IntoView + use<> {
    view! { <span class="avatar" aria-hidden="true">{initials(name)}</span> }
}

#[derive(Clone, PartialEq, Eq)]
struct Found {
    id: PersonId,
    name: String,
    about: String,
}

/// Whom one of these fields takes.
pub type Fits = fn(&Person) -> bool;

fn find(organisation: &Organisation, typed: &str, fits: Fits) -> Vec<Found> {
    let typed = browser::lower_case(typed.trim());
    if typed.is_empty() {
        return Vec::new();
    }
    let people = organisation
        .directory
        .people
        .iter()
        .filter(|person| person.active && fits(person));
    let mut found: Vec<_> = people
        .filter_map(|person| {
            let name = browser::lower_case(&person.name);
            let rank = match name.find(&typed) {
                Some(0) => 0,
                Some(at) if name[..at].ends_with(' ') => 1,
                Some(_) => 2,
                None if person.login.contains(&typed) || person.phone.contains(&typed) => 3,
                None => return None,
            };
            Some((rank, person))
        })
        .collect();
    found.sort_by(|(rank, one), (other_rank, other)| {
        rank.cmp(other_rank).then_with(|| one.name.cmp(&other.name))
    });
    let about = |site: Option<String>, department: &str| {
        let parts = site
            .into_iter()
            .chain((!department.is_empty()).then(|| department.to_owned()));
        parts.collect::<Vec<_>>().join(" · ")
    };
    found.truncate(FOUND_MAX);
    let names: Vec<_> = found.iter().map(|(_, person)| &person.name).collect();
    let is_one_of_several =
        |name: &String| names.iter().filter(|other| **other == name).count() > 1;
    let shown = found.iter().map(|(_, person)| {
        let site = person
            .site
            .as_ref()
            .map(|site| organisation.site_name(site));
        let login = is_one_of_several(&person.name).then(|| person.login.clone());
        let about = [Some(about(site, &person.department)), login];
        let about = about.into_iter().flatten().filter(|part| !part.is_empty());
        Found {
            id: person.id,
            name: person.name.clone(),
            about: about.collect::<Vec<_>>().join(" · "),
        }
    });
    shown.collect()
}

/// Finds a person of the directory while typing; needs no network.
#[component]
pub fn PersonFinder(
    #[prop(into)] label: String,
    organisation: RwSignal<Arc<Organisation>>,
    typed: RwSignal<String>,
    /// What is wrong with the field, in a sentence; empty when nothing is.
    #[prop(into, optional)]
    fault: Signal<String>,
    /// Whom it finds; everybody else is as if they were not there.
    #[prop(default = |_| true)]
    fits: Fits,
    #[prop(into)] on_pick: Callback<PersonId>,
) -> impl IntoView {
    let at = RwSignal::new(0_usize);
    let open = RwSignal::new(false);
    let found = Memo::new(move |_| {
        let found = typed.with(|typed| organisation.with(|all| find(all, typed, fits)));
        if open.get() { found } else { Vec::new() }
    });
    let pick = Callback::new(move |found: Found| {
        typed.set(found.name);
        open.set(false);
        on_pick.run(found.id);
    });
    let on_key = move |event: KeyboardEvent| steer(&event, at, open, found, pick);
    view! {
        <label for="person-finder">{label}</label>
        <input
            id="person-finder"
            type="text"
            role="combobox"
            autocomplete="off"
            autofocus
            aria-autocomplete="list"
            aria-invalid=live(move || fault.with(|fault| (!fault.is_empty()).then_some("true")))
            aria-describedby="person-fault"
            aria-controls="people-found"
            aria-expanded=live(move || if found.with(Vec::is_empty) { "false" } else { "true" })
            aria-activedescendant=live(move || {
                (!found.with(Vec::is_empty)).then(|| format!("person-found-{}", at.get()))
            })
            placeholder=t!("person.find")
            prop:value=typed
            on:input=move |event| {
                typed.set(event_target_value(&event));
                at.set(0);
                open.set(true);
            }
            on:keydown=on_key
            on:blur=move |_| open.set(false)
        />
        <FoundPeople found=found at=at on_pick=pick />
        <p class="error" id="person-fault">{fault}</p>
    }
}

fn steer(
    event: &KeyboardEvent,
    at: RwSignal<usize>,
    open: RwSignal<bool>,
    found: Memo<Vec<Found>>,
    pick: Callback<Found>,
) {
    let last = found.with_untracked(Vec::len);
    if last == 0 {
        return;
    }
    match event.key().as_str() {
        "ArrowDown" => at.update(|at| *at = (*at + 1) % last),
        "ArrowUp" => at.update(|at| *at = (*at + last - 1) % last),
        "Enter" => {
            let chosen = found.with_untracked(|found| found.get(at.get_untracked()).cloned());
            if let Some(chosen) = chosen {
                pick.run(chosen);
            }
        }
        "Escape" => open.set(false),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

#[component]
fn FoundPeople(
    found: Memo<Vec<Found>>,
    at: RwSignal<usize>,
    on_pick: Callback<Found>,
) -> impl IntoView {
    let row = move |(index, one): (usize, Found)| {
        let chosen = one.clone();
        view! {
            <div
                role="option"
                id=format!("person-found-{index}")
                aria-selected=live(move || if at.get() == index { "true" } else { "false" })
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| on_pick.run(chosen.clone())
            >
                <span>{one.name}</span>
                <small>{one.about}</small>
            </div>
        }
    };
    view! {
        <div
            id="people-found"
            class="menu"
            role="listbox"
            aria-label=t!("person.found")
            hidden=live(move || found.with(Vec::is_empty))
        >
            {move || found.get().into_iter().enumerate().map(row).collect_view()}
        </div>
    }
}
