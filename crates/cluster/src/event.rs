//! What can happen to a node, and what it asks for.

use wimpex_hub::{Identity, SessionId};
use wimpex_protocol::{Envelope, ServerMessage, UserId};

use crate::message::{Message, Outcome, SessionName};
use crate::node_id::NodeId;
use crate::subject::{Interest, Subject};

/// What can happen to a node.
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// Something about a session of its own.
    Hub(wimpex_hub::Input),
    /// A message has come to a subject that it subscribes to.
    Received(Message),
    /// Nobody hears what was asked about that person; with the number of the question.
    NoResponders(UserId, u64),
    /// The medium carries messages from now on, or does not.
    Medium {
        /// Whether it does.
        is_up: bool,
    },
    /// What became of [`Output::Arrived`].
    Delivered {
        /// Which message.
        arrival: Arrival,
        /// Whether a device has it.
        is_delivered: bool,
    },
    /// The client of a session of another node has come: it is to go on here.
    /// [`Output::Taken`] says what becomes of that, after a few seconds at most.
    TakeUp {
        /// A number of one's own choice, never used before.
        take: u64,
        /// Which session.
        name: SessionName,
        /// Who the client has proved to be.
        identity: Identity,
        /// How many frames it has received.
        received: u64,
        /// To which node it went from here, if it was here lately.
        given_to: Option<NodeId>,
    },
    /// Nobody hears who is asked for a session; with the number of the [`Input::TakeUp`].
    NobodyHasIt(u64),
    /// A session here is known to its client by that name, because it began elsewhere.
    Named {
        /// Which session.
        session: SessionId,
        /// Its name.
        name: SessionName,
    },
    /// A session lives here now that was another node's.
    TookOver {
        /// The other node.
        node: NodeId,
        /// The number of the [`Input::TakeUp`].
        take: u64,
        /// Its number here.
        session: SessionId,
    },
    /// The answer to [`Output::HandOver`].
    HandedOver {
        /// The node that asks.
        to: NodeId,
        /// Its number.
        take: u64,
        /// The session, and what is known of it; `None` if there is no such one. From now on what
        /// comes for it goes to [`Input::Forward`].
        given: Option<(SessionId, String)>,
        /// The node that has been given it before, if that is why there is none.
        given_to: Option<NodeId>,
    },
    /// Something has come for a session that has been handed over.
    Forward {
        /// The node that has it now.
        to: NodeId,
        /// The session.
        name: SessionName,
        /// Which message of a node's sessions it was, if it was one.
        origin: Option<Arrival>,
        /// How many nodes have passed it on before.
        hops: u8,
        /// What.
        message: ServerMessage,
    },
    /// It ends, and says so to the others.
    Close,
    /// It is time to look after something.
    Timeout,
}

/// What is to be done next.
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Something for a session of its own.
    Hub(wimpex_hub::Output),
    /// A message of another node's session for some of its own. [`Input::Delivered`] says what
    /// became of it.
    Arrived {
        /// Which message.
        arrival: Arrival,
        /// For whom; never empty.
        to: Vec<SessionId>,
        /// What.
        message: ServerMessage,
    },
    /// A session's message that was given no answer has come to an end at other nodes.
    Settled {
        /// The sender.
        session: SessionId,
        /// The message.
        relayed: Envelope,
        /// How.
        outcome: Outcome,
    },
    /// What has become of an [`Input::TakeUp`].
    Taken {
        /// Its number.
        take: u64,
        /// Who the client has proved to be.
        identity: Identity,
        /// The session's name.
        name: SessionName,
        /// The node that has had it, and what that has known of it; `None`: it is nowhere.
        state: Option<(NodeId, String)>,
    },
    /// The client of a session here has come to another node: hand it over, by
    /// [`Input::HandedOver`].
    HandOver {
        /// The node.
        to: NodeId,
        /// Its number.
        take: u64,
        /// Which session.
        name: SessionName,
        /// Who the client has proved to be there.
        identity: Identity,
        /// How many frames it has received.
        received: u64,
    },
    /// The node that a session was taken from passes on what has come there for it.
    Forwarded {
        /// The session.
        name: SessionName,
        /// Which message it was, if it was one of a node's.
        origin: Option<Arrival>,
        /// How many nodes have passed it on before.
        hops: u8,
        /// What.
        message: ServerMessage,
    },
    /// Hear this from now on. What is published afterwards goes out after it.
    Subscribe(Interest),
    /// No longer.
    Unsubscribe(Interest),
    /// Publish this; if nobody hears it and there is to be an answer, [`Input::NoResponders`].
    Publish {
        /// Where.
        to: Subject,
        /// What.
        message: Message,
        /// Where the answer goes.
        answer: Option<Subject>,
    },
}

/// Which message of which node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arrival {
    pub(crate) node: NodeId,
    pub(crate) relay: u64,
}

impl Arrival {
    /// As it is written down; see [`Arrival::key`].
    pub fn new(node: NodeId, relay: u64) -> Self {
        Self { node, relay }
    }

    /// The node, and its number of the message.
    pub fn key(&self) -> (&NodeId, u64) {
        (&self.node, self.relay)
    }
}
