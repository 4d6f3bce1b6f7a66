//! The server on a real socket.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use server::serve::answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::Server;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_server_asked_to_stop_answers_what_it_has_begun_and_ends() {
    let server = Server::start().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("it listens");
    let running = tokio::spawn(answer(Arc::clone(&server.app), listener));

    let mut socket = TcpStream::connect(address).await.expect("it accepts");
    let body = r#"{"login":"alice","password":"correct horse","surface":"console"}"#;
    let head = format!(
        "POST /session HTTP/1.1\r\nhost: {address}\r\nx-holdfast: 1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.expect("it reads");
    socket
        .write_all(&body.as_bytes()[..10])
        .await
        .expect("it reads");
    let mut idle = TcpStream::connect(address).await.expect("it accepts");
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("it reads");
    let mut answered = [0; 12];
    timeout(SOON, idle.read_exact(&mut answered))
        .await
        .expect("soon")
        .expect("an answer");
    assert_eq!(&answered, b"HTTP/1.1 200");

    server.app.stop();
    socket
        .write_all(&body.as_bytes()[10..])
        .await
        .expect("it reads on");
    let mut response = String::new();
    timeout(SOON, socket.read_to_string(&mut response))
        .await
        .expect("soon")
        .expect("text");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    let ended = timeout(SOON, running).await.expect("it ends soon");
    assert!(ended.expect("no panic").is_ok());
    assert!(TcpStream::connect(address).await.is_err());
}
