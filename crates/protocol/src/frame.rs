//! Frames: one message in one WebSocket text frame, numbered within a session.

use serde::ser::SerializeMap;

use crate::codec::{self, Body, Fields, Object};

/// A frame. Within a session every frame but `ack` has a number: 1, 2, 3 …, in each
/// direction by itself. A frame that is retransmitted over another WebSocket keeps the
/// number that it had.
///
/// ```
/// use wimpex_protocol::{ClientMessage, Frame, PresenceWatch};
///
/// let message = ClientMessage::PresenceWatch(PresenceWatch { user_ids: vec![] });
/// let text = Frame { seq: Some(3), message: &message }.encode();
/// assert_eq!(text, r#"{"seq":3,"type":"presence-watch","userIds":[]}"#);
///
/// let frame = ClientMessage::decode_frame(&text);
/// assert_eq!((frame.seq, frame.message), (Some(3), Ok(message)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<T> {
    /// `seq`; `None` outside of a session, and in a received frame also where it is no
    /// integer from 0 to 2^64 - 1.
    pub seq: Option<u64>,
    /// The message; in a received frame, a `Result` that says why it cannot be read.
    pub message: T,
}

impl<B: Body> Frame<B> {
    /// The text of the frame.
    pub fn encode(&self) -> String {
        codec::encode(self)
    }
}

impl<B: Body> Body for Frame<B> {
    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        codec::put(object, "seq", &self.seq)?;
        self.message.write(object)
    }
}

/// The number of a received frame.
pub(crate) fn seq(object: &Object) -> Option<u64> {
    Fields(object).get("seq").ok()
}
