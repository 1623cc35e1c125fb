//! What the pages' browsers do: descriptions, connections, tracks.

use wimpex_call::{Input, Output, PeerConnectionId, PeerConnectionState};
use wimpex_protocol::{MediaState, Sdp};
use wimpex_webrtc::IceCandidateInit;

use super::{Connection, World};

impl World {
    pub(super) fn perform(&mut self, who: usize, output: Output) {
        let page = &mut self.pages[who];
        match output {
            Output::Send(relayed) => {
                page.sent.push(relayed.clone());
                self.wire.push_back((who, relayed));
            }
            Output::CreateConnection {
                connection: connection_id,
                ..
            } => {
                let new = page
                    .connections
                    .insert(connection_id, Connection::default());
                assert!(new.is_none(), "a connection is made once");
            }
            Output::CreateOffer {
                connection: connection_id,
                ..
            } => self.describe(who, connection_id, true),
            Output::SetRemoteOffer {
                connection: connection_id,
                sdp,
                ..
            } => {
                let connection = page
                    .connections
                    .get_mut(&connection_id)
                    .expect("made before");
                connection.remote = Some(sdp.0);
                self.describe(who, connection_id, false);
            }
            Output::SetRemoteAnswer {
                connection: connection_id,
                sdp,
            } => {
                let connection = page
                    .connections
                    .get_mut(&connection_id)
                    .expect("made before");
                connection.remote = Some(sdp.0);
            }
            Output::AddCandidate {
                connection: connection_id,
                candidate,
            } => {
                let connection = page
                    .connections
                    .get_mut(&connection_id)
                    .expect("made before");
                assert!(
                    connection.remote.is_some(),
                    "a candidate before its description"
                );
                connection.added.push(candidate.candidate);
            }
            Output::CloseConnection {
                connection: connection_id,
                goodbye,
            } => {
                page.connections
                    .remove(&connection_id)
                    .expect("closed once");
                page.goodbyes.extend(goodbye);
            }
            Output::RequestMedia {
                request,
                audio,
                video,
            } => {
                page.open_prompts.push((request, audio, video));
                if let Some(outcome) = page.permission {
                    self.answer_prompt(who, outcome);
                }
            }
            Output::AttachMedia {
                connection: connection_id,
                request,
                audio,
                video,
            } => {
                page.live.retain(|&(of, kind)| {
                    of != request || (kind == "audio" && audio) || (kind == "video" && video)
                });
                let connection = page
                    .connections
                    .get_mut(&connection_id)
                    .expect("made before");
                for (wanted, kind) in [(audio, "audio"), (video, "video")] {
                    if wanted && !connection.on_hold {
                        connection.sends.retain(|(_, other)| *other != kind);
                        connection.sends.insert((request, kind));
                    }
                }
            }
            Output::SetOnHold {
                connection: connection_id,
                on_hold,
            } => {
                let connection = page
                    .connections
                    .get_mut(&connection_id)
                    .expect("made before");
                connection.on_hold = on_hold;
                connection.sends.clear();
            }
            Output::StopCamera => page.live.retain(|(_, kind)| *kind != "video"),
            Output::ReleaseMedia { request } => page.live.retain(|(of, _)| *of != request),
            Output::ReleaseAllMedia => page.live.clear(),
            Output::TellPeer { connection, state } => self.tell_peer(who, connection, state),
            Output::SetMuted(_) | Output::Displaced(_) | Output::Changed => {}
        }
    }

    /// The data channel, which is there as long as the path is.
    fn tell_peer(&mut self, who: usize, id: PeerConnectionId, state: MediaState) {
        let Some(own) = self.pages[who].connections.get(&id).cloned() else {
            return;
        };
        let found = self.pages.iter().enumerate().find_map(|(at, page)| {
            let mut connections = page.connections.iter();
            let (id, _) = connections.find(|(_, it)| it.local == own.remote)?;
            (at != who).then_some((at, *id))
        });
        if let (true, Some((at, connection))) = (self.path && self.tells, found) {
            self.input(at, Input::PeerMediaState { connection, state });
        }
    }

