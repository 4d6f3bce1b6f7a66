//! The least of an HTTP/1.1 client: one request per connection, blocking, over the standard
//! library.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A server on this machine, with the cookie it gave.
#[derive(Debug, Clone)]
pub struct Http {
    port: u16,
    cookie: Option<String>,
}

/// What the server said.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    cookie: Option<String>,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Http {
    /// Nobody has signed in yet.
    pub fn new(port: u16) -> Self {
        Self { port, cookie: None }
    }

    /// The cookie of the session, as a browser sends it.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Signs in, as a page of ours does.
    pub fn sign_in(&mut self, login: &str, surface: &str) -> io::Result<Answer> {
        let body = serde_json::json!({"login": login, "password": "demo", "surface": surface});
        let answer = self.post("/session", "application/json", body.to_string().as_bytes())?;
        self.cookie.clone_from(&answer.cookie);
        Ok(answer)
    }

    /// Sends a body.
    pub fn post(&self, path: &str, media_type: &str, body: &[u8]) -> io::Result<Answer> {
        let length = body.len();
        let head = format!("content-type: {media_type}\r\ncontent-length: {length}\r\n");
        self.send("POST", path, &head, body)
    }

    /// Asks for something.
    pub fn get(&self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, "", &[])
    }

    /// Opens the socket on which the server says how far its log goes.
    pub fn listen(&self) -> io::Result<Socket> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!(
            "GET /sync/live HTTP/1.1\r\nhost: localhost:{0}\r\norigin: http://localhost:{0}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\ncookie: {1}\r\n\r\n",
            self.port,
            self.cookie().unwrap_or_default()
        );
        stream.write_all(request.as_bytes())?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(io::Error::other("the server opens no socket"));
        }
        Ok(Socket(stream))
    }

    fn send(&self, method: &str, path: &str, head: &str, body: &[u8]) -> io::Result<Answer> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let cookie = self
            .cookie
            .as_deref()
            .map(|cookie| format!("cookie: {cookie}\r\n"));
        let cookie = cookie.unwrap_or_default();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\
             x-holdfast: 1\r\n{cookie}{head}\r\n",
            self.port
        )
        .into_bytes();
        request.extend(body);
        stream.write_all(&request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        read(&answer).ok_or_else(|| io::Error::other("the answer was cut off"))
    }
}

/// A WebSocket, as far as it is listened to.
#[derive(Debug)]
pub struct Socket(TcpStream);

impl Socket {
    /// The next frame; those of the server are short and unmasked.
    pub fn hear(&mut self) -> io::Result<Vec<u8>> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head)?;
        let mut frame = vec![0; usize::from(head[1])];
        self.0.read_exact(&mut frame)?;
        Ok(frame)
    }
}

/// Takes an answer apart, if it is whole.
fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let body = bytes[end + 4..].to_vec();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        let found = headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    let length: usize = header("content-length")?.parse().ok()?;
    let cookie = header("set-cookie").and_then(|cookie| cookie.split(';').next());
    let cookie = cookie.map(str::to_owned);
    (body.len() == length).then_some(Answer {
        status,
        body,
        cookie,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_cut_off_is_none() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nset-cookie: a=b; Path=/\r\n\r\nabc";
        let answer = read(whole).expect("it is whole");
        assert_eq!((answer.status, answer.body), (200, b"abc".to_vec()));
        assert_eq!(answer.cookie.as_deref(), Some("a=b"));
        assert!(read(&whole[..whole.len() - 1]).is_none());
        assert!(read(&whole[..20]).is_none());
    }
}
