//! What can happen to a verifier.

use wimpex_identity::{Nonce, PublicKey, Signature};
use wimpex_protocol::{CallConfirm, Envelope, UserId};
use wimpex_sansio::UnixTime;

use crate::{CallKey, Incoming, KeptHandshake, PeerPolicy, RequestId};

/// Who this device is logged in as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalIdentity {
    /// The user id: that of the key, or the one that the server gave a guest.
    pub id: UserId,
    /// The public key of which `id` is made; `None` for a guest.
    pub key: Option<PublicKey>,
}

/// The certificate that the peer has used in DTLS, in the form that the browser gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RemoteCertificate {
    /// The certificate in DER (W3C webrtc, section 5.5: `getRemoteCertificates`).
    Der(Vec<u8>),
    /// The applied remote description, where the browser gives no certificate (Firefox):
    /// DTLS accepts no certificate but the one whose fingerprint it has (RFC 8122,
    /// section 6.2).
    Description(String),
}

/// One thing that a verifier is told. `wall` is the wall clock's time at that moment: it
/// goes into signatures, and decides what is fresh.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The server has accepted the login. Handshakes that are going on continue. Before
    /// the first login no call can be made or taken.
    LoggedIn(LocalIdentity),
    /// Replaces what is known of peers.
    PeerPolicy(PeerPolicy),
    /// The calls that the call machine has now. Forgets the handshakes of all others, except
    /// those whose offer is still to be delivered.
    ///
    /// To be given whenever they change, and also each time after an offer
    /// was delivered: a caller that was told "busy" must not take up room.
    CurrentCalls(Vec<CallKey>),
    /// The page comes back to a call: its handshake goes on where the one of the page before was.
    Restore(Box<KeptHandshake>),
    /// The call machine wants to send a signal.
    Send {
        /// The signal and its addresses, without a proof.
        message: Envelope,
        /// 32 random bytes that are used for nothing else.
        nonce: Nonce,
        /// Milliseconds since 1970.
        wall: UnixTime,
    },
    /// The server has delivered a signal.
    Receive {
        /// The signal and the addresses that the server has stamped on it.
        message: Incoming,
        /// Milliseconds since 1970.
        wall: UnixTime,
    },
    /// The peer has confirmed the call over the call's own data channel, since the server
    /// may be unreachable by then. Ignored if it names another call.
    ReceiveDirect {
        /// The call whose connection it came over.
        call: CallKey,
        /// The confirmation.
        confirm: CallConfirm,
        /// Milliseconds since 1970.
        wall: UnixTime,
    },
    /// The connection of this call has reached the state `connected`. From then on the
    /// handshake has [`crate::HANDSHAKE_TIMEOUT`] to complete.
    Connected {
        /// The call.
        call: CallKey,
        /// The peer's certificate; `None` if the browser does not tell.
        certificate: Option<RemoteCertificate>,
    },
    /// The result of `Output::Sign`.
    Signed {
        /// The request.
        request: RequestId,
        /// The signature; `None` if it cannot be made.
        signature: Option<Signature>,
    },
    /// The result of `Output::CheckSignature`.
    SignatureChecked {
        /// The request.
        request: RequestId,
        /// Whether the signature is valid; `false` where it cannot be checked.
        valid: bool,
        /// Milliseconds since 1970.
        wall: UnixTime,
    },
    /// The time of `poll_timeout` has come.
    Timeout,
}
