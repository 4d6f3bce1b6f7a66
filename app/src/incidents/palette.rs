//! The palette: everything that can be done from the keyboard, and what is found, in one list.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use std::sync::Arc;

use leptos::prelude::*;
use shared::ids::{IncidentId, ViewId};
use shared::incidents::Incident;
use shared::people::Person;
use shared::policy;
use shared::search::{Fit, fit};
use shared::time::UnixMillis;
use web_sys::KeyboardEvent;

use super::direct::{DirectAct, is_possible};
use super::search::{Asking, understand};
use super::views::View;
use super::{Desk, Place};
use crate::text::t;
use crate::ui::browser;
use crate::ui::keys::Keys;
use crate::ui::live::live;
use crate::ui::overlay::Sheet;

/// So many incidents are shown below the commands.
const FOUND_MAX: usize = 8;

/// What is done when a line is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Look(View),
    LookAtSaved(ViewId),
    Go(Place),
    Centre,
    Keys,
    /// On the open incident.
    Act(IncidentId, DirectAct),
    /// What a control of the open incident does, by its selector.
    Press(&'static str),
}

/// A line of the list.
#[derive(Clone, PartialEq, Eq)]
struct Command {
    name: String,
    /// What of the name is typed to find it, in lower case.
    matched: String,
    /// Other words for it, in lower case.
    aliases: Vec<String>,
    /// The key that does it alone.
    key: &'static str,
    deed: Deed,
}

impl Command {
    fn of(name: String, deed: Deed) -> Self {
        Self {
            matched: browser::lower_case(&name),
            name,
            aliases: Vec::new(),
            key: "",
            deed,
        }
    }

    fn with_key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    fn with_aliases(self, aliases: &str) -> Self {
        let aliases = aliases.split(',').map(|alias| alias.trim().to_owned());
        Self {
            aliases: aliases.collect(),
            ..self
        }
    }
}

/// What the palette is opened with. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Palette {
    pub(crate) open: RwSignal<bool>,
    /// Shows what every key does.
    pub(crate) keys: RwSignal<bool>,
    /// Opens the sync centre.
    pub(crate) centre: RwSignal<bool>,
    pub(crate) now: ReadSignal<UnixMillis>,
}

/// The palette in its dialog.
#[component]
pub(crate) fn PaletteSheet(palette: Palette) -> impl IntoView {
    let Palette {
        open,
        centre,
        keys,
        now,
    } = palette;
    let desk = expect_context::<Desk>();
    let typed = RwSignal::new(String::new());
    let commands = StoredValue::new(commands(desk));
    let lines = Memo::new(move |_| {
        let typed = typed.get();
        // What is found stays as it is while the arrow goes along it.
        let found = untrack(|| found(desk, typed.clone(), now));
        commands.with_value(|all| answering(all, &typed, found))
    });
    let at = RwSignal::new(0_usize);
    let choose = Callback::new(move |deed: Deed| {
        open.set(false);
        // After the dialog has given the focus back.
        request_animation_frame(move || perform(desk, deed, (centre, keys)));
    });
    let steer = move |event: KeyboardEvent| steer(&event, at, lines, choose);
    Effect::new(move |_| {
        lines.track();
        let chosen = ["#palette-", &at.get().to_string()].concat();
        request_animation_frame(move || browser::bring_into_view(&chosen));
    });
    view! {
        <Sheet title=t!("palette.title") class="sheet palette" on_close=move |()| open.set(false)>
            <input
                id="palette"
                type="text"
                role="combobox"
                autocomplete="off"
                autofocus
                aria-label=t!("palette.label")
                aria-autocomplete="list"
                aria-controls="palette-lines"
                aria-expanded="true"
                aria-activedescendant=live(move || {
                    let has_lines = lines.with(|lines| !lines.is_empty());
                    has_lines.then(|| format!("palette-{}", at.get()))
                })
                placeholder=t!("palette.label")
                prop:value=typed
                on:input=move |event| {
                    at.set(0);
                    typed.set(event_target_value(&event));
                }
                on:keydown=steer
            />
            <Lines lines=lines at=at on_choose=choose />
        </Sheet>
    }
}

