//! A new incident, on behalf of a requester of the directory or of a caller it does not know.
//!
//! What is typed is remembered on this device until the incident is kept, so that closing the
//! sheet, the tab or the lid loses nothing.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use shared::ids::PersonId;
use shared::incidents::{Channel, Declare, Intent, Level, Requester};
use shared::policy;

use super::acts::failure_text;
use super::address::Place;
use super::sketch::Sketched;
use super::{Desk, choices};
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::overlay::{Sheet, SheetForm};
use crate::ui::person::PersonFinder;
use crate::ui::pick::{Choice, Pick};

/// The sheet as it is filled in; choices are words of [`choices`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Sketch {
    requester: Option<u32>,
    caller: String,
    contact: String,
    subject: String,
    description: String,
    channel: String,
    category: String,
    impact: String,
    urgency: String,
    site: String,
    group: String,
    assignee: String,
}

impl Default for Sketch {
    fn default() -> Self {
        let empty = String::new;
        Self {
            requester: None,
            caller: empty(),
            contact: empty(),
            subject: empty(),
            description: empty(),
            channel: "0".to_owned(),
            category: empty(),
            impact: choices::level_word(Level::Low).to_owned(),
            urgency: choices::level_word(Level::Medium).to_owned(),
            site: empty(),
            group: empty(),
            assignee: empty(),
        }
    }
}

impl Sketch {
    fn intent(&self) -> Intent {
        let requester = match self.requester {
            Some(person) => Requester::Person(PersonId(person)),
            None => Requester::Unknown {
                name: self.caller.trim().to_owned(),
                contact: self.contact.trim().to_owned(),
            },
        };
        Intent::Declare(Declare {
            subject: self.subject.trim().to_owned(),
            description: self.description.trim().to_owned(),
            requester,
            channel: choices::channel_of(&self.channel).unwrap_or(Channel::Phone),
            category: choices::category_of(&self.category),
            impact: choices::level_of(&self.impact).unwrap_or(Level::Low),
            urgency: choices::level_of(&self.urgency).unwrap_or(Level::Medium),
            site: choices::site_of(&self.site),
            group: choices::group_of(&self.group),
            assignee: choices::person_of(&self.assignee),
            asset: None,
            contact: None,
        })
    }

    fn lacks_requester(&self) -> bool {
        self.requester.is_none() && policy::is_blank(&self.caller)
    }

    fn lacks_subject(&self) -> bool {
        policy::is_blank(&self.subject)
    }
}

impl Sketched for Sketch {
    const BEFORE: &str = "new";

    fn with(self, other: Self) -> Self {
        if other == Self::default() {
            return self;
        }
        if self == Self::default() {
            return other;
        }
        let mut above = vec![other.description];
        let mut sketch = self;
        if sketch.lacks_requester() {
            (sketch.requester, sketch.caller, sketch.contact) =
                (other.requester, other.caller, other.contact);
        }
        if sketch.lacks_subject() {
            sketch.subject = other.subject;
        } else if sketch.subject != other.subject {
            // There is no room for two in a line.
            above.insert(0, other.subject);
        }
        above.push(sketch.description);
        above.retain(|text| !text.is_empty());
        sketch.description = above.join("\n\n");
        sketch
    }
}

/// The sheet of a new incident.
#[component]
pub(crate) fn DeclareSheet() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let sketch = RwSignal::new(Sketch::default());
    desk.drafts.keep_form(sketch);
    let failure = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let tried = RwSignal::new(false);
    let submit = Callback::new(move |()| {
        tried.set(true);
        if let Some(field) = first_missing(&sketch.read_untracked()) {
            // After the field has its sentence, so that both are read out.
            return request_animation_frame(move || browser::focus(field));
        }
        busy.set(true);
        spawn_local(async move {
            let outcome = declare(desk, sketch).await;
            busy.try_set(false);
            if let Err(why) = outcome {
                failure.try_set(why);
            }
        });
    });
    view! {
        <Sheet title=t!("declare.title") on_close=move |()| desk.address.go(Place::Queue)>
            <SheetForm
                explains_itself=true
                submit=t!("declare.submit")
                failure=failure
                busy=busy
                on_submit=submit
            >
                <RequesterFields sketch=sketch tried=tried />
                <Wording sketch=sketch tried=tried />
                <Sorting sketch=sketch />
            </SheetForm>
        </Sheet>
    }
}

/// The first field that must be filled in and is not.
fn first_missing(sketch: &Sketch) -> Option<&'static str> {
    if sketch.lacks_requester() {
        Some("#person-finder")
    } else if sketch.lacks_subject() {
        Some("#new-subject")
    } else {
        None
    }
}

async fn declare(desk: Desk, form: RwSignal<Sketch>) -> Result<(), String> {
    let (me, sketch) = (untrack(|| desk.me().id), form.get_untracked());
    let (intent, sent) = (sketch.intent(), sketch.write());
    let painted = desk
        .link
        .declare(intent.clone())
        .await
        .map_err(|why| failure_text(&why))?;
    let incident = painted.incident;
    let again = move |()| {
        let sketch = sketch.clone();
        spawn_local(async move {
            desk.drafts
                .change_sketch(|begun: Sketch| begun.with(sketch))
                .await;
            desk.address.go(Place::New);
        });
    };
    let back = (Callback::new(|()| {}), Callback::new(again));
    desk.keep(painted, &intent, back).await?;
    desk.drafts.sent_form(me, &sent, form);
    desk.address.go_instead(Place::Incident(incident));
    Ok(())
}

