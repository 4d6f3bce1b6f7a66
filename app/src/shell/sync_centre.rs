//! The sync centre: what waits, what was refused, and what this device holds.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{DocKind, IncidentId};
use shared::incidents::{Intent, SetField};
use shared::rows::{self, Reason};
use shared::sync::message::Holds;
use shared::time::UnixMillis;

use super::draft_list::DraftList;
use super::files_list::FilesList;
use super::status::sentence;
use super::{Now, export};
use crate::engine::protocol::{Call, KeptDraft, Line, ReviewAct, Status, WaitingAct};
use crate::incidents::{Desk, Drafts, Place, entry_text, failure_text, intent_text, refusal_text};
use crate::link::Organisation;
use crate::parcel::{self, BringIn, SaveFile};
use crate::review;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;

/// An age below this is not worth saying.
const JUST_NOW_MILLIS: i64 = 60_000;
/// A size below this is not worth saying either.
const SMALL_BYTES: u32 = 10_000;

const WORDING: parcel::Wording = parcel::Wording {
    failure: failure_text,
    items: waiting_items,
};

/// What the engine lists.
#[derive(Clone, Copy)]
struct Lists {
    waiting: RwSignal<Vec<WaitingAct>>,
    review: RwSignal<Vec<ReviewAct>>,
    drafts: RwSignal<Vec<KeptDraft>>,
}

impl Lists {
    fn load(self, desk: Desk, written: Drafts) {
        spawn_local(async move {
            // What was typed a moment ago is listed, too; what cannot be kept is said elsewhere.
            written.flush().await;
            if let Ok(waiting) = desk.link.waiting().await {
                // The panel may have been closed meanwhile.
                self.waiting.try_set(waiting.acts);
                self.review.try_set(waiting.review);
                self.drafts.try_set(waiting.drafts);
            }
        });
    }
}

#[component]
pub(super) fn SyncCentre(centre: RwSignal<bool>, now: Now) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let lists = Lists {
        waiting: RwSignal::default(),
        review: RwSignal::default(),
        drafts: RwSignal::default(),
    };
    let written = expect_context::<Drafts>();
    desk.link.tell(Call::Measure);
    let status = desk.board().status;
    Effect::new(move |_| {
        status.track();
        lists.load(desk, written);
    });
    let line = move || status.with(|status| sentence(status, desk.board().engine_failed.get()));
    let explained = move || status.with(|status| explain(status.line));
    view! {
        <Sheet class="panel" title=t!("sync.title") on_close=move |()| centre.set(false)>
            <p><b>{live(line)}</b><br />{live(explained)}</p>
            <div class="actions">
                <button type="button" class="button" on:click=move |_| desk.link.tell(Call::Retry)>
                    {t!("sync.retry")}
                </button>
                <button type="button" class="button" on:click=move |_| copy_diagnostics(desk, status)>
                    {t!("sync.diagnostics")}
                </button>
            </div>
            <ReviewCards lists=lists />
            <WaitingList lists=lists centre=centre />
            <FilesList />
            <DraftList drafts=lists.drafts centre=centre />
            <BringIn wording=WORDING />
            <h3>{t!("sync.device")}</h3>
            <Device now=now />
        </Sheet>
    }
}

fn explain(line: Line) -> String {
    match line {
        Line::Connecting => t!("sync.connecting"),
        Line::Online => t!("sync.online"),
        Line::Offline => t!("sync.offline"),
        Line::SignedOut => t!("sync.signed_out"),
        Line::Trouble => t!("sync.trouble"),
    }
}

