//! Files on the way: who may bring one, who gets it, and what a hash alone is worth.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use server::attachments::audit;
use sha2::{Digest as _, Sha256};
use shared::ids::{DocKey, DocKind, FactId, Hash, IncidentId};
use shared::incidents::attachments::{MediaType, PIECE_BYTES_MIN};
use shared::incidents::{Attachment, Intent};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, Answer, BOB, CAROL, DAVE, TestServer};

/// A text of some pieces.
fn bytes() -> Vec<u8> {
    b"12:00 the gateway does not answer\n".repeat(5_000)
}

fn file(bytes: &[u8]) -> Attachment {
    Attachment {
        name: "gate way ä.log".to_owned(),
        media: MediaType::Text,
        bytes: u32::try_from(bytes.len()).expect("a small file"),
        hash: Hash(Sha256::digest(bytes).into()),
        thumbnail: None,
        taken_at: None,
    }
}

/// A file that somebody's accepted fact names.
#[derive(Clone)]
struct Named {
    doc: DocKey,
    fact: FactId,
    file: Attachment,
}

async fn attach(
    server: &TestServer,
    device: &mut Device,
    id: IncidentId,
    (kind, file): (DocKind, Attachment),
) -> Named {
    let doc = DocKey { kind, id };
    let intent = Intent::Attach {
        doc: kind,
        file: file.clone(),
    };
    let mut drafted = device.drafted(intent);
    let group = device.write(id, &mut drafted);
    expect_accepted(&device.offer(server, vec![group]).await);
    let fact = drafted.facts[usize::from(kind == DocKind::Work)];
    Named { doc, fact, file }
}

impl Named {
    fn path(&self) -> String {
        let Self { doc, fact, file } = self;
        format!("/blobs/{}?doc={doc}&fact={fact}", file.hash)
    }

    async fn ask(&self, server: &TestServer, device: &Device, method: Method) -> Answer {
        let request = Request::builder().method(method).uri(self.path());
        let request = request.header(header::COOKIE, &device.cookie);
        let request = request.header("x-holdfast", "1").body(Body::empty());
        server.send(request.expect("a request")).await
    }

    async fn put(
        &self,
        server: &TestServer,
        device: &Device,
        (offset, piece): (usize, &[u8]),
    ) -> Answer {
        let request = Request::put(self.path())
            .header(header::COOKIE, &device.cookie)
            .header("x-holdfast", "1")
            .header("upload-offset", offset.to_string())
            .body(Body::from(piece.to_vec()));
        server.send(request.expect("a request")).await
    }

    /// Uploads all of it in one piece.
    async fn upload(&self, server: &TestServer, device: &Device, bytes: &[u8]) {
        let answer = self.put(server, device, (0, bytes)).await;
        assert_eq!(told(&answer), (bytes.len(), "?1"));
    }

    async fn expect_nothing(&self, server: &TestServer, device: &Device) {
        let answer = self.ask(server, device, Method::GET).await;
        answer.expect_problem(404, "not-found");
    }

    async fn expect_bytes(&self, server: &TestServer, device: &Device, bytes: &[u8]) {
        let answer = self.ask(server, device, Method::GET).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, bytes);
    }
}

/// How much of a file is there, and whether it is whole.
fn told(answer: &Answer) -> (usize, &str) {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let header = |name| answer.headers[name].to_str().expect("ASCII");
    let offset = header("upload-offset").parse().expect("a number");
    (offset, header("upload-complete"))
}

/// Bob has attached a file to an incident of his group that Carol reported.
async fn begin(kind: DocKind) -> (TestServer, Device, Named) {
    let server = TestServer::start().await;
    let mut bob = Device::console(&server, BOB).await;
    let id = bob.declare(CAROL, Some("network"));
    bob.push(&server).await;
    let named = attach(&server, &mut bob, id, (kind, file(&bytes()))).await;
    (server, bob, named)
}

