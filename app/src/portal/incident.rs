//! One report: where it stands, what was said, and what the requester can do about it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::ids::IncidentId;
use shared::incidents::{Incident, Intent, State, resolves_at};

use super::front::{Front, title};
use super::words::Standing;
use super::{compose, conversation, home, report, unsent, watching, words};
use crate::attachments::{Attachments, Viewer};
use crate::engine::protocol::DraftKind;
use crate::incidents::Draft;
use crate::link::SavedDrafts;
use crate::meanwhile::Meanwhile;
use crate::revising::Rewording;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::{When, live};

/// The incident on the page, kept current.
pub(super) type Open = RwSignal<Arc<Incident>>;

pub(super) fn incident(front: Front, id: IncidentId) -> impl IntoView {
    let failure = RwSignal::new(None::<String>);
    let writing = [DraftKind::Entry, DraftKind::Reopen].map(|kind| {
        let draft = RwSignal::new(Draft::default());
        front.drafts.follow(kind, id, draft);
        (kind, draft)
    });
    let rewording = Rewording::none();
    provide_context(rewording);
    let fill = move |saved: &SavedDrafts| {
        rewording.take_up(front.drafts, id, saved);
        for (kind, draft) in writing {
            let begun = front.drafts.begun(id, kind, saved);
            draft.try_update(|draft| {
                if draft.text.is_empty() {
                    *draft = begun;
                }
            });
        }
    };
    spawn_local(async move {
        match front.link.open(id).await {
            // The page may show another one by now.
            Ok(saved) => fill(&saved),
            Err(why) => {
                failure.try_set(Some(words::failure(&why)));
                fill(&front.link.drafts(id).await);
            }
        }
    });
    on_cleanup(move || front.link.leave(id));
    let current = move || {
        let incident = front.link.board.incident.get();
        incident.filter(|incident| incident.id == id)
    };
    let is_here = Memo::new(move |_| current().is_some());
    let is_lost = Memo::new(move |_| front.link.board.lost.with(|lost| lost.contains(&id)));
    Effect::new(move |_| {
        if is_lost.get() {
            failure.set(Some(t!("portal.lost")));
        }
    });
    Effect::new(move |_| {
        // It came only later; a draft may wait for it.
        if is_here.get() && failure.with(Option::is_some) {
            failure.set(None);
            spawn_local(async move { fill(&front.link.drafts(id).await) });
        }
    });
    view! {
        {report::back(front)}
        {move || {
            if let Some(incident) = is_here.get().then(|| untrack(current)).flatten() {
                let open = RwSignal::new(incident);
                Effect::new(move |_| {
                    if let Some(incident) = current() {
                        open.set(incident);
                    }
                });
                return here(front, open, writing.map(|(_, draft)| draft)).into_any();
            }
            absent(front, id, failure).into_any()
        }}
    }
}

/// Why there is nothing to show, and what the reader was writing on it.
fn absent(front: Front, id: IncidentId, failure: RwSignal<Option<String>>) -> impl IntoView {
    view! {
        <p class="quiet" role="alert">{live(move || failure.get())}</p>
        <When is=Signal::derive(move || failure.with(Option::is_some))>
            {unsent::refused(front, Some(id))}
            {unsent::drafts(front, Some(id))}
        </When>
    }
}

fn here(front: Front, open: Open, [entry, broken]: [RwSignal<Draft>; 2]) -> impl IntoView {
    Effect::new(move |_| open.with(|incident| title(&incident.subject.holds.value)));
    let standing = Memo::new(move |_| open.with(|incident| Standing::of(incident, front.me())));
    let id = open.with_untracked(|incident| incident.id);
    let act = move |id, intent| async move { front.act(id, intent).await };
    let files = Attachments::new(front.link, id, act);
    provide_context(files);
    let writes = front.writes_on(id);
    if let Some(kind) = writes {
        focus_box(kind);
    }
    let is_closed = Memo::new(move |_| {
        standing.with(|standing| matches!(standing.state, State::Closed | State::Cancelled))
    });
    let is_own = Memo::new(move |_| standing.with(|standing| standing.is_own));
    let may_write = Memo::new(move |_| is_own.get() || watching::watches(front, open));
    view! {
        <h1 tabindex="-1" class="subject" dir="auto">
            {live(move || open.with(|incident| incident.subject.holds.value.clone()))}
        </h1>
        <p class="quiet" data-testid="incident-name">
            {live(move || open.with(|incident| incident.name()))}
        </p>
        <section class="standing" data-mine=live(move || standing.with(Standing::is_mine).then_some("true"))>
            <p role="status" data-testid="standing">
                {live(move || {
                    front.now.track();
                    standing.with(|standing| standing.headline(front))
                })}
            </p>
            {move || {
                let question = standing.with(|standing| standing.question.clone());
                (!question.is_empty()).then(|| view! { <p class="question" dir="auto">{question}</p> })
            }}
            {move || resolves(front, open).map(|text| view! { <p class="hint">{text}</p> })}
            {move || standing.with(home::steps)}
            {verdict(front, open, standing, broken, writes)}
        </section>
        {watching::watching(front, open)}
        {conversation::conversation(front, open)}
        <Viewer files=files />
        {move || {
            if is_closed.get() {
                return is_own.get().then(|| again(front, open)).into_any();
            }
            may_write.get().then(|| compose::compose(front, open, standing, entry)).into_any()
        }}
    }
}

