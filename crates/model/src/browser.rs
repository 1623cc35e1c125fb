//! What a browser does for a call: descriptions, connections, tracks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_call::{Input, MediaRequest, Output, PeerConnectionId, PeerConnectionState};
use wimpex_protocol::{CallEnd, CallId, Sdp};
use wimpex_webrtc::IceCandidateInit;

use crate::rule::Rule;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Browser {
    pub(crate) connections: BTreeMap<PeerConnectionId, Connection>,
    /// What it was asked to describe, in order.
    pub(crate) work: VecDeque<Work>,
    /// Prompts that the user has not answered: request, for the microphone, for the camera.
    pub(crate) prompts: VecDeque<(MediaRequest, bool, bool)>,
    /// Requests whose tracks are live.
    pub(crate) live: BTreeSet<MediaRequest>,
    /// What has arrived over the connection itself.
    pub(crate) channel: VecDeque<(PeerConnectionId, ChannelEvent)>,
    /// Which page of the device it is: no two have a connection in common.
    pub(crate) lives: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    Offer(PeerConnectionId),
    Answer(PeerConnectionId, Sdp),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ChannelEvent {
    Goodbye(CallEnd),
    Closed,
}

/// One `RTCPeerConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Connection {
    /// The call that it was made for.
    pub(crate) call: CallId,
    pub(crate) local: Option<Sdp>,
    pub(crate) remote: Option<Sdp>,
    /// `have-local-offer`.
    pub(crate) offering: bool,
    described: u8,
    /// Media flows to and from this page's connection, as far as it knows.
    pub(crate) linked: Option<(usize, PeerConnectionId)>,
    /// The path was lost while this was the local description.
    pub(crate) broken: Option<Sdp>,
    /// The browser has closed it by itself.
    pub(crate) dead: bool,
}

impl Connection {
    /// Whether the two have found each other's descriptions, and a path.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        let whole =
            |c: &Self| !c.dead && c.local.is_some() && c.remote.is_some() && c.broken != c.local;
        whole(self) && whole(other) && self.local == other.remote && self.remote == other.local
    }
}

impl Connection {
    /// Whether nothing was done with it yet.
    pub(crate) fn is_new(&self) -> bool {
        self.described == 0 && self.remote.is_none()
    }

    /// Whether its remote description is an answer of which nothing has come yet.
    pub(crate) fn has_fresh_answer(&self) -> bool {
        let is_answer = |sdp: &Sdp| sdp.0.starts_with("answer");
        self.linked.is_none() && !self.offering && self.remote.as_ref().is_some_and(is_answer)
    }
}

impl Browser {
    /// Whether it has something to do that needs no user.
    pub(crate) fn is_busy(&self) -> bool {
        !self.work.is_empty() || !self.channel.is_empty()
    }

    /// Carries out what concerns the browser alone. Descriptions say which call
    /// they are of, so that one that reaches another call is found out.
    pub(crate) fn perform(&mut self, output: &Output, call: Option<&CallId>) -> Result<(), Rule> {
        match output {
            Output::CreateConnection {
                connection: connection_id,
                ..
            } => {
                let Some(call) = call else {
                    return Err(Rule::NothingLeftOpen);
                };
                let connection = Connection {
                    call: call.clone(),
                    local: None,
                    remote: None,
                    offering: false,
                    described: 0,
                    linked: None,
                    broken: None,
                    dead: false,
                };
                self.connections.insert(*connection_id, connection);
            }
            Output::CreateOffer {
                connection: connection_id,
                ..
            } => self.work.push_back(Work::Offer(*connection_id)),
            Output::SetRemoteOffer {
                connection: connection_id,
                sdp,
                ..
            } => {
                self.belongs(*connection_id, &sdp.0)?;
                let work = Work::Answer(*connection_id, sdp.clone());
                self.work.push_back(work);
            }
            Output::SetRemoteAnswer {
                connection: connection_id,
                sdp,
            } => {
                self.belongs(*connection_id, &sdp.0)?;
                if let Some(connection) = self.connections.get_mut(connection_id) {
                    if !connection.offering {
                        return Err(Rule::AnswersMeetOffers);
                    }
                    connection.offering = false;
                    connection.remote = Some(sdp.clone());
                }
            }
            Output::AddCandidate {
                connection: connection_id,
                candidate,
            } => self.belongs(*connection_id, &candidate.candidate)?,
            Output::RequestMedia {
                request,
                audio,
                video,
            } => self.prompts.push_back((*request, *audio, *video)),
            Output::AttachMedia {
                connection: connection_id,
                request,
                ..
            } => {
                let open = self.connections.contains_key(connection_id);
                if !open || !self.live.contains(request) {
                    return Err(Rule::NothingLeftOpen);
                }
            }
            Output::ReleaseMedia { request } => {
                self.live.remove(request);
            }
            Output::ReleaseAllMedia => self.live.clear(),
            // Closing concerns the other side too; the rest is not the browser's.
            Output::CloseConnection { .. }
            | Output::Send(_)
            | Output::SetMuted(_)
            | Output::SetOnHold { .. }
            | Output::StopCamera
            | Output::TellPeer { .. }
            | Output::Displaced(_)
            | Output::Changed => {}
        }
        Ok(())
    }

