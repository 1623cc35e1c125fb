//! The server and the ways to and from it.
//!
//! What waits for a page stays in the order in which the hub had it, as the
//! signaling connection promises; or, where the bounds say so, only what comes
//! from one and the same sender does.

use wimpex_hub::{Identity, Input as HubInput, Output as HubOutput, SessionId};
use wimpex_protocol::{Envelope, ErrorCode, Name, PresenceWatch, ServerMessage, Signal, UserId};
use wimpex_sansio::{Machine, Now, outputs};

use crate::hashed::Hashed;
use crate::state::State;

/// The sender of what the server itself has to say.
pub(crate) const SERVER: usize = usize::MAX;

/// The sender of what arrives late, in any order.
pub(crate) const NOBODY: usize = usize::MAX - 1;

impl State {
    /// A page sends, or keeps it until it is logged in again.
    pub(crate) fn send(&mut self, who: usize, relayed: Envelope) {
        match self.clients[who].session {
            Some(session) => self.relay(who, session, relayed),
            None => self.clients[who].change(|client| client.outbox.push(relayed)),
        }
    }

    fn tell_hub(&mut self, input: HubInput) -> Vec<HubOutput> {
        self.hub.change(|hub| {
            hub.handle(input, Now::ZERO);
            outputs(hub).collect()
        })
    }

    fn relay(&mut self, who: usize, session: SessionId, relayed: Envelope) {
        let outputs = self.tell_hub(HubInput::Relay { session, relayed });
        self.route(who, outputs);
    }

    /// What the hub wants delivered goes on its way.
    fn route(&mut self, sender: usize, outputs: Vec<HubOutput>) {
        for output in outputs {
            match output {
                HubOutput::Deliver { to, message } => {
                    let from = match message {
                        ServerMessage::Relay(_) => sender,
                        _ => SERVER,
                    };
                    let from = if self.crossing { from } else { SERVER };
                    for session in to {
                        let receiver = self
                            .clients
                            .iter()
                            .position(|c| c.session == Some(session) && c.alive);
                        if let Some(receiver) = receiver {
                            let link = self.links.entry((receiver, from)).or_default();
                            link.push(Hashed::new(message.clone()));
                        }
                    }
                }
                HubOutput::Supersede(_) => {}
            }
        }
    }

    /// A page logs in: what waited is sent, and it says whom it watches.
    #[expect(clippy::expect_used, reason = "the bounds are written by hand")]
    pub(crate) fn log_in(&mut self, who: usize) {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let client = &self.clients[who];
        let identity = Identity {
            user: client.user.clone(),
            device: client.device.clone(),
            name: Name::parse(client.user.as_str()).expect("a name"),
        };
        let outputs = self.tell_hub(HubInput::Join {
            session,
            identity,
            hidden: false,
        });
        self.route(SERVER, outputs);
        let outbox = self.clients[who].change(|client| {
            client.session = Some(session);
            client.watching = Vec::new();
            std::mem::take(&mut client.outbox)
        });
        for relayed in outbox {
            self.relay(who, session, relayed);
        }
    }

    /// The server has forgotten a session.
    pub(crate) fn log_out(&mut self, who: usize) {
        let session = self.clients[who].change(|client| {
            client.watching = Vec::new();
            client.session.take()
        });
        if let Some(session) = session {
            let outputs = self.tell_hub(HubInput::Leave { session });
            self.route(SERVER, outputs);
        }
        self.drop_links_to(who);
    }

    pub(crate) fn drop_links_to(&mut self, who: usize) {
        self.links.retain(|(to, _), _| *to != who);
    }

    /// A page watches the peers of its calls, and nobody else.
    pub(crate) fn watch(&mut self, who: usize) {
        let client = &self.clients[who];
        let Some(session) = client.session.filter(|_| client.alive) else {
            return;
        };
        let calls = client.machine.calls();
        let wanted: Vec<_> = calls.map(|(peer, _)| peer.clone()).collect();
        if client.watching == wanted {
            return;
        }
        let watch = PresenceWatch {
            user_ids: wanted.clone(),
        };
        self.clients[who].change(|client| client.watching = wanted);
        let outputs = self.tell_hub(HubInput::Watch { session, watch });
        self.route(who, outputs);
    }
}

/// What a page makes of a message of the server.
pub(crate) fn input(
    message: &ServerMessage,
    known: impl Fn(&UserId) -> bool,
) -> Option<wimpex_call::Input> {
    use wimpex_call::Input;
    match message {
        ServerMessage::Relay(relayed) => Some(Input::Signal {
            from: relayed.from_id.clone()?,
            device: relayed.from_device.clone()?,
            to_this_device: relayed.to_device.is_some(),
            standing: if relayed.from_id.as_ref().is_some_and(known) {
                wimpex_call::Standing::Known
            } else {
                wimpex_call::Standing::Stranger
            },
            signal: relayed.signal.clone(),
        }),
        ServerMessage::Error(error) if error.code == ErrorCode::UserOffline => {
            Some(Input::PeerOffline {
                call_id: error.call_id.clone()?,
                offer: error.ref_type.as_deref() == Some("call-offer"),
            })
        }
        ServerMessage::Presence(presence) => Some(Input::PeerDevices {
            user: presence.user_id.clone(),
            devices: presence.devices.clone(),
        }),
        ServerMessage::Error(_)
        | ServerMessage::Hello(_)
        | ServerMessage::Welcome(_)
        | ServerMessage::Ack(_)
        | ServerMessage::MissedCalls(_)
        | ServerMessage::IceServers(_)
        | ServerMessage::MessagesWaiting(_) => None,
    }
}

/// Whether that is the end of a call.
pub(crate) fn is_end(signal: &Signal) -> bool {
    matches!(signal, Signal::CallEnd(_) | Signal::CallReject(_))
}
