//! What helps whoever types a search: how it may go on, and what of it was not understood.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;
use shared::search::{Completion, Fault, Field, Wrong, complete};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDivElement, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::Search;
use crate::incidents::{Address, Desk};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::live;

/// So much is said of what was not understood.
const TOLD_MAX: usize = 3;

/// The box in which it is typed.
fn input() -> Option<HtmlInputElement> {
    let input = document().get_element_by_id("filter")?;
    input.dyn_into().ok()
}

/// Where in a text the cursor stands, in bytes.
fn caret(typed: &str) -> usize {
    let units = input().and_then(|input| input.selection_end().ok().flatten());
    units.map_or(typed.len(), |units| browser::bytes_of_units(typed, units))
}

/// Writes something in the place of what was typed, and goes on behind it.
fn write(address: Address, typed: &str, place: std::ops::Range<usize>, text: &str) {
    let (Some(before), Some(after)) = (typed.get(..place.start), typed.get(place.end..)) else {
        return;
    };
    // A value is done with; a field wants one.
    let is_done = after.is_empty() && !text.ends_with(':');
    let gap = if is_done { " " } else { "" };
    let begun = [before, text, gap].concat();
    address.search(&[&begun, after].concat());
    // The next word goes behind a space that is there already.
    let skipped = usize::from(!text.ends_with(':') && after.starts_with(' '));
    let units = u32::try_from(begun.encode_utf16().count() + skipped).unwrap_or(u32::MAX);
    request_animation_frame(move || {
        if let Some(input) = input() {
            input.focus().ok();
            input.set_selection_range(units, units).ok();
        }
    });
}

/// Below the box.
#[component]
pub(crate) fn SearchHelp(search: Search) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let address = desk.address;
    let moved = RwSignal::new(0_u32);
    let offers = Memo::new(move |_| {
        moved.track();
        let typed = address.query.get();
        let organisation = desk.organisation();
        let directory = &organisation.directory;
        complete(&typed, caret(&typed), directory, &text::language())
    });
    let list = NodeRef::<Div>::new();
    let show = move |is_near: bool| {
        let are_some = offers.with_untracked(|offers| !offers.is_empty());
        search.offers.set(is_near && are_some);
    };
    Effect::new(move |_| {
        offers.track();
        show(is_within(document().active_element(), list));
    });
    let caret_moved = window_event_listener_untyped("selectionchange", move |_| {
        moved.update(|moved| *moved = moved.wrapping_add(1));
    });
    let came = window_event_listener(ev::focusin, move |event| {
        show(is_within(event.target(), list));
    });
    // Not what is focused now: while the focus moves, that is nothing.
    let went = window_event_listener(ev::focusout, move |event| {
        show(is_within(event.related_target(), list));
    });
    on_cleanup(move || {
        caret_moved.remove();
        came.remove();
        went.remove();
        search.offers.try_set(false);
    });
    view! {
        <div class="search-help">
            <div role="status">{live(move || faults(search, address))}</div>
            <div
                class="offers"
                class:open=search.offers
                role="group"
                aria-label=t!("search.offers")
                node_ref=list
                on:keydown=|event| steer(&event)
            >
                {live(move || {
                    let offers = offers.get().into_iter();
                    offers.map(|one| offer(address, one)).collect_view()
                })}
            </div>
        </div>
    }
}

/// Whether something is the box, or lies among the offers.
fn is_within(what: Option<impl JsCast>, list: NodeRef<Div>) -> bool {
    let what = what.and_then(|what| what.dyn_into::<Element>().ok());
    what.is_some_and(|what| {
        let is_offer = |list: HtmlDivElement| list.contains(Some(&what));
        what.id() == "filter" || list.get_untracked().is_some_and(is_offer)
    })
}

fn offer(address: Address, one: Completion) -> impl IntoView {
    let Completion { place, text, name } = one;
    let shown = text.clone();
    let choose = move |_| {
        write(
            address,
            &address.query.get_untracked(),
            place.clone(),
            &text,
        );
    };
    view! {
        <button
            type="button"
            tabindex="-1"
            // The box keeps the focus, so that somebody can type on.
            on:mousedown=|event| event.prevent_default()
            on:click=choose
        >
            <b>{shown}</b>
            {name.map(|name| view! { <span>{name}</span> })}
        </button>
    }
}

/// What was not understood, with what was perhaps meant.
fn faults(search: Search, address: Address) -> impl IntoView {
    let typed = search.typed();
    let faults = search.with(|sought| sought.map(|sought| sought.faults().to_vec()));
    let mut faults = faults.unwrap_or_default();
    faults.sort_by_key(|fault| fault.place.start);
    let mut told: Vec<(String, Fault)> = Vec::new();
    for fault in faults {
        let words = in_words(&typed, &fault);
        let is_new = |words: &String| told.iter().all(|(before, _)| before != words);
        told.extend(words.filter(is_new).map(|words| (words, fault)));
    }
    let told = told.into_iter().take(TOLD_MAX).map(|(words, fault)| {
        let Fault { place, instead, .. } = fault;
        let typed = typed.clone();
        let button = instead.map(|instead| {
            let label = t!("search.instead", word = instead.clone());
            let mend = move |_| write(address, &typed, place.clone(), &instead);
            view! { <button type="button" class="tag" on:click=mend>{label}</button> }
        });
        view! { <p class="error">{words} " " {button}</p> }
    });
    told.collect_view()
}

/// What is wrong, in a sentence; nothing is while a value is still to be typed.
pub(crate) fn in_words(typed: &str, fault: &Fault) -> Option<String> {
    let written = typed.get(fault.place.clone())?;
    Some(match fault.what {
        Wrong::NoValue => return None,
        Wrong::Field => t!("search.no_field", word = written),
        Wrong::Value(Field::Time(_)) => t!("search.no_time", word = written),
        Wrong::Value(field) => {
            let values = field.words().join(", ");
            let (word, field) = (written, field.word());
            t!(
                "search.no_value",
                word = word,
                field = field,
                values = values
            )
        }
        Wrong::Name(_) => t!("search.no_name", word = written),
        Wrong::TooMany => t!("search.too_many", word = written),
    })
}

/// Moves among the offers by the arrows, and back to the box by whatever is typed. No key on an
/// offer is for the page.
fn steer(event: &KeyboardEvent) {
    event.stop_propagation();
    let focused = document().active_element();
    let Some(focused) = focused else { return };
    let input = || input().map(Element::from);
    let next = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => focused.next_element_sibling(),
        "ArrowUp" | "ArrowLeft" => focused.previous_element_sibling().or_else(input),
        "Enter" | "Tab" | "Shift" => return,
        "Escape" => input(),
        _ => {
            // The box takes in the key.
            if let Some(input) = input().and_then(|input| input.dyn_into::<HtmlElement>().ok()) {
                input.focus().ok();
            }
            return;
        }
    };
    event.prevent_default();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        next.focus().ok();
    }
}
