//! A data channel beside the media, for what must arrive even while the server
//! is away.

use wasm_bindgen::JsCast;
use web_sys::{
    MessageEvent, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState, RtcPeerConnection,
};

use super::{PeerEvent, Report};
use crate::browser::Listener;

/// Both sides open it by themselves, under the same number (webrtc, section 6.1),
/// so that a peer that does not know it is not disturbed (docs/protocol.md).
const ID: u16 = 0;
const LOSSY_ID: u16 = 1;

/// As [`super::PeerConnection::lossy_channel`].
pub(super) fn lossy(pc: &RtcPeerConnection) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(LOSSY_ID);
    init.set_ordered(false);
    init.set_max_retransmits(0);
    pc.create_data_channel_with_data_channel_dict("probe", &init)
}

pub(super) struct Channel {
    channel: RtcDataChannel,
    _listener: Listener,
}

impl Channel {
    pub(super) fn new(pc: &RtcPeerConnection, report: Report) -> Self {
        let init = RtcDataChannelInit::new();
        init.set_negotiated(true);
        init.set_id(ID);
        let channel = pc.create_data_channel_with_data_channel_dict("wimpex", &init);
        let listener = Listener::new(&channel, "message", move |event| {
            let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            if let Some(text) = data.and_then(|data| data.as_string()) {
                report(PeerEvent::Direct(text));
            }
        });
        Self {
            channel,
            _listener: listener,
        }
    }

    pub(super) fn say(&self, text: &str) -> bool {
        self.channel.ready_state() == RtcDataChannelState::Open
            && self.channel.send_with_str(text).is_ok()
    }
}