/// Facts of the device alone; nothing anybody wrote.
fn copy_diagnostics(desk: Desk, status: RwSignal<Status>) {
    let Status {
        line,
        waiting,
        review,
        fresh_at,
        incidents,
        complete,
        pin,
        storage_used,
        storage_quota,
        promises,
        holds: _,
        files,
    } = status.get_untracked();
    let line = match line {
        Line::Connecting => "connecting",
        Line::Online => "online",
        Line::Offline => "offline",
        Line::SignedOut => "signed out",
        Line::Trouble => "refused",
    };
    let bytes = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |it| it.to_string());
    let number = |number: u32| number.to_string();
    let truth = |is: bool| if is { "yes" } else { "no" }.to_owned();
    // For whoever helps, whatever language the page is in.
    let facts = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "browser",
            window().navigator().user_agent().unwrap_or_default(),
        ),
        ("line", line.to_owned()),
        ("unsent", number(waiting)),
        ("needs review", number(review)),
        ("files unsent", number(files.count())),
        ("file bytes unsent", files.bytes.to_string()),
        (
            "last up to date",
            fresh_at.map_or("never".to_owned(), browser::iso),
        ),
        ("incidents", number(incidents)),
        ("complete", truth(complete)),
        ("bytes used", bytes(storage_used)),
        ("bytes allowed", bytes(storage_quota)),
        ("kept by promise", truth(promises.persistent)),
        ("forced to disk", truth(promises.strict)),
        ("encrypted", truth(promises.encrypted)),
        ("PIN", truth(pin)),
    ];
    let lines = facts.map(|(name, value)| [name, ": ", &value].concat());
    desk.copy(lines.join("\n"));
}

#[component]
fn WaitingList(lists: Lists, centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let item = move |(incident, acts): (IncidentId, Vec<WaitingAct>)| {
        let open = move |_| {
            centre.set(false);
            desk.address.go(Place::Incident(incident));
        };
        let name = acts.last().map(|act| called(desk, act));
        let organisation = desk.organisation();
        let lines = acts.iter().map(|act| waiting_line(act, &organisation));
        view! {
            <li>
                <button type="button" on:click=open>{name}</button>
                {lines.collect_view()}
                <span class="tick" data-tick="kept">{t!("tick.kept")}</span>
            </li>
        }
    };
    let copy = move |_| {
        let organisation = desk.organisation();
        desk.copy(
            lists
                .waiting
                .with(|acts| export::waiting(acts, &organisation)),
        );
    };
    move || {
        let acts = lists.waiting.get();
        let size = acts.iter().map(|act| u64::from(act.bytes)).sum();
        let heading = t!("sync.waiting", count = acts.len());
        (!acts.is_empty()).then(|| {
            view! {
                <h3>{heading} " · " {text::bytes(size)}</h3>
                <ul>{by_incident(acts).into_iter().map(item).collect_view()}</ul>
                <div class="actions">
                    <SaveFile />
                    <button type="button" class="button" on:click=copy>{t!("sync.copy_unsent")}</button>
                </div>
            }
        })
    }
}

/// The incident of an act by number and subject, as far as it is on this device.
fn called(desk: Desk, act: &WaitingAct) -> String {
    match untrack(|| desk.board().row(act.incident)) {
        Some(row) => [row.name(), act.subject.clone()].join(" · "),
        None => act.subject.clone(),
    }
}

/// The acts of a file, each under the subject of its incident.
fn waiting_items(acts: Vec<WaitingAct>, organisation: &Organisation) -> AnyView {
    let item = |(_, acts): (IncidentId, Vec<WaitingAct>)| {
        let subject = acts.last().map(|act| act.subject.clone());
        let lines = acts.iter().map(|act| waiting_line(act, organisation));
        view! { <li>{subject} {lines.collect_view()}</li> }
    };
    let items = by_incident(acts).into_iter().map(item);
    items.collect_view().into_any()
}

/// The acts under their incidents, in the order in which each was first touched.
fn by_incident(acts: Vec<WaitingAct>) -> Vec<(IncidentId, Vec<WaitingAct>)> {
    let mut groups: Vec<(IncidentId, Vec<WaitingAct>)> = Vec::new();
    for act in acts {
        match groups.iter_mut().find(|(id, _)| *id == act.incident) {
            Some((_, known)) => known.push(act),
            None => groups.push((act.incident, vec![act])),
        }
    }
    groups
}

