//! `POST /sync/pull`: one page of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use shared::document::ReceiptColumns;
use shared::ids::{DocKey, DocKind, IncidentId};
use shared::people::{Directory, Person, Scope};
use shared::sync::Seq;
use shared::sync::message::{
    ChangeBytes, Holds, PAGE_DOCS_MAX, PROTOCOL, PullPage, PullRequest, PulledBody, PulledDoc,
    PulledRow, Surface,
};
use shared::sync::server::{How, Pull, Sends, Session, Standing, Walk};

use super::{MIN_CLIENT, check_person, check_protocol, message, reply, session, told_to_nobody};
use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
use crate::store::{Contact, Result, StoredChange, StoredDoc, View};

/// About how many bytes of documents a page has at most; one incident may be larger.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// How many cursors a device may hold; a session has well below this.
const SCOPES_MAX: usize = 512;

pub(super) async fn pull(
    State(app): State<Arc<App>>,
    signed_in: std::result::Result<SignedIn, ApiError>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> std::result::Result<Response, ApiError> {
    let _turn = app.keeper.turn()?;
    let signed_in = match signed_in {
        Err(ApiError::NotSignedIn) => {
            let asks = message::<PullRequest>(&headers, body).ok();
            let owner = asks.map(|asks| (asks.person, asks.device));
            return Err(told_to_nobody(&app, owner).await);
        }
        signed_in => signed_in?,
    };
    let request: PullRequest = message(&headers, body)?;
    check_protocol(request.protocol)?;
    check_person(&signed_in, request.person)?;
    if request.cursors.lows.len() > SCOPES_MAX {
        return Err(ApiError::TooLarge);
    }
    let mut session = session(&signed_in, request.device, request.surface)?;
    session.scopes = request.readable(session.scopes);
    if hear(&app, &signed_in, &session).await {
        let (person, device) = (session.person.id, session.device);
        if app.store.is_to_be_wiped(person, device).await? {
            app.store.begin_wipe(signed_in.session_id).await?;
            return Err(ApiError::Wipe);
        }
    }
    let mut view = app.store.view().await?;
    let (mut page, is_recorded) = page(&mut *view, &request, &session).await?;
    drop(view);
    if !is_recorded {
        let (person, device) = (session.person.id, session.device);
        app.store.issue(person, device, &session.scopes).await?;
    }
    page.now = app.clock.now();
    page.holds = Some(Holds {
        days: app.config.device_days,
        incidents: app.config.device_incidents,
    });
    let directory = app.people.current();
    let (views, version) = app.views.of(&session.person, session.surface, &directory);
    page.directory = (version != request.directory).then(|| Directory {
        views,
        version,
        ..directory_for(&session.person, session.surface, &directory)
    });
    Ok(reply(&page))
}

/// Notes that the device behind the session is there. Says whether it was not known to be there
/// through this session lately. A report counts it as away when that cannot be written; the device
/// gets its page all the same.
async fn hear(app: &App, signed_in: &SignedIn, session: &Session) -> bool {
    let contact = Contact {
        session: signed_in.session_id,
        person: signed_in.person.id,
        device: session.device,
        surface: session.surface,
        at: app.clock.now(),
    };
    let Some(contact) = app.keeper.contacts.hear(contact) else {
        return false;
    };
    if let Err(cause) = app.store.put_contact(&contact).await {
        tracing::warn!(cause = format!("{cause:#}"), "a contact cannot be noted");
        app.keeper.contacts.forget(contact.session);
    }
    true
}

/// A page, and whether the session's scopes are kept as issued, as they must be before it leaves.
async fn page(
    view: &mut dyn View,
    request: &PullRequest,
    session: &Session,
) -> Result<(PullPage, bool)> {
    let log = view.log().await?;
    let issued = view.issued(session.person.id, session.device).await?;
    let request = PullRequest {
        surface: session.surface,
        ..request.clone()
    };
    let pull = Pull::new(&request, session.scopes.clone(), &issued, log);
    let docs_max = request.docs_max.clamp(1, PAGE_DOCS_MAX);
    let incidents_max = match session.surface {
        Surface::Console => docs_max.div_ceil(2) as usize,
        Surface::Portal => docs_max as usize,
    };
    let (walk, standings) = forward(view, &pull, incidents_max).await?;
    let mut making = Making {
        pull: &pull,
        page: empty(log.head),
        bytes: 0,
        known: BTreeSet::new(),
    };
    making.forget_lost(view, &walk).await?;
    making.bytes = standings.iter().map(|standing| standing.bytes).sum();
    let sends = standings
        .iter()
        .map(|standing| (standing.incident, pull.forward(standing)));
    making.add(view, sends.collect()).await?;

    let mut lows = pull.lows();
    let left = incidents_max.saturating_sub(walk.incidents.len());
    if walk.end == log.head && left > 0 && making.bytes < PAGE_BYTES {
        lows = making.backfill(view, left).await?;
    }
    let mut page = making.page;
    page.cursors = pull.cursors(walk.end, lows);
    page.more = pull.is_more(&page.cursors);
    Ok((page, pull.is_recorded()))
}

fn empty(head: Seq) -> PullPage {
    PullPage {
        protocol: PROTOCOL,
        min_client: MIN_CLIENT,
        now: shared::time::UnixMillis(0),
        cursors: shared::sync::message::Cursors::default(),
        docs: Vec::new(),
        rows: Vec::new(),
        forget: Vec::new(),
        directory: None,
        holds: None,
        more: false,
        head,
    }
}

/// How far the page goes forward, and how the incidents concerned stand to the device.
async fn forward(
    view: &mut dyn View,
    pull: &Pull,
    incidents_max: usize,
) -> Result<(Walk, Vec<Standing>)> {
    let limit = u32::try_from(incidents_max * 8).unwrap_or(u32::MAX);
    let (scopes, watched) = (pull.scopes(), pull.watched());
    let (events, is_all) = view.events(pull.after(), &scopes, &watched, limit).await?;
    let walk = pull.walk(&events, is_all, incidents_max);
    let mut standings = view
        .standings(&walk.incidents, &watched, pull.after())
        .await?;
    let fits = fitting(&standings, PAGE_BYTES);
    if fits == standings.len() {
        return Ok((walk, standings));
    }
    standings.truncate(fits);
    Ok((pull.walk(&events, is_all, fits), standings))
}

/// How many of the incidents fit the page: at least one.
fn fitting(standings: &[Standing], bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fits = standings.iter().take_while(|standing| {
        bytes += standing.bytes;
        bytes <= bytes_max
    });
    fits.count().max(1).min(standings.len())
}

/// A page and what is in it already.
struct Making<'a> {
    pull: &'a Pull,
    page: PullPage,
    bytes: usize,
    known: BTreeSet<IncidentId>,
}

