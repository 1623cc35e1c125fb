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

/// What is kept of a remote description, to tell it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Remote {
    hash: u64,
    /// Of its session id: which connection of the peer's it is of.
    session: Option<u64>,
}

/// A connection of the peer's whose other end, here, is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Past {
    session: u64,
    /// It was connected, so that nothing else can be its other end.
    was_connected: bool,
}

/// Which connection of the peer's a description is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// The one that this connection is to.
    Current,
    /// One whose other end is closed.
    Past,
    /// One that is not known yet, which wants another end here.
    New,
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
    /// Hashes of the remote descriptions, those of connections before this one too. A
    /// repeated one is recognised by it.
    remote_descriptions: Vec<u64>,
    /// The remote description in use.
    remote: Option<Remote>,
    /// The peer's connections that those before this one were to.
    past: Vec<Past>,
    /// `connectionState` has been `connected` at some time.
    was_connected: bool,
    /// ICE restarts that were negotiated since the connection last worked.
    restarts: u8,
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
            remote: None,
            past: Vec::new(),
            was_connected: false,
            restarts: 0,
            remote_candidates: early,
            added: 0,
            sections: Sections::default(),
            video: call_type == CallType::Video,
        }
    }

    /// Of another connection of the same call, in place of this one.
    pub(crate) fn reconnect(&mut self, connection: PeerConnectionId) {
        let mut past = std::mem::take(&mut self.past);
        if let Some(session) = self.remote.and_then(|remote| remote.session) {
            past.retain(|it| it.session != session);
            if past.len() == limits::PAST_CONNECTIONS {
                past.remove(0);
            }
            past.push(Past {
                session,
                was_connected: self.was_connected,
            });
        }
        *self = Self {
            video: self.video,
            remote_descriptions: std::mem::take(&mut self.remote_descriptions),
            past,
            ..Self::new(connection, self.call_type, Vec::new())
        };
    }

    /// Of the first connection of another page, where the peer's was to one before.
    pub(crate) fn after(mut self, session: Option<u64>) -> Self {
        self.past = session
            .map(|session| Past {
                session,
                was_connected: true,
            })
            .into_iter()
            .collect();
        self
    }

    /// A hash of the session id of the peer's connection, if it names one.
    pub(crate) fn remote_session(&self) -> Option<u64> {
        let past = || self.past.last().map(|past| past.session);
        self.remote.and_then(|remote| remote.session).or_else(past)
    }

    /// Whether our descriptions offer to send and receive video.
    pub(crate) fn has_video(&self) -> bool {
        self.video
    }

    /// Whether nothing has come from the peer for this connection yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.remote.is_none()
    }

    /// Which of the peer's connections this offer is of.
    pub(crate) fn session_of_offer(&self, sdp: &Sdp) -> Session {
        // One that was never connected waits for an answer of whatever connection.
        self.session(sdp, |past| past.was_connected)
    }

    /// Which of the peer's connections this answer is of. A connection that has an answer has
    /// not answered to another one.
    pub(crate) fn session_of_answer(&self, sdp: &Sdp) -> Session {
        self.session(sdp, |_| true)
    }

    fn session(&self, sdp: &Sdp, is_past: impl Fn(&Past) -> bool) -> Session {
        let session = session_hash(sdp);
        match (self.remote, session) {
            (Some(remote), session) if remote.session == session => Session::Current,
            (_, Some(session)) => {
                let mut past = self.past.iter();
                if past.any(|it| it.session == session && is_past(it)) {
                    Session::Past
                } else {
                    Session::New
                }
            }
            // A peer whose descriptions name no session has one connection.
            (_, None) => Session::Current,
        }
    }

    /// The connection works.
    pub(crate) fn connected(&mut self) {
        self.was_connected = true;
        self.restarts = 0;
    }

    /// The descriptions of a restart are exchanged.
    pub(crate) fn restarted(&mut self) {
        self.restarts = self.restarts.saturating_add(1);
    }

    /// Whether ICE was restarted, and the connection works no better.
    pub(crate) fn was_restarted(&self) -> bool {
        self.restarts > 0
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
        self.remote.is_some_and(|remote| remote.hash == hash(sdp))
    }

    fn remember_remote(&mut self, sdp: &Sdp) {
        if self.remote_descriptions.len() == limits::REMOTE_DESCRIPTIONS {
            self.remote_descriptions.remove(0);
        }
        let hash = hash(sdp);
        self.remote_descriptions.push(hash);
        let session = session_hash(sdp);
        self.remote = Some(Remote { hash, session });
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
                link: None,
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
        if self.remote.is_some() {
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
    hash_text(&sdp.0)
}

fn session_hash(sdp: &Sdp) -> Option<u64> {
    sdp.session_id().map(hash_text)
}

fn hash_text(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