fn waiting_line(act: &WaitingAct, organisation: &Organisation) -> impl IntoView + use<> {
    let mut parts = vec![
        intent_text(&act.intent, organisation),
        text::clock_and_day(act.at),
    ];
    if act.bytes >= SMALL_BYTES {
        parts.push(text::bytes(u64::from(act.bytes)));
    }
    if act.lacks_incident {
        parts.push(t!("parcel.lacks"));
    }
    view! { <small title=text::full(act.at)>{parts.join(" · ")}</small> }
}

#[component]
fn ReviewCards(lists: Lists) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let has_any = move || lists.review.with(|acts| !acts.is_empty());
    view! {
        <When is=Signal::derive(has_any)>
            <h3>{t!("review.title")}</h3>
        </When>
        // A card outlives every new list, and with it that its words are on their way.
        <For each=move || lists.review.get() key=|act| act.act let:act>
            <ReviewCard act=act desk=desk />
        </For>
    }
}

/// A refused act, kept with its text for its author to decide.
#[component]
fn ReviewCard(act: ReviewAct, desk: Desk) -> impl IntoView {
    let what = intent_text(&act.intent, &desk.organisation());
    let about = t!(
        "review.about",
        what = what,
        subject = act.subject.as_str(),
        at = text::clock_and_day(act.at)
    );
    let label = about.clone();
    let words = entry_text(&act.intent);
    let quoted = words
        .clone()
        .map(|words| view! { <blockquote>{words}</blockquote> });
    let id = act.act;
    // Nothing can be said on an incident that its reader lost.
    let is_here = untrack(|| desk.board().row(act.incident)).is_some();
    let comment = words.clone().filter(|_| is_here);
    let comment = comment.and_then(|words| as_comment(&act.intent, words));
    let send = comment.map(|(intent, label)| {
        let incident = act.incident;
        let busy = RwSignal::new(false);
        let send = move |_| {
            // The second of two clicks means the same.
            if busy.try_update(|busy| std::mem::replace(busy, true)) != Some(false) {
                return;
            }
            let intent = intent.clone();
            spawn_local(async move {
                match desk.act(incident, intent).await {
                    Ok(()) => desk.link.tell(Call::Discard { act: id }),
                    Err(why) => {
                        desk.toasts.say(why);
                        busy.try_set(false);
                    }
                }
            });
        };
        view! {
            <button type="button" class="button" disabled=busy on:click=send>{label}</button>
        }
    });
    let copy = words.map(|words| {
        view! {
            <button type="button" class="button" on:click=move |_| desk.copy(words.clone())>
                {t!("review.copy")}
            </button>
        }
    });
    view! {
        <article class="review" aria-label=label>
            <b>{about}</b>
            <p>{refusal_text(&act.why)}</p>
            {quoted}
            <div class="actions">
                {send} {copy}
                <button
                    type="button"
                    class="button quiet"
                    on:click=move |_| review::discard(desk.link, desk.toasts, id)
                >
                    {t!("review.discard")}
                </button>
            </div>
        </article>
    }
}

/// What was refused as an act can still be said; an internal text stays internal.
fn as_comment(intent: &Intent, text: String) -> Option<(Intent, String)> {
    match intent {
        Intent::Reply { .. }
        | Intent::Mention {
            doc: DocKind::Incident,
            ..
        }
        | Intent::Revise {
            doc: DocKind::Incident,
            ..
        } => Some((Intent::Reply { text }, t!("review.send_reply"))),
        Intent::Note { .. }
        | Intent::Mention {
            doc: DocKind::Work, ..
        }
        | Intent::Revise {
            doc: DocKind::Work, ..
        }
        | Intent::Log(_)
        | Intent::AddTask(_)
        | Intent::Diagnose { .. }
        | Intent::Hold { .. }
        | Intent::Remind { .. }
        | Intent::Resolve { .. }
        | Intent::Reopen { .. }
        | Intent::Cancel { .. }
        | Intent::Set(SetField::Subject(_) | SetField::Priority(_)) => {
            Some((Intent::Note { text }, t!("review.send_note")))
        }
        // Without its own incident there is nothing to comment on.
        Intent::Declare(_)
        | Intent::Rule(_)
        | Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Close
        | Intent::Withdraw { .. }
        | Intent::Acknowledge
        | Intent::ChangeTask { .. }
        | Intent::Attach { .. }
        | Intent::Watch { .. }
        | Intent::Unwatch { .. } => None,
    }
}

