//! Takes out of inputs whatever is nobody's business, and nothing that a replay needs.

use std::collections::BTreeMap;

use wimpex_call::{Command, Input, Memory};
use wimpex_protocol::{CallId, DeviceId, Sdp, Signal, UserId};
use wimpex_webrtc::IceCandidateInit;

/// What stands for what.
///
/// Call ids keep their order, which decides who gives way when two call each other; a
/// description or a candidate is known again when it is repeated, and no more.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    users: Numbers<UserId>,
    devices: Numbers<DeviceId>,
    calls: Numbers<CallId>,
    /// Numbered as they come: their order means nothing.
    texts: BTreeMap<String, usize>,
}

/// A number for each id, from 1 in their order.
type Numbers<Id> = BTreeMap<Id, usize>;

impl Redaction {
    /// Numbers everything private in these inputs and this memory.
    pub fn of<'a>(inputs: impl Iterator<Item = &'a Input>, memory: Option<&Memory>) -> Self {
        let mut redaction = Self::default();
        if let Some(memory) = memory {
            visit_memory(&mut memory.clone(), &mut Collect(&mut redaction));
        }
        for input in inputs {
            visit(&mut input.clone(), &mut Collect(&mut redaction));
        }
        number(&mut redaction.users);
        number(&mut redaction.devices);
        number(&mut redaction.calls);
        redaction
    }

    /// The input without anything private. What was not numbered counts as 0.
    pub fn apply(&self, input: &Input) -> Input {
        let mut input = input.clone();
        visit(&mut input, &mut Replace(self));
        input
    }

    /// The same of a memory.
    pub fn apply_to_memory(&self, mut memory: Memory) -> Memory {
        visit_memory(&mut memory, &mut Replace(self));
        memory
    }
}

fn number<Id>(numbers: &mut Numbers<Id>) {
    for (number, place) in numbers.values_mut().enumerate() {
        *place = number + 1;
    }
}

/// What is done with each private part of an input.
trait Visitor {
    fn user(&mut self, user: &mut UserId);
    fn device(&mut self, device: &mut DeviceId);
    fn call(&mut self, call: &mut CallId);
    fn sdp(&mut self, sdp: &mut Sdp);
    fn candidate(&mut self, candidate: &mut IceCandidateInit);
}

/// Shows the visitor every private part of an input, and drops names and proofs.
fn visit(input: &mut Input, visitor: &mut impl Visitor) {
    match input {
        Input::Command(Command::StartCall { call_id, peer, .. }) => {
            visitor.call(call_id);
            visitor.user(peer);
        }
        Input::Signal {
            from,
            device,
            signal,
            ..
        } => {
            visitor.user(from);
            visitor.device(device);
            visit_signal(signal, visitor);
        }
        Input::PeerOffline { call_id, .. }
        | Input::PeerWaking { call_id }
        | Input::OfferRefused { call_id } => visitor.call(call_id),
        Input::PeerDevices { user, devices } => {
            visitor.user(user);
            devices.iter_mut().for_each(|device| visitor.device(device));
        }
        Input::DataChannelMessage { end, .. } => visitor.call(&mut end.call_id),
        Input::PeerMediaState { state, .. } => visitor.call(&mut state.call_id),
        Input::LocalOffer { sdp, .. } | Input::LocalAnswer { sdp, .. } => visitor.sdp(sdp),
        Input::LocalCandidate { candidate, .. } => visitor.candidate(candidate),
        Input::Command(
            Command::Accept { .. }
            | Command::Decline
            | Command::LeavePage
            | Command::HangUp
            | Command::Dismiss
            | Command::SetMuted(_)
            | Command::SetCamera(_)
            | Command::SetSharing(_)
            | Command::AnswerWaiting { .. }
            | Command::DeclineWaiting
            | Command::SetOnHold(_)
            | Command::Swap
            | Command::EndOther
            | Command::AcceptVideo { .. },
        )
        | Input::SessionRenewed
        | Input::NetworkChanged
        | Input::CreateConnectionFailed { .. }
        | Input::LocalDescriptionFailed { .. }
        | Input::SetRemoteAnswerFailed { .. }
        | Input::ConnectionStateChanged { .. }
        | Input::ConnectionClosed { .. }
        | Input::Kept(_)
        | Input::Slept { .. }
        | Input::Media { .. }
        | Input::TrackEnded { .. }
        | Input::BatteryLow(_)
        | Input::TrackInterrupted { .. }
        | Input::DeviceReturned { .. }
        | Input::Timeout => {}
    }
}

