//! Attaching: chosen, taken with the camera, pasted or dropped on the page. One file after the
//! other is made ready by the engine and attached by an act that can be taken back.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use leptos::ev;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast as _;
use web_sys::{DataTransfer, DragEvent, FileList};

use shared::ids::DocKind;
use shared::incidents::Intent;
use shared::time::UnixMillis;

use super::{Act, Attachments, words};
use crate::engine::protocol::{FilesAnswer, FilesCall};
use crate::text::t;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;
use crate::ui::toast::Toasts;

/// Files that were chosen. Whoever leaves the incident meanwhile finds them attached all the same.
type Waiting = Rc<RefCell<VecDeque<(web_sys::File, DocKind)>>>;

/// Files on their way into the incident.
#[derive(Clone, Copy)]
struct Queue {
    files: Attachments,
    doc: Signal<DocKind>,
    waiting: StoredValue<Waiting, LocalStorage>,
    /// What is being made ready.
    now: RwSignal<Option<String>>,
    /// What could not be attached, and why.
    refused: RwSignal<Vec<String>>,
    toasts: Toasts,
}

impl Queue {
    fn take(self, list: &FileList) {
        let doc = self.doc.get_untracked();
        let chosen = (0..list.length()).filter_map(|at| list.get(at));
        let waiting = self.waiting.get_value();
        waiting.borrow_mut().extend(chosen.map(|file| (file, doc)));
        self.refused.set(Vec::new());
        if self.now.get_untracked().is_none() {
            spawn_local(self.work());
        }
    }

    async fn work(self) {
        let (waiting, act) = (self.waiting.get_value(), self.files.act.get_value());
        loop {
            let next = waiting.borrow_mut().pop_front();
            let Some((file, doc)) = next else {
                break;
            };
            self.now.try_set(Some(file.name()));
            if let Err(why) = self.attach(&file, doc, &act).await {
                let told = why.clone();
                let shown = self.refused.try_update(|refused| refused.push(told));
                if shown.is_none() {
                    self.toasts.say(why);
                }
            }
        }
        self.now.try_set(None);
    }

    async fn attach(self, file: &web_sys::File, doc: DocKind, act: &Act) -> Result<(), String> {
        let name = file.name();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds since 1970 fit 53 bits"
        )]
        let written_at = UnixMillis(file.last_modified() as i64);
        let call = FilesCall::Prepare {
            name: name.clone(),
            written_at,
        };
        match self.files.link.files(call, Some(file)).await {
            Ok(FilesAnswer::Prepared(file)) => {
                let attached = act(self.files.incident, Intent::Attach { doc, file }).await;
                attached.map_err(|why| [&name, ": ", &why].concat())
            }
            Ok(FilesAnswer::Failed(why)) => Err(words::refused(&name, why)),
            Ok(_) | Err(_) => Err(t!("file.not_attached", name = name)),
        }
    }
}

/// The button in the foot of the box to write in, with what is under way and what went wrong.
#[component]
pub(crate) fn Adding(files: Attachments, doc: Signal<DocKind>) -> impl IntoView {
    let queue = Queue {
        files,
        doc,
        waiting: StoredValue::new_local(Waiting::default()),
        now: RwSignal::new(None),
        refused: RwSignal::new(Vec::new()),
        toasts: expect_context(),
    };
    let input = NodeRef::<Input>::new();
    let choose = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(list) = input.files() {
            queue.take(&list);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    let is_over = RwSignal::new(false);
    listen(&queue, is_over);
    let under_way = move || {
        queue
            .now
            .get()
            .map(|name| t!("file.preparing", name = name))
    };
    let refused = move || {
        let refused = queue.refused.get();
        (!refused.is_empty()).then(|| {
            let sentences = refused.into_iter().map(|why| view! { <p>{why}</p> });
            view! { <div class="error" role="alert">{sentences.collect_view()}</div> }
        })
    };
    view! {
        <span class="attach" data-over=live(move || is_over.get().then_some("true"))>
            <label class="button quiet icon" title=t!("file.attach_hint")>
                <input
                    type="file"
                    multiple
                    class="sr-only"
                    aria-label=t!("file.attach")
                    accept=words::accepted()
                    node_ref=input
                    on:change=choose
                />
                {icon(Icon::Clip)}
            </label>
            <small role="status">{live(under_way)}</small>
            {live(refused)}
        </span>
    }
}

/// Takes files that are pasted or dropped anywhere on the page; a text goes its own way.
fn listen(queue: &Queue, is_over: RwSignal<bool>) {
    let queue = *queue;
    let has_files = |data: Option<DataTransfer>| {
        let files = data.and_then(|data| data.files());
        files.filter(|files| files.length() > 0)
    };
    let pasted = window_event_listener(ev::paste, move |event| {
        if let Some(list) = has_files(event.clipboard_data()) {
            event.prevent_default();
            queue.take(&list);
        }
    });
    let drags_files = |event: &DragEvent| {
        let kinds = event.data_transfer().map(|data| data.types());
        kinds.is_some_and(|kinds| kinds.includes(&"Files".into(), 0))
    };
    let over = window_event_listener(ev::dragover, move |event| {
        if drags_files(&event) {
            event.prevent_default();
            is_over.set(true);
        }
    });
    let left = window_event_listener(ev::dragleave, move |event| {
        // Between two elements of the page it goes on.
        if event.related_target().is_none() {
            is_over.set(false);
        }
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        is_over.set(false);
        let event: DragEvent = event.unchecked_into();
        if let Some(list) = has_files(event.data_transfer()) {
            event.prevent_default();
            queue.take(&list);
        }
    });
    on_cleanup(move || {
        for listener in [pasted, over, left, dropped] {
            listener.remove();
        }
    });
}