/// Why incidents are on this device, with how many are for each reason.
fn reasons(desk: Desk) -> Vec<String> {
    let me = desk.me();
    let mut counts = BTreeMap::<Reason, usize>::new();
    desk.board().with_rows(|all| {
        for entry in all {
            *counts.entry(rows::reason(&entry.row, &me)).or_default() += 1;
        }
    });
    let say = |(reason, count): (Reason, usize)| match reason {
        Reason::Assigned => t!("sync.reason.assigned", count = count),
        Reason::Group => t!("sync.reason.group", count = count),
        Reason::Site => t!("sync.reason.site", count = count),
        Reason::Role => t!("sync.reason.role", count = count),
        Reason::Watched => t!("sync.reason.watched", count = count),
        Reason::Own => t!("sync.reason.own", count = count),
    };
    counts.into_iter().map(say).collect()
}

fn held(Holds { days, incidents }: Holds) -> String {
    t!(
        "sync.holds",
        days = days,
        count = text::number(f64::from(incidents))
    )
}

/// When the device last heard that it has everything.
fn freshness(at: Option<UnixMillis>, now: Now) -> String {
    let Some(at) = at else {
        return t!("sync.never");
    };
    let (clock, now) = (text::clock_and_day(at), now.get());
    if now.since(at) < JUST_NOW_MILLIS {
        return clock;
    }
    t!("sync.ago", at = clock, age = text::short_age(at, now))
}

fn storage(used: Option<u64>, quota: Option<u64>) -> String {
    match (used.map(text::bytes), quota.map(text::bytes)) {
        (Some(used), Some(quota)) => t!("sync.storage_of", used = used, quota = quota),
        (Some(used), None) => used,
        (None, _) => t!("value.unknown"),
    }
}

#[component]
fn Device(now: Now) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let status = desk.board().status;
    let yes_no = |yes: bool| if yes { t!("value.yes") } else { t!("value.no") };
    let facts = move || {
        let status = status.get();
        let fresh = freshness(status.fresh_at, now);
        let storage = storage(status.storage_used, status.storage_quota);
        let may_go = (!status.promises.persistent).then(|| t!("sync.persistent_not"));
        let is_plain = (!status.promises.encrypted).then(|| t!("sync.encrypted_not"));
        let (may_go, is_plain) = (may_go.into_iter().collect(), is_plain.into_iter().collect());
        let oldest = desk.board().with_rows(|rows| {
            let created = rows.iter().map(|entry| entry.row.created_at);
            created.min()
        });
        let since = oldest.map(|at| t!("sync.since", at = text::clock_and_day(at)));
        let holds = status.holds.map(held);
        let why = reasons(desk).into_iter().chain(holds).chain(since);
        [
            (
                t!("sync.incidents"),
                text::number(f64::from(status.incidents)),
                why.collect(),
            ),
            (t!("sync.complete"), yes_no(status.complete), Vec::new()),
            (t!("sync.fresh"), fresh, Vec::new()),
            (t!("sync.storage"), storage, Vec::new()),
            (
                t!("sync.persistent"),
                yes_no(status.promises.persistent),
                may_go,
            ),
            (
                t!("sync.strict"),
                yes_no(status.promises.strict),
                Vec::new(),
            ),
            (
                t!("sync.encrypted"),
                yes_no(status.promises.encrypted),
                is_plain,
            ),
        ]
        .into_iter()
        .map(|(name, value, why)| {
            let why = why
                .into_iter()
                .map(|why| view! { <dd><small>{why}</small></dd> });
            view! { <dt>{name}</dt> <dd>{value}</dd> {why.collect_view()} }
        })
        .collect_view()
    };
    view! { <dl>{facts}</dl> }
}
