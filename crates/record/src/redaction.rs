//! Takes out of inputs whatever is nobody's business, and nothing that a replay needs.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_call::{Command, Input};
use wimpex_protocol::{Answer, CallId, DeviceId, Offer, Sdp, Signal, UserId};
use wimpex_webrtc::IceCandidateInit;

/// What stands for what. Call ids keep their order, which decides who gives way when
/// two call each other.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    users: BTreeMap<UserId, UserId>,
    devices: BTreeMap<DeviceId, DeviceId>,
    calls: BTreeMap<CallId, CallId>,
    /// Descriptions and candidates: the same one is known again, and no more.
    texts: BTreeMap<String, usize>,
}

impl Redaction {
    /// One for these inputs.
    pub fn of<'a>(inputs: impl Iterator<Item = &'a Input> + Clone) -> Self {
        let mut seen = Seen::default();
        inputs.for_each(|input| seen.look(input));
        fn numbered<T: Ord>(all: BTreeSet<T>, new: impl Fn(usize) -> T) -> BTreeMap<T, T> {
            let number = |(number, id)| (id, new(number + 1));
            all.into_iter().enumerate().map(number).collect()
        }
        const VALID: &str = "letters, digits and a hyphen";
        Self {
            users: numbered(seen.users, |n| {
                UserId::parse(format!("person-{n}")).expect(VALID)
            }),
            devices: numbered(seen.devices, |n| {
                DeviceId::parse(format!("device-{n}")).expect(VALID)
            }),
            // With leading zeros they sort as they are numbered.
            calls: numbered(seen.calls, |n| {
                CallId::parse(format!("call-{n:06}")).expect(VALID)
            }),
            texts: seen.texts,
        }
    }

    /// The input without anything private. What it has not seen before, it replaces by
    /// something that stands for nothing.
    pub fn apply(&self, input: &Input) -> Input {
        let mut input = input.clone();
        match &mut input {
            Input::Command(Command::StartCall { call_id, peer, .. }) => {
                self.call(call_id);
                self.user(peer);
            }
            Input::Signal {
                from,
                device,
                signal,
                ..
            } => {
                self.user(from);
                self.device(device);
                self.signal(signal);
            }
            Input::PeerOffline { call_id, .. } => self.call(call_id),
            Input::PeerDevices { user, devices } => {
                self.user(user);
                devices.iter_mut().for_each(|device| self.device(device));
            }
            Input::DataChannelMessage { end, .. } => self.call(&mut end.call_id),
            Input::LocalOffer { sdp, .. } | Input::LocalAnswer { sdp, .. } => self.sdp(sdp),
            Input::LocalCandidate { candidate, .. } => self.candidate(candidate),
            Input::Command(
                Command::Accept { .. }
                | Command::Decline
                | Command::HangUp
                | Command::Dismiss
                | Command::SetMuted(_)
                | Command::SetCamera(_),
            )
            | Input::SessionRenewed
            | Input::NetworkChanged
            | Input::CreateConnectionFailed { .. }
            | Input::LocalDescriptionFailed { .. }
            | Input::SetRemoteAnswerFailed { .. }
            | Input::ConnectionStateChanged { .. }
            | Input::Media { .. }
            | Input::TrackEnded { .. }
            | Input::Timeout => {}
        }
        input
    }

    fn signal(&self, signal: &mut Signal) {
        match signal {
            Signal::CallOffer(offer) => {
                self.call(&mut offer.call_id);
                let mut sdp = offer.offer.sdp.clone();
                self.sdp(&mut sdp);
                offer.offer = Offer::new(sdp);
                offer.from_username = None;
                offer.sec = None;
            }
            Signal::CallAnswer(answer) => {
                self.call(&mut answer.call_id);
                let mut sdp = answer.answer.sdp.clone();
                self.sdp(&mut sdp);
                answer.answer = Answer::new(sdp);
                answer.sec = None;
            }
            Signal::IceCandidate(ice) => {
                if let Some(id) = &mut ice.call_id {
                    self.call(id);
                }
                self.candidate(&mut ice.candidate);
            }
            Signal::CallReject(reject) => self.call(&mut reject.call_id),
            Signal::CallRinging(ringing) => self.call(&mut ringing.call_id),
            Signal::CallEnd(end) => self.call(&mut end.call_id),
            // The machine pays no heed to it, so that nothing is lost.
            Signal::CallConfirm(confirm) => {
                let mut call_id = confirm.call_id.clone();
                self.call(&mut call_id);
                *signal = Signal::CallRinging(wimpex_protocol::CallRinging { call_id });
            }
        }
    }

    fn user(&self, id: &mut UserId) {
        let known = self.users.get(id).cloned();
        *id = known.unwrap_or_else(|| UserId::parse("person-0").expect("an id"));
    }

    fn device(&self, id: &mut DeviceId) {
        let known = self.devices.get(id).cloned();
        *id = known.unwrap_or_else(|| DeviceId::parse("device-0").expect("an id"));
    }

    fn call(&self, id: &mut CallId) {
        let known = self.calls.get(id).cloned();
        *id = known.unwrap_or_else(|| CallId::parse("call-000000").expect("an id"));
    }

    fn sdp(&self, sdp: &mut Sdp) {
        sdp.0 = format!("description {}", self.number(&sdp.0));
    }

    /// Its kind and protocol stay (RFC 8839, section 5.1).
    fn candidate(&self, candidate: &mut IceCandidateInit) {
        let text = &candidate.candidate;
        candidate.username_fragment = None;
        // A number, unless the peer thought of something else.
        if let Some(mid) = &mut candidate.sdp_mid {
            let is_number = mid.len() <= 2 && mid.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number {
                *mid = "named".to_owned();
            }
        }
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
        candidate.candidate = format!("candidate {} {protocol} typ {kind}", self.number(text));
    }

    fn number(&self, text: &str) -> usize {
        self.texts.get(text).copied().unwrap_or_default()
    }
}

