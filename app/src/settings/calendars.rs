//! Calendars: zone, the hours of each day, and the days on which they are closed.

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Event, HtmlInputElement};

use shared::ids::CalendarId;
use shared::settings::{CALENDARS_MAX, Day, LevelsFault, WrittenCalendar, write_minutes};

use super::form::Form;
use super::words::{calendar_fault_text, day_text};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::{When, live};

/// What a new calendar begins with.
const WORKDAY: &str = "08:00-12:00, 13:00-17:00";

/// A longer file is no list of holidays.
const HOLIDAYS_BYTES_MAX: usize = 256 * 1_024;

/// All of them.
#[component]
pub(super) fn Calendars(form: Form) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let ids = form.read(|draft| {
            let calendars = draft.levels.calendars.iter();
            calendars.map(|one| one.id.clone()).collect::<Vec<_>>()
        });
        ids.unwrap_or_default()
    });
    let add = move |_| {
        form.change(|levels| {
            let calendar = begun(&levels.calendars);
            levels.calendars.push(calendar);
        });
    };
    view! {
        <section>
            <h2>{t!("settings.calendars")}</h2>
            <p>{t!("settings.calendars_about")}</p>
            <For each=move || ids.get() key=CalendarId::clone let:id>
                <CalendarFields form=form id=id />
            </For>
            <datalist id="zones">
                {time_zones()
                    .into_iter()
                    .map(|zone| view! { <option value=zone></option> })
                    .collect_view()}
            </datalist>
            <button
                type="button"
                class="button"
                disabled=live(move || ids.with(|ids| ids.len() >= CALENDARS_MAX))
                on:click=add
            >
                {t!("settings.add_calendar")}
            </button>
        </section>
    }
}

/// A calendar to begin with, of an id that no other has.
fn begun(others: &[WrittenCalendar]) -> WrittenCalendar {
    let is_free = |id: &String| !others.iter().any(|other| other.id.0 == *id);
    let id = (1..=CALENDARS_MAX + 1)
        .map(|nth| format!("calendar-{nth}"))
        .find(is_free);
    let id = id.unwrap_or_default();
    let hours = |day: Day| {
        let is_weekend = matches!(day, Day::Saturday | Day::Sunday);
        let hours = if is_weekend { "" } else { WORKDAY };
        (day, hours.to_owned())
    };
    WrittenCalendar {
        id: CalendarId(id),
        name: t!("settings.new_calendar"),
        zone: time_zone(),
        week: Day::ALL.map(hours).into(),
        closed: String::new(),
        holidays: String::new(),
    }
}

/// Where this browser is.
fn time_zone() -> String {
    let formats = Intl::DateTimeFormat::new(&Array::new(), &Object::new());
    let zone = Reflect::get(&formats.resolved_options(), &"timeZone".into());
    zone.ok()
        .and_then(|zone| zone.as_string())
        .unwrap_or_default()
}

/// Every zone that the browser knows; none if it does not say.
fn time_zones() -> Vec<String> {
    let zones = Reflect::get(&js_sys::global(), &"Intl".into())
        .and_then(|intl| Reflect::get(&intl, &"supportedValuesOf".into()))
        .ok()
        .and_then(|list| list.dyn_into::<Function>().ok())
        .and_then(|list| list.call1(&JsValue::UNDEFINED, &"timeZone".into()).ok());
    let zones = zones
        .map(|zones| Array::from(&zones).to_vec())
        .unwrap_or_default();
    zones.iter().filter_map(JsValue::as_string).collect()
}

/// One calendar of the form. Cheap to copy.
#[derive(Clone, Copy)]
struct Written {
    form: Form,
    id: StoredValue<CalendarId>,
}

impl Written {
    fn read<T>(self, part: impl FnOnce(&WrittenCalendar) -> T) -> Option<T> {
        let id = self.id.get_value();
        let found = self.form.read(|draft| {
            let mut calendars = draft.levels.calendars.iter();
            calendars.find(|one| one.id == id).map(part)
        });
        found.flatten()
    }

    fn change(self, change: impl FnOnce(&mut WrittenCalendar)) {
        let id = self.id.get_value();
        self.form.change(|levels| {
            let mut calendars = levels.calendars.iter_mut();
            if let Some(calendar) = calendars.find(|one| one.id == id) {
                change(calendar);
            }
        });
    }

    fn place(self) -> Option<usize> {
        let id = self.id.get_value();
        let place = self.form.read(|draft| {
            let mut calendars = draft.levels.calendars.iter();
            calendars.position(|one| one.id == id)
        });
        place.flatten()
    }

    /// Which priorities count in it.
    fn is_used(self) -> bool {
        let id = self.id.get_value();
        let is_used = self.form.read(|draft| {
            let promised = draft.levels.promised.values();
            let promised = promised.flat_map(|promised| &promised.calendar);
            let closing = draft.levels.closing.iter();
            let closing = closing.flat_map(|closing| &closing.calendar);
            promised.chain(closing).any(|used| *used == id)
        });
        is_used == Some(true)
    }

    fn remove(self) {
        let id = self.id.get_value();
        self.form
            .change(|levels| levels.calendars.retain(|one| one.id != id));
    }

