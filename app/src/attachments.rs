//! Files on the open incident, on both pages: attached from the box to write in, shown in the
//! conversation, looked at in a sheet of their own.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod adding;
mod shown;
mod viewer;
mod words;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use leptos::prelude::*;

use shared::ids::{DocKey, DocKind, FactId, IncidentId};
use shared::incidents::{Attachment, Event, Intent};

use crate::engine::protocol::{FileFailure, FilesAnswer, FilesCall, WaitingFile, Wanted};
use crate::link::Link;
use crate::ui::live::When;
use crate::ui::room::{Entering, room};

pub(crate) use adding::Adding;
pub(crate) use shown::Shown;
pub(crate) use viewer::Viewer;
pub(crate) use words::waiting_text;

/// Does an act on the page; an error is a sentence.
type Act = Rc<dyn Fn(IncidentId, Intent) -> Pin<Box<dyn Future<Output = Result<(), String>>>>>;

/// The files of the open incident. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Attachments {
    link: Link,
    incident: IncidentId,
    act: StoredValue<Act, LocalStorage>,
    /// The file that is looked at.
    viewed: RwSignal<Option<File>>,
}

/// A file as the history names it.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    doc: DocKey,
    fact: FactId,
    attachment: Attachment,
    is_own: bool,
}

impl File {
    /// The file that an event attaches.
    pub(crate) fn of(incident: IncidentId, event: &Event, is_own: bool) -> Option<Self> {
        Some(Self {
            doc: DocKey {
                kind: event.doc,
                id: incident,
            },
            fact: event.fact,
            attachment: event.kind.attached()?.clone(),
            is_own,
        })
    }
}

/// How the file of the files is entered.
#[derive(Clone, Copy)]
pub struct AttachmentsRoom {
    pub adding: fn(Attachments, Signal<DocKind>) -> Entering,
    pub shown: fn(Attachments, File) -> Entering,
    pub viewer: fn(Attachments) -> Entering,
}

/// Shows the file that is looked at over the page, once one is.
#[component]
pub(crate) fn Viewing(files: Attachments) -> impl IntoView {
    let enter = expect_context::<AttachmentsRoom>();
    let is_viewing = Memo::new(move |_| files.viewed.with(Option::is_some));
    view! {
        <When is=is_viewing>
            {room(move || (enter.viewer)(files))}
        </When>
    }
}

impl Attachments {
    pub(crate) fn new<F>(
        link: Link,
        incident: IncidentId,
        act: impl Fn(IncidentId, Intent) -> F + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), String>> + 'static,
    {
        let act: Act = Rc::new(move |incident, intent| Box::pin(act(incident, intent)));
        Self {
            link,
            incident,
            act: StoredValue::new_local(act),
            viewed: RwSignal::new(None),
        }
    }

    /// What of a file waits to be sent.
    fn waiting(self, fact: FactId) -> Option<WaitingFile> {
        let status = self.link.board.status;
        let waiting = status.with(|status| status.files.list.open());
        let mut waiting = waiting.unwrap_or_default().into_iter();
        waiting.find(|file| file.fact == fact)
    }

    /// The bytes of a part of a file.
    async fn bytes(self, wanted: Wanted) -> Result<Vec<u8>, FileFailure> {
        match self.link.files(FilesCall::Fetch(wanted), None).await {
            Ok(FilesAnswer::Bytes(bytes)) => Ok(bytes),
            Ok(FilesAnswer::Failed(why)) => Err(why),
            Ok(_) | Err(_) => Err(FileFailure::Elsewhere),
        }
    }
}