#[tokio::test]
async fn a_file_goes_up_in_pieces_and_down_to_whoever_may_read_the_document() {
    let (server, bob, named) = begin(DocKind::Incident).await;
    let (bytes, half) = (bytes(), PIECE_BYTES_MIN * 2);
    let head = named.ask(&server, &bob, Method::HEAD).await;
    assert_eq!(told(&head), (0, "?0"));
    let first = named.put(&server, &bob, (0, &bytes[..half])).await;
    assert_eq!(told(&first), (half, "?0"));
    let alice = Device::console(&server, ALICE).await;
    named.expect_nothing(&server, &alice).await;
    let last = named.put(&server, &bob, (half, &bytes[half..])).await;
    assert_eq!(told(&last), (bytes.len(), "?1"));
    let carol = Device::portal(&server, CAROL).await;
    for device in [&alice, &bob, &carol] {
        named.expect_bytes(&server, device, &bytes).await;
    }
    let dave = Device::portal(&server, DAVE).await;
    named.expect_nothing(&server, &dave).await;
}

#[tokio::test]
async fn what_is_given_runs_nowhere_and_is_saved_unless_it_is_a_picture() {
    let (server, bob, named) = begin(DocKind::Incident).await;
    named.upload(&server, &bob, &bytes()).await;
    let answer = named.ask(&server, &bob, Method::GET).await;
    let header = |name: &str| answer.headers[name].to_str().expect("ASCII").to_owned();
    assert_eq!(header("content-type"), "text/plain");
    let name = "attachment; filename*=UTF-8''gate%20way%20%C3%A4.log";
    assert_eq!(header("content-disposition"), name);
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(header("cache-control"), "no-store");
    let jpeg = [&[0xff, 0xd8, 0xff][..], &[7; 1_000]].concat();
    let picture = Attachment {
        name: "photo.jpg".to_owned(),
        media: MediaType::Jpeg,
        ..file(&jpeg)
    };
    let mut bob = bob;
    let id = named.doc.id;
    let picture = attach(&server, &mut bob, id, (DocKind::Work, picture)).await;
    picture.upload(&server, &bob, &jpeg).await;
    let answer = picture.ask(&server, &bob, Method::GET).await;
    let disposition = answer.headers["content-disposition"].to_str();
    assert!(disposition.expect("ASCII").starts_with("inline;"));
}

#[tokio::test]
async fn an_upload_that_was_cut_goes_on_where_it_was_also_after_a_restart() {
    let (server, bob, named) = begin(DocKind::Work).await;
    let (bytes, half) = (bytes(), PIECE_BYTES_MIN * 2);
    named.put(&server, &bob, (0, &bytes[..half])).await;
    let server = server.killed().await;
    let again = named.put(&server, &bob, (0, &bytes[..half])).await;
    assert_eq!(
        told(&again),
        (half, "?0"),
        "what is there is not taken twice"
    );
    let beyond = named.put(&server, &bob, (half * 2, &bytes[half..])).await;
    assert_eq!(told(&beyond), (half, "?0"), "nothing is left out");
    let last = named.put(&server, &bob, (half, &bytes[half..])).await;
    assert_eq!(told(&last), (bytes.len(), "?1"));
    let twice = named.put(&server, &bob, (0, &bytes)).await;
    assert_eq!(told(&twice), (bytes.len(), "?1"), "twice is once");
    named.expect_bytes(&server, &bob, &bytes).await;
}

#[tokio::test]
async fn whoever_claims_the_hash_of_another_gets_nothing_until_they_bring_the_bytes() {
    let (server, bob, secret) = begin(DocKind::Work).await;
    secret.upload(&server, &bob, &bytes()).await;
    let mut carol = Device::portal(&server, CAROL).await;
    secret.expect_nothing(&server, &carol).await;
    // Carol has heard of the hash, and names it in a document of her own.
    let id = carol.declare(CAROL, None);
    carol.push(&server).await;
    let file = secret.file.clone();
    let claimed = attach(&server, &mut carol, id, (DocKind::Incident, file)).await;
    claimed.expect_nothing(&server, &carol).await;
    let head = claimed.ask(&server, &carol, Method::HEAD).await;
    assert_eq!(told(&head), (0, "?0"), "nobody tells her that it is there");
    let other = vec![b'x'; bytes().len()];
    let forged = claimed.put(&server, &carol, (0, &other)).await;
    forged.expect_problem(400, "malformed");
    claimed.expect_nothing(&server, &carol).await;
    claimed.upload(&server, &carol, &bytes()).await;
    claimed.expect_bytes(&server, &carol, &bytes()).await;
}

