//! A picture over the whole page.

use leptos::prelude::*;

use shared::incidents::attachments::Part;

use super::shown::{Coming, coming, save};
use super::{Attachments, File, words};
use crate::text::{self, t};
use crate::ui::live::live;
use crate::ui::overlay::Sheet;

#[component]
pub(crate) fn Viewer(files: Attachments) -> impl IntoView {
    move || {
        files
            .viewed
            .get()
            .map(|file| view! { <Picture files=files file=file /> })
    }
}

#[component]
fn Picture(files: Attachments, file: File) -> impl IntoView {
    let failure = RwSignal::new(None::<String>);
    let name = file.attachment.name.clone();
    let mut said = vec![text::bytes(u64::from(file.attachment.bytes))];
    if let Some(at) = file.attachment.taken_at {
        said.push(t!("file.taken", at = text::full(at)));
    }
    let picture = file.wanted(Part::File).map(|wanted| coming(files, wanted));
    let alt = name.clone();
    let shown = move || {
        picture.map(|picture| match picture.get() {
            Coming::UnderWay => view! { <p class="quiet">{t!("file.loading")}</p> }.into_any(),
            Coming::Here(url) => view! { <img src=url alt=alt.clone() /> }.into_any(),
            Coming::Absent(why) => {
                let line = files.link.board.status.with(|status| status.line);
                view! { <p class="quiet" role="status">{words::absent(why, line)}</p> }.into_any()
            }
        })
    };
    let own = file.is_own.then(|| {
        let fact = file.fact;
        live(move || {
            files
                .waiting(fact)
                .map(|waiting| words::waiting_text(&waiting))
        })
    });
    view! {
        <Sheet class="viewer" title=name on_close=move |()| files.viewed.set(None)>
            <div class="picture">{live(shown)}</div>
            <footer>
                <p>{said.join(" · ")} " " <small>{own}</small></p>
                <p class="error" role="alert">{live(move || failure.get())}</p>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| save(files, file.clone(), failure)
                >
                    {t!("file.download")}
                </button>
            </footer>
        </Sheet>
    }
}
