//! Offer and answer: how far their exchange has come, and what of it can be
//! retransmitted.

use wimpex_protocol::{
    Answer, CallAnswer, CallOffer, CallType, DeviceId, IceCandidate, Offer, Sdp, Signal,
};
use wimpex_webrtc::IceCandidateInit;

use crate::input::PeerConnectionId;
use crate::limits;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::peer::Peer;
use crate::sections::Sections;

/// The last local description that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum LocalDescription {
    Offer(Sdp),
    Answer(Sdp),
}

/// The offers and answers of one connection (RFC 9429, section 3.2), with their
/// candidates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Negotiation {
    connection: PeerConnectionId,
    call_type: CallType,
    /// The browser is creating a local offer.
    creating_offer: bool,
    /// How many local answers the browser is creating; only the last one counts.
    creating_answers: u32,
    /// A local offer is out and has no answer yet. There is never a second one
    /// meanwhile: it is retransmitted instead, so that an answer, which does not say
    /// what it answers, cannot be taken for another's.
    awaits_answer: bool,
    local: Option<LocalDescription>,
    /// Local candidates of this description; those before `sent` are out, the others
    /// wait for the description to be out and the call accepted: nobody's addresses are
    /// revealed before.
    local_candidates: Vec<IceCandidateInit>,
    sent: usize,
    /// Hashes of the remote descriptions, the one in use last. A repeated one is
    /// recognised by it.
    remote_descriptions: Vec<u64>,
    /// Remote candidates that wait for the remote description, each with the device
    /// that sent it.
    remote_candidates: Vec<(DeviceId, IceCandidateInit)>,
    /// How many remote candidates the browser was given for that description.
    added: usize,
    /// Its media descriptions (RFC 8866, section 5.14), by which a candidate's `sdpMid` is
    /// checked.
    sections: Sections,
    /// Whether our descriptions offer to send and receive video.
    video: bool,
}

impl Negotiation {
    /// Of a new connection. Candidates may have come before the peer's first offer.
    pub(crate) fn new(
        connection: PeerConnectionId,
        call_type: CallType,
        early: Vec<(DeviceId, IceCandidateInit)>,
    ) -> Self {
        Self {
            connection,
            call_type,
            creating_offer: false,
            creating_answers: 0,
            awaits_answer: false,
            local: None,
            local_candidates: Vec::new(),
            sent: 0,
            remote_descriptions: Vec::new(),
            remote_candidates: early,
            added: 0,
            sections: Sections::default(),
            video: call_type == CallType::Video,
        }
    }

    pub(crate) fn connection(&self) -> PeerConnectionId {
        self.connection
    }

    /// With or without video; the same for the call as for its connection.
    pub(crate) fn call_type(&self) -> CallType {
        self.call_type
    }

    /// From the next description on, ours offer to send and receive video; says whether they
    /// did not before.
    pub(crate) fn open_video(&mut self) -> bool {
        !std::mem::replace(&mut self.video, true)
    }

    /// The browser is creating a local description.
    pub(crate) fn is_creating(&self) -> bool {
        self.creating_offer || self.creating_answers > 0
    }

