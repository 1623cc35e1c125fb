//! The call, and what the browser reports about it.

use std::time::Duration;

use wimpex_call::{PeerConnectionId, State};
use wimpex_identity::Nonce;
use wimpex_protocol::{DirectMessage, Envelope, Signal};
use wimpex_sansio::{Machine, Now};
use wimpex_verification::{CallKey, RemoteCertificate};

use super::{Client, PendingDirect};
use crate::host::Host;
use crate::io::Output;
use crate::view::{Part, Routes};

/// How often what waits is offered to the data channel: it opens within a round trip of the
/// connection.
const DATA_CHANNEL_RETRY: Duration = Duration::from_millis(500);

impl<H: Host> Client<H> {
    pub(super) fn call_command(&mut self, command: wimpex_call::Command, now: Now) {
        self.call_input(wimpex_call::Input::Command(command), now);
    }

    /// The only place where the call machine is given anything.
    pub(super) fn call_input(&mut self, input: wimpex_call::Input, now: Now) {
        let before = self.call.state();
        self.host.on_call_input(&input, now);
        self.call.handle(input, now);
        let after = self.call.state();
        if (before, after) == (State::Ringing, State::Connecting)
            && let Some(peer) = self.call.peer()
        {
            self.strangers.talked(peer);
        }
        if before != after && matches!(after, State::Calling | State::Ringing) {
            // In the call the server, and with it the rest of the page, may be away.
            self.emit(Output::PreloadChunk);
        }
        self.host.on_call_state(after);
    }

    pub(super) fn call_key(&self) -> Option<CallKey> {
        let call = self.call.snapshot().call?;
        Some(CallKey {
            peer: call.peer,
            call_id: call.call_id,
        })
    }

    /// What the peer connection or the devices report, about the call.
    pub(super) fn on_browser_input(&mut self, input: wimpex_call::Input, now: Now) {
        if let wimpex_call::Input::LocalCandidate { candidate, .. } = &input {
            let kind = candidate_kind(&candidate.candidate);
            self.note(&["local candidate: ", &kind].concat(), now);
            self.view.routes.local.add(&candidate.candidate);
        }
        self.call_input(input, now);
    }

    pub(super) fn connected(
        &mut self,
        connection: PeerConnectionId,
        certificate: Option<RemoteCertificate>,
        now: Now,
    ) {
        if self.connection != Some(connection) {
            return;
        }
        if let Some(call) = self.current_call.clone() {
            let input = wimpex_verification::Input::Connected { call, certificate };
            self.verify(input, now);
        }
    }

    pub(super) fn data_channel_message(
        &mut self,
        connection: PeerConnectionId,
        text: &str,
        now: Now,
    ) {
        // Only these are worth saying twice; whatever else it is, is ignored.
        match (DirectMessage::decode(text), &self.current_call) {
            (Ok(DirectMessage::MediaState(state)), _) => {
                let input = wimpex_call::Input::PeerMediaState { connection, state };
                self.call_input(input, now);
            }
            (Ok(DirectMessage::Signal(Signal::CallEnd(end))), _) => {
                self.note("received call-end directly", now);
                let input = wimpex_call::Input::DataChannelMessage { connection, end };
                self.call_input(input, now);
            }
            (Ok(DirectMessage::Signal(Signal::CallConfirm(confirm))), Some(call))
                if confirm.call_id == call.call_id =>
            {
                let (call, wall) = (call.clone(), self.wall(now));
                let input = wimpex_verification::Input::ReceiveDirect {
                    call,
                    confirm,
                    wall,
                };
                self.verify(input, now);
            }
            _ => {}
        }
    }

    pub(super) fn send_pending_direct(&mut self, now: Now) {
        if let Some(pending) = &mut self.pending_direct {
            pending.retry_at = now + DATA_CHANNEL_RETRY;
            if let Some(connection) = self.connection {
                let texts: Vec<_> = pending.messages.iter().map(DirectMessage::encode).collect();
                for text in texts {
                    self.emit(Output::SendDataChannel(connection, text));
                }
            }
        }
    }

    /// Says this over the data channel as soon as it is open.
    pub(super) fn say_directly(&mut self, message: DirectMessage, now: Now) {
        let pending = self.pending_direct.get_or_insert(PendingDirect {
            messages: Vec::new(),
            retry_at: now,
        });
        let kind = message.type_name();
        pending.messages.retain(|said| said.type_name() != kind);
        pending.messages.push(message);
        self.send_pending_direct(now);
    }

