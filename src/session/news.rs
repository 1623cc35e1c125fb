//! What the server says, and what follows from it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::Input;
use wimpex_gate::Incoming;
use wimpex_protocol::{ErrorCode, ServerMessage, Welcome};
use wimpex_webrtc::IceServer;

use super::ServerState;
use super::event::Event;
use super::guard::Word;
use super::lazy;
use super::link::News;
use super::person::ME;
use super::runtime::Runtime;
use crate::browser::{clock, web_storage};

/// After so many failures in a row it is worth asking whether only the WebSocket fails.
const SUSPECT_AFTER: u32 = 2;
/// In milliseconds: whose clock is so far from the server's will soon be too far from
/// somebody's, for whom a call is fresh for a minute (`wimpex_identity::FRESH_MS`).
/// Advice for the person, and nothing else: the server may be wrong, or lie.
const CLOCKS_APART: u64 = 45_000;

impl Runtime {
    pub(super) fn news(&mut self, news: News) {
        match news {
            News::State(state) => self.server_lost(state),
            News::Time(servers) => {
                let is_off = clock::wall_millis().abs_diff(servers) > CLOCKS_APART;
                self.view.trust.update(|trust| trust.is_clock_off = is_off);
            }
            News::Welcome { welcome, renewed } => {
                self.welcome(welcome);
                if renewed {
                    self.input(Input::SessionRenewed);
                }
            }
            News::Message(ServerMessage::Relay(relayed)) => {
                // The server always says who speaks; without that, nobody does.
                if let (Some(from), Some(device)) = (relayed.from_id, relayed.from_device) {
                    self.guard(Word::Hear(Incoming {
                        from,
                        device,
                        addressed: relayed.to_device.is_some(),
                        signal: relayed.signal,
                    }));
                }
            }
            News::Message(ServerMessage::Presence(presence)) => {
                self.view.people.update(|people| {
                    let person = people.iter_mut().find(|it| it.user == presence.user_id);
                    if let Some(person) = person {
                        person.online = Some(presence.online);
                        person.name = presence.username.or(person.name.take());
                    }
                });
                self.input(Input::PeerDevices {
                    user: presence.user_id,
                    devices: presence.devices,
                });
            }
            News::Message(ServerMessage::Error(error)) => {
                self.trace.note(format!("server: {:?}", error.code));
                if let (ErrorCode::UserOffline, Some(call_id)) = (error.code, error.call_id) {
                    let offer = error.ref_type.as_deref() == Some("call-offer");
                    self.input(Input::PeerOffline { call_id, offer });
                }
            }
            News::Message(ServerMessage::IceServers(renewed)) => {
                self.use_ice_servers(renewed.ice_servers);
            }
            News::Message(
                ServerMessage::Hello(_) | ServerMessage::Welcome(_) | ServerMessage::Ack(_),
            ) => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        self.trace.note("logged in".to_owned());
        self.use_ice_servers(welcome.ice_servers);
        // That of a key is known already, and is this one.
        web_storage::write(ME, welcome.user_id.as_str());
        self.view.me.set(Some(welcome.user_id.clone()));
        self.guard(Word::Am(welcome.user_id));
        self.view.server.set(ServerState::Online);
    }

    fn use_ice_servers(&mut self, servers: Vec<IceServer>) {
        self.ice_servers = servers;
        let is_relay = |url: &String| url.starts_with("turn");
        let has_relay = self.ice_servers.iter().any(|s| s.urls.iter().any(is_relay));
        self.view.has_relay.set(has_relay);
        // A running call needs them when its path is lost.
        if let Some(connection) = &self.connection {
            connection.use_ice_servers(&self.ice_servers);
        }
    }

    fn server_lost(&mut self, state: ServerState) {
        self.trace.note(format!("server: {state:?}"));
        // "Blocked" says more than "lost", and is true until a login succeeds.
        let known = self.view.server.get_untracked();
        if (known, state) != (ServerState::Blocked, ServerState::Lost) {
            self.view.server.set(state);
        }
        if self.link.failures() == SUSPECT_AFTER {
            let inbox = self.inbox.clone();
            // What cannot be loaded says that it does not.
            let asked = lazy::http_works();
            spawn_local(async move {
                if let Ok(answer) = asked.await {
                    let _ = inbox.unbounded_send(Event::HttpWorks(answer.await));
                }
            });
        }
    }
}
