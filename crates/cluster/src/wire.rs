//! How the messages between nodes are written: JSON, with the messages of clients inside as they
//! are written to clients. Whatever is read is checked: who may publish is the medium's business,
//! what is published is not trusted to be well-formed.

use serde::{Deserialize, Serialize};
use wimpex_hub::Identity;
use wimpex_protocol::{CallId, DeviceId, Envelope, Name, Presence, ServerMessage, UserId};
use wimpex_sansio::UnixTime;

use crate::message::{Frame, Message, Outcome, Packet, SessionName};
use crate::node_id::NodeId;

/// Bytes of the longest message; a frame of a client has at most 64 KiB, and is escaped in here.
const BYTES: usize = 256 * 1024;

/// Bytes that are no message of a node, or of a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireMessage {
    Beat {
        node: String,
        age: u64,
        #[serde(default)]
        time: u64,
        #[serde(default)]
        over: bool,
    },
    Locate {
        node: String,
        user: String,
        asked: u64,
    },
    Here {
        node: String,
        user: String,
        hold: u64,
        asked: Option<u64>,
    },
    Joined {
        node: String,
        user: String,
        device: String,
        since: u64,
    },
    Seek {
        node: String,
        name: WireName,
        take: u64,
    },
    Found {
        node: String,
        take: u64,
    },
    Waiting {
        user: String,
    },
    Declined {
        user: String,
        caller: String,
        call: String,
    },
    Packet {
        node: String,
        link: u64,
        first: u64,
        seq: Option<u64>,
        frame: Option<WireFrame>,
        ack: Option<(u64, u64)>,
        reset: Option<u64>,
        #[serde(default)]
        time: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct WireIdentity {
    user: String,
    device: String,
    name: String,
}

/// The node and the number.
type WireName = (String, u64);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireFrame {
    Watch {
        session: u64,
        from: WireIdentity,
        user: String,
    },
    Expect {
        user: String,
        caller: String,
        call: String,
    },
    Unwatch {
        session: u64,
        user: String,
    },
    Presence {
        session: u64,
        message: String,
    },
    Relay {
        relay: u64,
        session: u64,
        from: WireIdentity,
        message: String,
    },
    Verdict {
        relay: u64,
        outcome: WireOutcome,
    },
    Gone {
        user: String,
        hold: u64,
        #[serde(default)]
        next: Option<(String, u64)>,
    },
    Take {
        take: u64,
        name: WireName,
        from: WireIdentity,
        received: u64,
    },
    State {
        take: u64,
        part: u32,
        parts: u32,
        text: String,
    },
    NoSession {
        take: u64,
        #[serde(default)]
        given_to: Option<String>,
    },
    TookOver {
        take: u64,
        #[serde(default)]
        hold: u64,
    },
    Forward {
        name: WireName,
        origin: Option<(String, u64)>,
        #[serde(default)]
        hops: u8,
        message: String,
    },
    Void,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireOutcome {
    Delivered,
    Nobody,
    Full,
    Unknown,
}

impl Message {
    /// The bytes that are published.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.wire()).expect("texts and numbers can be written")
    }

    /// Reads what was published.
    ///
    /// # Errors
    /// [`Unreadable`] if any part of it is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > BYTES {
            return Err(Unreadable);
        }
        let wire: WireMessage = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        Ok(match wire {
            WireMessage::Beat {
                node,
                age,
                time,
                over,
            } => Self::Beat {
                node: node_id(&node)?,
                age,
                time: UnixTime::from_millis(time),
                is_over: over,
            },
            WireMessage::Locate { node, user, asked } => Self::Locate {
                node: node_id(&node)?,
                user: user_id(user)?,
                asked,
            },
            WireMessage::Here {
                node,
                user,
                hold,
                asked,
            } => Self::Here {
                node: node_id(&node)?,
                user: user_id(user)?,
                hold,
                asked,
            },
            WireMessage::Joined {
                node,
                user,
                device,
                since,
            } => Self::Joined {
                node: node_id(&node)?,
                user: user_id(user)?,
                device: DeviceId::parse(device).map_err(|_| Unreadable)?,
                since: UnixTime::from_millis(since),
            },
            WireMessage::Seek { node, name, take } => Self::Seek {
                node: node_id(&node)?,
                name: session_name(&name)?,
                take,
            },
            WireMessage::Found { node, take } => Self::Found {
                node: node_id(&node)?,
                take,
            },
            WireMessage::Declined { user, caller, call } => Self::Declined {
                user: user_id(user)?,
                caller: user_id(caller)?,
                call: call_id(call)?,
            },
            WireMessage::Waiting { user } => Self::Waiting {
                user: user_id(user)?,
            },
            WireMessage::Packet {
                node,
                link,
                first,
                seq,
                frame,
                ack,
                reset,
                time,
            } => Self::Packet(Packet {
                node: node_id(&node)?,
                link,
                first,
                frame: match (seq, frame) {
                    (Some(seq), Some(frame)) => Some((seq, read_frame(frame)?)),
                    (None, None) => None,
                    (Some(_), None) | (None, Some(_)) => return Err(Unreadable),
                },
                ack,
                reset,
                time: UnixTime::from_millis(time),
            }),
        })
    }

    fn wire(&self) -> WireMessage {
        let text = |user: &UserId| user.as_str().to_owned();
        let id = |node: &NodeId| node.as_str().to_owned();
        match self {
            Self::Beat {
                node,
                age,
                time,
                is_over,
            } => WireMessage::Beat {
                node: id(node),
                age: *age,
                time: time.as_millis(),
                over: *is_over,
            },
            Self::Locate { node, user, asked } => WireMessage::Locate {
                node: id(node),
                user: text(user),
                asked: *asked,
            },
            Self::Here {
                node,
                user,
                hold,
                asked,
            } => WireMessage::Here {
                node: id(node),
                user: text(user),
                hold: *hold,
                asked: *asked,
            },
            Self::Joined {
                node,
                user,
                device,
                since,
            } => WireMessage::Joined {
                node: id(node),
                user: text(user),
                device: device.as_str().to_owned(),
                since: since.as_millis(),
            },
            Self::Seek { node, name, take } => WireMessage::Seek {
                node: id(node),
                name: write_name(name),
                take: *take,
            },
            Self::Found { node, take } => WireMessage::Found {
                node: id(node),
                take: *take,
            },
            Self::Waiting { user } => WireMessage::Waiting { user: text(user) },
            Self::Declined { user, caller, call } => WireMessage::Declined {
                user: text(user),
                caller: text(caller),
                call: call.as_str().to_owned(),
            },
            Self::Packet(packet) => WireMessage::Packet {
                node: id(&packet.node),
                link: packet.link,
                first: packet.first,
                seq: packet.frame.as_ref().map(|(seq, _)| *seq),
                frame: packet.frame.as_ref().map(|(_, frame)| write_frame(frame)),
                ack: packet.ack,
                reset: packet.reset,
                time: packet.time.as_millis(),
            },
        }
    }
}

