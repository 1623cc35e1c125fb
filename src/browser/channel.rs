//! Word to the other tabs of this origin (HTML, section 9.5: `BroadcastChannel`).

use web_sys::BroadcastChannel;

use super::Listener;

/// A channel; it closes when it is dropped.
pub struct Channel {
    channel: BroadcastChannel,
    _heard: Listener,
}

impl Channel {
    /// Opens the channel of that name; calls back whenever another tab tells. `None`
    /// where the browser has none: then each tab is for itself.
    pub fn open(name: &str, told: impl Fn() + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let heard = Listener::new(&channel, "message", move |_| told());
        Some(Self {
            channel,
            _heard: heard,
        })
    }

    /// Tells the other tabs that something has changed.
    pub fn tell(&self) {
        // Fails only for what cannot be copied.
        let _ = self.channel.post_message(&wasm_bindgen::JsValue::NULL);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
