//! The socket that says how far the log goes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use shared::sync::Seq;
use shared::sync::message::{Live, decode, encode};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::device::Device;
use super::server::{ALICE, CAROL, TestServer};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) async fn serve(server: &TestServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = server::router(Arc::clone(&server.app));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("ws://{address}/sync/live")
}

pub(super) async fn connect(url: &str, cookie: &str) -> Result<Socket, Error> {
    let mut request = url.into_client_request().expect("a URL");
    let header = |text: &str| text.parse().expect("ASCII");
    request
        .headers_mut()
        .insert("origin", header("http://localhost:8080"));
    request.headers_mut().insert("cookie", header(cookie));
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn next(socket: &mut Socket) -> Option<Message> {
    let frame = timeout(Duration::from_secs(20), socket.next())
        .await
        .expect("a frame in time");
    frame.and_then(Result::ok)
}

pub(super) async fn told(socket: &mut Socket) -> Live {
    match next(socket).await {
        Some(Message::Binary(frame)) => decode(&frame).expect("a frame of ours"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_device_is_told_of_every_commit_and_of_nothing_else() {
    let server = TestServer::start().await;
    let url = serve(&server).await;
    let mut alice = Device::console(&server, ALICE).await;
    let mut socket = connect(&url, &alice.cookie)
        .await
        .expect("a session is enough");
    let Live::Head { seq: Seq(0), epoch } = told(&mut socket).await else {
        panic!("the head first")
    };
    alice.declare(CAROL, None);
    alice.push(&server).await;
    let head = alice.pull_once(&server).await.head;
    assert_eq!(told(&mut socket).await, Live::Head { seq: head, epoch });
    socket
        .send(Message::Binary(encode(&Live::Beat).into()))
        .await
        .expect("it is open");
    assert_eq!(
        told(&mut socket).await,
        Live::Beat,
        "the server beats on its own"
    );
}

#[tokio::test]
async fn a_socket_needs_a_session_and_ends_with_it() {
    let server = TestServer::start().await;
    let url = serve(&server).await;
    assert!(matches!(
        connect(&url, "holdfast_session=00").await,
        Err(Error::Http(_))
    ));
    let alice = Device::console(&server, ALICE).await;
    let mut socket = connect(&url, &alice.cookie)
        .await
        .expect("a session is enough");
    told(&mut socket).await;
    server
        .app
        .store
        .end_sessions_of(ALICE)
        .await
        .expect("ended");
    match next(&mut socket).await {
        Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 4401),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sockets_close_when_the_server_stops() {
    let server = TestServer::start().await;
    let url = serve(&server).await;
    let alice = Device::console(&server, ALICE).await;
    let mut socket = connect(&url, &alice.cookie)
        .await
        .expect("a session is enough");
    told(&mut socket).await;
    server.app.stop();
    assert!(matches!(next(&mut socket).await, Some(Message::Close(_))));
}

#[tokio::test]
async fn a_session_has_so_many_sockets_and_no_more() {
    let server = TestServer::start().await;
    let url = serve(&server).await;
    let alice = Device::console(&server, ALICE).await;
    let mut open = Vec::new();
    let refused = loop {
        match connect(&url, &alice.cookie).await {
            Ok(socket) => open.push(socket),
            Err(Error::Http(response)) => break response.status(),
            Err(error) => panic!("{error}"),
        }
        assert!(open.len() <= 32, "there is no end");
    };
    assert_eq!((open.len(), refused.as_u16()), (32, 429));
    let carol = Device::portal(&server, CAROL).await;
    let mut hers = connect(&url, &carol.cookie).await.expect("each their own");
    told(&mut hers).await;

    let mut first = open.remove(0);
    told(&mut first).await;
    first.close(None).await.expect("it is open");
    while next(&mut first).await.is_some() {}
    let again = async {
        while connect(&url, &alice.cookie).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), again)
        .await
        .expect("the place is free again");
}