impl Making<'_> {
    /// What came through scopes that the session no longer has. An incident of which a document
    /// stays is told anew, since its row may have summed up what goes.
    async fn forget_lost(&mut self, view: &mut dyn View, walk: &Walk) -> Result<()> {
        let lost = self.pull.lost();
        if lost.is_empty() {
            return Ok(());
        }
        let mut incidents = view.reached(&lost, self.pull.after()).await?;
        incidents.retain(|incident| !walk.incidents.contains(incident));
        let watched = self.pull.watched();
        let standings = view
            .standings(&incidents, &watched, self.pull.after())
            .await?;
        let sends = standings.iter();
        let sends = sends.map(|standing| (standing.incident, self.pull.forward(standing)));
        let sends = sends.filter(|(_, sends)| !sends.forget.is_empty());
        self.add(view, sends.collect()).await
    }

    fn forget(&mut self, id: IncidentId, kinds: &[DocKind]) {
        self.page
            .forget
            .extend(kinds.iter().map(|kind| DocKey { kind: *kind, id }));
    }

    async fn backfill(
        &mut self,
        view: &mut dyn View,
        incidents_max: usize,
    ) -> Result<BTreeMap<Scope, Seq>> {
        let limit = u32::try_from(incidents_max * 2 + 2).unwrap_or(u32::MAX);
        let mut older = BTreeMap::new();
        for (scope, below) in self.pull.unfinished() {
            older.insert(scope.clone(), view.older(scope, below, limit).await?);
        }
        let (incidents, mut lows) = self.pull.backfill(&older, incidents_max);
        let scopes = self.pull.scopes();
        let mut standings = view
            .standings(&incidents, &scopes, self.pull.after())
            .await?;
        let fits = fitting(&standings, PAGE_BYTES.saturating_sub(self.bytes));
        if fits < standings.len() {
            standings.truncate(fits);
            lows = self.pull.backfill(&older, fits).1;
        }
        let sends = standings.iter();
        let sends = sends.map(|standing| (standing.incident, self.pull.backward(standing)));
        let sends: Vec<_> = sends.filter(|(id, _)| !self.known.contains(id)).collect();
        self.add(view, sends).await?;
        Ok(lows)
    }

    /// Puts documents, rows and what to forget into the page.
    async fn add(&mut self, view: &mut dyn View, sends: Vec<(IncidentId, Sends)>) -> Result<()> {
        let sent = |(id, sends): &(IncidentId, Sends)| (!sends.docs.is_empty()).then_some(*id);
        let sent: Vec<_> = sends.iter().filter_map(sent).collect();
        let mut docs: BTreeMap<_, _> = view
            .docs(&sent)
            .await?
            .into_iter()
            .map(|stored| (stored.doc, stored))
            .collect();
        let mut changes = self.changes(view, &sends).await?;
        let mut rows = BTreeMap::new();
        for (
            id,
            Sends {
                docs: wanted,
                forget,
                visible,
            },
        ) in sends
        {
            let before = self.page.docs.len();
            for (kind, how) in wanted {
                let doc = DocKey { kind, id };
                let Some(stored) = docs.remove(&doc) else {
                    continue;
                };
                let changes = changes.remove(&doc).unwrap_or_default();
                self.page.docs.extend(pulled(stored, how, changes));
            }
            self.forget(id, &forget);
            self.known.insert(id);
            let is_told = self.page.docs.len() > before || !forget.is_empty();
            if is_told && visible.contains(&DocKind::Incident) {
                rows.insert(id, visible.contains(&DocKind::Work));
            }
        }
        self.add_rows(view, &rows).await
    }

    async fn changes(
        &self,
        view: &mut dyn View,
        sends: &[(IncidentId, Sends)],
    ) -> Result<BTreeMap<DocKey, Vec<StoredChange>>> {
        let has_changes = |sends: &Sends| sends.docs.iter().any(|(_, how)| *how == How::Changes);
        let ids = sends
            .iter()
            .filter(|(_, sends)| has_changes(sends))
            .map(|(id, _)| *id);
        let ids: Vec<_> = ids.collect();
        let mut changes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        if !ids.is_empty() {
            for change in view.changes(&ids, self.pull.after()).await? {
                changes.entry(change.doc).or_default().push(change);
            }
        }
        Ok(changes)
    }

    async fn add_rows(
        &mut self,
        view: &mut dyn View,
        is_staff: &BTreeMap<IncidentId, bool>,
    ) -> Result<()> {
        let ids: Vec<_> = is_staff.keys().copied().collect();
        for row in view.rows(&ids).await? {
            let (id, staff) = (row.incident, is_staff.get(&row.incident) == Some(&true));
            let row = if staff { row.staff } else { row.public };
            self.page.rows.push(PulledRow { id, row });
        }
        Ok(())
    }
}

