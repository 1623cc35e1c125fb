//! What must hold of two nodes.

/// What must hold. The names are those of the properties in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodesRule {
    /// No session gets a message twice, or one after a later one of the same sender.
    OnceAndInOrder,
    /// Who is told that a message has arrived is told so truly.
    DeliveredIsDelivered,
    /// Nobody is said to be away, or not to be there, who has been there and within reach for the
    /// last seconds.
    NobodyIsAwayUnknown,
    /// Each message has one end, or none yet.
    SettledOnce,
    /// With the medium there, everybody sees within six seconds who is there: a node's death is
    /// noticed after five.
    SeenInTime,
    /// With the medium there, each message has arrived or is settled, and nothing is owed between
    /// the nodes, within forty seconds.
    DecidedInTheEnd,
    /// A message between two who were within reach of each other all the time has arrived.
    NothingIsLost,
}

impl NodesRule {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OnceAndInOrder,
        Self::DeliveredIsDelivered,
        Self::NobodyIsAwayUnknown,
        Self::SettledOnce,
        Self::SeenInTime,
        Self::DecidedInTheEnd,
        Self::NothingIsLost,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnceAndInOrder => "messages between nodes arrive once and in order",
            Self::DeliveredIsDelivered => "what is said to be delivered is",
            Self::NobodyIsAwayUnknown => "nobody within reach is said to be away",
            Self::SettledOnce => "a message has one end",
            Self::SeenInTime => "everybody sees in time who is there",
            Self::DecidedInTheEnd => "in the end every message between nodes is settled",
            Self::NothingIsLost => "nothing is lost between people within reach",
        }
    }
}
