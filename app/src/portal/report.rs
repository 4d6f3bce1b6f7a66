//! Reporting a problem: a few plain questions, kept on this device as they are answered.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::incidents::{Declare, Intent, PlainReport};
use shared::people::Category;
use shared::policy;

use super::address::Place;
use super::front::{Front, title};
use crate::incidents::Sketched;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;
use crate::ui::overlay::submit_by_keys;

impl Sketched for PlainReport {
    const BEFORE: &str = "report";

    fn with(mut self, other: Self) -> Self {
        let mut above = Vec::new();
        let lines = [
            (&mut self.subject, other.subject),
            (&mut self.asset, other.asset),
            (&mut self.contact, other.contact),
        ];
        for (line, text) in lines {
            if line.trim().is_empty() {
                *line = text;
            } else if !text.is_empty() && *line != text {
                // There is no room for two in a line.
                above.push(text);
            }
        }
        if self.category.is_empty() {
            self.category = other.category;
        }
        above.push(other.description);
        put_above(&mut self.description, above);
        self
    }
}

/// What was written before, under the subject that another page began with.
fn begun(mut sketch: PlainReport, subject: String) -> PlainReport {
    let before = std::mem::replace(&mut sketch.subject, subject);
    if before.trim() != sketch.subject {
        put_above(&mut sketch.description, vec![before]);
    }
    sketch
}

/// Puts what has no room in its own line above the description.
fn put_above(description: &mut String, mut texts: Vec<String>) {
    texts.push(std::mem::take(description));
    texts.retain(|text| !text.trim().is_empty());
    *description = texts.join("\n\n");
}

/// A report that was taken back, as its form held it.
pub(super) fn given_back(declared: &Declare) -> PlainReport {
    PlainReport {
        subject: declared.subject.clone(),
        description: declared.description.clone(),
        category: declared
            .category
            .as_ref()
            .map_or_else(String::new, |category| category.0.clone()),
        asset: declared.asset.clone().unwrap_or_default(),
        contact: declared.contact.clone().unwrap_or_default(),
    }
}

/// A question that is answered in words.
#[derive(Clone, Copy)]
struct Line {
    id: &'static str,
    place: fn(&mut PlainReport) -> &mut String,
    bytes_max: usize,
}

const SUBJECT: Line = Line {
    id: "subject",
    place: |sketch| &mut sketch.subject,
    bytes_max: policy::SUBJECT_BYTES_MAX,
};
const DESCRIPTION: Line = Line {
    id: "description",
    place: |sketch| &mut sketch.description,
    bytes_max: policy::TEXT_BYTES_MAX,
};
const ASSET: Line = Line {
    id: "asset",
    place: |sketch| &mut sketch.asset,
    bytes_max: policy::NAME_BYTES_MAX,
};
const CONTACT: Line = Line {
    id: "contact",
    place: |sketch| &mut sketch.contact,
    bytes_max: policy::NAME_BYTES_MAX,
};

/// The form with its signals.
#[derive(Clone, Copy)]
struct Form {
    front: Front,
    sketch: RwSignal<PlainReport>,
    failure: RwSignal<String>,
    tried: RwSignal<bool>,
    busy: RwSignal<bool>,
}

impl Form {
    fn lacks_subject(self) -> bool {
        self.sketch.with(|sketch| policy::is_blank(&sketch.subject))
    }

    /// By how much an answer is too long, as a sentence; tracked.
    fn too_long(self, of: Line) -> Option<String> {
        let text = std::mem::take((of.place)(&mut self.sketch.get()));
        let excess = policy::excess(text.trim(), of.bytes_max);
        (excess > 0).then(|| t!("portal.too_long", count = excess))
    }

    /// The first answer that cannot be sent as it is.
    fn wrong(self) -> Option<Line> {
        if self.lacks_subject() {
            return Some(SUBJECT);
        }
        let all = [SUBJECT, DESCRIPTION, ASSET, CONTACT];
        all.into_iter().find(|of| self.too_long(*of).is_some())
    }