/// A document as it travels; none when the device has all its changes.
fn pulled(stored: StoredDoc, how: How, changes: Vec<StoredChange>) -> Option<PulledDoc> {
    let StoredDoc {
        doc,
        generation,
        bytes,
        receipts,
        signed,
        ..
    } = stored;
    let is_whole = changes.iter().all(|change| change.bytes.is_some());
    let (body, receipts) = match how {
        How::Changes if changes.is_empty() => return None,
        How::Changes if is_whole => {
            let receipts = ReceiptColumns::pack(changes.iter().map(|change| &change.receipt));
            let bytes = changes.into_iter().filter_map(|change| change.bytes);
            (
                PulledBody::Changes(bytes.map(ChangeBytes).collect()),
                receipts,
            )
        }
        How::Changes | How::Snapshot => (PulledBody::Snapshot(bytes), receipts),
    };
    Some(PulledDoc {
        doc,
        generation,
        body,
        receipts,
        signed,
    })
}

/// The directory as a session may know it: a portal shows names, and of people nothing else.
fn directory_for(person: &Person, surface: Surface, directory: &Directory) -> Directory {
    let mut directory = directory.clone();
    if surface == Surface::Portal {
        for other in directory
            .people
            .iter_mut()
            .filter(|other| other.id != person.id)
        {
            other.login.clear();
            other.phone.clear();
            other.mail = None;
            other.department.clear();
            other.roles.clear();
            other.groups.clear();
            other.site = None;
        }
    }
    directory
}
