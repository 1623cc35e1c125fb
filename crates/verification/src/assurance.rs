//! What verification knows of the peer's identity.

use wimpex_identity::Sas;

/// How far it is proved that a call is with the peer that signaling names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// Not at all: the peer takes no part in the handshake, or has not completed it in
    /// time. The media is encrypted, but nobody can tell to whom.
    #[default]
    Unverified,
    /// The handshake is not complete yet.
    Pending,
    /// The handshake is complete with a guest, who has no key: nobody is in the middle
    /// if both sides see the same short authentication string.
    SasOnly(Sas),
    /// The peer has signed the handshake with the key that its id names, and DTLS uses
    /// the certificate that was signed. Comparing the string adds that the id is that of
    /// the person one means.
    KeyProved(Sas),
}