    /// How long it is open in a week, once the server has said.
    fn open(self) -> Option<String> {
        let place = self.place()?;
        let minutes = self.form.checked.with(|checked| {
            let minutes = &checked.as_ref()?.week_minutes;
            minutes.get(place).copied().flatten()
        })?;
        let time = write_minutes(minutes);
        Some(t!("settings.open_week", time = time))
    }

    fn faults(self) -> Vec<String> {
        let here = self.place();
        self.form.faults.with(|faults| {
            let told = faults.iter().filter_map(|fault| match fault {
                LevelsFault::Calendar { place, wrong } if Some(*place) == here => {
                    Some(calendar_fault_text(wrong))
                }
                LevelsFault::Calendar { .. }
                | LevelsFault::Hole { .. }
                | LevelsFault::Falls { .. }
                | LevelsFault::Target { .. }
                | LevelsFault::Order { .. }
                | LevelsFault::NoCalendar { .. }
                | LevelsFault::Percent
                | LevelsFault::ClosingDays
                | LevelsFault::NoClosingCalendar
                | LevelsFault::RemindingDays { .. }
                | LevelsFault::Reminders { .. }
                | LevelsFault::NoRemindingCalendar { .. }
                | LevelsFault::TooManyCalendars => None,
            });
            told.collect()
        })
    }
}

#[component]
fn CalendarFields(form: Form, id: CalendarId) -> impl IntoView {
    let written = Written {
        form,
        id: StoredValue::new(id),
    };
    let name = move || written.read(|it| it.name.clone()).unwrap_or_default();
    let faults = move || {
        let faults = written.faults().into_iter();
        faults
            .map(|fault| view! { <li>{fault}</li> })
            .collect_view()
            .into_any()
    };
    view! {
        <fieldset class="calendar">
            <legend>{live(name)}</legend>
            <div class="pair">
                <label class="field">
                    <span>{t!("settings.calendar_name")}</span>
                    <input
                        type="text"
                        maxlength="80"
                        prop:value=live(name)
                        on:input=move |event| {
                            written.change(|it| it.name = event_target_value(&event));
                        }
                    />
                </label>
                <label class="field">
                    <span>{t!("settings.zone")}</span>
                    <input
                        type="text"
                        list="zones"
                        autocomplete="off"
                        prop:value=live(move || written.read(|it| it.zone.clone()))
                        on:input=move |event| {
                            written.change(|it| it.zone = event_target_value(&event));
                        }
                    />
                </label>
            </div>
            <Week written=written />
            <ClosedDays written=written />
            <div role="status">
                <ul class="faults">{live(faults)}</ul>
            </div>
            <div class="actions">
                <small>{live(move || written.open().unwrap_or_default())}</small>
                <button
                    type="button"
                    class="button quiet"
                    disabled=live(move || written.is_used())
                    title=live(move || written.is_used().then(|| t!("settings.calendar_used")))
                    on:click=move |_| written.remove()
                >
                    {t!("settings.remove_calendar")}
                </button>
            </div>
        </fieldset>
    }
}

#[component]
fn Week(written: Written) -> impl IntoView {
    let days = Day::ALL.map(|day| {
        view! {
            <label class="field">
                <span>{day_text(day)}</span>
                <input
                    type="text"
                    autocomplete="off"
                    placeholder=t!("settings.closed")
                    prop:value=live(move || written.read(|it| it.week.get(&day).cloned()).flatten())
                    on:input=move |event| {
                        written.change(|it| drop(it.week.insert(day, event_target_value(&event))));
                    }
                />
            </label>
        }
    });
    view! {
        <p class="hint">{t!("settings.week_about")}</p>
        <div class="week">{days.into_iter().collect_view()}</div>
    }
}

#[component]
fn ClosedDays(written: Written) -> impl IntoView {
    let failure = RwSignal::new(String::new());
    let has_holidays = move || written.read(|it| !it.holidays.is_empty()) == Some(true);
    let size = move || {
        let bytes = written.read(|it| it.holidays.len()).unwrap_or_default();
        t!("settings.has_holidays", size = text::bytes(bytes as u64))
    };
    let choose = move |event: Event| {
        let input = event_target::<HtmlInputElement>(&event);
        failure.set(String::new());
        spawn_local(async move {
            let file = browser::chosen_file(input, HOLIDAYS_BYTES_MAX).await;
            match file.and_then(|file| String::from_utf8(file).ok()) {
                Some(text) => written.change(|it| it.holidays = text),
                None => drop(failure.try_set(t!("settings.holidays_unread"))),
            }
        });
    };
    view! {
        <label class="field">
            <span>{t!("settings.closed_days")}</span>
            <textarea
                rows="3"
                placeholder=t!("settings.closed_example")
                prop:value=live(move || written.read(|it| it.closed.clone()))
                on:input=move |event| {
                    written.change(|it| it.closed = event_target_value(&event));
                }
            ></textarea>
        </label>
        <div class="holidays">
            <label class="button">
                {t!("settings.holidays_file")}
                <input type="file" class="sr-only" accept=".ics,text/calendar" on:change=choose />
            </label>
            <When is=Signal::derive(has_holidays)>
                <span>{live(size)}</span>
                <button
                    type="button"
                    class="button quiet"
                    on:click=move |_| written.change(|it| it.holidays.clear())
                >
                    {t!("settings.holidays_remove")}
                </button>
            </When>
            <p class="error" role="alert">{failure}</p>
        </div>
    }
}
