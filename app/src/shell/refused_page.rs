//! What the server refused of people's acts, for whoever leads the process: their words are kept
//! there also when the device that wrote them is lost.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::sync::listed::RefusedAct;

use crate::incidents::{Desk, Place, refusal_text};
use crate::text::{self, t};
use crate::ui::live::When;

/// What an act was to do, in the words of its first fact.
fn deed(act: &RefusedAct) -> String {
    let group = act.groups.first().map_or("", String::as_str);
    match group.split('/').next().unwrap_or_default() {
        "created" => t!("refused.created"),
        "entry" => t!("refused.entry"),
        "note" => t!("refused.note"),
        "log" => t!("refused.log"),
        "task" => t!("refused.task"),
        "revision" => t!("refused.revision"),
        "watcher" | "unwatched" => t!("refused.watcher"),
        "state" => t!("refused.state_change"),
        "assignment" => t!("refused.assignment"),
        "field" => t!("refused.field"),
        "withdrawal" => t!("refused.withdrawal"),
        _ => t!("refused.unknown"),
    }
}

/// The list as the server last told it. Cheap to copy.
#[derive(Clone, Copy)]
struct Acts {
    list: RwSignal<Vec<RefusedAct>>,
    /// Whether the server has answered.
    is_known: RwSignal<bool>,
    failure: RwSignal<String>,
}

impl Acts {
    fn ask(self) {
        spawn_local(async move {
            // Whoever asked may have gone on meanwhile.
            if let Some(list) = ask().await {
                self.list.try_set(list);
                self.is_known.try_set(true);
            } else {
                self.failure.try_set(t!("devices.offline"));
            }
        });
    }

    fn see(self, act: &RefusedAct) {
        let (person, id) = (act.person, act.id);
        let address = [
            "/refused/",
            &person.0.to_string(),
            "/",
            &id.to_string(),
            "/seen",
        ];
        let address = address.concat();
        self.failure.set(String::new());
        spawn_local(async move {
            let asked = Request::post(&address).header("X-Holdfast", "1").send();
            if asked.await.is_ok_and(|answer| answer.ok()) {
                self.list.try_update(|list| {
                    list.retain(|act| (act.person, act.id) != (person, id));
                });
            } else {
                self.failure.try_set(t!("devices.not_done"));
            }
        });
    }
}

async fn ask() -> Option<Vec<RefusedAct>> {
    let answer = Request::get("/refused").send().await.ok()?;
    if !answer.ok() {
        return None;
    }
    answer.json().await.ok()
}

/// The page.
#[component]
pub(super) fn RefusedPage() -> impl IntoView {
    let acts = Acts {
        list: RwSignal::default(),
        is_known: RwSignal::new(false),
        failure: RwSignal::default(),
    };
    acts.ask();
    let is_empty = move || acts.is_known.get() && acts.list.with(Vec::is_empty);
    view! {
        <main class="report refused-page" tabindex="-1">
            <header>
                <h1>{t!("refused.title")}</h1>
                <p>{t!("refused.about")}</p>
            </header>
            <p class="error" role="alert">{acts.failure}</p>
            <For each=move || acts.list.get() key=|act| (act.person, act.id) let:act>
                <Card acts=acts act=act />
            </For>
            <When is=Signal::derive(is_empty)>
                <p role="status">{t!("refused.none")}</p>
            </When>
        </main>
    }
}

#[component]
fn Card(acts: Acts, act: RefusedAct) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let (deed, by) = (deed(&act), act.person);
    let at = text::clock_and_day(act.received_at);
    // The page may be here before it knows who there is.
    let about = Signal::derive(move || {
        let name = desk.organisation().person_name(by);
        t!(
            "refused.by",
            deed = deed.as_str(),
            name = name,
            at = at.as_str()
        )
    });
    let of = [act.name.clone(), act.subject.clone()];
    let of = of.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let why = t!("refused.told", why = refusal_text(&act.refused));
    let quoted = act.texts.iter().cloned();
    let quoted = quoted.map(|text| view! { <blockquote dir="auto">{text}</blockquote> });
    let words = act.texts.join("\n\n");
    let copy = (!words.is_empty()).then(|| {
        view! {
            <button type="button" class="button" on:click=move |_| desk.copy(words.clone())>
                {t!("review.copy")}
            </button>
        }
    });
    let incident = act.incident;
    let open = act.name.is_some().then(|| {
        let go = move |_| desk.address.go(Place::Incident(incident));
        view! {
            <button type="button" class="button" on:click=go>{t!("refused.open")}</button>
        }
    });
    view! {
        <article class="review" aria-label=about>
            <b>{about}</b>
            <p dir="auto">{of}</p>
            <p>{why}</p>
            {quoted.collect_view()}
            <div class="actions">
                {copy} {open}
                <button type="button" class="button quiet" on:click=move |_| acts.see(&act)>
                    {t!("refused.seen")}
                </button>
            </div>
        </article>
    }
}
