//! The call, and what the browser reports about it.

use std::time::Duration;

use wimpex_call::{PeerConnectionId, State};
use wimpex_identity::Nonce;
use wimpex_protocol::{DirectMessage, Envelope, Signal};
use wimpex_sansio::Now;
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
        let is_taken = self.call.is_loaded();
        if is_taken {
            self.host.on_call_input(&input, now);
        }
        self.call.handle(input, now);
        self.demand_calls();
        let after = self.call.state();
        if (before, after) == (State::Ringing, State::Connecting)
            && let Some(peer) = self.call.peer()
        {
            self.strangers.talked(peer);
            self.count_use_of_link();
        }
        if before != after && matches!(after, State::Calling | State::Ringing) {
            // In the call the server, and with it the rest of the page, may be away.
            self.emit(Output::PreloadChunk);
        }
        if is_taken {
            self.host.on_call_state(after);
        }
    }

    /// The calls that there are, the one that is seen first.
    pub(super) fn call_keys(&self) -> Vec<CallKey> {
        let calls = self.call.calls().into_iter();
        calls.map(|(peer, id)| CallKey::new(peer, id)).collect()
    }

    fn call_on(&self, connection: PeerConnectionId) -> Option<CallKey> {
        let (peer, id) = self.call.call_on(connection)?;
        Some(CallKey::new(peer, id))
    }

    /// Ends this one of the calls that there may be.
    pub(super) fn end_call(&mut self, call: &CallKey, now: Now) {
        let command = match self.call_keys().first() {
            Some(first) if first == call => wimpex_call::Command::HangUp,
            Some(_) | None => wimpex_call::Command::EndOther,
        };
        self.call_command(command, now);
    }

    /// Nothing can be received or sent after this. A prompt is left to the user's other devices,
    /// and another page can come back to one call only: to the one that is seen.
    pub(super) fn leave_page(&mut self, now: Now) {
        if self.call.snapshot().held.is_some() {
            self.call_command(wimpex_call::Command::EndOther, now);
            // Each is a past call of its own.
            self.drain(now);
        }
        if self.call.state() != State::Ringing {
            self.call_command(wimpex_call::Command::LeavePage, now);
            // What that says leaves before the socket is closed.
            self.drain(now);
        }
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
        if let Some(call) = self.call_on(connection) {
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
        match (DirectMessage::decode(text), self.call_on(connection)) {
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
                let wall = self.wall(now);
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

    /// What is due is offered to the data channels.
    pub(super) fn send_pending_direct(&mut self, now: Now) {
        for pending in &mut self.pending_direct {
            if pending.retry_at > now {
                continue;
            }
            pending.retry_at = now + DATA_CHANNEL_RETRY;
            let CallKey { peer, call_id } = &pending.call;
            if let Some(connection) = self.call.connection_of(peer, call_id) {
                let texts = pending.messages.iter().map(DirectMessage::encode);
                let sends = texts.map(|text| Output::SendDataChannel(connection, text));
                self.outputs.extend(sends);
            }
        }
    }

    /// Says this over the call's data channel as soon as it is open.
    pub(super) fn say_directly(&mut self, call: CallKey, message: DirectMessage, now: Now) {
        let known = self.pending_direct.iter_mut().find(|it| it.call == call);
        match known {
            Some(pending) => {
                let kind = message.type_name();
                pending.messages.retain(|said| said.type_name() != kind);
                pending.messages.push(message);
                pending.retry_at = now;
            }
            None => self.pending_direct.push(PendingDirect {
                call,
                messages: vec![message],
                retry_at: now,
            }),
        }
        self.send_pending_direct(now);
    }

    /// What waits for the channel goes at once. A path that is lost right after this can be
    /// repaired by another connection only if each knows that the other one's page can do so.
    pub(super) fn data_channel_opened(&mut self, connection: PeerConnectionId, now: Now) {
        let Some(call) = self.call_on(connection) else {
            return;
        };
        let mut waiting = self.pending_direct.iter_mut();
        if let Some(pending) = waiting.find(|pending| pending.call == call) {
            pending.retry_at = now;
        }
        self.send_pending_direct(now);
    }

    /// The data channel has taken the first of what waits.
    pub(super) fn said_directly(&mut self, connection: PeerConnectionId) {
        let Some(call) = self.call_on(connection) else {
            return;
        };
        self.pending_direct.retain_mut(|pending| {
            if pending.call == call {
                pending.messages.drain(..1.min(pending.messages.len()));
            }
            !pending.messages.is_empty()
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
        let peer = self.current_calls.first().map(|call| &call.peer);
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
        if self.call.is_loaded() {
            self.host.on_call_output(&output);
        }
        match output {
            wimpex_call::Output::Send(message) => self.send(message, now),
            wimpex_call::Output::TellPeer { connection, state } => {
                // Over another connection it is said anew.
                if let Some(call) = self.call_on(connection) {
                    self.say_directly(call, DirectMessage::MediaState(state), now);
                }
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
                    wimpex_call::Output::CreateConnection { .. } => {
                        let is_second = self.call.calls().len() > 1;
                        self.turn_servers.connect(&self.view.ice_servers, is_second);
                        if !is_second {
                            self.view.routes = Routes::default();
                        }
                    }
                    wimpex_call::Output::SetRemoteOffer { .. } => self.turn_servers.peer_offers(),
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