    /// The browser makes a description, and finds one path.
    pub(super) fn describe(&mut self, who: usize, connection_id: PeerConnectionId, offer: bool) {
        let page = &mut self.pages[who];
        if page.slow_to_describe {
            return page.undescribed.push((connection_id, offer));
        }
        // A connection that was closed meanwhile has nothing to say.
        let Some(connection) = page.connections.get_mut(&connection_id) else {
            return;
        };
        if connection.dead {
            let connection = connection_id;
            return self.input(who, Input::LocalDescriptionFailed { connection });
        }
        connection.offers += 1;
        let kind = if offer { "offer" } else { "answer" };
        let text = format!(
            "{kind} {} {} {} {}\r\no=- {}x{}x{} 0\r\n",
            page.device,
            page.lives,
            connection_id.0,
            connection.offers,
            page.device,
            page.lives,
            connection_id.0
        );
        connection.local = Some(text.clone());
        let sdp = Sdp(text.clone());
        self.input(
            who,
            if offer {
                Input::LocalOffer {
                    connection: connection_id,
                    sdp,
                }
            } else {
                Input::LocalAnswer {
                    connection: connection_id,
                    sdp,
                }
            },
        );
        let candidate = IceCandidateInit {
            candidate: format!("candidate of {text}"),
            sdp_m_line_index: Some(0),
            sdp_mid: Some("0".into()),
            username_fragment: Some(text),
        };
        self.input(
            who,
            Input::LocalCandidate {
                connection: connection_id,
                candidate,
            },
        );
    }

    /// The browser closes the page's connection by itself, and has not told the page yet; the
    /// other side's DTLS hears of it or not.
    pub fn lose_connection(&mut self, who: usize, peer_hears: bool) -> PeerConnectionId {
        let (&id, own) = self.pages[who].connections.iter_mut().next().unwrap();
        (own.dead, own.connected) = (true, false);
        let local = own.local.clone();
        let ends = self.pages.iter().enumerate().find_map(|(at, page)| {
            let mut connections = page.connections.iter();
            let (id, _) = connections.find(|(_, it)| it.remote == local && it.connected)?;
            Some((at, *id))
        });
        if let (true, Some((at, connection))) = (peer_hears, ends) {
            let state = PeerConnectionState::Closed;
            self.input(at, Input::ConnectionStateChanged { connection, state });
        }
        id
    }

    /// A connection whose other end is gone fails, as ICE finds out by itself.
    pub fn notice_lost_ends(&mut self) {
        for who in 0..self.pages.len() {
            let alone: Vec<PeerConnectionId> = self.pages[who]
                .connections
                .iter()
                .filter(|(_, own)| {
                    let others = self.pages.iter().flat_map(|p| p.connections.values());
                    let found = others.filter(|c| c.local == own.remote && c.local.is_some());
                    own.connected && found.count() == 0
                })
                .map(|(connection_id, _)| *connection_id)
                .collect();
            for connection_id in alone {
                let state = PeerConnectionState::Failed;
                self.input(
                    who,
                    Input::ConnectionStateChanged {
                        connection: connection_id,
                        state,
                    },
                );
            }
        }
    }

    /// Two connections with each other's descriptions find each other.
    pub(super) fn check_connections(&mut self) {
        if !self.path {
            return;
        }
        let mut joined = Vec::new();
        for (a, page) in self.pages.iter().enumerate() {
            for (connection_id, connection) in &page.connections {
                let matches = |other: &Connection| {
                    !(connection.dead || other.dead)
                        && connection.local.is_some()
                        && connection.remote.is_some()
                        && connection.local == other.remote
                        && connection.remote == other.local
                };
                let found = self
                    .pages
                    .iter()
                    .flat_map(|p| p.connections.values())
                    .any(matches);
                if found && !connection.connected {
                    joined.push((a, *connection_id));
                }
            }
        }
        for (who, connection_id) in joined {
            if let Some(connection) = self.pages[who].connections.get_mut(&connection_id) {
                connection.connected = true;
                let state = PeerConnectionState::Connected;
                self.input(
                    who,
                    Input::ConnectionStateChanged {
                        connection: connection_id,
                        state,
                    },
                );
            }
        }
    }
}
