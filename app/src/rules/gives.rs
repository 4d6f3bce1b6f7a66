//! What a rule gives.

use leptos::prelude::*;
use shared::ids::PersonId;
use shared::priority::Priority;
use shared::rules::RULE_WATCHERS_MAX;

use super::form::Written;
use crate::incidents::{Desk, priority_word};
use crate::text::t;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};
use crate::ui::pick::{Choice, Pick};

#[component]
pub(super) fn GivesFields(written: Written) -> impl IntoView {
    let has_priority = move || written.read(|rule| rule.gives.priority.is_some()) == Some(true);
    view! {
        <fieldset class="gives">
            <legend>{t!("rules.gives")}</legend>
            <Category written=written />
            <Group written=written />
            <PriorityField written=written />
            <Watchers written=written />
        </fieldset>
        <When is=Signal::derive(has_priority)>
            <p class="hint">{t!("rules.name_is_read")}</p>
        </When>
    }
}

/// Leaves it as it is, which comes first.
fn with_none(choices: impl Iterator<Item = Choice>) -> Vec<Choice> {
    let mut choices: Vec<_> = choices.collect();
    choices.sort_by(|(_, one), (_, other)| one.cmp(other));
    choices.insert(0, (String::new(), t!("rules.leave")));
    choices
}

/// A field with a list.
fn listed(
    name: String,
    choices: Signal<Vec<Choice>>,
    value: Signal<String>,
    pick: impl Fn(String) + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="field">
            <span aria-hidden="true">{name.clone()}</span>
            <Pick label=name choices=choices value=value on_pick=Callback::new(pick) />
        </div>
    }
}

#[component]
fn Category(written: Written) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let choices = Signal::derive(move || {
        let organisation = desk.organisation();
        let all = organisation.directory.categories.iter();
        with_none(all.map(|one| (one.id.0.clone(), organisation.category_name(&one.id))))
    });
    let value = Signal::derive(move || {
        let id = written.read(|rule| rule.gives.category.clone()).flatten();
        id.map(|id| id.0).unwrap_or_default()
    });
    let pick = move |word: String| {
        let id = (!word.is_empty()).then(|| word.as_str().into());
        written.change(|rule| rule.gives.category = id);
    };
    listed(t!("field.category"), choices, value, pick)
}

#[component]
fn Group(written: Written) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let choices = Signal::derive(move || {
        let organisation = desk.organisation();
        let all = organisation.directory.groups.iter();
        with_none(all.map(|one| (one.id.0.clone(), one.name.clone())))
    });
    let value = Signal::derive(move || {
        let id = written.read(|rule| rule.gives.group.clone()).flatten();
        id.map(|id| id.0).unwrap_or_default()
    });
    let pick = move |word: String| {
        let id = (!word.is_empty()).then(|| word.as_str().into());
        written.change(|rule| rule.gives.group = id);
    };
    listed(t!("field.group"), choices, value, pick)
}

#[component]
fn PriorityField(written: Written) -> impl IntoView {
    let choices = Signal::derive(|| {
        let all = Priority::ALL.map(priority_word);
        with_none(
            all.into_iter()
                .map(|word| (word.to_owned(), word.to_owned())),
        )
    });
    let value = Signal::derive(move || {
        let priority = written.read(|rule| rule.gives.priority).flatten();
        priority
            .map(|one| priority_word(one).to_owned())
            .unwrap_or_default()
    });
    let pick = move |word: String| {
        let mut all = Priority::ALL.into_iter();
        let chosen = all.find(|one| priority_word(*one) == word);
        written.change(|rule| rule.gives.priority = chosen);
    };
    listed(t!("field.priority"), choices, value, pick)
}

#[component]
fn Watchers(written: Written) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let watchers = move || {
        let watchers = written.read(|rule| rule.gives.watchers.clone());
        watchers.unwrap_or_default()
    };
    let choices = Signal::derive(move || {
        let (organisation, there) = (desk.organisation(), watchers());
        let people = organisation.directory.people.iter();
        let staff = people.filter(|one| one.active && one.is_staff() && !there.contains(&one.id));
        let staff = staff.map(|one| (one.id.0.to_string(), one.name.clone()));
        let mut choices = with_none(staff);
        choices[0].1 = t!("rules.add_watcher");
        choices
    });
    let add = move |word: String| {
        if let Ok(id) = word.parse().map(PersonId) {
            written.change(|rule| rule.gives.watchers.push(id));
        }
    };
    let one = move |id: PersonId| {
        let name = desk.organisation().person_name(id);
        let off = t!("watch.remove", name = name.as_str());
        let remove = move |_| written.change(|rule| rule.gives.watchers.retain(|it| *it != id));
        view! {
            <li class="tag">
                <span>{name}</span>
                <button type="button" aria-label=off.clone() title=off on:click=remove>
                    {icon(Icon::Close)}
                </button>
            </li>
        }
    };
    let is_full = Signal::derive(move || watchers().len() >= RULE_WATCHERS_MAX);
    view! {
        <div class="field">
            <span aria-hidden="true">{t!("rules.watchers")}</span>
            <Pick
                label=t!("rules.watchers")
                choices=choices
                value=String::new()
                disabled=is_full
                on_pick=Callback::new(add)
            />
            <ul class="people">{live(move || watchers().into_iter().map(one).collect_view())}</ul>
        </div>
    }
}
