//! Which node.

use std::fmt;

/// Bytes of the longest.
const BYTES: usize = 40;

/// One run of a server: another run has another id, so that what an earlier one has said means
/// nothing to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(String);

/// Why a text is no id of a node: it has 1 to 40 characters out of `A-Z a-z 0-9 -`, so that it can
/// be part of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidNodeId;

impl fmt::Display for InvalidNodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a node has 1 to 40 letters, digits and dashes")
    }
}

impl std::error::Error for InvalidNodeId {}

impl NodeId {
    /// Checks a text and makes it an id.
    ///
    /// # Errors
    /// [`InvalidNodeId`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidNodeId> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let fits = (1..=BYTES).contains(&text.len()) && text.bytes().all(is_plain);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidNodeId)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