    /// A local offer is out and has no answer yet.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.awaits_answer
    }

    /// A remote offer would collide with a local one.
    pub(crate) fn has_pending_offer(&self) -> bool {
        self.awaits_answer || self.creating_offer
    }

    /// Whether our answer to that offer is the last description that was sent.
    pub(crate) fn has_answered(&self, offer: &Sdp) -> bool {
        matches!(self.local, Some(LocalDescription::Answer(_))) && self.is_remote(offer)
    }

    /// Has the browser create an offer.
    pub(crate) fn create_offer(&mut self, ice_restart: bool, out: &mut Outputs) {
        self.creating_offer = true;
        self.forget_local();
        out.push(Output::CreateOffer {
            connection: self.connection,
            ice_restart,
            video: self.video,
        });
    }

    /// The browser has created an offer; says whether it is to be sent. It is not if
    /// the peer's has come meanwhile, for which the browser rolls it back.
    pub(crate) fn offer_created(&mut self, sdp: Sdp) -> bool {
        let is_wanted = std::mem::take(&mut self.creating_offer);
        if is_wanted {
            self.awaits_answer = true;
            self.local = Some(LocalDescription::Offer(sdp));
        }
        is_wanted
    }

    /// Gives the browser the peer's offer, to create an answer, and then the candidates
    /// that waited for it.
    pub(crate) fn set_remote_offer(&mut self, sdp: Sdp, peer: &Peer, out: &mut Outputs) {
        self.creating_offer = false;
        self.creating_answers += 1;
        self.awaits_answer = false;
        self.forget_local();
        self.remember_remote(&sdp);
        out.push(Output::SetRemoteOffer {
            connection: self.connection,
            sdp,
            video: self.video,
        });
        self.add_waiting_candidates(peer, out);
    }

    /// The browser has created an answer; says whether it is to be sent. One to an
    /// offer that another has overtaken is of no use.
    pub(crate) fn answer_created(&mut self, sdp: Sdp) -> bool {
        let is_last = self.creating_answers == 1;
        self.creating_answers = self.creating_answers.saturating_sub(1);
        if is_last {
            self.local = Some(LocalDescription::Answer(sdp));
        }
        is_last
    }

    /// Gives the browser the peer's answer, and then the candidates that waited for it.
    pub(crate) fn set_remote_answer(&mut self, sdp: Sdp, peer: &Peer, out: &mut Outputs) {
        self.awaits_answer = false;
        self.remember_remote(&sdp);
        out.push(Output::SetRemoteAnswer {
            connection: self.connection,
            sdp,
        });
        self.add_waiting_candidates(peer, out);
    }

    /// No local description was created, or the one that was cannot be sent.
    pub(crate) fn local_failed(&mut self) {
        self.creating_offer = false;
        self.creating_answers = self.creating_answers.saturating_sub(1);
        self.awaits_answer = false;
    }

    /// Whether that was a remote description before, or is now.
    pub(crate) fn has_seen(&self, sdp: &Sdp) -> bool {
        self.remote_descriptions.contains(&hash(sdp))
    }

    /// Whether that is the remote description in use.
    pub(crate) fn is_remote(&self, sdp: &Sdp) -> bool {
        self.remote_descriptions.last() == Some(&hash(sdp))
    }

    fn remember_remote(&mut self, sdp: &Sdp) {
        if self.remote_descriptions.len() == limits::REMOTE_DESCRIPTIONS {
            self.remote_descriptions.remove(0);
        }
        self.remote_descriptions.push(hash(sdp));
        self.sections = Sections::of(sdp);
        self.added = 0;
    }

    /// A new local description is begun, with candidates of its own.
    fn forget_local(&mut self) {
        self.local = None;
        self.local_candidates.clear();
        self.sent = 0;
    }

    /// Keeps a local candidate, unless there are too many.
    pub(crate) fn keep_local_candidate(&mut self, candidate: IceCandidateInit) {
        if self.local_candidates.len() < limits::WAITING_CANDIDATES {
            self.local_candidates.push(candidate);
        }
    }

    /// Sends the local description as it stands to one device of the peer, or to all.
    pub(crate) fn send_description(
        &self,
        peer: &Peer,
        device: Option<DeviceId>,
        out: &mut Outputs,
    ) {
        let call_id = peer.call_id.clone();
        let signal = match self.local.clone() {
            Some(LocalDescription::Offer(sdp)) => Signal::CallOffer(CallOffer {
                call_id,
                offer: Offer::new(sdp),
                call_type: self.call_type,
                from_username: None,
                sec: None,
            }),
            Some(LocalDescription::Answer(sdp)) => Signal::CallAnswer(CallAnswer {
                call_id,
                answer: Answer::new(sdp),
                sec: None,
            }),
            None => return,
        };
        out.send(peer.user.clone(), device, signal);
    }

    /// Sends the local candidates that are not out yet. They wait for their description
    /// to be out, so that the peer never sees a candidate before it.
    pub(crate) fn send_candidates(&mut self, peer: &Peer, out: &mut Outputs) {
        if self.is_creating() {
            return;
        }
        let from = std::mem::replace(&mut self.sent, self.local_candidates.len());
        for candidate in &self.local_candidates[from..] {
            let signal = Signal::IceCandidate(IceCandidate {
                call_id: Some(peer.call_id.clone()),
                candidate: candidate.clone(),
            });
            peer.send(signal, out);
        }
    }

    /// All local candidates are to be sent again.
    pub(crate) fn resend_candidates(&mut self) {
        self.sent = 0;
    }

    /// Takes a remote candidate. It waits for a remote description, and is dropped where
    /// there are too many.
    pub(crate) fn remote_candidate(
        &mut self,
        device: &DeviceId,
        candidate: IceCandidateInit,
        out: &mut Outputs,
    ) {
        if !self.remote_descriptions.is_empty() {
            self.add_candidate(candidate, out);
        } else if self.remote_candidates.len() < limits::WAITING_CANDIDATES {
            self.remote_candidates.push((device.clone(), candidate));
        }
    }

    fn add_waiting_candidates(&mut self, peer: &Peer, out: &mut Outputs) {
        for (device, candidate) in std::mem::take(&mut self.remote_candidates) {
            // Another device of the peer may have spoken before one was settled on.
            if peer.may_be(&device) {
                self.add_candidate(candidate, out);
            }
        }
    }

    fn add_candidate(&mut self, candidate: IceCandidateInit, out: &mut Outputs) {
        if self.added < limits::CANDIDATES {
            self.added += 1;
            out.push(Output::AddCandidate {
                connection: self.connection,
                candidate: self.sections.place(candidate),
            });
        }
    }
}

/// FNV-1a: descriptions are long, and whoever makes two collide spoils only their own
/// call.
fn hash(sdp: &Sdp) -> u64 {
    sdp.0.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
