//! What has left devices by age: looked for on the server, and brought back to this device.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::ids::IncidentId;
use shared::sync::listed::{Behind, OldIncident, OldIncidents};

use super::Desk;
use super::address::Place;
use super::words::state_text;
use crate::text::{self, t};
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;
use crate::ui::room::Entering;

/// How the sheet comes to be shown, which lies in a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct OlderRoom(pub(crate) fn(RwSignal<bool>) -> Entering);

/// What the sheet shows. Cheap to copy.
#[derive(Clone, Copy)]
struct Search {
    words: RwSignal<String>,
    /// What was looked for last, and is listed.
    asked: RwSignal<String>,
    list: RwSignal<Vec<OldIncident>>,
    more: RwSignal<Option<Behind>>,
    is_busy: RwSignal<bool>,
    /// Whether the server has answered.
    is_known: RwSignal<bool>,
    failure: RwSignal<String>,
    /// The incident that is on its way.
    coming: RwSignal<Option<IncidentId>>,
}

impl Search {
    fn begin(self) {
        self.asked.set(self.words.get_untracked());
        self.list.set(Vec::new());
        self.is_known.set(false);
        self.ask(None);
    }

    fn ask(self, behind: Option<Behind>) {
        self.is_busy.set(true);
        self.failure.set(String::new());
        let words = self.asked.get_untracked();
        spawn_local(async move {
            let found = look(&words, behind).await;
            // Whoever asked may have gone on meanwhile, or looked for something else.
            if self.asked.try_get_untracked() != Some(words) {
                return;
            }
            self.is_busy.set(false);
            match found {
                Some(OldIncidents { incidents, more }) => {
                    self.list.update(|list| list.extend(incidents));
                    self.more.set(more);
                    self.is_known.set(true);
                }
                None => self.failure.set(t!("older.offline")),
            }
        });
    }

    fn fetch(self, id: IncidentId) {
        self.coming.set(Some(id));
        self.failure.set(String::new());
        spawn_local(async move {
            if let Err(why) = fetch(id).await {
                self.failure.try_set(why);
                self.coming.try_set(None);
            }
        });
    }
}

async fn look(words: &str, behind: Option<Behind>) -> Option<OldIncidents> {
    let mut asked = vec![("words", words.to_owned())];
    if let Some(Behind { after, changed_at }) = behind {
        asked.push(("after", after.to_string()));
        asked.push(("changed_at", changed_at.0.to_string()));
    }
    let answer = Request::get("/older").query(asked).send().await.ok()?;
    if !answer.ok() {
        return None;
    }
    answer.json().await.ok()
}

/// Has the server bring an incident to this device, where it then arrives like any other; or says
/// in a sentence why it does not.
pub(super) async fn fetch(id: IncidentId) -> Result<(), String> {
    let address = ["/older/", &id.to_string()].concat();
    let asked = Request::post(&address).header("X-Holdfast", "1").send();
    match asked.await {
        Ok(answer) if answer.ok() => Ok(()),
        Ok(answer) if answer.status() == 404 => Err(t!("older.gone")),
        Ok(_) | Err(_) => Err(t!("older.offline")),
    }
}

#[component]
pub(crate) fn OlderSheet(open: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let search = Search {
        words: RwSignal::new(desk.address.query.get_untracked()),
        asked: RwSignal::default(),
        list: RwSignal::default(),
        more: RwSignal::new(None),
        is_busy: RwSignal::new(false),
        is_known: RwSignal::new(false),
        failure: RwSignal::default(),
        coming: RwSignal::new(None),
    };
    search.begin();
    Effect::new(move |_| {
        let arrived = search.coming.get();
        let arrived = arrived.filter(|id| desk.board().row(*id).is_some());
        if let Some(id) = arrived {
            open.set(false);
            desk.address.go(Place::Incident(id));
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        search.begin();
    };
    let finds_none = move || search.is_known.get() && search.list.with(Vec::is_empty);
    let has_more = move || search.more.with(Option::is_some) && search.is_known.get();
    view! {
        <Sheet title=t!("older.title") on_close=move |()| open.set(false)>
            <div class="body older">
                <p>{t!("older.about")}</p>
                <form role="search" on:submit=submit>
                    <input
                        type="search"
                        maxlength="1000"
                        aria-label=t!("older.words")
                        placeholder=t!("queue.filter_hint")
                        bind:value=search.words
                    />
                    <button type="submit" class="button primary" disabled=search.is_busy>
                        {t!("older.search")}
                    </button>
                </form>
                <p class="error" role="alert">{search.failure}</p>
                <ul aria-busy=live(move || search.is_busy.get().to_string())>
                    <For each=move || search.list.get() key=|old| old.id let:old>
                        <Item search=search old=old />
                    </For>
                </ul>
                <When is=Signal::derive(finds_none)>
                    <p role="status">{t!("older.none")}</p>
                </When>
                <When is=Signal::derive(has_more)>
                    <button
                        type="button"
                        class="button"
                        disabled=search.is_busy
                        on:click=move |_| search.ask(search.more.get_untracked())
                    >
                        {t!("older.more")}
                    </button>
                </When>
            </div>
        </Sheet>
    }
}

#[component]
fn Item(search: Search, old: OldIncident) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let id = old.id;
    let is_coming = Memo::new(move |_| search.coming.get() == Some(id));
    let about = move || {
        if is_coming.get() {
            return t!("older.coming");
        }
        let at = text::day(old.changed_at);
        let here = untrack(|| desk.board().row(id)).map(|_| t!("older.here"));
        let parts = [Some(state_text(old.state)), Some(at), here];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let open = move |_| {
        if untrack(|| desk.board().row(id)).is_some() {
            search.coming.set(Some(id));
        } else {
            search.fetch(id);
        }
    };
    view! {
        <li>
            <button type="button" disabled=is_coming on:click=open>
                <b>{old.name}</b>
                <span dir="auto">{old.subject}</span>
                <small>{live(about)}</small>
            </button>
        </li>
    }
}
