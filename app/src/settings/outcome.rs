//! What a change would do, and saving it.

use leptos::prelude::*;

use shared::settings::LevelsEffect;
use shared::targets::Reach;

use super::form::Form;
use crate::incidents::priority_word;
use crate::text::t;
use crate::ui::live::{When, live};

/// What would come of the draft, and the ways on.
#[component]
pub(super) fn Outcome(form: Form) -> impl IntoView {
    let effect = Memo::new(move |_| {
        let checked = form.checked.get();
        checked.and_then(|checked| checked.effect)
    });
    let reach = RwSignal::new(Reach::Open);
    let is_idle = move || form.is_unchanged() && form.told.with(String::is_empty);
    let is_checked = move || effect.with(Option::is_some);
    let cannot = move || form.busy.get() || form.is_unchanged() || form.is_wrong();
    // One button, so that the focus stays on it.
    let go = move |_| {
        if is_checked() {
            form.save(reach.get_untracked());
        } else {
            form.check();
        }
    };
    let words = move || {
        if is_checked() {
            t!("settings.save")
        } else {
            t!("settings.check")
        }
    };
    let news = move || {
        let effect = effect.with(|effect| effect.as_ref().map(told));
        let wrong = form.is_wrong().then(|| t!("settings.wrong_above"));
        effect.or(wrong).unwrap_or_else(|| form.told.get())
    };
    view! {
        <section class="outcome" aria-label=t!("settings.outcome") hidden=live(is_idle)>
            <p role="status">{live(news)}</p>
            <When is=Signal::derive(is_checked)>
                <fieldset class="field reach">
                    <legend>{t!("settings.reach")}</legend>
                    {choice(reach, Reach::Open, t!("settings.reach_open"))}
                    {choice(reach, Reach::New, t!("settings.reach_new"))}
                </fieldset>
            </When>
            <div class="actions">
                <button type="button" class="button primary" disabled=live(cannot) on:click=go>
                    {live(words)}
                </button>
                <button
                    type="button"
                    class="button quiet"
                    disabled=live(move || form.is_unchanged())
                    on:click=move |_| {
                        if let Some(held) = form.held.get_untracked() {
                            form.fill(held.levels);
                        }
                    }
                >
                    {t!("settings.discard")}
                </button>
            </div>
        </section>
    }
}

fn choice(reach: RwSignal<Reach>, value: Reach, words: String) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="radio"
                name="reach"
                prop:checked=live(move || reach.get() == value)
                on:change=move |_| reach.set(value)
            />
            <span>{words}</span>
        </label>
    }
}

/// What it would do to the incidents that are open, in sentences.
fn told(effect: &LevelsEffect) -> String {
    let LevelsEffect {
        open,
        moved,
        late,
        in_time,
        lacking,
        reminded,
        closes,
    } = effect;
    let is_none = moved.is_empty() && [late, in_time, lacking, reminded] == [&0; 4];
    let mut lines = vec![if is_none {
        t!("settings.effect_none", count = *open)
    } else {
        t!("settings.effect_open", count = *open)
    }];
    lines.extend(moved.iter().map(|(from, to, count)| {
        let (from, to) = (priority_word(*from), priority_word(*to));
        t!(
            "settings.effect_moved",
            count = *count,
            from = from,
            to = to
        )
    }));
    if *late > 0 {
        lines.push(t!("settings.effect_late", count = *late));
    }
    if *in_time > 0 {
        lines.push(t!("settings.effect_in_time", count = *in_time));
    }
    if *lacking > 0 {
        lines.push(t!("settings.effect_lacking", count = *lacking));
    }
    if *reminded > 0 {
        lines.push(t!("settings.effect_reminded", count = *reminded));
    }
    if *closes > 0 {
        lines.push(t!("settings.effect_closes", count = *closes));
    }
    lines.join(" ")
}
