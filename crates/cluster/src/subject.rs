//! The subjects of the medium, which are all that routes: see `docs/scale.md`.

use wimpex_protocol::UserId;

use crate::message::SessionName;
use crate::node_id::NodeId;

/// Where a message is published.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// Heard by the nodes that hold a session of that person.
    At(UserId),
    /// Heard by the nodes that have something for that person, or watch them.
    Of(UserId),
    /// Heard by the node that has asked where a person is; with the number of its question.
    Where(NodeId, UserId, u64),
    /// Heard by the node that has that session, which began elsewhere.
    Session(SessionName),
    /// Heard by the node that seeks a session; with its number of what for.
    Sought(NodeId, u64),
    /// Heard by one node.
    Node(NodeId),
    /// Heard by all.
    Beat,
}

/// What a node subscribes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Interest {
    /// See [`Subject::At`].
    At(UserId),
    /// See [`Subject::Of`].
    Of(UserId),
    /// All answers to a node's questions.
    Where(NodeId),
    /// See [`Subject::Session`].
    Session(SessionName),
    /// See [`Subject::Node`].
    Node(NodeId),
    /// See [`Subject::Beat`].
    Beat,
}

impl Subject {
    /// As the medium has it, under a prefix.
    pub fn text(&self, prefix: &str) -> String {
        match self {
            Self::At(user) => format!("{prefix}.at.{}", token(user)),
            Self::Of(user) => format!("{prefix}.of.{}", token(user)),
            Self::Where(node, user, asked) => {
                format!("{prefix}.where.{node}.{}.{asked}", token(user))
            }
            Self::Session(name) => session(prefix, name),
            Self::Sought(node, take) => format!("{prefix}.where.{node}.session.of.{take}"),
            Self::Node(node) => format!("{prefix}.node.{node}"),
            Self::Beat => format!("{prefix}.beat"),
        }
    }

    /// What it is that is sought at such a [`Subject::Sought`], if it is one.
    pub fn sought(text: &str, prefix: &str) -> Option<u64> {
        let rest = text.strip_prefix(prefix)?.strip_prefix(".where.")?;
        let (_, take) = rest.split_once(".session.of.")?;
        take.parse().ok()
    }

    /// The question that is answered at such a [`Subject::Where`], if it is one.
    pub fn question(text: &str, prefix: &str) -> Option<(UserId, u64)> {
        let rest = text.strip_prefix(prefix)?.strip_prefix(".where.")?;
        let mut tokens = rest.split('.').skip(1);
        let (user, asked) = (tokens.next()?, tokens.next()?);
        let user = UserId::parse(user.replace('~', ".")).ok()?;
        Some((user, asked.parse().ok()?))
    }

    /// Whether a node with that interest hears it.
    pub fn is_heard_by(&self, interest: &Interest) -> bool {
        match (self, interest) {
            (Self::At(user), Interest::At(other)) | (Self::Of(user), Interest::Of(other)) => {
                user == other
            }
            (Self::Where(node, ..), Interest::Where(other))
            | (Self::Sought(node, _), Interest::Where(other))
            | (Self::Node(node), Interest::Node(other)) => node == other,
            (Self::Session(name), Interest::Session(other)) => name == other,
            (Self::Beat, Interest::Beat) => true,
            (
                Self::At(_)
                | Self::Of(_)
                | Self::Where(..)
                | Self::Session(_)
                | Self::Sought(..)
                | Self::Node(_)
                | Self::Beat,
                Interest::At(_)
                | Interest::Of(_)
                | Interest::Where(_)
                | Interest::Session(_)
                | Interest::Node(_)
                | Interest::Beat,
            ) => false,
        }
    }
}

impl Interest {
    /// As the medium has it, under a prefix.
    pub fn text(&self, prefix: &str) -> String {
        match self {
            Self::At(user) => format!("{prefix}.at.{}", token(user)),
            Self::Of(user) => format!("{prefix}.of.{}", token(user)),
            Self::Where(node) => format!("{prefix}.where.{node}.>"),
            Self::Session(name) => session(prefix, name),
            Self::Node(node) => format!("{prefix}.node.{node}"),
            Self::Beat => format!("{prefix}.beat"),
        }
    }
}

fn session(prefix: &str, name: &SessionName) -> String {
    format!("{prefix}.session.{}.{}", name.node, name.number)
}

/// An id may have points, which separate tokens; it has no tilde.
fn token(user: &UserId) -> String {
    user.as_str().replace('.', "~")
}
