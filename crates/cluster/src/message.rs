//! What nodes say to each other.

use wimpex_hub::Identity;
use wimpex_protocol::{CallId, DeviceId, Envelope, Presence, ServerMessage, UserId};
use wimpex_sansio::UnixTime;

use crate::node_id::NodeId;

/// One publication.
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// That a node lives: each second.
    Beat {
        /// Which.
        node: NodeId,
        /// Milliseconds since it has begun.
        age: u64,
        /// What its clock shows; see `docs/scale.md`, "Whose clock counts". 0: it does not say.
        time: UnixTime,
        /// That it ends, and nobody need wait for it.
        is_over: bool,
    },
    /// Who holds that person? The answer is [`Message::Here`].
    Locate {
        /// Who asks.
        node: NodeId,
        /// About whom.
        user: UserId,
        /// The number of the question.
        asked: u64,
    },
    /// A node holds sessions of that person.
    Here {
        /// Which node.
        node: NodeId,
        /// Whom.
        user: UserId,
        /// Greater each time it begins to.
        hold: u64,
        /// Which question it answers; `None`: an announcement.
        asked: Option<u64>,
    },
    /// A device has logged in: whoever has an older session of it lets that go.
    Joined {
        /// Where.
        node: NodeId,
        /// Whose.
        user: UserId,
        /// Which.
        device: DeviceId,
        /// When, by the clock that is ahead of all others.
        since: UnixTime,
    },
    /// Who has that session, which does not live where it began any more? The answer is
    /// [`Message::Found`].
    Seek {
        /// Who asks.
        node: NodeId,
        /// Which session.
        name: SessionName,
        /// The asker's number of what it is for.
        take: u64,
    },
    /// A node has the session that was sought.
    Found {
        /// Which node.
        node: NodeId,
        /// The asker's number.
        take: u64,
    },
    /// Something is kept for that person, and waits for them: whoever holds them may tell them. It is
    /// the servers' business; a node that is told so does nothing.
    Waiting {
        /// For whom.
        user: UserId,
    },
    /// A person declines a call for which they were woken, without coming: for the node that has the
    /// caller. It is the servers' business, too.
    Declined {
        /// Who was woken, and has proved to have declined.
        user: UserId,
        /// Whose nodes this goes to.
        caller: UserId,
        /// The call; nobody may be waiting for it any more.
        call: CallId,
    },
    /// Part of the link between two nodes.
    Packet(Packet),
}

/// A session as its client knows it, wherever it lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionName {
    /// Where it began.
    pub node: NodeId,
    /// Its number there.
    pub number: u64,
}

/// What carries one frame, and acknowledges those of the other direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Who sends it.
    pub node: NodeId,
    /// Which link of that node's to the receiver; greater than those before it.
    pub link: u64,
    /// The first number that has not been acknowledged: what comes before it is not sent again.
    pub first: u64,
    /// The frame and its number; `None` only acknowledges.
    pub frame: Option<(u64, Frame)>,
    /// The receiver's link, and how many frames of it have arrived.
    pub ack: Option<(u64, u64)>,
    /// The receiver's link of which nothing is known here any more.
    pub reset: Option<u64>,
    /// What its clock shows, as in [`Message::Beat`]: what the frame leads to is later than that.
    pub time: UnixTime,
}

/// What goes exactly once, and in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub enum Frame {
    /// A session watches a person whom the receiver holds.
    Watch {
        /// The sender's number of the session.
        session: u64,
        /// Who it is.
        from: Identity,
        /// Whom it watches.
        user: UserId,
    },
    /// A person whom the receiver holds was woken for a call: they are shown to the caller.
    Expect {
        /// The person, who may be hidden from the caller.
        user: UserId,
        /// To whom they are shown for this call, and no longer.
        caller: UserId,
        /// Which call: its end ends that.
        call: CallId,
    },
    /// It no longer does.
    Unwatch {
        /// The sender's number of the session.
        session: u64,
        /// Whom it watched.
        user: UserId,
    },
    /// How a person's presence is, as far as the sender holds them, to a session of the receiver's.
    Presence {
        /// The receiver's number of the session.
        session: u64,
        /// The presence.
        presence: Presence,
    },
    /// A session sends a message to a person whom the receiver holds.
    Relay {
        /// The sender's number of the message.
        relay: u64,
        /// The sender's number of the session.
        session: u64,
        /// Who it is.
        from: Identity,
        /// The message.
        envelope: Envelope,
    },
    /// What became of a message.
    Verdict {
        /// The receiver's number of it.
        relay: u64,
        /// What.
        outcome: Outcome,
    },
    /// The sender holds that person no longer.
    Gone {
        /// Whom.
        user: UserId,
        /// Up to which time of holding them; see [`Message::Here`].
        hold: u64,
        /// The node that their session has gone to, and since which time that holds them.
        next: Option<(NodeId, u64)>,
    },
    /// The client of a session of the receiver's has come to the sender.
    Take {
        /// The sender's number of it.
        take: u64,
        /// Which session.
        name: SessionName,
        /// Who the client has proved to be.
        from: Identity,
        /// How many frames it has received.
        received: u64,
    },
    /// What is known of that session, which is the receiver's from now on.
    State {
        /// The receiver's number of it.
        take: u64,
        /// Which part, from 0.
        part: u32,
        /// Of how many.
        parts: u32,
        /// The part; how it is written is the servers' business.
        text: String,
    },
    /// There is no such session, or it is somebody else's.
    NoSession {
        /// The receiver's number of what it is for.
        take: u64,
        /// The node that has been given it.
        given_to: Option<NodeId>,
    },
    /// The session lives at the sender now, and everybody has been told.
    TookOver {
        /// The sender's number of it.
        take: u64,
        /// Since which time it holds the person; see [`Message::Here`].
        hold: u64,
    },
    /// Something for a session that has been handed over to the receiver.
    Forward {
        /// Which session.
        name: SessionName,
        /// Which message of which node it was, if it was one.
        origin: Option<(NodeId, u64)>,
        /// How many nodes have passed it on before.
        hops: u8,
        /// What.
        message: ServerMessage,
    },
    /// In place of a message that is of no use any more.
    Void,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A device has it.
    Delivered,
    /// Nobody is there, or nobody whom the sender may know of.
    Nobody,
    /// Too much waits for whoever is there.
    Full,
    /// It could not be found out in time.
    Unknown,
}