/// So much of a description is kept: its origin line is in it, whose session and version
/// tell it from all others (RFC 8866, section 5.2).
const ORIGIN: usize = 64;

/// The input as a page that is open for days can keep it: of a description only so much
/// that the same one is known again, and neither name nor proof.
pub fn slim(input: &Input) -> Input {
    let mut input = input.clone();
    match &mut input {
        Input::LocalOffer { sdp, .. } | Input::LocalAnswer { sdp, .. } => *sdp = origin(sdp),
        Input::Signal { signal, .. } => match signal {
            Signal::CallOffer(offer) => {
                offer.offer = Offer::new(origin(&offer.offer.sdp));
                offer.from_username = None;
                offer.sec = None;
            }
            Signal::CallAnswer(answer) => {
                answer.answer = Answer::new(origin(&answer.answer.sdp));
                answer.sec = None;
            }
            _ => {}
        },
        _ => {}
    }
    input
}

fn origin(sdp: &Sdp) -> Sdp {
    Sdp(sdp.0.get(..ORIGIN).unwrap_or(&sdp.0).to_owned())
}

/// Everything that there is to replace.
#[derive(Default)]
struct Seen {
    users: BTreeSet<UserId>,
    devices: BTreeSet<DeviceId>,
    calls: BTreeSet<CallId>,
    texts: BTreeMap<String, usize>,
}

impl Seen {
    fn look(&mut self, input: &Input) {
        match input {
            Input::Command(Command::StartCall { call_id, peer, .. }) => {
                self.calls.insert(call_id.clone());
                self.users.insert(peer.clone());
            }
            Input::Signal {
                from,
                device,
                signal,
                ..
            } => {
                self.users.insert(from.clone());
                self.devices.insert(device.clone());
                self.calls.extend(signal.call_id().cloned());
                match signal {
                    Signal::CallOffer(offer) => self.text(&offer.offer.sdp.0),
                    Signal::CallAnswer(answer) => self.text(&answer.answer.sdp.0),
                    Signal::IceCandidate(ice) => self.text(&ice.candidate.candidate),
                    _ => {}
                }
            }
            Input::PeerOffline { call_id, .. } => {
                self.calls.insert(call_id.clone());
            }
            Input::PeerDevices { user, devices } => {
                self.users.insert(user.clone());
                self.devices.extend(devices.iter().cloned());
            }
            Input::DataChannelMessage { end, .. } => {
                self.calls.insert(end.call_id.clone());
            }
            Input::LocalOffer { sdp, .. } | Input::LocalAnswer { sdp, .. } => self.text(&sdp.0),
            Input::LocalCandidate { candidate, .. } => self.text(&candidate.candidate),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let next = self.texts.len() + 1;
        self.texts.entry(text.to_owned()).or_insert(next);
    }
}
