//! What the user of the page has said of somebody before they called.

/// Whether the user means who calls. Whoever runs the machine knows; it has no contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Standing {
    /// A contact, or somebody whose link the user has opened here.
    Known,
    /// Anybody: whoever has the user's link can call.
    #[default]
    Stranger,
}

#[cfg(feature = "serde")]
impl Standing {
    /// Records of before there were standings have none.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(crate) fn is_stranger(&self) -> bool {
        *self == Self::Stranger
    }
}
