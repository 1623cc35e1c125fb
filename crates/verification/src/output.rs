//! What a verifier asks its driver to do.

use wimpex_identity::{LinkCheck, SignatureClaim, VerifyError};
use wimpex_protocol::Envelope;
use wimpex_sansio::UnixTime;

use crate::{CallKey, Incoming, RequestId};

/// One thing to do. Signals leave, and are delivered, in the order in which they were
/// given to the verifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Sign these bytes with the local identity's key (Ed25519, RFC 8032), and answer
    /// with `Input::Signed`. Never asked of a guest.
    Sign {
        /// To be given back.
        request: RequestId,
        /// The bytes.
        message: Vec<u8>,
    },
    /// Check a signature (Ed25519, RFC 8032), and answer with `Input::SignatureChecked`.
    /// Until then everything else that was received waits.
    CheckSignature {
        /// To be given back.
        request: RequestId,
        /// The key, the bytes and the signature.
        claim: SignatureClaim,
    },
    /// Send this to the server. A `call-confirm` is to be sent over the call's data
    /// channel too, once that is open: the server may be unreachable by then.
    Transmit(Envelope),
    /// Give this to the call machine: it is verified, or needs no verification.
    Deliver {
        /// The signal.
        message: Incoming,
        /// It is the offer of somebody else than the peer of the current call, which is
        /// about to be told "busy": the history notes a missed call.
        missed: bool,
        /// It is a stranger's offer, by a link that ends: how that stands.
        link: Option<LinkCheck>,
    },
    /// An authentic offer that was received before, or an offer within a call, which nobody
    /// can check: of a call whose handshake is not known any more. It must not ring. If the call is known to be over, deliver it to
    /// the call machine, which tells the caller so.
    RepeatedOffer(Incoming),
    /// An authentic offer that was signed longer ago than an offer may ring: a server, or a
    /// page that slept, has held it up. Nobody waits for an answer; the history notes a
    /// missed call. It was not delivered.
    HeldOffer {
        /// The signal.
        message: Incoming,
        /// When the caller signed it, by the caller's clock.
        at: UnixTime,
    },
    /// A description of this call cannot be signed, so it was not sent: the call cannot
    /// be set up.
    CannotSign(CallKey),
    /// A message of this call has failed verification, or was not received in time. It
    /// was not delivered; if this is the current call, it must end.
    Rejected {
        /// The call, with the peer that the message claims to come from.
        call: CallKey,
        /// Why.
        error: VerifyError,
        /// Whether the user is to be warned: the message belongs to the current call, or
        /// was sent in the name of a pinned peer and is not just late, repeated, out of
        /// order or unasked for. What is stale here was signed in the future, which no delay
        /// explains.
        alert: bool,
    },
}