#[tokio::test]
async fn nobody_uploads_what_no_accepted_fact_of_theirs_names() {
    let (server, bob, named) = begin(DocKind::Incident).await;
    let bytes = bytes();
    let alice = Device::console(&server, ALICE).await;
    let answer = named.put(&server, &alice, (0, &bytes)).await;
    answer.expect_problem(404, "not-found");
    let unsaid = Named {
        fact: FactId::from_bytes([7; 16]),
        ..named.clone()
    };
    let answer = unsaid.put(&server, &bob, (0, &bytes)).await;
    answer.expect_problem(404, "not-found");
    let internal = Named {
        doc: DocKey::work(named.doc.id),
        ..named.clone()
    };
    let answer = internal.put(&server, &bob, (0, &bytes)).await;
    answer.expect_problem(404, "not-found");
    for path in [
        "/blobs/xyz",
        "/blobs/../whole",
        "/blobs/00?doc=incident/1&fact=2",
    ] {
        let request = Request::get(path).header(header::COOKIE, &bob.cookie);
        let answer = server
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_internal_file_reaches_no_requester_and_no_session_of_another() {
    let (server, bob, named) = begin(DocKind::Work).await;
    named.upload(&server, &bob, &bytes()).await;
    let carol = Device::portal(&server, CAROL).await;
    named.expect_nothing(&server, &carol).await;
    let beside = Device::portal(&server, BOB).await;
    named.expect_nothing(&server, &beside).await;
    for whose in ["&person=1&surface=console", "&person=2&surface=portal"] {
        let path = [named.path().as_str(), whose].concat();
        let request = Request::get(path).header(header::COOKIE, &bob.cookie);
        let answer = server
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_ne!(answer.status, StatusCode::OK, "{whose}");
    }
}

#[tokio::test]
async fn other_bytes_another_type_and_too_many_bytes_are_refused() {
    let (server, mut bob, named) = begin(DocKind::Work).await;
    let bytes = bytes();
    let more = [bytes.as_slice(), b"x"].concat();
    let answer = named.put(&server, &bob, (0, &more)).await;
    answer.expect_problem(413, "too-large");
    let tiny = named.put(&server, &bob, (0, &bytes[..10])).await;
    tiny.expect_problem(400, "malformed");
    let program = [b"MZ\x90\x00".as_slice(), &[0; 2_000]].concat();
    let disguised = attach(
        &server,
        &mut bob,
        named.doc.id,
        (DocKind::Work, file(&program)),
    )
    .await;
    let answer = disguised.put(&server, &bob, (0, &program)).await;
    answer.expect_problem(415, "media-type");
    disguised.expect_nothing(&server, &bob).await;
    let head = disguised.ask(&server, &bob, Method::HEAD).await;
    assert_eq!(told(&head), (0, "?0"), "nothing of it is kept");
}

#[tokio::test]
async fn what_was_taken_back_is_given_to_nobody() {
    let (server, mut bob, named) = begin(DocKind::Incident).await;
    named.upload(&server, &bob, &bytes()).await;
    let (doc, fact) = (named.doc.kind, named.fact);
    let group = bob.act(named.doc.id, Intent::Withdraw { doc, fact });
    expect_accepted(&bob.offer(&server, vec![group]).await);
    named.expect_nothing(&server, &bob).await;
    let carol = Device::portal(&server, CAROL).await;
    named.expect_nothing(&server, &carol).await;
    let answer = named.put(&server, &bob, (0, &bytes())).await;
    answer.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_backup_holds_the_files_and_a_damaged_one_is_named() {
    let (server, mut bob, named) = begin(DocKind::Work).await;
    named.upload(&server, &bob, &bytes()).await;
    let awaited = attach(&server, &mut bob, named.doc.id, (DocKind::Work, file(b"x"))).await;
    let backup = server.backup().await;
    let server = server.restored(&backup).await;
    bob.sign_in_again(&server).await;
    named.expect_bytes(&server, &bob, &bytes()).await;
    let found = audit(&server.app).await.expect("it can be read");
    assert_eq!((found.whole, found.awaited, found.unnamed), (1, 1, 0));
    assert!(found.is_sound());
    drop(awaited);
    let Named { doc, fact, file } = &named;
    let place = format!("blobs/whole/{doc}/{fact}/{}", file.hash);
    let path = server.app.config.data.join(place);
    std::fs::write(path, b"rot").expect("the file is there");
    let found = audit(&server.app).await.expect("it can be read");
    assert!(
        !found.is_sound() && found.to_string().contains("is damaged"),
        "{found}"
    );
}