#[component]
fn Lines(
    lines: Memo<Vec<Command>>,
    at: RwSignal<usize>,
    on_choose: Callback<Deed>,
) -> impl IntoView {
    let keys = expect_context::<Keys>();
    let key_of = move |key: &'static str| {
        let shows = !key.is_empty() && keys.are_on();
        shows.then(|| view! { <kbd>{key}</kbd> })
    };
    let line = move |(place, one): (usize, Command)| {
        let deed = one.deed;
        let is_incident = matches!(deed, Deed::Go(Place::Incident(_)));
        view! {
            <div
                role="option"
                id=format!("palette-{place}")
                data-kind=if is_incident { "incident" } else { "command" }
                aria-selected=live(move || (at.get() == place).to_string())
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| on_choose.run(deed)
            >
                <span>{one.name}</span>
                {key_of(one.key)}
            </div>
        }
    };
    let drawn = move || {
        let lines = lines.get().into_iter().enumerate();
        lines.map(line).collect_view()
    };
    view! {
        <div id="palette-lines" role="listbox" aria-label=t!("palette.title")>
            {live(drawn)}
        </div>
        <p class="none" role="status">
            {live(move || {
                let is_empty = lines.with(Vec::is_empty);
                if is_empty { t!("palette.none") } else { String::new() }
            })}
        </p>
    }
}

