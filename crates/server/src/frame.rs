//! A frame on its way out: a message that is written once, however many get it,
//! and the number that each of them gets it under.

use tokio_tungstenite::tungstenite::Utf8Bytes;
use wimpex_protocol::ServerMessage;

/// Nearly everything but a description fits into these.
const MOST_BYTES: usize = 512;

/// What a message is to the connection that writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// The answer to a client's own sign of life.
    Ack,
    /// Anything else. Whoever is sent it is soon asked whether it is there.
    Message,
}

/// The text of a message; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    text: Utf8Bytes,
    kind: FrameKind,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingFrame {
    body: Body,
    seq: Option<u64>,
}

impl Body {
    pub(crate) fn of(message: &ServerMessage) -> Self {
        let kind = match message {
            ServerMessage::Ack(_) => FrameKind::Ack,
            ServerMessage::Hello(_)
            | ServerMessage::Welcome(_)
            | ServerMessage::Error(_)
            | ServerMessage::IceServers(_)
            | ServerMessage::Presence(_)
            | ServerMessage::MissedCalls(_)
            | ServerMessage::MessagesWaiting(_)
            | ServerMessage::Relay(_) => FrameKind::Message,
        };
        Self {
            text: Utf8Bytes::from(message.encode_into(MOST_BYTES)),
            kind,
        }
    }

    /// A message that another process has written.
    pub(crate) fn written(text: String) -> Self {
        Self {
            text: text.into(),
            kind: FrameKind::Message,
        }
    }

    /// In bytes, without a number.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Outside of any session's numbering.
    pub(crate) fn unnumbered(&self) -> OutgoingFrame {
        OutgoingFrame {
            body: self.clone(),
            seq: None,
        }
    }

    /// As a session's frame of that number.
    pub(crate) fn numbered(&self, seq: u64) -> OutgoingFrame {
        OutgoingFrame {
            body: self.clone(),
            seq: Some(seq),
        }
    }
}

impl OutgoingFrame {
    pub(crate) fn kind(&self) -> FrameKind {
        self.body.kind
    }

    /// In bytes on the wire.
    pub(crate) fn len(&self) -> usize {
        // `"seq":` and a comma.
        let number = self.seq.map_or(0, |seq| 7 + digits(seq));
        self.body.text.len() + number
    }

    /// The message, without its number.
    pub(crate) fn body(&self) -> &str {
        &self.body.text
    }

    /// What is written.
    pub(crate) fn text(self) -> Utf8Bytes {
        match self.seq {
            Some(seq) => number(seq, &self.body.text).into(),
            None => self.body.text,
        }
    }

    #[cfg(test)]
    pub(crate) fn raw(text: &str) -> Self {
        Self {
            body: Body {
                text: text.into(),
                kind: FrameKind::Message,
            },
            seq: None,
        }
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// Puts a number into the text of a message that has none: the text is written once,
/// however many get it, and each gets it under a number of its own.
fn number(seq: u64, text: &str) -> String {
    let rest = text.strip_prefix('{').unwrap_or(text);
    let mut numbered = String::with_capacity(rest.len() + 28);
    numbered.push_str("{\"seq\":");
    numbered.push_str(&seq.to_string());
    numbered.push(',');
    numbered.push_str(rest);
    numbered
}

#[cfg(test)]
mod tests {
    use wimpex_protocol::Ack;

    use super::*;

    #[test]
    fn a_frame_is_as_long_as_it_says() {
        let body = Body::of(&ServerMessage::Ack(Ack { received: 7 }));
        assert_eq!(body.unnumbered().len(), body.unnumbered().text().len());
        for seq in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX] {
            let frame = body.numbered(seq);
            assert_eq!(frame.len(), frame.text().len(), "{seq}");
        }
    }

    #[test]
    fn only_an_ack_is_an_ack() {
        let ack = Body::of(&ServerMessage::Ack(Ack { received: 7 }));
        assert_eq!(ack.unnumbered().kind(), FrameKind::Ack);
        assert_eq!(
            OutgoingFrame::raw("{\"type\":\"ack\"").kind(),
            FrameKind::Message
        );
    }
}
