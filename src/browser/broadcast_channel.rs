//! `BroadcastChannel`: messages to the other tabs of this origin
//! (<https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts>).

use wasm_bindgen::JsValue;

use super::{Listener, location};

/// A channel; it is closed when it is dropped.
pub struct BroadcastChannel {
    channel: web_sys::BroadcastChannel,
    _message: Listener,
}

impl BroadcastChannel {
    /// Joins the channel of that name of ours; `on_message` is called whenever another tab posts.
    /// `None` where the browser has no such channels.
    pub fn open(name: &str, on_message: impl Fn() + 'static) -> Option<Self> {
        let channel = web_sys::BroadcastChannel::new(&location::own(name)).ok()?;
        let message = Listener::new(&channel, "message", move |_| on_message());
        Some(Self {
            channel,
            _message: message,
        })
    }

    /// Posts an empty message to the other tabs.
    pub fn post(&self) {
        // Fails only for what cannot be cloned.
        let _ = self.channel.post_message(&JsValue::NULL);
    }
}

impl Drop for BroadcastChannel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
