//! Two nodes of a cluster, checked exhaustively.
//!
//! Two machines of `wimpex-cluster` run in here unchanged, on a medium that may lose, repeat and
//! reorder what it carries, and go away for either of them or between them. Two people watch each
//! other and send each other messages; either may leave and come back at either node, and either
//! node may crash. The checker visits every state that can come of what [`NodesBounds`] allows;
//! [`NodesRule`] says what must hold.
//!
//! Time is measured. It passes to the next timer when nothing is on its way and something is not
//! as it should be, or, as often as the bounds say, at any other moment.

mod bounds;
mod model;
mod rule;
mod state;

pub use bounds::{NodesBounds, nodes_configurations, small_nodes};
pub use model::Nodes;
pub use rule::NodesRule;
pub use state::{NodesAction, NodesState};