fn visit_signal(signal: &mut Signal, visitor: &mut impl Visitor) {
    match signal {
        Signal::CallOffer(offer) => {
            visitor.call(&mut offer.call_id);
            visitor.sdp(&mut offer.offer.sdp);
            offer.from_username = None;
            offer.sec = None;
        }
        Signal::CallAnswer(answer) => {
            visitor.call(&mut answer.call_id);
            visitor.sdp(&mut answer.answer.sdp);
            answer.sec = None;
        }
        Signal::IceCandidate(ice) => {
            if let Some(call_id) = &mut ice.call_id {
                visitor.call(call_id);
            }
            visitor.candidate(&mut ice.candidate);
        }
        Signal::CallReject(reject) => visitor.call(&mut reject.call_id),
        Signal::CallRinging(ringing) => visitor.call(&mut ringing.call_id),
        Signal::CallEnd(end) => visitor.call(&mut end.call_id),
        Signal::CallConfirm(confirm) => {
            visitor.call(&mut confirm.call_id);
            confirm.sec = None;
        }
    }
}

fn visit_memory(memory: &mut Memory, visitor: &mut impl Visitor) {
    for ended in &mut memory.ended_calls {
        visitor.user(&mut ended.peer);
        visitor.call(&mut ended.call_id);
    }
    for early in &mut memory.early_candidates {
        visitor.user(&mut early.from);
        visitor.device(&mut early.device);
        visitor.call(&mut early.call_id);
        visitor.candidate(&mut early.candidate);
    }
}

/// Collects what there is to replace.
struct Collect<'a>(&'a mut Redaction);

impl Collect<'_> {
    fn text(&mut self, text: &str) {
        let next = self.0.texts.len() + 1;
        self.0.texts.entry(text.to_owned()).or_insert(next);
    }
}

impl Visitor for Collect<'_> {
    fn user(&mut self, user: &mut UserId) {
        self.0.users.insert(user.clone(), 0);
    }

    fn device(&mut self, device: &mut DeviceId) {
        self.0.devices.insert(device.clone(), 0);
    }

    fn call(&mut self, call: &mut CallId) {
        self.0.calls.insert(call.clone(), 0);
    }

    fn sdp(&mut self, sdp: &mut Sdp) {
        self.text(&sdp.0);
        if let Some(session) = sdp.session_id() {
            self.text(session);
        }
    }

    fn candidate(&mut self, candidate: &mut IceCandidateInit) {
        self.text(&candidate.candidate);
    }
}

/// Puts the numbers in place of what they stand for.
struct Replace<'a>(&'a Redaction);

impl Replace<'_> {
    fn text(&self, text: &str) -> usize {
        self.0.texts.get(text).copied().unwrap_or_default()
    }
}

const VALID: &str = "letters, digits and a hyphen are an id";

impl Visitor for Replace<'_> {
    fn user(&mut self, user: &mut UserId) {
        let number = self.0.users.get(user).copied().unwrap_or_default();
        *user = UserId::parse(format!("person-{number}")).expect(VALID);
    }

    fn device(&mut self, device: &mut DeviceId) {
        let number = self.0.devices.get(device).copied().unwrap_or_default();
        *device = DeviceId::parse(format!("device-{number}")).expect(VALID);
    }

    fn call(&mut self, call: &mut CallId) {
        let number = self.0.calls.get(call).copied().unwrap_or_default();
        // With leading zeros they sort as they are numbered.
        *call = CallId::parse(format!("call-{number:06}")).expect(VALID);
    }

    fn sdp(&mut self, sdp: &mut Sdp) {
        let session = sdp.session_id().map(|session| self.text(session));
        sdp.0 = format!("description {}", self.text(&sdp.0));
        // Which connection it is of decides what the machine makes of it.
        if let Some(session) = session {
            sdp.0.push_str(&format!("\no=- {session}"));
        }
    }

    /// Its type and transport protocol stay (RFC 8839, section 5.1).
    fn candidate(&mut self, candidate: &mut IceCandidateInit) {
        candidate.username_fragment = None;
        // A number, unless the peer thought of something else.
        if let Some(mid) = &mut candidate.sdp_mid {
            let is_number = mid.len() <= 2 && mid.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number {
                *mid = "named".to_owned();
            }
        }
        let text = &candidate.candidate;
        // "No more candidates" is the same for everybody.
        if text.is_empty() {
            return;
        }
        let mut words = text.split_ascii_whitespace();
        let protocol = match words.nth(2) {
            Some(word) if word.eq_ignore_ascii_case("tcp") => "tcp",
            _ => "udp",
        };
        let kind = words.skip_while(|word| *word != "typ").nth(1);
        let kind = kind
            .filter(|kind| ["host", "srflx", "prflx", "relay"].contains(kind))
            .unwrap_or("unknown");
        candidate.candidate = format!("candidate {} {protocol} typ {kind}", self.text(text));
    }
}