#[component]
fn RequesterFields(sketch: RwSignal<Sketch>, tried: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let typed = RwSignal::new(sketch.with_untracked(|sketch| sketch.caller.clone()));
    let caller = Memo::new(move |_| sketch.with(|sketch| sketch.caller.clone()));
    Effect::new(move |_| {
        let name = typed.get();
        if caller.with_untracked(|caller| *caller != name) {
            sketch.update(|sketch| (sketch.requester, sketch.caller) = (None, name));
        }
    });
    // Another tab may have written or picked somebody.
    Effect::new(move |_| {
        let name = caller.get();
        if typed.with_untracked(|typed| *typed != name) {
            typed.set(name);
        }
    });
    let pick = move |person: PersonId| {
        let organisation = desk.board().organisation.get_untracked();
        let site = organisation
            .person(person)
            .and_then(|person| person.site.clone());
        sketch.update(|sketch| {
            // With the name, so that the effect above sees no caller typed.
            (sketch.requester, sketch.caller) = (Some(person.0), typed.get_untracked());
            if let Some(site) = site {
                sketch.site = site.0;
            }
        });
    };
    let is_unknown = Memo::new(move |_| {
        sketch.with(|sketch| sketch.requester.is_none() && !policy::is_blank(&sketch.caller))
    });
    let fault = Signal::derive(move || {
        if tried.get() && sketch.with(Sketch::lacks_requester) {
            t!("declare.no_requester")
        } else {
            String::new()
        }
    });
    view! {
        <div class="field">
            <PersonFinder
                label=t!("field.requester")
                organisation=desk.board().organisation
                typed=typed
                fault=fault
                on_pick=pick
            />
            <When is=Signal::derive(move || is_unknown.get())>
                <small>{t!("declare.unknown_caller")}</small>
            </When>
        </div>
        <When is=Signal::derive(move || is_unknown.get())>
            <label class="field">
                <span>{t!("declare.contact")}</span>
                <input
                    type="text"
                    prop:value=live(move || sketch.with(|sketch| sketch.contact.clone()))
                    on:input=move |event| {
                        sketch.update(|sketch| sketch.contact = event_target_value(&event));
                    }
                />
            </label>
        </When>
    }
}

#[component]
fn Wording(sketch: RwSignal<Sketch>, tried: RwSignal<bool>) -> impl IntoView {
    let is_missing = move || tried.get() && sketch.with(Sketch::lacks_subject);
    view! {
        <div class="field">
            <label for="new-subject">{t!("field.subject")}</label>
            <input
                id="new-subject"
                type="text"
                required
                aria-invalid=live(move || is_missing().then_some("true"))
                aria-describedby="subject-fault"
                prop:value=live(move || sketch.with(|sketch| sketch.subject.clone()))
                on:input=move |event| {
                    sketch.update(|sketch| sketch.subject = event_target_value(&event));
                }
            />
            <p class="error" id="subject-fault">
                {live(move || is_missing().then(|| t!("declare.no_subject")))}
            </p>
        </div>
        <label class="field">
            <span>{t!("field.description")}</span>
            <textarea
                rows="4"
                prop:value=live(move || sketch.with(|sketch| sketch.description.clone()))
                on:input=move |event| {
                    sketch.update(|sketch| sketch.description = event_target_value(&event));
                }
            ></textarea>
        </label>
    }
}

#[component]
fn Sorting(sketch: RwSignal<Sketch>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let categories = Signal::derive(move || choices::categories(&desk.organisation()));
    let sites = Signal::derive(move || choices::sites(&desk.organisation()));
    let groups = Signal::derive(move || choices::groups(&desk.organisation()));
    let group = Memo::new(move |_| sketch.with(|sketch| choices::group_of(&sketch.group)));
    let people =
        Signal::derive(move || choices::assignees(&desk.organisation(), group.get().as_ref()));
    let fixed = |choices: Vec<Choice>| Signal::stored(choices);
    view! {
        <div class="fields">
            <Line label=t!("field.channel") choices=fixed(choices::channels()) sketch=sketch
                word=|sketch| &mut sketch.channel />
            <Line label=t!("field.category") choices=categories sketch=sketch
                word=|sketch| &mut sketch.category />
            <Line label=t!("field.impact") choices=fixed(choices::impacts()) sketch=sketch
                word=|sketch| &mut sketch.impact />
            <Line label=t!("field.urgency") choices=fixed(choices::urgencies()) sketch=sketch
                word=|sketch| &mut sketch.urgency />
            <Line label=t!("field.site") choices=sites sketch=sketch word=|sketch| &mut sketch.site />
            <Line label=t!("field.group") choices=groups sketch=sketch
                word=|sketch| &mut sketch.group />
            <Line label=t!("field.assignee") choices=people sketch=sketch
                word=|sketch| &mut sketch.assignee />
        </div>
    }
}

#[component]
fn Line(
    label: String,
    choices: Signal<Vec<Choice>>,
    sketch: RwSignal<Sketch>,
    /// The place of the choice in the sketch.
    word: fn(&mut Sketch) -> &mut String,
) -> impl IntoView {
    let value = Signal::derive(move || {
        let mut sketch = sketch.get();
        std::mem::take(word(&mut sketch))
    });
    let pick = move |picked: String| sketch.update(|sketch| *word(sketch) = picked);
    view! {
        <div class="field">
            <span aria-hidden="true">{label.clone()}</span>
            <Pick label=label choices=choices value=value on_pick=pick />
        </div>
    }
}