    fn send(self) {
        self.tried.set(true);
        if let Some(Line { id, .. }) = untrack(|| self.wrong()) {
            // After the field has its sentence, so that both are read out.
            return request_animation_frame(move || browser::focus(&["#", id].concat()));
        }
        if self.busy.get_untracked() {
            return;
        }
        let front = self.front;
        let Some(me) = front.session.person.get_untracked() else {
            return;
        };
        let sketch = self.sketch.get_untracked();
        let (intent, sent) = (Intent::Declare(sketch.declare(&me)), sketch.write());
        self.busy.set(true);
        spawn_local(async move {
            match declare(front, intent).await {
                Ok(place) => {
                    front.drafts.sent_form(me.id, &sent, self.sketch);
                    front.address.go_instead(place);
                }
                Err(why) => {
                    self.busy.try_set(false);
                    self.failure.try_set(why);
                }
            }
        });
    }
}

/// Declares, and waits until this device has kept it.
async fn declare(front: Front, intent: Intent) -> Result<Place, String> {
    let painted = front.link.declare(intent.clone()).await;
    let place = painted.as_ref().ok().map(|painted| painted.incident);
    front.keep(painted, intent).await?;
    Ok(place.map_or(Place::Home, Place::Incident))
}

pub(super) fn report(front: Front) -> impl IntoView {
    title(&t!("portal.report"));
    let form = Form {
        front,
        sketch: RwSignal::new(PlainReport::default()),
        failure: RwSignal::new(String::new()),
        tried: RwSignal::new(false),
        busy: RwSignal::new(false),
    };
    front.drafts.keep_form(form.sketch);
    begin(front);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.send();
    };
    view! {
        {back(front)}
        <h1 tabindex="-1">{t!("portal.report")}</h1>
        <form
            class="report"
            novalidate
            on:submit=submit
            on:keydown=submit_by_keys(Callback::new(move |()| form.send()))
        >
            {subject(form)}
            {line(form, DESCRIPTION, t!("portal.describe"), t!("portal.describe_hint"))}
            {category(form)}
            {line(form, ASSET, t!("portal.asset"), t!("portal.asset_hint"))}
            {line(form, CONTACT, t!("portal.contact"), t!("portal.contact_hint"))}
            <p class="error" role="alert">
                {move || {
                    let failure = form.failure.get();
                    let is_lost = failure.is_empty() && front.drafts.failing.get();
                    if is_lost { t!("compose.not_kept") } else { failure }
                }}
            </p>
            <button type="submit" class="button primary" disabled=form.busy>
                {t!("portal.send")}
            </button>
            <p class="quiet">{t!("portal.send_about")}</p>
        </form>
    }
}

/// Begins with what was typed on another page, if something was.
fn begin(front: Front) {
    let subject = front.begun.try_update_value(std::mem::take);
    let Some(subject) = subject.filter(|subject| !subject.is_empty()) else {
        return;
    };
    spawn_local(async move {
        let change = |sketch| begun(sketch, subject);
        front.drafts.change_sketch(change).await;
    });
}

/// The way back to the first page.
pub(super) fn back(front: Front) -> impl IntoView {
    view! {
        <a class="back" href="/" on:click=move |event| front.address.follow(&event, Place::Home)>
            {icon(Icon::Back)}
            {t!("portal.mine")}
        </a>
    }
}

fn subject(form: Form) -> impl IntoView {
    let fault = Memo::new(move |_| {
        if form.tried.get() && form.lacks_subject() {
            return Some(t!("portal.no_subject"));
        }
        form.too_long(SUBJECT)
    });
    view! {
        <div class="field" data-wrong=live(move || fault.with(Option::is_some).then_some("true"))>
            <label for="subject">{t!("portal.subject")}</label>
            {fault_line(SUBJECT, fault)}
            <input
                id="subject"
                dir="auto"
                type="text"
                required
                aria-describedby="subject-fault"
                aria-invalid=live(move || fault.with(Option::is_some).then_some("true"))
                prop:value=live(move || form.sketch.with(|sketch| sketch.subject.clone()))
                on:input=move |event| {
                    let text = event_target_value(&event);
                    form.sketch.update(|sketch| sketch.subject = text);
                }
            />
        </div>
    }
}

