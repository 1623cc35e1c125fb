//! A WebSocket that is closed when it is dropped.
//!
//! Over web-sys rather than gloo-net: the latter's `send` succeeds on a closing
//! socket, and it cannot be closed with a code once it is split.

use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::{BrowserError, Listener};

/// The code that tells the server to keep the session (docs/protocol.md).
const COMES_BACK: u16 = 4002;

/// What a socket reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    /// Connected.
    Open,
    /// A text frame came.
    Text(String),
    /// A frame came that is not text.
    Binary,
    /// It is gone, or never came about; nothing more will come of it.
    Closed {
        /// RFC 6455, section 7.4.
        code: u16,
    },
}

/// An open or opening socket.
pub struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Opens `ws(s)://HOST/path` on the page's own host.
    ///
    /// # Errors
    /// Where the browser forbids it outright; a server that does not answer is
    /// an event.
    pub fn open(
        path: &str,
        report: impl Fn(SocketEvent) + Clone + 'static,
    ) -> Result<Self, BrowserError> {
        // http becomes ws and https becomes wss.
        let url = format!(
            "{}{path}",
            super::window::origin().replacen("http", "ws", 1)
        );
        let socket = WebSocket::new(&url)?;
        let (opened, closed) = (report.clone(), report.clone());
        let listeners = [
            Listener::new(&socket, "open", move |_| opened(SocketEvent::Open)),
            Listener::new(&socket, "message", move |event| {
                let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
                report(match data.and_then(|data| data.as_string()) {
                    Some(text) => SocketEvent::Text(text),
                    None => SocketEvent::Binary,
                });
            }),
            Listener::new(&socket, "close", move |event| {
                let code = event.dyn_ref::<CloseEvent>().map_or(1006, CloseEvent::code);
                closed(SocketEvent::Closed { code });
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

    /// Closes it, and says that its owner comes back over another one.
    pub fn give_up(self) {
        let _ = self.socket.close_with_code(COMES_BACK);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Without a code: goodbye. Does nothing to one that was given up.
        let _ = self.socket.close();
    }
}
