//! What the server says, by way of the signaling session.

use std::time::Duration;

use wimpex_call::State;
use wimpex_protocol::{ErrorCode, ServerMessage, Welcome};
use wimpex_sansio::{Now, UnixTime};
use wimpex_verification::Incoming;

use super::Client;
use crate::host::Host;
use crate::io::{HttpAnswer, Output, Setting};
use crate::peer;
use crate::signaling::SignalingOutput;
use crate::view::{Part, ServerState};

/// A clock that is this far from the server's will soon be too far from somebody's, for
/// whom an offer is fresh for a minute (`wimpex_identity::FRESHNESS`). Advice for the user
/// and nothing else: the server may be wrong, or lie.
const CLOCK_SKEW: Duration = Duration::from_secs(45);
/// After so many failures in a row it is worth asking whether only the WebSocket fails.
const PROBE_HTTP_AFTER: u32 = 2;

impl<H: Host> Client<H> {
    pub(super) fn on_signaling(&mut self, output: SignalingOutput, now: Now) {
        match output {
            SignalingOutput::OpenSocket(socket) => self.emit(Output::OpenSocket(socket)),
            SignalingOutput::Transmit(text) => self.emit(Output::Transmit(text)),
            SignalingOutput::CloseSocket(socket) => self.emit(Output::CloseSocket(socket)),
            SignalingOutput::AbandonSocket(socket) => self.emit(Output::AbandonSocket(socket)),
            SignalingOutput::SignLogin { socket, challenge } => {
                self.emit(Output::SignLogin { socket, challenge });
            }
            SignalingOutput::KeepResumeToken(token) => {
                self.emit(Output::Store(Setting::ResumeToken(token)));
            }
            SignalingOutput::State(state) => {
                self.network_lost |= self.call.state() == State::Reconnecting;
                self.server_lost(state, now);
            }
            SignalingOutput::Hello { server_time, build } => {
                self.page_build.server_has(build, now);
                let skew = self.wall(now).abs_diff(UnixTime::from_millis(server_time));
                let is_off = skew > CLOCK_SKEW;
                if self.view.trust.is_clock_off != is_off {
                    self.view.trust.is_clock_off = is_off;
                    self.changed(Part::Trust);
                }
            }
            SignalingOutput::Welcome { welcome, renewed } => {
                self.on_welcome(welcome, now);
                if renewed {
                    self.call_input(wimpex_call::Input::SessionRenewed, now);
                }
                // The peer knows nothing of another network here, and waits for longer.
                let is_lost = self.call.state() == State::Reconnecting;
                if std::mem::take(&mut self.network_lost) && is_lost {
                    self.call_input(wimpex_call::Input::NetworkChanged, now);
                }
            }
            SignalingOutput::Message(message) => self.on_message(message, now),
        }
    }

    pub(super) fn on_welcome(&mut self, welcome: Welcome, now: Now) {
        self.note("logged in", now);
        self.welcome_ice_servers(welcome.ice_servers, welcome.relay_on_request, now);
        self.set_me(welcome.user_id.clone());
        let identity = self.local_identity(welcome.user_id);
        self.verify(wimpex_verification::Input::LoggedIn(identity), now);
        self.set_server(ServerState::Online);
        self.emit(Output::PrefetchChunk);
    }

    pub(super) fn on_message(&mut self, message: ServerMessage, now: Now) {
        match message {
            ServerMessage::Relay(relayed) => {
                // The server always says who speaks; without that, nobody does.
                if let (Some(from), Some(device)) = (relayed.from_id, relayed.from_device) {
                    let message = Incoming {
                        from,
                        device,
                        to_this_device: relayed.to_device.is_some(),
                        signal: relayed.signal,
                    };
                    let wall = self.wall(now);
                    self.verify(wimpex_verification::Input::Receive { message, wall }, now);
                }
            }
            ServerMessage::Presence(presence) => {
                if peer::on_presence(&mut self.view.peers, &presence) {
                    self.changed(Part::Peers);
                }
                let input = wimpex_call::Input::PeerDevices {
                    user: presence.user_id,
                    devices: presence.devices,
                };
                self.call_input(input, now);
            }
            ServerMessage::Error(error) => {
                self.note(&format!("server: {:?}", error.code), now);
                let offer = error.ref_type.as_deref() == Some("call-offer");
                match (error.code, error.call_id, error.to_id) {
                    (ErrorCode::UserOffline, Some(call_id), _) => {
                        self.call_input(wimpex_call::Input::PeerOffline { call_id, offer }, now);
                    }
                    (ErrorCode::UserWaking, Some(call_id), _) => {
                        self.call_input(wimpex_call::Input::PeerWaking { call_id }, now);
                    }
                    // What else was not passed on is sent again when it matters, or its
                    // deadline passes.
                    (ErrorCode::RateLimited, Some(call_id), Some(_)) if offer => {
                        self.call_input(wimpex_call::Input::OfferRefused { call_id }, now);
                    }
                    (_, _, _) => {}
                }
            }
            ServerMessage::MissedCalls(missed) => self.record_told_calls(missed, now),
            ServerMessage::IceServers(renewed) => {
                self.use_ice_servers(renewed.ice_servers, now);
                self.go_on_with_turn_servers(now);
            }
            ServerMessage::MessagesWaiting(_) => {
                self.view.messages_waiting = self.view.messages_waiting.wrapping_add(1);
                self.changed(Part::Server);
            }
            // The signaling session's own.
            ServerMessage::Hello(_) | ServerMessage::Welcome(_) | ServerMessage::Ack(_) => {}
        }
    }

    pub(super) fn http_probed(&mut self, answer: HttpAnswer) {
        if self.view.server == ServerState::Lost {
            match answer {
                HttpAnswer::None => {}
                HttpAnswer::Healthy => self.set_server(ServerState::Blocked),
                HttpAnswer::Misdirected => self.set_server(ServerState::Misdirected),
            }
        }
    }

    pub(super) fn set_server(&mut self, state: ServerState) {
        if self.view.server != state {
            self.view.server = state;
            self.changed(Part::Server);
        }
    }

    pub(super) fn server_lost(&mut self, state: ServerState, now: Now) {
        self.note(&format!("server: {state:?}"), now);
        self.go_on_with_turn_servers(now);
        // Both say more than "lost", and are true until a login succeeds.
        let has_reason = matches!(
            self.view.server,
            ServerState::Blocked | ServerState::Misdirected
        );
        if !(has_reason && state == ServerState::Lost) {
            self.set_server(state);
        }
        if self.signaling.failures() == PROBE_HTTP_AFTER {
            self.emit(Output::ProbeHttp);
        }
    }
}
