//! Signals that wait to leave while one before them is signed.

use std::collections::VecDeque;

use wimpex_identity::{PublicKey, Signature, UnsignedMessage};
use wimpex_protocol::{Envelope, Sec};

use crate::RequestId;

/// Signals in the order in which they are to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct OutboundQueue(VecDeque<Outbound>);

/// A signal that is to leave.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Outbound {
    message: Envelope,
    proof: OutboundProof,
}

/// The proof that a signal is to leave with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OutboundProof {
    /// None, or one that is ready.
    Ready(ReadyProof),
    /// One whose signature was asked for.
    Requested {
        request: RequestId,
        unsigned: UnsignedMessage,
    },
}

/// A proof that needs no signature any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReadyProof {
    /// None is needed.
    None,
    /// The one that the description had before.
    Repeat,
    /// A new one.
    New(Sec),
}

impl OutboundQueue {
    /// Adds a signal at the end.
    pub(crate) fn push(&mut self, message: Envelope, proof: OutboundProof) {
        self.0.push_back(Outbound { message, proof });
    }

    /// Takes the signature that was asked for with this request. Without one, or without
    /// a key, the signal cannot be sent: it is taken out and given back.
    pub(crate) fn signed(
        &mut self,
        request: RequestId,
        key: Option<&PublicKey>,
        signature: Option<&Signature>,
    ) -> Option<Envelope> {
        let place = self.0.iter().position(|it| it.is_requested_with(request))?;
        let outbound = &mut self.0[place];
        match (&outbound.proof, key, signature) {
            (OutboundProof::Requested { unsigned, .. }, Some(key), Some(signature)) => {
                let proof = unsigned.signed(key, signature);
                outbound.proof = OutboundProof::Ready(ReadyProof::New(proof));
                None
            }
            (OutboundProof::Requested { .. }, _, _) => {
                self.0.remove(place).map(|outbound| outbound.message)
            }
            (OutboundProof::Ready(_), _, _) => None,
        }
    }

    /// The next signal; `None` while it is being signed.
    pub(crate) fn pop_ready(&mut self) -> Option<(Envelope, ReadyProof)> {
        let Outbound { message, proof } = self.0.pop_front()?;
        match proof {
            OutboundProof::Ready(proof) => Some((message, proof)),
            proof @ OutboundProof::Requested { .. } => {
                self.0.push_front(Outbound { message, proof });
                None
            }
        }
    }
}

impl Outbound {
    fn is_requested_with(&self, wanted: RequestId) -> bool {
        match &self.proof {
            OutboundProof::Requested { request, .. } => *request == wanted,
            OutboundProof::Ready(_) => false,
        }
    }
}
