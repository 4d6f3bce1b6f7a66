//! What needs its reader: acts of theirs that met others', and what the server sent back.
//!
//! The list is drawn from rows alone. What somebody dismisses is a fact, so it is gone from their
//! other devices too.

use leptos::prelude::*;

use shared::ids::{IncidentId, PersonId};
use shared::incidents::{EventKind, Intent, SetField, within_a_sentence};
use shared::rows::{Card, Told};

use super::Desk;
use super::address::Place;
use super::views::View;
use super::words::{event_text, field_text, value_text};
use crate::link::Organisation;
use crate::text::{self, t};
use crate::ui::icon::{Icon, icon};
use crate::ui::room::Entering;

/// How the list comes to be shown, which lies in a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct AttentionRoom(pub(crate) fn(RwSignal<bool>) -> Entering);

/// A card with the incident it is about.
#[derive(Clone, PartialEq)]
struct Met {
    incident: IncidentId,
    name: String,
    subject: String,
    card: Card,
}

fn met(desk: Desk) -> Vec<Met> {
    let me = desk.me().id;
    desk.board().with_rows(|rows| {
        let cards = rows.iter().flat_map(|entry| {
            let row = &entry.row;
            row.cards.iter().map(move |card| (row, card))
        });
        let mine = cards.filter(|(_, card)| card.to == me);
        let met = mine.map(|(row, card)| Met {
            incident: row.id,
            name: row.name(),
            subject: row.subject.clone(),
            card: card.clone(),
        });
        met.collect()
    })
}

/// Every card of the reader, and how many of their acts came back.
#[component]
pub(crate) fn AttentionList(centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let all = Memo::new(move |_| met(desk));
    let review = Memo::new(move |_| desk.board().status.with(|status| status.review));
    let returned = move || {
        (review.get() > 0).then(|| {
            view! {
                <section class="clash">
                    <p>{t!("attention.review", count = review.get())}</p>
                    <button type="button" class="button" on:click=move |_| centre.set(true)>
                        {t!("attention.look")}
                    </button>
                </section>
            }
        })
    };
    let nothing = move || {
        let is_empty = all.with(Vec::is_empty) && review.get() == 0;
        is_empty.then(|| {
            view! {
                <div class="empty">
                    {icon(Icon::Inbox)}
                    <p>{View::Attention.emptiness()}</p>
                </div>
            }
        })
    };
    view! {
        <div class="attention">
            {returned}
            {move || all.get().into_iter().map(|met| list_card(desk, met)).collect_view()}
            {nothing}
        </div>
    }
}

fn list_card(desk: Desk, met: Met) -> impl IntoView {
    let Met {
        incident,
        name,
        subject,
        card,
    } = met;
    let title = format!("{name} · {}", within_a_sentence(&subject));
    let label = title.clone();
    let open = move |_| desk.address.go(Place::Incident(incident));
    let look = card.values().is_none().then(|| {
        view! {
            <button type="button" class="button" on:click=open>{t!("attention.look")}</button>
        }
    });
    view! {
        <section class="clash" aria-label=label>
            <button type="button" class="linked" on:click=open>{title}</button>
            <p>{sentence(desk, &card)}</p>
            {look}
            {choices(desk, incident, &card)}
        </section>
    }
}

/// The buttons that end a card: the values to choose from, or that one knows.
pub(super) fn choices(desk: Desk, incident: IncidentId, card: &Card) -> AnyView {
    let act = move |intent: Intent| move || desk.do_now(incident, intent.clone());
    let organisation = untrack(|| desk.organisation());
    let text = |value: &SetField| value_text(value, &organisation);
    if let Some((held, lost)) = card.values() {
        (
            choice(keep, &text(held), act(Intent::Set(held.clone()))),
            choice(instead, &text(lost), act(Intent::Set(lost.clone()))),
        )
            .into_any()
    } else {
        let know = act(Intent::Acknowledge);
        view! {
            <button type="button" class="button" on:click=move |_| know()>
                {t!("action.dismiss")}
            </button>
        }
        .into_any()
    }
}

/// How much of a value a button shows.
const SHOWN_CHARS: usize = 60;

/// A button that chooses a value. Of a long one it shows the beginning; its title has all of it.
pub(super) fn choice<F: Fn() + 'static>(
    word: fn(&str) -> String,
    value: &str,
    choose: F,
) -> impl IntoView + use<F> {
    let cut = value.char_indices().nth(SHOWN_CHARS);
    let label = cut.map(|(end, _)| word(&[value[..end].trim_end(), "…"].concat()));
    let title = word(value);
    let label = label.unwrap_or_else(|| title.clone());
    view! {
        <button type="button" class="button" title=title on:click=move |_| choose()>
            {label}
        </button>
    }
}

/// To keep the value that holds.
pub(super) fn keep(value: &str) -> String {
    t!("clash.keep", value = value)
}

/// To use another one instead.
pub(super) fn instead(value: &str) -> String {
    t!("clash.use", value = value)
}

/// What met what, with names and times.
pub(super) fn sentence(desk: Desk, card: &Card) -> String {
    let organisation = untrack(|| desk.organisation());
    let me = untrack(|| desk.me()).id;
    if let Some((held, lost)) = card.values() {
        let holds = t!(
            "clash.holds",
            field = field_text(held),
            value = value_text(held, &organisation),
            who = name(&organisation, me, &card.held, t!("clash.you_holds")),
            at = text::clock_and_day(card.held.at)
        );
        let rival = t!(
            "clash.rival",
            value = value_text(lost, &organisation),
            who = name(&organisation, me, &card.lost, t!("clash.you")),
            at = text::clock_and_day(card.lost.at)
        );
        return format!("{holds} {rival}");
    }
    let tell = |told: &Told, you: String| {
        let who = name(&organisation, me, told, you);
        let what = event_text(&told.kind, &organisation);
        format!("{who}{}{what}", t!("event.joint"))
    };
    let (lost, held) = (
        tell(&card.lost, t!("person.you")),
        tell(&card.held, t!("clash.you_holds")),
    );
    let (since, at) = (
        text::clock_and_day(card.lost.at),
        text::clock_and_day(card.held.at),
    );
    if matches!(card.held.kind, EventKind::Replied { .. }) {
        t!(
            "gave_way.unknown",
            lost = lost,
            since = since,
            held = held,
            at = at
        )
    } else {
        t!(
            "gave_way.met",
            lost = lost,
            since = since,
            held = held,
            at = at
        )
    }
}

fn name(organisation: &Organisation, me: PersonId, told: &Told, you: String) -> String {
    if told.by == me {
        you
    } else {
        organisation.person_name(told.by)
    }
}
