//! The WebSocket that says when there is news. It carries no document and may be lost.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use shared::sync::message::{self, LINE_LOST, Live};

use super::clock;

/// What the socket reports.
pub(crate) enum Report {
    Opened,
    Heard(Live),
    Closed,
}

/// An open or opening socket; dropped, it closes without a report.
pub(crate) struct Socket {
    web: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut()>,
}

impl Socket {
    /// Begins to open the socket.
    pub(crate) fn open(report: impl Fn(Report) + Clone + 'static) -> Option<Self> {
        let location = clock::scope().location();
        let scheme = if location.protocol() == "https:" {
            "wss"
        } else {
            "ws"
        };
        let address = format!("{scheme}://{}/sync/live", location.host());
        let socket = WebSocket::new(&address).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_open = Closure::new({
            let report = report.clone();
            move || report(Report::Opened)
        });
        let on_message = Closure::new({
            let report = report.clone();
            move |event: MessageEvent| {
                let frame = Uint8Array::new(&event.data()).to_vec();
                // A kind of frame that this version does not know says nothing to it.
                if let Ok(live) = message::decode(&frame) {
                    report(Report::Heard(live));
                }
            }
        });
        let on_close = Closure::new(move || report(Report::Closed));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self {
            web: socket,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    /// Sends a frame; says whether the socket was open.
    pub(crate) fn send(&self, live: &Live) -> bool {
        let is_open = self.web.ready_state() == WebSocket::OPEN;
        let sent = self.web.send_with_u8_array(&message::encode(live));
        is_open && sent.is_ok()
    }
}

impl Socket {
    /// Closes it because the line is lost: whoever is told of it has not left.
    pub(crate) fn lose(self) {
        self.web.close_with_code(LINE_LOST).ok();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.web.set_onopen(None);
        self.web.set_onmessage(None);
        self.web.set_onclose(None);
        self.web.close().ok();
    }
}
