//! Acts that ask for something first: hold, resolve, reopen, cancel.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{GroupId, IncidentId};
use shared::incidents::{
    Before, Escalation, HoldReason, Incident, Intent, Override, ResolutionCode, SetField, State,
    TaskState,
};
use shared::rows::Row;
use shared::sla::edition;
use shared::targets::Gate;

use super::Open;
use crate::engine::protocol::DraftKind;
use crate::incidents::drafts::Draft;
use crate::incidents::words::missing_text;
use crate::incidents::{Desk, Drafts};
use crate::incidents::{choices, moments};
use crate::link::Organisation;
use crate::meanwhile::Meanwhile;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::live;
use crate::ui::overlay::{Sheet, SheetForm};
use crate::ui::pick::{Choice, Pick};

/// Which act asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Hold,
    Escalate,
    Resolve,
    Reopen,
    Cancel,
    Priority,
}

impl Asking {
    /// The word of its button.
    pub(super) fn word(self) -> &'static str {
        self.kind().word()
    }

    /// What stands on the button that begins it.
    pub(super) fn label(self) -> String {
        match self {
            Self::Hold => t!("action.hold"),
            Self::Escalate => t!("action.escalate"),
            Self::Resolve => t!("action.resolve"),
            Self::Reopen => t!("action.reopen"),
            Self::Cancel => t!("action.cancel_incident"),
            Self::Priority => self.title(),
        }
    }

    /// The act with its texts filled in, to ask whether it is allowed at all.
    pub(super) fn example(self) -> Intent {
        let text = || ".".to_owned();
        match self {
            Self::Hold => Intent::Hold {
                reason: HoldReason::Caller,
                text: text(),
                until: None,
            },
            Self::Escalate => escalate("", ""),
            Self::Resolve => Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text(),
            },
            Self::Reopen => Intent::Reopen { text: text() },
            Self::Cancel => Intent::Cancel { text: text() },
            Self::Priority => Intent::Set(SetField::Priority(Override {
                priority: None,
                reason: text(),
            })),
        }
    }

    /// Under what its words are kept while they are written.
    fn kind(self) -> DraftKind {
        match self {
            Self::Hold => DraftKind::Hold,
            Self::Escalate => DraftKind::Escalate,
            Self::Resolve => DraftKind::Resolve,
            Self::Reopen => DraftKind::Reopen,
            Self::Cancel => DraftKind::Cancel,
            Self::Priority => DraftKind::Priority,
        }
    }

    fn title(self) -> String {
        match self {
            Self::Hold => t!("asking.hold"),
            Self::Escalate => t!("asking.escalate"),
            Self::Resolve => t!("asking.resolve"),
            Self::Reopen => t!("asking.reopen"),
            Self::Cancel => t!("asking.cancel"),
            Self::Priority => t!("asking.priority"),
        }
    }

    fn submit(self) -> String {
        match self {
            Self::Hold => t!("asking.hold_submit"),
            Self::Escalate => t!("asking.escalate_submit"),
            Self::Resolve => t!("asking.resolve_submit"),
            Self::Reopen => t!("asking.reopen_submit"),
            Self::Cancel => t!("asking.cancel_submit"),
            Self::Priority => t!("asking.priority_submit"),
        }
    }

    fn words_label(self) -> String {
        match self {
            Self::Hold => t!("asking.hold_words"),
            Self::Escalate => t!("asking.escalate_words"),
            Self::Resolve => t!("asking.resolve_words"),
            Self::Reopen => t!("asking.reopen_words"),
            Self::Cancel => t!("asking.cancel_words"),
            Self::Priority => t!("asking.priority_words"),
        }
    }

    /// What there is to choose, and what the choice is called.
    fn choices(self, open: Open, organisation: &Organisation) -> Option<(String, Vec<Choice>)> {
        match self {
            Self::Escalate => {
                let mut groups = choices::groups(organisation);
                let has = open.with_untracked(|incident| incident.assignment.group.clone());
                let has = has.map(|group| group.0).unwrap_or_default();
                groups.retain(|(id, _)| !id.is_empty() && *id != has);
                Some((t!("asking.escalate_to"), groups))
            }
            Self::Hold => Some((t!("asking.hold_reason"), choices::hold_reasons())),
            Self::Resolve => Some((t!("asking.resolve_code"), choices::resolutions())),
            Self::Priority => Some((t!("field.priority"), choices::priorities())),
            Self::Reopen | Self::Cancel => None,
        }
    }

    /// The choice that holds already or suggests itself; nothing where there is none.
    fn held(self, incident: &Incident, desk: Desk) -> String {
        if self == Self::Escalate {
            return whither(incident, desk);
        }
        let set = incident.priority.holds.value.priority;
        let priority = (self == Self::Priority).then_some(set).flatten();
        priority.map(choices::priority_choice).unwrap_or_default()
    }

    /// The acts. The word of a hold goes on with the day until which it lasts, that of an
    /// escalation with its reason; what was tried is for staff alone.
    fn intents(self, word: &str, text: String) -> Vec<Intent> {
        if self == Self::Escalate {
            let (group, reason) = choices::parts(word);
            // First: whoever escalates may have no access any more.
            return vec![Intent::Note { text }, escalate(group, reason)];
        }
        vec![self.intent(word, text)]
    }

    fn intent(self, word: &str, text: String) -> Intent {
        let (choice, until) = choices::parts(word);
        match self {
            Self::Escalate => escalate(choice, until),
            Self::Hold => {
                let reason = choices::hold_reason_of(choice).unwrap_or(HoldReason::Caller);
                Intent::Hold {
                    reason,
                    text,
                    until: moments::chosen(until),
                }
            }
            Self::Resolve => {
                let code = choices::resolution_of(choice).unwrap_or(ResolutionCode::Fixed);
                Intent::Resolve { code, notes: text }
            }
            Self::Reopen => Intent::Reopen { text },
            Self::Cancel => Intent::Cancel { text },
            Self::Priority => Intent::Set(SetField::Priority(Override {
                priority: choices::priority_of(choice),
                reason: text,
            })),
        }
    }
}