fn fault_line(of: Line, fault: Memo<Option<String>>) -> impl IntoView {
    let name = [of.id, "-fault"].concat();
    view! { <p class="error" id=name>{live(move || fault.get())}</p> }
}

/// A question that may be left open.
fn line(form: Form, of: Line, label: String, hint: String) -> AnyView {
    let Line { id, place, .. } = of;
    let fault = Memo::new(move |_| form.too_long(of));
    let is_wrong = move || fault.with(Option::is_some).then_some("true");
    let value = live(move || std::mem::take(place(&mut form.sketch.get())));
    let hint_id = [id, "-hint"].concat();
    let described = [hint_id.as_str(), " ", id, "-fault"].concat();
    let input = move |event| {
        let text = event_target_value(&event);
        form.sketch.update(|sketch| *place(sketch) = text);
    };
    let field = if id == DESCRIPTION.id {
        view! {
            <textarea id=id rows="5" dir="auto" aria-describedby=described aria-invalid=live(is_wrong) prop:value=value on:input=input></textarea>
        }
        .into_any()
    } else {
        view! {
            <input id=id dir="auto" type="text" aria-describedby=described aria-invalid=live(is_wrong) prop:value=value on:input=input />
        }
        .into_any()
    };
    view! {
        <div class="field" data-wrong=live(is_wrong)>
            <label for=id>{label}</label>
            <p class="hint" id=hint_id>{hint}</p>
            {fault_line(of, fault)}
            {field}
        </div>
    }
    .into_any()
}

/// What it is about, grouped as people think of it; leaving it open is a good answer.
fn category(form: Form) -> impl IntoView {
    view! {
        <div class="field">
            <label for="category">{t!("portal.category")}</label>
            <select
                id="category"
                // Its options say it first: a list cannot hold a value that it does not offer yet.
                prop:value=live(move || form.sketch.with(|sketch| sketch.category.clone()))
                on:change=move |event| {
                    let id = event_target_value(&event);
                    form.sketch.update(|sketch| sketch.category = id);
                }
            >
                <option value="">{t!("portal.category_unsure")}</option>
                {categories(form)}
            </select>
        </div>
    }
}

/// The choices of the directory, which may come after the page.
fn categories(form: Form) -> impl IntoView {
    let directory = Memo::new(move |_| form.front.organisation().directory.categories.clone());
    live(move || {
        let chosen = form.sketch.with_untracked(|sketch| sketch.category.clone());
        let all = directory.get();
        let groups = all.iter().filter(|one| one.parent.is_none());
        let groups = groups.map(|group| category_group(group, &all, &chosen));
        groups.collect_view()
    })
}

fn category_group(group: &Category, all: &[Category], chosen: &str) -> impl IntoView + use<> {
    let language = text::language();
    let name = |one: &Category| named(&one.name, &language);
    let below = all
        .iter()
        .filter(|one| one.parent.as_ref() == Some(&group.id));
    let mut below: Vec<_> = below.map(|one| (one.id.0.clone(), name(one))).collect();
    if below.is_empty() {
        below.push((group.id.0.clone(), name(group)));
    }
    let options = below.into_iter().map(|(id, name)| {
        let is_chosen = id == chosen;
        view! { <option value=id selected=is_chosen>{name}</option> }
    });
    view! { <optgroup label=name(group)>{options.collect_view()}</optgroup> }
}

fn named(names: &BTreeMap<String, String>, language: &str) -> String {
    let own = names.get(language).or_else(|| names.values().next());
    own.cloned().unwrap_or_default()
}