fn write_frame(frame: &Frame) -> WireFrame {
    let text = |user: &UserId| user.as_str().to_owned();
    let identity = |from: &Identity| WireIdentity {
        user: text(&from.user),
        device: from.device.as_str().to_owned(),
        name: from.name.as_str().to_owned(),
    };
    match frame {
        Frame::Watch {
            session,
            from,
            user,
        } => WireFrame::Watch {
            session: *session,
            from: identity(from),
            user: text(user),
        },
        Frame::Expect { user, caller, call } => WireFrame::Expect {
            user: user.as_str().to_owned(),
            caller: caller.as_str().to_owned(),
            call: call.as_str().to_owned(),
        },
        Frame::Unwatch { session, user } => WireFrame::Unwatch {
            session: *session,
            user: text(user),
        },
        Frame::Presence { session, presence } => WireFrame::Presence {
            session: *session,
            message: ServerMessage::Presence(presence.clone()).encode(),
        },
        Frame::Relay {
            relay,
            session,
            from,
            envelope,
        } => WireFrame::Relay {
            relay: *relay,
            session: *session,
            from: identity(from),
            message: ServerMessage::Relay(envelope.clone()).encode(),
        },
        Frame::Verdict { relay, outcome } => WireFrame::Verdict {
            relay: *relay,
            outcome: match outcome {
                Outcome::Delivered => WireOutcome::Delivered,
                Outcome::Nobody => WireOutcome::Nobody,
                Outcome::Full => WireOutcome::Full,
                Outcome::Unknown => WireOutcome::Unknown,
            },
        },
        Frame::Gone { user, hold, next } => WireFrame::Gone {
            user: text(user),
            hold: *hold,
            next: next.as_ref().map(write_numbered),
        },
        Frame::Take {
            take,
            name,
            from,
            received,
        } => WireFrame::Take {
            take: *take,
            name: write_name(name),
            from: identity(from),
            received: *received,
        },
        Frame::State {
            take,
            part,
            parts,
            text,
        } => WireFrame::State {
            take: *take,
            part: *part,
            parts: *parts,
            text: text.clone(),
        },
        Frame::NoSession { take, given_to } => WireFrame::NoSession {
            take: *take,
            given_to: given_to.as_ref().map(|node| node.as_str().to_owned()),
        },
        Frame::TookOver { take, hold } => WireFrame::TookOver {
            take: *take,
            hold: *hold,
        },
        Frame::Forward {
            name,
            origin,
            hops,
            message,
        } => WireFrame::Forward {
            name: write_name(name),
            origin: origin.as_ref().map(write_numbered),
            hops: *hops,
            message: message.encode(),
        },
        Frame::Void => WireFrame::Void,
    }
}

