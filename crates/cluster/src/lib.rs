//! Several servers as one: a hub that knows other nodes.
//!
//! Each server is a [`Node`]: the [`Hub`](wimpex_hub::Hub) of its own sessions, and what it has to
//! know of the others. Between them is a medium that carries messages to whoever has subscribed to
//! their subject, and says so where nobody has: NATS. It may lose, repeat, delay and reorder what
//! it carries, and go away; see `docs/scale.md` for the whole design.
//!
//! - A node subscribes to a person's subject while it holds a session of theirs. There is no table
//!   of all people anywhere: who has something for somebody asks on that subject, and "no
//!   responders" is the answer that nobody is there.
//! - What two nodes say to each other about sessions goes over a link of numbered, acknowledged
//!   frames (`wimpex-stream`), so that each arrives once and in order while both live.
//! - At a node that holds a person, each session of another that watches or calls them is an
//!   observer of the hub there. So who may see whom is decided in one place, where the person is.
//! - A session goes on at whichever node its client comes to: that one asks the node where the
//!   session began, or whoever has taken it since, for all that is known of it.
//! - A node that does not know says nothing: nobody is "offline" because the medium is away.
//!
//! A [`Machine`](wimpex_sansio::Machine): it must not know sockets, clocks or NATS.

mod clock;
mod cluster;
mod event;
mod link;
mod message;
mod moves;
mod node;
mod node_id;
mod pending;
mod route;
mod subject;
mod timers;
mod wire;

pub use cluster::ClusterCounts;
pub use event::{Arrival, Input, Output};
pub use message::{Frame, Message, Outcome, Packet, SessionName};
pub use node::Node;
pub use node_id::{InvalidNodeId, NodeId};
pub use subject::{Interest, Subject};
pub use wire::Unreadable;

#[cfg(test)]
mod tests;