/// Asks, then acts. It closes only once this device has kept the act.
#[component]
pub(super) fn AskingSheet(
    what: Asking,
    open: Open,
    asking: RwSignal<Option<Asking>>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let id = open.with_untracked(|incident| incident.id);
    let draft = begun(what, open);
    drafts.follow(what.kind(), id, draft);
    let choice =
        Signal::derive(move || draft.with(|draft| choices::parts(&draft.word).0.to_owned()));
    let beside =
        Signal::derive(move || draft.with(|draft| choices::parts(&draft.word).1.to_owned()));
    let change = move |change: &dyn Fn(&mut Draft, &Incident)| {
        draft.update(|draft| change(draft, &open.read_untracked()));
        drafts.keep(id, what.kind(), draft.get_untracked());
    };
    let set_choice = move |picked: String| {
        change(&|draft, _| draft.word = choices::joined(&picked, choices::parts(&draft.word).1));
    };
    let set_beside = move |set: String| {
        change(&|draft, _| draft.word = choices::joined(choices::parts(&draft.word).0, &set));
    };
    let type_in = move |text: String| {
        change(&|draft, incident| draft.type_in(text.clone(), incident));
    };
    let failure = RwSignal::new(String::new());
    let (busy, refused) = (RwSignal::new(false), RwSignal::new(false));
    let submit = Callback::new(move |()| {
        let sent = draft.get_untracked();
        let intents = what.intents(&sent.word, sent.text.trim().to_owned());
        let objection = |intent| open.with_untracked(|incident| objection(desk, intent, incident));
        if let Some(why) = intents.iter().find_map(objection) {
            return failure.set(why);
        }
        let lacking = |intent| open.with_untracked(|incident| is_lacking(desk, intent, incident));
        if intents.iter().any(lacking) {
            return refused.set(true);
        }
        busy.set(true);
        spawn_local(async move {
            let outcome = act_in_turn(desk, id, intents).await;
            if outcome.is_ok() {
                drafts.sent((id, what.kind()), &sent.text, draft).await;
            }
            // The sheet may have been closed meanwhile.
            busy.try_set(false);
            match outcome {
                Ok(()) => drop(asking.try_set(None)),
                Err(why) => drop(failure.try_set(why)),
            }
        });
    });
    view! {
        <Sheet title=what.title() on_close=move |()| asking.set(None)>
            <SheetForm submit=what.submit() failure=failure busy=busy on_submit=submit>
                {asked_choice(what, open, choice, Callback::new(set_choice))}
                {asked_words(what, draft, Callback::new(type_in))}
                {beside_choice(what, beside, Callback::new(set_beside))}
                <Meanwhile open=open kind=what.kind() draft=draft matters=|_| true />
                {(what == Asking::Resolve).then(|| live(move || still_open(desk, open, (choice, refused))))}
            </SheetForm>
        </Sheet>
    }
}

