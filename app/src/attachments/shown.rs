//! A file in the conversation: its thumbnail or its name, its size, and where it is.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{Blob, BlobPropertyBag, Url};

use shared::incidents::attachments::{MediaType, Part};

use super::{Attachments, File, words};
use crate::engine::protocol::{FileFailure, FilesCall, Line, Wanted};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;

/// How soon what has not come is asked for again, and after how long at most.
const AGAIN_AFTER: Duration = Duration::from_secs(4);
const AGAIN_AFTER_MAX: Duration = Duration::from_mins(1);

/// What is there of a part of a file.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Coming {
    UnderWay,
    /// An address of the bytes within this page.
    Here(String),
    Absent(FileFailure),
}

impl File {
    pub(super) fn wanted(&self, part: Part) -> Option<Wanted> {
        Some(Wanted {
            doc: self.doc,
            fact: self.fact,
            part,
            blob: self.attachment.blob(part)?,
        })
    }
}

/// Fetches a part of a file and gives it an address for as long as this view stands. What has not
/// come is asked for again.
pub(super) fn coming(files: Attachments, wanted: Wanted) -> RwSignal<Coming> {
    let coming = RwSignal::new(Coming::UnderWay);
    on_cleanup(move || {
        if let Some(Coming::Here(url)) = coming.try_get_untracked() {
            Url::revoke_object_url(&url).ok();
        }
    });
    spawn_local(async move {
        let mut wait = AGAIN_AFTER;
        loop {
            let next = match files.bytes(wanted).await {
                Ok(bytes) => address(&bytes, wanted.blob.media).map(Coming::Here),
                Err(why) => Some(Coming::Absent(why)),
            };
            let next = next.unwrap_or(Coming::Absent(FileFailure::Elsewhere));
            let is_here = matches!(next, Coming::Here(_));
            if coming.is_disposed() || is_here {
                // The view that wanted it may be gone, and with it who gives the address back.
                if let (true, Coming::Here(url)) = (coming.is_disposed(), &next) {
                    Url::revoke_object_url(url).ok();
                }
                coming.try_set(next);
                return;
            }
            coming.try_set(next);
            TimeoutFuture::new(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)).await;
            wait = (wait * 2).min(AGAIN_AFTER_MAX);
            if coming.is_disposed() {
                return;
            }
        }
    });
    coming
}

fn address(bytes: &[u8], media: MediaType) -> Option<String> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type(media.word());
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

/// Saves a file outside the page.
pub(super) fn save(files: Attachments, file: File, failure: RwSignal<Option<String>>) {
    let Some(wanted) = file.wanted(Part::File) else {
        return;
    };
    let line = files.link.board.status.with_untracked(|status| status.line);
    spawn_local(async move {
        let said = match files.bytes(wanted).await {
            Ok(bytes) if browser::save_file(&file.attachment.name, &bytes) => None,
            Ok(_) => Some(t!("file.not_saved")),
            Err(why) => Some(words::absent(why, line)),
        };
        failure.try_set(said);
    });
}

#[component]
pub(crate) fn Shown(files: Attachments, file: File) -> impl IntoView {
    let failure = RwSignal::new(None::<String>);
    let fact = file.fact;
    let waiting = Memo::new(move |_| files.waiting(fact));
    let (name, size) = (
        file.attachment.name.clone(),
        text::bytes(u64::from(file.attachment.bytes)),
    );
    let is_picture = file.attachment.media.is_picture();
    let label = if is_picture {
        t!("file.open", name = name.as_str())
    } else {
        t!("file.save", name = name.as_str())
    };
    let thumbnail = file.wanted(Part::Thumbnail).map(|wanted| {
        let coming = coming(files, wanted);
        live(move || thumbnail(files, coming))
    });
    let sign = thumbnail.is_none().then(|| icon(Icon::File));
    let open = move |_| {
        if is_picture {
            files.viewed.set(Some(file.clone()));
        } else {
            save(files, file.clone(), failure);
        }
    };
    view! {
        <div class="file" data-picture=is_picture.then_some("true")>
            <button type="button" aria-label=label on:click=open>{thumbnail} {sign}</button>
            <p>
                <bdi>{name}</bdi>
                " "
                <small>{size}</small>
                {live(move || waiting.get().map(|waiting| standing(files, &waiting)))}
            </p>
            {live(move || failure.get().map(|why| view! { <p class="error" role="alert">{why}</p> }))}
        </div>
    }
}

fn thumbnail(files: Attachments, coming: RwSignal<Coming>) -> AnyView {
    match coming.get() {
        Coming::UnderWay => view! { <span class="veil"></span> }.into_any(),
        Coming::Here(url) => view! { <img src=url alt="" /> }.into_any(),
        Coming::Absent(why) => {
            let line = files.link.board.status.with(|status| status.line);
            view! { <span class="veil"><small>{words::absent(why, line)}</small></span> }.into_any()
        }
    }
}

/// How far a file of this device is, and what to do where the server would not take it.
fn standing(files: Attachments, waiting: &crate::engine::protocol::WaitingFile) -> AnyView {
    let fact = waiting.fact;
    let again = waiting.is_refused.then(|| {
        let again = move |_| {
            spawn_local(async move {
                // What comes of it is told as of every file.
                drop(files.link.files(FilesCall::TryAgain { fact }, None).await);
            });
        };
        view! {
            <button type="button" class="button quiet" on:click=again>{t!("file.again")}</button>
        }
    });
    let line = files.link.board.status.with_untracked(|status| status.line);
    let is_held = !waiting.is_refused && line == Line::Offline;
    let said = if is_held {
        t!("file.waiting")
    } else {
        words::waiting_text(waiting)
    };
    let state = if waiting.is_refused {
        "refused"
    } else {
        "waiting"
    };
    view! { <span class="tick" data-tick="kept" data-file=state>{said}</span> {again} }.into_any()
}