fn write_numbered((node, number): &(NodeId, u64)) -> (String, u64) {
    (node.as_str().to_owned(), *number)
}

fn read_numbered((node, number): (String, u64)) -> Result<(NodeId, u64), Unreadable> {
    Ok((node_id(&node)?, number))
}

fn write_name(name: &SessionName) -> WireName {
    (name.node.as_str().to_owned(), name.number)
}

fn session_name((node, number): &WireName) -> Result<SessionName, Unreadable> {
    Ok(SessionName {
        node: node_id(node)?,
        number: *number,
    })
}

fn read_frame(frame: WireFrame) -> Result<Frame, Unreadable> {
    Ok(match frame {
        WireFrame::Watch {
            session,
            from,
            user,
        } => Frame::Watch {
            session,
            from: identity(from)?,
            user: user_id(user)?,
        },
        WireFrame::Expect { user, caller, call } => Frame::Expect {
            user: user_id(user)?,
            caller: user_id(caller)?,
            call: call_id(call)?,
        },
        WireFrame::Unwatch { session, user } => Frame::Unwatch {
            session,
            user: user_id(user)?,
        },
        WireFrame::Presence { session, message } => Frame::Presence {
            session,
            presence: presence(&message)?,
        },
        WireFrame::Relay {
            relay,
            session,
            from,
            message,
        } => Frame::Relay {
            relay,
            session,
            from: identity(from)?,
            envelope: envelope(&message)?,
        },
        WireFrame::Verdict { relay, outcome } => Frame::Verdict {
            relay,
            outcome: match outcome {
                WireOutcome::Delivered => Outcome::Delivered,
                WireOutcome::Nobody => Outcome::Nobody,
                WireOutcome::Full => Outcome::Full,
                WireOutcome::Unknown => Outcome::Unknown,
            },
        },
        WireFrame::Gone { user, hold, next } => Frame::Gone {
            user: user_id(user)?,
            hold,
            next: next.map(read_numbered).transpose()?,
        },
        WireFrame::Take {
            take,
            name,
            from,
            received,
        } => Frame::Take {
            take,
            name: session_name(&name)?,
            from: identity(from)?,
            received,
        },
        WireFrame::State {
            take,
            part,
            parts,
            text,
        } => Frame::State {
            take,
            part,
            parts,
            text,
        },
        WireFrame::NoSession { take, given_to } => Frame::NoSession {
            take,
            given_to: given_to.as_deref().map(node_id).transpose()?,
        },
        WireFrame::TookOver { take, hold } => Frame::TookOver { take, hold },
        WireFrame::Forward {
            name,
            origin,
            hops,
            message,
        } => Frame::Forward {
            name: session_name(&name)?,
            origin: origin.map(read_numbered).transpose()?,
            hops,
            message: ServerMessage::decode(&message).map_err(|_| Unreadable)?,
        },
        WireFrame::Void => Frame::Void,
    })
}

fn node_id(text: &str) -> Result<NodeId, Unreadable> {
    NodeId::parse(text).map_err(|_| Unreadable)
}

fn call_id(text: String) -> Result<CallId, Unreadable> {
    CallId::parse(text).map_err(|_| Unreadable)
}

fn user_id(text: String) -> Result<UserId, Unreadable> {
    UserId::parse(text).map_err(|_| Unreadable)
}

fn identity(wire: WireIdentity) -> Result<Identity, Unreadable> {
    Ok(Identity {
        user: user_id(wire.user)?,
        device: DeviceId::parse(wire.device).map_err(|_| Unreadable)?,
        name: Name::parse(&wire.name).map_err(|_| Unreadable)?,
    })
}

fn presence(text: &str) -> Result<Presence, Unreadable> {
    match ServerMessage::decode(text) {
        Ok(ServerMessage::Presence(presence)) => Ok(presence),
        Ok(_) | Err(_) => Err(Unreadable),
    }
}

fn envelope(text: &str) -> Result<Envelope, Unreadable> {
    match ServerMessage::decode(text) {
        Ok(ServerMessage::Relay(envelope)) => Ok(envelope),
        Ok(_) | Err(_) => Err(Unreadable),
    }
}