/// Why one of the acts makes no sense or is not allowed, in a sentence.
fn objection(desk: Desk, intent: &Intent, incident: &Incident) -> Option<String> {
    if let Intent::Hold {
        until: Some(until), ..
    } = intent
        && *until <= browser::now()
    {
        return Some(t!("asking.hold_past"));
    }
    if let Intent::Assign { group, .. } = intent {
        let organisation = desk.organisation();
        let mut groups = organisation.directory.groups.iter();
        if !groups.any(|one| Some(&one.id) == group.as_ref()) {
            return Some(t!("asking.escalate_nowhere"));
        }
    }
    desk.refusal(intent, incident)
}

/// Whether the settings want more before it is resolved, which the sheet says already.
fn is_lacking(desk: Desk, intent: &Intent, incident: &Incident) -> bool {
    let Intent::Resolve { code, .. } = intent else {
        return false;
    };
    !missing(desk, incident, *code).is_empty()
}

/// What the settings want before it is resolved in this way, and is not there.
fn missing(desk: Desk, incident: &Incident, code: ResolutionCode) -> Vec<Gate> {
    let organisation = desk.organisation();
    let rules = organisation.directory.rules();
    incident.lacks(&edition(incident, &rules).targets.gates, code)
}

/// Does one after the other, and none after one that failed.
async fn act_in_turn(desk: Desk, id: IncidentId, intents: Vec<Intent>) -> Result<(), String> {
    for intent in intents {
        desk.act(id, intent).await?;
    }
    Ok(())
}

/// What is missing, or else what is left to do, which then keeps nobody from resolving.
fn still_open(
    desk: Desk,
    open: Open,
    (choice, refused): (Signal<String>, RwSignal<bool>),
) -> Option<AnyView> {
    let code = choices::resolution_of(&choice.get()).unwrap_or(ResolutionCode::Fixed);
    let missing = open.with(|incident| missing(desk, incident, code));
    if !missing.is_empty() {
        let text = t!("asking.missing", missing = missing_text(&missing));
        // Said anew to whoever tried all the same.
        let (class, role) = if refused.get() {
            ("left error", "alert")
        } else {
            ("left", "note")
        };
        return Some(view! { <p class=class role=role>{text}</p> }.into_any());
    }
    let count = open.with(|incident| incident.work().count(TaskState::Open));
    (count > 0)
        .then(|| view! { <p class="left">{t!("asking.tasks_open", count = count)}</p> }.into_any())
}

/// What was begun before and is not done yet.
fn begun(what: Asking, open: Open) -> RwSignal<Draft> {
    let (desk, drafts) = (expect_context::<Desk>(), expect_context::<Drafts>());
    let (id, word) = open.with_untracked(|incident| (incident.id, what.held(incident, desk)));
    let draft = RwSignal::new(Draft {
        word,
        ..Draft::default()
    });
    spawn_local(async move {
        let Ok(saved) = desk.link.open(id).await else {
            return;
        };
        let begun = drafts.begun(id, what.kind(), &saved);
        // The sheet may have been closed, and its author may already have begun to type.
        draft.try_update(|draft| {
            if draft.text.is_empty() && !begun.text.is_empty() {
                *draft = begun;
            }
        });
    });
    draft
}

