//! STUN and TURN servers: who waits for them, and what changes with new ones.

use wimpex_call::State;
use wimpex_protocol::IceServer;
use wimpex_sansio::{Machine, Now};

use super::Client;
use crate::host::Host;
use crate::io::Output;
use crate::signaling::SignalingInput;
use crate::turn_servers;
use crate::view::Part;

impl<H: Host> Client<H> {
    /// Those that come with a login. `on_request`: the relay is to be asked for.
    pub(super) fn welcome_ice_servers(
        &mut self,
        servers: Vec<IceServer>,
        on_request: bool,
        now: Now,
    ) {
        self.turn_servers.set_on_request(on_request);
        if !self.current_calls.is_empty() && on_request && !turn_servers::has_relay(&servers) {
            // The server has forgotten that there is a call, which keeps what it has.
            self.signaling
                .handle(SignalingInput::RequestIceServers, now);
        } else {
            self.use_ice_servers(servers, now);
        }
    }

    pub(super) fn use_ice_servers(&mut self, servers: Vec<IceServer>, now: Now) {
        self.turn_servers.receive(&servers, now);
        let has_relay = turn_servers::has_relay(&servers) || self.turn_servers.on_request();
        self.view.has_relay = has_relay;
        self.view.ice_servers.clone_from(&servers);
        self.changed(Part::Settings);
        // A running call needs them when its path is lost, and before: what is relayed
        // ends with its credentials.
        if let (true, State::Connected, Some(call)) = (
            self.view.routes.local.relayed,
            self.call.state(),
            self.call.snapshot().call,
        ) {
            let wall = self.wall(now);
            self.turn_servers.replace(&servers, call.role, wall, now);
        }
        self.emit(Output::SetIceServers(servers));
        self.restart_for_turn_servers(now);
    }

    /// Restarts ICE for new TURN servers, when it is time. The path in use stays until
    /// there is a new one.
    pub(super) fn restart_for_turn_servers(&mut self, now: Now) {
        if self.turn_servers.take_restart(now) && self.call.state() == State::Connected {
            self.note("the relay's credentials are renewed", now);
            self.call_input(wimpex_call::Input::NetworkChanged, now);
        }
    }

    /// Asks for TURN servers if they are not there yet; says whether what begins now has
    /// to wait for them.
    pub(super) fn waits_for_turn_servers(
        &mut self,
        start_call: Option<&wimpex_call::Command>,
        now: Now,
    ) -> bool {
        if self.turn_servers.are_ready(now) || !self.signaling.is_logged_in() {
            return false;
        }
        self.turn_servers.wait(start_call.cloned(), now);
        self.signaling
            .handle(SignalingInput::RequestIceServers, now);
        true
    }

    /// Begins what has waited for TURN servers, with them or without.
    pub(super) fn go_on_with_turn_servers(&mut self, now: Now) {
        let Some(waiting) = self.turn_servers.take_waiting() else {
            return;
        };
        if waiting.check {
            self.run_check();
        }
        // Unless another call has begun meanwhile.
        if let (Some(start), State::Idle | State::Ended) = (waiting.start_call, self.call.state()) {
            self.call_command(start, now);
        }
    }
}