    fn belongs(&self, connection_id: PeerConnectionId, text: &str) -> Result<(), Rule> {
        let connection = self.connections.get(&connection_id);
        let belongs = connection.is_some_and(|c| text.split(' ').nth(1) == Some(c.call.as_str()));
        if belongs {
            Ok(())
        } else {
            Err(Rule::NothingReachesAnotherCall)
        }
    }

    /// Does the oldest piece of work; says what the machine hears of it.
    pub(crate) fn work(&mut self, device: &str, candidates: bool) -> Vec<Input> {
        let Some(work) = self.work.pop_front() else {
            return Vec::new();
        };
        let connection_id = match &work {
            Work::Offer(connection_id) | Work::Answer(connection_id, _) => *connection_id,
        };
        // A connection that was closed meanwhile has nothing to say.
        let Some(connection) = self.connections.get_mut(&connection_id) else {
            return Vec::new();
        };
        if connection.dead {
            return vec![Input::LocalDescriptionFailed {
                connection: connection_id,
            }];
        }
        let kind = match &work {
            Work::Offer(_) => "offer",
            Work::Answer(..) => "answer",
        };
        connection.described += 1;
        let lives = self.lives;
        let fragment = format!(
            "{device}x{lives}x{}x{}",
            connection_id.0, connection.described
        );
        let sdp = Sdp(format!(
            "{kind} {} {device} {lives} {}\r\no=- {device}x{lives}x{} 0\r\na=ice-ufrag:{fragment}\r\na=fingerprint:sha-256 {}\r\n",
            connection.call,
            connection.described,
            connection_id.0,
            fingerprint(device)
        ));
        connection.local = Some(sdp.clone());
        connection.offering = matches!(work, Work::Offer(_));
        let candidate = Input::LocalCandidate {
            connection: connection_id,
            candidate: IceCandidateInit {
                candidate: format!("candidate {} {device}", connection.call),
                sdp_m_line_index: Some(0),
                sdp_mid: None,
                username_fragment: Some(fragment),
            },
        };
        let described = match work {
            Work::Answer(_, remote) => {
                connection.remote = Some(remote);
                Input::LocalAnswer {
                    connection: connection_id,
                    sdp,
                }
            }
            Work::Offer(_) => Input::LocalOffer {
                connection: connection_id,
                sdp,
            },
        };
        if candidates {
            vec![described, candidate]
        } else {
            vec![described]
        }
    }

    /// Could not be made after all: whatever it was asked for comes to nothing.
    pub(crate) fn refuse_connection(&mut self, connection: PeerConnectionId) {
        self.work.retain(|work| match work {
            Work::Offer(of) | Work::Answer(of, _) => *of != connection,
        });
    }

    /// Fails to do the oldest piece of work; says what the machine hears of it.
    pub(crate) fn refuse_work(&mut self) -> Option<Input> {
        let connection = match self.work.pop_front()? {
            Work::Offer(connection) | Work::Answer(connection, _) => connection,
        };
        let is_open = self.connections.contains_key(&connection);
        is_open.then_some(Input::LocalDescriptionFailed { connection })
    }

    /// An answer turns out to be of no use.
    pub(crate) fn refuse_answer(&mut self, connection: PeerConnectionId) {
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.remote = None;
        }
    }

    /// The user allows what the oldest prompt asks for.
    pub(crate) fn allow(&mut self) -> Option<Input> {
        let (request, audio, video) = self.prompts.pop_front()?;
        self.live.insert(request);
        Some(Input::Media {
            request,
            audio: audio.then_some(Ok(())),
            video: video.then_some(Ok(())),
        })
    }

    /// The oldest word that came over the connection.
    pub(crate) fn listen(&mut self) -> Option<Input> {
        let (connection_id, word) = self.channel.pop_front()?;
        Some(match word {
            ChannelEvent::Goodbye(end) => Input::DataChannelMessage {
                connection: connection_id,
                end,
            },
            ChannelEvent::Closed => Input::ConnectionStateChanged {
                connection: connection_id,
                state: PeerConnectionState::Closed,
            },
        })
    }
}

/// That of a device's certificate (RFC 8122, section 5).
fn fingerprint(device: &str) -> String {
    let sum = device
        .bytes()
        .fold(0, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(byte));
    vec![format!("{sum:02X}"); 32].join(":")
}

/// The connection of another browser that has found this one, and could carry media with
/// it.
pub(crate) fn partner<'a>(
    browsers: impl Iterator<Item = &'a Browser>,
    who: usize,
    own: &Connection,
) -> Option<(usize, PeerConnectionId)> {
    let mut others = browsers.enumerate().filter(|(at, _)| *at != who);
    others.find_map(|(at, browser)| {
        let mut connections = browser.connections.iter();
        let (theirs, _) = connections.find(|(_, it)| it.fits(own))?;
        Some((at, *theirs))
    })
}

/// Whether a linked connection has lost its other end, or the path.
pub(crate) fn is_cut<'a>(
    mut browsers: impl Iterator<Item = &'a Browser>,
    own: &Connection,
) -> bool {
    own.linked.is_some_and(|(other, theirs)| {
        let theirs = browsers
            .nth(other)
            .map(|it| it.connections.get(&theirs).is_some_and(|it| !it.dead));
        own.broken.is_some() || theirs != Some(true)
    })
}

/// Whether the output opens what nobody may open for a callee before Accept.
pub(crate) fn opens_media(output: &Output) -> bool {
    matches!(
        output,
        Output::RequestMedia { .. } | Output::CreateConnection { offers: false, .. }
    )
}
