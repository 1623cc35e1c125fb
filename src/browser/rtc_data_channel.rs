//! `RTCDataChannel` (<https://www.w3.org/TR/webrtc/#rtcdatachannel>).

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{
    MessageEvent, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState, RtcDataChannelType,
    RtcPeerConnection,
};

use super::Listener;

/// `RTCDataChannelInit` of a channel that both sides open by themselves under the same id
/// (`negotiated`), so that a peer that does not know it is not disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataChannelInit {
    /// The channel's label.
    pub label: &'static str,
    /// The stream of SCTP, 0 to 65,534; each id of a connection is used once.
    pub id: u16,
    /// Whether what is lost is sent again, and everything arrives in order.
    pub reliable: bool,
}

/// A channel for texts and bytes. It is closed with its connection; a clone is the same channel.
#[derive(Clone)]
pub struct DataChannel(RtcDataChannel);

impl DataChannel {
    /// Opens it: before the connection's first description, or there is no transport for
    /// it.
    pub(super) fn new(pc: &RtcPeerConnection, init: DataChannelInit) -> Self {
        let options = RtcDataChannelInit::new();
        options.set_negotiated(true);
        options.set_id(init.id);
        if !init.reliable {
            options.set_ordered(false);
            options.set_max_retransmits(0);
        }
        let channel = pc.create_data_channel_with_data_channel_dict(init.label, &options);
        // Older versions of Firefox would make blobs of them.
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        Self(channel)
    }

    /// Calls `run` with each binary message that arrives, for as long as the returned listener
    /// lives.
    pub fn on_bytes(&self, run: impl Fn(ArrayBuffer) + 'static) -> Listener {
        Listener::new(&self.0, "message", move |event| {
            let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            if let Some(Ok(bytes)) = data.map(JsCast::dyn_into) {
                run(bytes);
            }
        })
    }

    /// Calls `run` when no more than `threshold` bytes wait in the browser's buffer, after there
    /// were more.
    pub fn on_low(&self, threshold: u32, run: impl Fn() + 'static) -> Listener {
        self.0.set_buffered_amount_low_threshold(threshold);
        Listener::new(&self.0, "bufferedamountlow", move |_| run())
    }

    /// Bytes that wait in the browser's buffer.
    pub fn buffered(&self) -> u32 {
        self.0.buffered_amount()
    }

    /// Sends a binary message. Returns whether the browser took it.
    pub fn send_bytes(&self, bytes: &Uint8Array) -> bool {
        self.is_open() && self.0.send_with_array_buffer_view(bytes).is_ok()
    }

    /// Calls `run` with each text that arrives, for as long as the returned listener lives.
    pub fn on_message(&self, run: impl Fn(String) + 'static) -> Listener {
        Listener::new(&self.0, "message", move |event| {
            let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            if let Some(text) = data.and_then(|data| data.as_string()) {
                run(text);
            }
        })
    }

    /// Calls `run` when it is open at this end, for as long as the returned listener lives.
    pub fn on_open(&self, run: impl Fn() + 'static) -> Listener {
        Listener::new(&self.0, "open", move |_| run())
    }

    /// Whether it is open at both ends.
    pub fn is_open(&self) -> bool {
        self.0.ready_state() == RtcDataChannelState::Open
    }

    /// Sends a text. Returns whether the browser took it.
    pub fn send(&self, text: &str) -> bool {
        self.is_open() && self.0.send_with_str(text).is_ok()
    }
}