    /// The data channel has taken the first of what waits.
    pub(super) fn said_directly(&mut self) {
        self.pending_direct.take_if(|pending| {
            pending.messages.drain(..1.min(pending.messages.len()));
            pending.messages.is_empty()
        });
    }

    /// Sends a signal of a call, signed if it is one that is.
    pub(super) fn send(&mut self, message: Envelope, now: Now) {
        // A browser without random numbers makes no connections either.
        let Some(random) = self.host.random() else {
            return;
        };
        let wall = self.wall(now);
        let input = wimpex_verification::Input::Send {
            message,
            nonce: Nonce::from_bytes(random),
            wall,
        };
        self.verify(input, now);
    }

    /// The server tells of a peer's devices when they change, and may have told of a contact's
    /// long ago.
    pub(super) fn tell_callees_devices(&mut self, now: Now) {
        if self.call.state() != State::Calling || !self.signaling.is_logged_in() {
            return;
        }
        let peer = self.current_call.as_ref().map(|call| &call.peer);
        let known = peer.and_then(|peer| self.view.peer(peer));
        if let Some(known) = known.filter(|known| known.online.is_some()) {
            let input = wimpex_call::Input::PeerDevices {
                user: known.user.clone(),
                devices: known.devices.clone(),
            };
            self.call_input(input, now);
        }
    }

    pub(super) fn on_call(&mut self, output: wimpex_call::Output, now: Now) {
        self.host.on_call_output(&output);
        match output {
            wimpex_call::Output::Send(message) => self.send(message, now),
            wimpex_call::Output::TellPeer { state, .. } => {
                self.say_directly(DirectMessage::MediaState(state), now);
            }
            wimpex_call::Output::Displaced(ended) => self.record_past_call(ended, now),
            wimpex_call::Output::Changed => {
                let call = self.call.snapshot();
                if call != self.view.call {
                    let before = std::mem::replace(&mut self.view.call, call);
                    self.changed(Part::Call);
                    self.record_ended_call(before.ended.as_ref(), now);
                }
            }
            output => {
                match &output {
                    wimpex_call::Output::CreateConnection { connection, .. } => {
                        self.connection = Some(*connection);
                        self.turn_servers.connect(&self.view.ice_servers);
                        self.view.routes = Routes::default();
                    }
                    wimpex_call::Output::SetRemoteOffer { .. } => self.turn_servers.peer_offers(),
                    wimpex_call::Output::CloseConnection { connection, .. } => {
                        self.connection.take_if(|open| open == connection);
                    }
                    wimpex_call::Output::AddCandidate { candidate, .. } => {
                        let kind = candidate_kind(&candidate.candidate);
                        self.note(&["remote candidate: ", &kind].concat(), now);
                        self.view.routes.remote.add(&candidate.candidate);
                    }
                    _ => {}
                }
                self.emit(Output::Call(output));
            }
        }
    }
}

/// Type and protocol of a candidate (RFC 8839, section 5.1), and nothing else of it.
fn candidate_kind(candidate: &str) -> String {
    let mut words = candidate.split_ascii_whitespace();
    let protocol = words.nth(2);
    let kind = words.skip_while(|word| *word != "typ").nth(1);
    // What a peer has thought of itself stands in no record.
    let known = |word: Option<&str>, words: &[&'static str]| {
        let is_it = |known: &&&str| word.is_some_and(|word| known.eq_ignore_ascii_case(word));
        words.iter().find(is_it).copied().unwrap_or("?")
    };
    [
        known(kind, &["host", "srflx", "prflx", "relay"]),
        " ",
        known(protocol, &["udp", "tcp"]),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::candidate_kind;

    #[test]
    fn nothing_but_known_words_of_a_candidate_is_noted() {
        let kind = |text| candidate_kind(text);
        let candidate = "candidate:1 1 UDP 1 192.0.2.1 9 typ srflx raddr 0.0.0.0 rport 0";
        assert_eq!(kind(candidate), "srflx udp");
        let invented = "candidate:1 1 <b>name</b> 1 192.0.2.1 9 typ 192.0.2.1";
        assert_eq!(kind(invented), "? ?");
        assert_eq!(kind(""), "? ?");
    }
}