fn steer(
    event: &KeyboardEvent,
    at: RwSignal<usize>,
    lines: Memo<Vec<Command>>,
    choose: Callback<Deed>,
) {
    let last = lines.with_untracked(Vec::len);
    if last == 0 || event.is_composing() {
        return;
    }
    match event.key().as_str() {
        "ArrowDown" => at.update(|at| *at = (*at + 1) % last),
        "ArrowUp" => at.update(|at| *at = (*at + last - 1) % last),
        "Enter" => {
            let line = lines.with_untracked(|lines| lines.get(at.get_untracked()).cloned());
            if let Some(line) = line {
                choose.run(line.deed);
            }
        }
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

fn perform(desk: Desk, deed: Deed, (centre, keys): (RwSignal<bool>, RwSignal<bool>)) {
    match deed {
        Deed::Look(view) => desk.address.look_at(view),
        Deed::LookAtSaved(id) => desk.address.look_at_saved(id),
        Deed::Go(place) => desk.address.go(place),
        Deed::Centre => centre.set(true),
        Deed::Keys => keys.set(true),
        Deed::Press(control) => drop(browser::use_control(control)),
        Deed::Act(id, act) => {
            if let Some(incident) = shown(desk).filter(|incident| incident.id == id) {
                desk.do_now(id, act.intent(&incident));
            }
        }
    }
}

/// What can be done here and now, in the order in which it is looked for.
fn commands(desk: Desk) -> Vec<Command> {
    let me = untrack(|| desk.me());
    let mut commands = acts(desk);
    commands.push(
        Command::of(t!("declare.open"), Deed::Go(Place::New))
            .with_key("N")
            .with_aliases(&t!("palette.alias_new")),
    );
    let views = View::OWN.into_iter().chain(View::SHARED);
    commands.extend(views.map(|view| {
        let name = t!("palette.view", view = view.name());
        let alias = browser::lower_case(&view.name());
        Command::of(name, Deed::Look(view)).with_aliases(&alias)
    }));
    let saved = desk.address.saved.all.get_untracked();
    commands.extend(saved.iter().map(|view| {
        let name = t!("palette.view", view = view.name.as_str());
        let alias = browser::lower_case(&view.name);
        Command::of(name, Deed::LookAtSaved(view.id)).with_aliases(&alias)
    }));
    commands.push(
        Command::of(t!("palette.centre"), Deed::Centre).with_aliases(&t!("palette.alias_centre")),
    );
    commands.push(Command::of(t!("keys.title"), Deed::Keys).with_key("?"));
    commands.extend(pages(&me));
    commands
}

fn pages(me: &Arc<Person>) -> impl Iterator<Item = Command> {
    let pages = [
        (
            policy::oversees as fn(&Person) -> bool,
            Place::Reports,
            t!("report.title"),
        ),
        (policy::reviews, Place::Refused, t!("refused.title")),
        (policy::administers, Place::Devices, t!("devices.all")),
        (policy::administers, Place::Settings, t!("settings.menu")),
        (policy::administers, Place::Rules, t!("rules.title")),
    ];
    let me = Arc::clone(me);
    let pages = pages.into_iter().filter(move |(is_for, ..)| is_for(&me));
    pages.map(|(_, place, name)| Command::of(name, Deed::Go(place)))
}

/// The incident on the page.
fn shown(desk: Desk) -> Option<Arc<Incident>> {
    let open = untrack(|| desk.address.incident())?;
    let incident = desk.board().incident.get_untracked();
    incident.filter(|incident| incident.id == open)
}

/// What can be done with the open incident at once.
fn acts(desk: Desk) -> Vec<Command> {
    let Some(incident) = shown(desk) else {
        return Vec::new();
    };
    let me = untrack(|| desk.me()).id;
    let acts = DirectAct::ALL.into_iter();
    let acts = acts.filter(|act| is_possible(&act.intent(&incident), &incident, me));
    let refusal = |act: &DirectAct| untrack(|| desk.refusal(&act.intent(&incident), &incident));
    let acts = acts.filter(|act| refusal(act).is_none()).map(|act| {
        // Whoever types a number looks for an incident.
        let matched = browser::lower_case(&act.label(incident.state));
        let name = [incident.name().as_str(), ": ", &act.label(incident.state)].concat();
        let command =
            Command::of(name, Deed::Act(incident.id, act)).with_key(act.key().unwrap_or_default());
        Command { matched, ..command }
    });
    acts.chain(presses(&incident)).collect()
}

/// What asks for something first, and the parts of the incident, as far as they are on the page.
fn presses(incident: &Incident) -> impl Iterator<Item = Command> {
    const CONTROLS: [&str; 8] = [
        ".head [data-ask='resolve']:enabled",
        ".head [data-ask='hold']:enabled",
        ".head [data-ask='escalate']:enabled",
        ".head [data-ask='reopen']:enabled",
        ".head [data-ask='cancel']:enabled",
        ".tabs [data-way='talk']",
        ".tabs [data-way='work']",
        ".tabs [data-way='history']",
    ];
    let incident = incident.name();
    CONTROLS.into_iter().filter_map(move |control| {
        let label = browser::label_of(control)?;
        let name = [incident.as_str(), ": ", &label].concat();
        let matched = browser::lower_case(&label);
        let command = Command::of(name, Deed::Press(control));
        Some(Command { matched, ..command })
    })
}

/// The commands that answer, the best first; those that answer alike in their own order. Incidents
/// come before what only has the letters, and no act is done for letters alone.
fn answering(commands: &[Command], typed: &str, found: Vec<Command>) -> Vec<Command> {
    let typed = browser::lower_case(typed);
    let is_act = |command: &Command| matches!(command.deed, Deed::Act(..) | Deed::Press(_));
    if typed.trim().is_empty() {
        let (acts, others): (Vec<_>, Vec<_>) = commands.iter().cloned().partition(is_act);
        return others.into_iter().chain(acts).collect();
    }
    let fits = commands.iter().filter_map(|command| {
        let fit = fit(&typed, &command.matched, &command.aliases)?;
        (fit < Fit::Letters || !is_act(command)).then_some((fit, command))
    });
    let mut fits: Vec<(Fit, &Command)> = fits.collect();
    fits.sort_by_key(|(fit, _)| *fit);
    let has_words = fits.partition_point(|(fit, _)| *fit < Fit::Letters);
    let (words, letters) = fits.split_at(has_words);
    let command = |(_, command): &(Fit, &Command)| (*command).clone();
    let words = words.iter().map(command);
    words
        .chain(found)
        .chain(letters.iter().map(command))
        .collect()
}

/// The incidents that answer, as the box of the list would find them.
fn found(desk: Desk, typed: String, now: ReadSignal<UnixMillis>) -> Vec<Command> {
    if typed.trim().is_empty() {
        return Vec::new();
    }
    let asking = Asking::new(
        typed,
        untrack(|| desk.me()),
        desk.board(),
        now.get_untracked(),
    );
    let sought = understand(asking);
    desk.board().with_rows(|rows| {
        let found = rows.iter().filter(|entry| sought.holds(entry));
        let found = found.take(FOUND_MAX).map(|entry| {
            let row = &entry.row;
            let name = [row.name().as_str(), " · ", &row.subject].concat();
            Command::of(name, Deed::Go(Place::Incident(row.id)))
        });
        found.collect()
    })
}

/// What every key does that acts alone, and how to switch them off.
#[component]
pub(crate) fn KeysSheet(open: RwSignal<bool>) -> impl IntoView {
    let keys = expect_context::<Keys>();
    let all = [
        ("Ctrl K", t!("palette.title")),
        ("J  K", t!("keys.move")),
        ("Enter", t!("keys.open")),
        ("/", t!("keys.filter")),
        ("N", t!("declare.open")),
        ("E", t!("head.edit_subject")),
        ("A", t!("keys.assign")),
        ("I", t!("action.claim")),
        ("S", t!("keys.start")),
        ("P", t!("asking.priority")),
        ("R", t!("keys.reply")),
        ("C", t!("keys.note")),
        ("W", t!("keys.watch")),
        ("Z", t!("keys.undo")),
        ("?", t!("keys.title")),
        ("Esc", t!("keys.close")),
    ];
    let lines = all.map(|(key, words)| {
        view! {
            <dt>
                <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
        }
    });
    view! {
        <Sheet title=t!("keys.title") on_close=move |()| open.set(false)>
            <dl class="keys">{lines.into_iter().collect_view()}</dl>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=live(move || keys.are_on())
                    on:change=move |_| keys.switch()
                />
                <span>{t!("menu.keys")}</span>
            </label>
        </Sheet>
    }
}