/// The answer to whether it is fixed, on its way to this device.
#[derive(Clone, Copy)]
struct Verdict {
    front: Front,
    open: Open,
    draft: RwSignal<Draft>,
    /// Whether the box for what is still wrong stands open, also while it is empty.
    begun: RwSignal<bool>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Verdict {
    fn act(self, intent: Intent) {
        // The second of two taps means the same.
        if self
            .busy
            .try_update(|busy| std::mem::replace(busy, true))
            .unwrap_or(true)
        {
            return;
        }
        let id = self.open.with_untracked(|incident| incident.id);
        let sent = self.draft.get_untracked().text;
        spawn_local(async move {
            let is_told = matches!(intent, Intent::Reopen { .. });
            let outcome = self.front.act(id, intent).await;
            if is_told && outcome.is_ok() {
                let place = (id, DraftKind::Reopen);
                self.front.drafts.sent(place, &sent, self.draft).await;
                self.begun.try_set(false);
            }
            self.busy.try_set(false);
            self.failure.try_set(outcome.err().unwrap_or_default());
        });
    }

    fn change(self, text: String) {
        self.open.with_untracked(|incident| {
            self.draft.update(|draft| draft.type_in(text, incident));
            let draft = self.draft.get_untracked();
            self.front
                .drafts
                .keep(incident.id, DraftKind::Reopen, draft);
        });
    }
}

/// Is it fixed? Confirming closes; what is still broken opens it again.
fn verdict(
    front: Front,
    open: Open,
    standing: Memo<Standing>,
    draft: RwSignal<Draft>,
    writes: Option<DraftKind>,
) -> impl IntoView {
    let one = Verdict {
        front,
        open,
        draft,
        begun: RwSignal::new(writes == Some(DraftKind::Reopen)),
        failure: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
    };
    let is_asked =
        Memo::new(move |_| standing.with(|one| one.is_own && one.state == State::Resolved));
    let telling =
        Signal::derive(move || one.begun.get() || draft.with(|draft| !draft.text.is_empty()));
    let tell = move |_| {
        one.begun.set(true);
        focus_box(DraftKind::Reopen);
    };
    view! {
        <When is=Signal::derive(move || is_asked.get())>
            <div class="next">
                <button
                    type="button"
                    class="button primary"
                    disabled=one.busy
                    on:click=move |_| one.act(Intent::Close)
                >
                    {t!("portal.confirm")}
                </button>
                <button
                    type="button"
                    class="button"
                    aria-expanded=live(move || telling.get().to_string())
                    on:click=tell
                >
                    {t!("portal.broken")}
                </button>
            </div>
            <When is=telling>{still_broken(one)}</When>
            <p class="hint">{live(move || closes(front, open))}</p>
        </When>
        <p class="error" role="alert">{one.failure}</p>
    }
}

/// When nobody waits for an answer any more.
fn resolves(front: Front, open: Open) -> Option<String> {
    let hold = open.with(|incident| incident.hold)?;
    let organisation = front.link.board.organisation.get();
    let at = resolves_at(&hold, &organisation.directory.targets)?;
    (at > browser::now()).then(|| t!("portal.resolves", at = text::clock_and_day(at)))
}

/// When it closes by itself. Staff may still write what only staff reads, which puts that off.
fn closes(front: Front, open: Open) -> Option<String> {
    let since = open.with(|incident| incident.rests_since());
    let organisation = front.link.board.organisation.get();
    let at = organisation.directory.targets.closes_at(since)?;
    if at <= browser::now() {
        return None;
    }
    Some(t!("portal.closes", at = text::clock_and_day(at)))
}

/// Puts the cursor into a box, after the page has gone to its heading.
fn focus_box(kind: DraftKind) {
    let place = match kind {
        DraftKind::Reopen => "#broken",
        DraftKind::Entry
        | DraftKind::Hold
        | DraftKind::Resolve
        | DraftKind::Cancel
        | DraftKind::Subject
        | DraftKind::New
        | DraftKind::Log
        | DraftKind::Priority
        | DraftKind::Task
        | DraftKind::Escalate
        | DraftKind::Diagnosis
        | DraftKind::Revision => "#entry",
    };
    request_animation_frame(move || request_animation_frame(move || browser::focus(place)));
}

/// The box for what is still wrong.
fn still_broken(one: Verdict) -> impl IntoView {
    let Verdict { open, draft, .. } = one;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = draft.with_untracked(|draft| draft.text.trim().to_owned());
        one.act(Intent::Reopen { text });
    };
    view! {
        <form class="broken" on:submit=submit>
            <label for="broken">{t!("portal.broken_words")}</label>
            <textarea
                id="broken"
                rows="3"
                dir="auto"
                prop:value=live(move || draft.with(|draft| draft.text.clone()))
                on:input=move |event| one.change(event_target_value(&event))
            ></textarea>
            <Meanwhile open=open kind=DraftKind::Reopen draft=draft matters=words::is_shown />
            <button type="submit" class="button primary" disabled=one.busy>
                {t!("portal.broken_send")}
            </button>
        </form>
    }
}

/// What is closed stays closed; the same problem is reported again.
fn again(front: Front, open: Open) -> impl IntoView {
    let begin = move |_| {
        let subject = open.with_untracked(|incident| incident.subject.holds.value.clone());
        front.begin_report(&subject);
    };
    view! {
        <p class="again">
            {t!("portal.again_about")}
            " "
            <button type="button" class="button" on:click=begin>{t!("portal.again")}</button>
        </p>
    }
}