fn escalate(group: &str, reason: &str) -> Intent {
    Intent::Assign {
        group: choices::group_of(group),
        person: None,
        escalation: Some(choices::escalation_of(reason).unwrap_or(Escalation::Skill)),
    }
}

/// Where an escalation leads unless another group is chosen: what was escalated goes back, the rest
/// to the group that resolved most of its category, as far as this device knows.
fn whither(incident: &Incident, desk: Desk) -> String {
    let given = incident.assignment.fact;
    let why = incident
        .event(given)
        .and_then(|event| event.kind.escalation());
    if why.is_some_and(|why| why != Escalation::Back)
        && let Some(Before::Assigned {
            group: Some(group), ..
        }) = incident.before(given)
    {
        return choices::joined(&group.0, &choices::escalation_word(Escalation::Back));
    }
    let (category, group) = (&incident.category.holds.value, &incident.assignment.group);
    let mut counts: BTreeMap<GroupId, usize> = BTreeMap::new();
    desk.board().with_rows(|rows| {
        let is_like = |row: &Row| {
            let is_over = matches!(row.state, State::Resolved | State::Closed);
            is_over && row.category == *category && row.group != *group
        };
        let like = rows.iter().filter(|entry| is_like(&entry.row));
        for id in like.filter_map(|entry| entry.row.group.clone()) {
            *counts.entry(id).or_default() += 1;
        }
    });
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let groups = &desk.organisation().directory.groups;
    let mut others = groups.iter().map(|one| &one.id);
    let other = others.find(|id| Some(*id) != group.as_ref());
    let other = other.cloned().map(|id| (id, 0));
    let (id, _) = most
        .or(other)
        .unwrap_or_else(|| (GroupId(String::new()), 0));
    id.0
}

/// What there is to choose, if there is anything.
fn asked_choice(
    what: Asking,
    open: Open,
    choice: Signal<String>,
    on_pick: Callback<String>,
) -> Option<impl IntoView> {
    let desk = expect_context::<Desk>();
    let (label, choices) = what.choices(open, &desk.organisation())?;
    Some(view! { <AskedChoice label=label choices=choices choice=choice on_pick=on_pick /> })
}

/// The box for the words.
fn asked_words(what: Asking, draft: RwSignal<Draft>, on_type: Callback<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span>{what.words_label()}</span>
            <textarea
                rows="4"
                required
                autofocus
                prop:value=live(move || draft.with(|draft| draft.text.clone()))
                on:input=move |event| on_type.run(event_target_value(&event))
            ></textarea>
        </label>
    }
}

/// What is set beside the choice: until when it is on hold, why it is escalated.
fn beside_choice(
    what: Asking,
    beside: Signal<String>,
    on_set: Callback<String>,
) -> Option<AnyView> {
    match what {
        Asking::Hold => Some(view! { <Until day=beside on_set=on_set /> }.into_any()),
        Asking::Escalate => {
            let (label, choices) = (t!("asking.escalate_reason"), choices::escalations());
            let view =
                view! { <AskedChoice label=label choices=choices choice=beside on_pick=on_set /> };
            Some(view.into_any())
        }
        Asking::Resolve | Asking::Reopen | Asking::Cancel | Asking::Priority => None,
    }
}

/// Until when it is on hold.
#[component]
fn Until(day: Signal<String>, #[prop(into)] on_set: Callback<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span>{t!("asking.hold_until")}</span>
            <input
                type="datetime-local"
                prop:value=live(move || day.get())
                on:change=move |event| on_set.run(event_target_value(&event))
            />
            <small>{t!("asking.hold_until_about")}</small>
        </label>
    }
}

#[component]
fn AskedChoice(
    label: String,
    choices: Vec<Choice>,
    choice: Signal<String>,
    #[prop(into)] on_pick: Callback<String>,
) -> impl IntoView {
    view! {
        <div class="field">
            <span aria-hidden="true">{label.clone()}</span>
            <Pick
                label=label
                choices=Signal::stored(choices)
                value=choice
                on_pick=move |picked| on_pick.run(picked)
            />
        </div>
    }
}
