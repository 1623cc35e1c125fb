//! The states of a call and the ways between them, as they were taken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use wimpex_call::{Command, Input, PeerConnectionState, State};
use wimpex_protocol::{CallEndReason, Signal};

/// One transition: from, what came in, to.
pub(crate) type Step = (State, &'static str, State);

/// Every transition that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    ways: BTreeMap<(usize, usize), BTreeSet<&'static str>>,
}

const ORDER: [State; 7] = [
    State::Idle,
    State::Calling,
    State::Ringing,
    State::Connecting,
    State::Connected,
    State::Reconnecting,
    State::Ended,
];

fn place(state: State) -> usize {
    match state {
        State::Idle => 0,
        State::Calling => 1,
        State::Ringing => 2,
        State::Connecting => 3,
        State::Connected => 4,
        State::Reconnecting => 5,
        State::Ended => 6,
    }
}

impl Diagram {
    pub(crate) fn note(&mut self, steps: Vec<Step>) {
        for (from, label, to) in steps {
            let way = (place(from), place(to));
            self.ways.entry(way).or_default().insert(label);
        }
    }

    /// Adds what another exploration has seen.
    pub fn add(&mut self, other: &Self) {
        for (way, labels) in &other.ways {
            self.ways.entry(*way).or_default().extend(labels);
        }
    }

    /// Whether every transition of the other is in this one.
    pub fn covers(&self, other: &Self) -> bool {
        let mut all = self.clone();
        all.add(other);
        all == *self
    }

    /// As a Mermaid diagram and a table, for the documentation.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "# The states of a call, as explored\n\n\
             `cargo xtask model` writes this file: every transition that was taken in the\n\
             states that it explored, and what caused it. Arrows within a state are left out.\n\n\
             ```mermaid\nstateDiagram-v2\n    [*] --> Idle\n",
        );
        // Writing into a String does not fail.
        for (from, to) in self.ways.keys() {
            let _ = writeln!(text, "    {:?} --> {:?}", ORDER[*from], ORDER[*to]);
        }
        text.push_str("```\n\n| from | to | by |\n| --- | --- | --- |\n");
        for ((from, to), labels) in &self.ways {
            let labels: Vec<&str> = labels.iter().copied().collect();
            let (from, to) = (ORDER[*from], ORDER[*to]);
            let _ = writeln!(text, "| {from:?} | {to:?} | {} |", labels.join("; "));
        }
        text
    }
}

/// What came in, in a few words.
pub(crate) fn label(input: &Input) -> &'static str {
    match input {
        Input::Command(Command::StartCall { .. }) => "StartCall",
        Input::Command(Command::Accept { .. }) => "Accept",
        Input::Command(Command::Decline) => "Decline",
        Input::Command(Command::HangUp) => "HangUp",
        Input::Command(Command::LeavePage) => "LeavePage",
        Input::Command(Command::Dismiss) => "Dismiss",
        Input::Command(Command::SetMuted(_)) => "SetMuted",
        Input::Command(Command::SetCamera(_)) => "SetCamera",
        Input::Command(Command::SetSharing(_)) => "SetSharing",
        Input::Command(Command::AcceptVideo { .. }) => "AcceptVideo",
        Input::Command(Command::AnswerWaiting { hold: true, .. }) => "AnswerWaiting, hold",
        Input::Command(Command::AnswerWaiting { hold: false, .. }) => "AnswerWaiting, end",
        Input::Command(Command::DeclineWaiting) => "DeclineWaiting",
        Input::Command(Command::SetOnHold(_)) => "SetOnHold",
        Input::Command(Command::Swap) => "Swap",
        Input::Command(Command::EndOther) => "EndOther",
        Input::Signal { signal, .. } => match signal {
            Signal::CallOffer(_) => "call-offer",
            Signal::CallAnswer(_) => "call-answer",
            Signal::IceCandidate(_) => "ice-candidate",
            Signal::CallReject(_) => "call-reject",
            Signal::CallRinging(_) => "call-ringing",
            Signal::CallEnd(end) => match end.reason {
                CallEndReason::Cancelled => "call-end cancelled",
                CallEndReason::AnsweredElsewhere => "call-end answered-elsewhere",
                CallEndReason::DeclinedElsewhere => "call-end declined-elsewhere",
                CallEndReason::NoAnswer => "call-end no-answer",
                CallEndReason::Failed => "call-end failed",
                CallEndReason::Superseded => "call-end superseded",
                CallEndReason::MayReturn => "call-end may-return",
                CallEndReason::Ended => "call-end ended",
            },
            Signal::CallConfirm(_) => "call-confirm",
        },
        Input::PeerOffline { .. } => "user-offline",
        Input::PeerWaking { .. } => "user-waking",
        Input::OfferRefused { .. } => "rate-limited",
        Input::PeerDevices { .. } => "presence",
        Input::SessionRenewed => "session renewed",
        Input::NetworkChanged => "another network",
        Input::DataChannelMessage { .. } => "goodbye over the connection",
        Input::PeerMediaState { .. } => "media-state over the connection",
        Input::BatteryLow(_) => "battery low",
        Input::LocalOffer { .. } => "local offer",
        Input::LocalAnswer { .. } => "local answer",
        Input::LocalCandidate { .. } => "local candidate",
        Input::CreateConnectionFailed { .. } => "create connection failed",
        Input::LocalDescriptionFailed { .. } => "local description failed",
        Input::SetRemoteAnswerFailed { .. } => "set remote answer failed",
        Input::ConnectionStateChanged { state, .. } => match state {
            PeerConnectionState::New => "connection new",
            PeerConnectionState::Connecting => "connection connecting",
            PeerConnectionState::Connected => "connection connected",
            PeerConnectionState::Disconnected => "connection disconnected",
            PeerConnectionState::Failed => "connection failed",
            PeerConnectionState::Closed => "connection closed by the peer",
        },
        Input::ConnectionClosed { .. } => "connection closed by the browser",
        Input::Kept(_) => "kept",
        Input::Slept { .. } => "asleep",
        Input::Media { .. } => "media",
        Input::TrackEnded { .. } => "track ended",
        Input::TrackInterrupted {
            interrupted: true, ..
        } => "track muted by the system",
        Input::TrackInterrupted {
            interrupted: false, ..
        } => "track unmuted by the system",
        Input::DeviceReturned { .. } => "lost device is back",
        Input::Timeout => "time",
    }
}
