//! `WebSocket` (<https://websockets.spec.whatwg.org/>).
//!
//! Over web-sys rather than gloo-net: the latter's `send` succeeds on a closing
//! socket, and it cannot be closed with a code once it is split.

use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent};

use super::{BrowserError, Listener, location};

/// What a WebSocket reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketEvent {
    /// Connected.
    Open,
    /// A text frame came.
    Text(String),
    /// A frame came that is not text.
    Binary,
    /// It is closed, or never opened; this is its last event.
    Closed {
        /// The close code (RFC 6455, section 7.4); 1006 without a close frame.
        code: u16,
        /// The reason in the close frame; may be empty.
        reason: String,
    },
}

/// An open or opening WebSocket. It is closed without a code when it is dropped.
pub struct WebSocket {
    socket: web_sys::WebSocket,
    _listeners: [Listener; 3],
}

impl WebSocket {
    /// Opens `ws(s)://HOST/path` on the page's own host, below the path that the page is hosted at.
    ///
    /// # Errors
    /// Where the browser forbids it outright; a server that does not answer is
    /// an event.
    pub fn open(
        path: &str,
        report: impl Fn(WebSocketEvent) + Clone + 'static,
    ) -> Result<Self, BrowserError> {
        // http becomes ws and https becomes wss.
        let url = format!("{}{path}", location::home().replacen("http", "ws", 1));
        let socket = web_sys::WebSocket::new(&url)?;
        let (opened, closed) = (report.clone(), report.clone());
        let listeners = [
            Listener::new(&socket, "open", move |_| opened(WebSocketEvent::Open)),
            Listener::new(&socket, "message", move |event| {
                let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
                report(match data.and_then(|data| data.as_string()) {
                    Some(text) => WebSocketEvent::Text(text),
                    None => WebSocketEvent::Binary,
                });
            }),
            Listener::new(&socket, "close", move |event| {
                let event = event.dyn_ref::<CloseEvent>();
                let code = event.map_or(1006, CloseEvent::code);
                let reason = event.map_or_else(String::new, CloseEvent::reason);
                closed(WebSocketEvent::Closed { code, reason });
            }),
        ];
        Ok(Self {
            socket,
            _listeners: listeners,
        })
    }

    /// Sends a text frame. Whether it arrives is for the other side to say: the
    /// browser takes anything while it is closing, and drops it.
    pub fn send(&self, text: &str) {
        // Fails while it is still connecting, when nobody has anything to say.
        let _ = self.socket.send_with_str(text);
    }

    /// Closes it with a code: 1000, or one from 3000 to 4999.
    pub fn close(self, code: u16) {
        // Fails only for another code; then its drop closes it without one.
        let _ = self.socket.close_with_code(code);
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        // Does nothing to one that is closing already.
        let _ = self.socket.close();
    }
}
