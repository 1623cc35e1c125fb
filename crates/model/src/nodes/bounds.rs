//! How much may happen to two nodes.

/// How much may happen in one exploration.
#[derive(Clone, Debug, Default)]
pub struct NodesBounds {
    /// What to call it.
    pub name: &'static str,
    /// Messages that the first person may send to the second.
    pub sends: u8,
    /// Messages that the second may send to the first.
    pub replies: u8,
    /// Times that the second person may leave, and come back at either node.
    pub moves: u8,
    /// Single messages of the medium that are lost.
    pub lost: u8,
    /// … that come twice.
    pub repeated: u8,
    /// … that are overtaken by the next.
    pub swapped: u8,
    /// Times that a node loses the medium, and what is on its way to and from it.
    pub outages: u8,
    /// Times that the medium parts the two, and neither is told.
    pub partings: u8,
    /// Whether the first node may crash.
    pub first_crashes: bool,
    /// Whether the second may.
    pub second_crashes: bool,
    /// Timers that fire although something else is about to happen.
    pub hasty_timers: u8,
}

/// The bound that the ordinary tests explore, in seconds.
pub fn small_nodes() -> Vec<NodesBounds> {
    vec![
        NodesBounds {
            name: "nodes: messages",
            sends: 1,
            replies: 1,
            lost: 1,
            repeated: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: moves",
            sends: 1,
            moves: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: outages",
            outages: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: partings",
            sends: 1,
            partings: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: crashes",
            sends: 1,
            second_crashes: true,
            ..NodesBounds::default()
        },
    ]
}

/// All that `cargo xtask model` explores.
pub fn nodes_configurations() -> Vec<NodesBounds> {
    vec![
        NodesBounds {
            name: "nodes: messages, at large",
            sends: 2,
            replies: 1,
            lost: 1,
            repeated: 1,
            swapped: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: timers, at large",
            sends: 1,
            lost: 1,
            hasty_timers: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: moves, at large",
            sends: 1,
            moves: 2,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: outages, at large",
            sends: 1,
            outages: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: partings, at large",
            sends: 1,
            partings: 1,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: crashes, at large",
            sends: 1,
            replies: 1,
            lost: 1,
            repeated: 1,
            first_crashes: true,
            second_crashes: true,
            ..NodesBounds::default()
        },
        NodesBounds {
            name: "nodes: everything once, at large",
            sends: 1,
            lost: 1,
            repeated: 1,
            swapped: 1,
            first_crashes: true,
            second_crashes: true,
            ..NodesBounds::default()
        },
    ]
}
