//! What the tabs' browsers do: sockets, keys, databases, descriptions, connections.

use std::time::Duration;

use wimpex_call::{Output as Call, PeerConnectionId, PeerConnectionState};
use wimpex_client::{CheckResult, ContactWrite, Input, Output, Setting, SocketId};
use wimpex_contacts::Contacts;
use wimpex_protocol::{IceCandidateInit, Sdp};
use wimpex_verification::RemoteCertificate;

use super::browser::Connection;
use super::clients::World;
use super::crypto;
use super::flight::{ClientInput, Flight};
use super::people::public_key;

/// From `connected` to the data channel's `open`: the association of SCTP takes two round trips.
const CHANNEL_OPENS_AFTER: Duration = Duration::from_millis(60);

impl World {
    pub(super) fn perform(&mut self, tab: usize, output: Output) {
        match output {
            Output::OpenSocket(socket) => {
                self.tabs[tab].browser.socket = Some(socket);
                let link = self.link(tab, socket);
                self.fly_over(link, true, Flight::Opens(link));
            }
            Output::Transmit(text) => {
                if let Some(socket) = self.tabs[tab].browser.socket {
                    let link = self.link(tab, socket);
                    self.fly_over(link, true, Flight::ToServer(link, text));
                }
            }
            Output::CloseSocket(socket) => self.close(tab, socket, false),
            Output::AbandonSocket(socket) => self.close(tab, socket, true),
            Output::ProbeHttp => self.answer(tab, Input::HttpProbed(self.http_answer)),
            Output::FindKey => {
                let owner = self.tabs[tab].owner.clone();
                let found = match self.key_fails.pop() {
                    Some(error) => Err(error.to_owned()),
                    None => Ok(owner),
                };
                self.answer(tab, Input::Key(found));
            }
            Output::GenerateKey => self.answer(tab, Input::Key(Err("NotSupported".to_owned()))),
            Output::SignLogin { socket, challenge } => {
                let user = self.tabs[tab].owner.as_ref().unwrap().user.to_string();
                let signature = crypto::sign_login(&user, &challenge);
                self.answer(tab, Input::LoginSigned(socket, Ok(signature)));
            }
            Output::LoadCalls => {
                let parts = self.tabs[tab].has_parts.then(Default::default);
                self.answer(tab, Input::CallsLoaded(parts));
            }
            Output::Sign { request, message } => {
                let key = public_key(self.tabs[tab].person);
                let signature = crypto::sign(key.as_bytes(), &message);
                self.answer(tab, Input::Signed(request, Some(signature)));
            }
            Output::CheckSignature { request, claim } => {
                let valid = crypto::is_valid(&claim);
                self.answer(tab, Input::SignatureChecked(request, valid));
            }
            Output::SendDataChannel(connection, text) => {
                self.send_data_channel(tab, connection, &text);
            }
            Output::ReadContacts(read) => {
                self.tabs[tab].browser.last_read = read;
                let person = self.tabs[tab].person;
                let contacts = self.databases.entry(person).or_default().clone();
                self.answer(tab, Input::ContactsRead(read, Some(contacts)));
            }
            Output::WriteContacts(writes) => self.write_contacts(tab, writes),
            Output::Store(setting) => self.store(tab, setting),
            Output::RunCheck { .. } => {
                for check in wimpex_client::Check::ALL {
                    self.answer(tab, Input::Checked(check, CheckResult::Works));
                }
            }
            Output::ForgetMe | Output::Reload => self.tabs[tab].browser.reloads += 1,
            Output::LoadAnew(anew) => {
                if !anew.when_quiet || self.tabs[tab].is_quiet {
                    self.load_anew(tab, anew);
                }
            }
            Output::SetIceServers(_)
            | Output::PreloadChunk
            | Output::PrefetchChunk
            | Output::Changed(_) => {}
            Output::Call(output) => self.call(tab, output),
        }
    }

    fn close(&mut self, tab: usize, socket: SocketId, comes_back: bool) {
        let link = self.link(tab, socket);
        self.tabs[tab]
            .browser
            .socket
            .take_if(|open| *open == socket);
        self.fly_over(link, true, Flight::Closes(link, comes_back));
    }

    fn store(&mut self, tab: usize, setting: Setting) {
        let stored = &mut self.tabs[tab].stored;
        match setting {
            Setting::Name(name) => stored.name = wimpex_protocol::Name::parse(&name).ok(),
            Setting::UserId(user) => stored.user = wimpex_protocol::UserId::parse(user).ok(),
            Setting::HideAddress(hide) => stored.hide_address = hide,
            Setting::ContactsOnly(only) => stored.contacts_only = only,
            Setting::StrangersSilencedUntil(until) => {
                stored.strangers_silenced_until = until;
                self.tell_other_tabs(tab);
            }
            Setting::DoNotDisturbUntil(until) => {
                stored.do_not_disturb_until = until;
                self.tell_other_tabs(tab);
            }
            Setting::Audience(audience) => {
                stored.audience = Some(audience);
                self.tell_other_tabs(tab);
            }
            Setting::HasContacts => stored.has_contacts = true,
            Setting::ResumeToken(token) => stored.resume_token = Some(token),
        }
    }

    /// `localStorage` is the same for all tabs of a person.
    fn tell_other_tabs(&mut self, tab: usize) {
        let stored = &self.tabs[tab].stored;
        let (until, audience) = (stored.strangers_silenced_until, stored.audience);
        let do_not_disturb_until = stored.do_not_disturb_until;
        for other in 0..self.tabs.len() {
            if other != tab && self.tabs[other].person == self.tabs[tab].person {
                let stored = &mut self.tabs[other].stored;
                (stored.strangers_silenced_until, stored.audience) = (until, audience);
                stored.do_not_disturb_until = do_not_disturb_until;
                let changed = Input::StorageChanged {
                    has_name: true,
                    strangers_silenced_until: until,
                    do_not_disturb_until,
                    audience,
                };
                self.answer(other, changed);
            }
        }
    }

    fn write_contacts(&mut self, tab: usize, writes: Vec<ContactWrite>) {
        let person = self.tabs[tab].person;
        let database = self.databases.entry(person).or_default();
        let mut known = None;
        for write in writes {
            match write {
                ContactWrite::KnowMissed(until) => known = Some(until),
                write => apply(database, write),
            }
        }
        for other in self.tabs.iter_mut().filter(|it| it.person == person) {
            other.stored.missed_since = known.unwrap_or(other.stored.missed_since);
        }
        self.answer(tab, Input::ContactsWritten(true));
        for other in 0..self.tabs.len() {
            if other != tab && self.tabs[other].person == person {
                self.answer(other, Input::ContactsChangedElsewhere);
            }
        }
    }

    fn call(&mut self, tab: usize, output: Call) {
        let browser = &mut self.tabs[tab].browser;
        match output {
            Call::CreateConnection { connection, .. } => {
                let new = browser
                    .connections
                    .insert(connection, Connection::default());
                assert!(new.is_none(), "a connection is made once");
            }
            Call::CreateOffer { connection, .. } => self.describe(tab, connection, true),
            Call::SetRemoteOffer {
                connection, sdp, ..
            } => {
                browser.connections.get_mut(&connection).unwrap().remote = Some(sdp.0);
                self.describe(tab, connection, false);
            }
            Call::SetRemoteAnswer { connection, sdp } => {
                browser.connections.get_mut(&connection).unwrap().remote = Some(sdp.0);
            }
            Call::AddCandidate { connection, .. } => {
                let connection = browser.connections.get_mut(&connection).unwrap();
                // Of one that the browser has closed, the client may not have heard yet.
                let may_be_added = connection.remote.is_some() || connection.dead;
                assert!(may_be_added, "before its description");
                connection.candidates += 1;
            }
            Call::CloseConnection {
                connection,
                goodbye,
            } => {
                let closed = browser.connections.remove(&connection).unwrap();
                if let Some(end) = goodbye {
                    let text = wimpex_protocol::DirectMessage::Signal(
                        wimpex_protocol::Signal::CallEnd(end),
                    )
                    .encode();
                    self.tell_peer(&closed, |id| Input::DataChannelMessage(id, text.clone()));
                }
                // DTLS close_notify.
                self.tell_peer(&closed, |connection| Input::ConnectionState {
                    connection,
                    state: PeerConnectionState::Closed,
                    certificate: None,
                });
            }
            Call::RequestMedia {
                request,
                audio,
                video,
            } => {
                for (asked, kind) in [(audio, "audio"), (video, "video")] {
                    if asked {
                        browser.live.insert((request, kind));
                    }
                }
                let input = wimpex_call::Input::Media {
                    request,
                    audio: audio.then_some(Ok(())),
                    video: video.then_some(Ok(())),
                };
                self.answer(tab, Input::Call(input));
            }
            Call::AttachMedia {
                connection,
                request,
                audio,
                video,
            } => {
                browser.live.retain(|&(of, kind)| {
                    of != request || (kind == "audio" && audio) || (kind == "video" && video)
                });
                let connection = browser.connections.get_mut(&connection).unwrap();
                for (wanted, kind) in [(audio, "audio"), (video, "video")] {
                    if wanted && !connection.on_hold {
                        connection.sends.retain(|(_, other)| *other != kind);
                        connection.sends.insert((request, kind));
                    }
                }
            }
            Call::SetOnHold {
                connection,
                on_hold,
            } => {
                let connection = browser.connections.get_mut(&connection).unwrap();
                connection.on_hold = on_hold;
                connection.sends.clear();
            }
            Call::StopCamera => browser.live.retain(|(_, kind)| *kind != "video"),
            Call::ReleaseMedia { request } => browser.live.retain(|(of, _)| *of != request),
            Call::ReleaseAllMedia => browser.live.clear(),
            Call::SetMuted(_) => {}
            Call::Send(_) | Call::TellPeer { .. } | Call::Displaced(_) | Call::Changed => {
                panic!("the client's own")
            }
        }
    }

    /// The browser makes a description, and finds one candidate.
    fn describe(&mut self, tab: usize, id: PeerConnectionId, offer: bool) {
        let (person, life) = (self.tabs[tab].person, self.tabs[tab].life);
        let Some(connection) = self.tabs[tab].browser.connections.get_mut(&id) else {
            return;
        };
        if connection.dead {
            let failed = wimpex_call::Input::LocalDescriptionFailed { connection: id };
            return self.answer(tab, Input::Call(failed));
        }
        connection.descriptions += 1;
        let kind = if offer { "offer" } else { "answer" };
        let fingerprint = vec![format!("{:02X}", tab * 16 + person); 32].join(":");
        let text = format!(
            "v=0\r\no=- {tab}x{life}x{} 0\r\ns={kind} {tab} {life} {} {}\r\na=fingerprint:sha-256 {fingerprint}\r\n\
             a=ice-ufrag:u{tab}x{life}x{}x{}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n",
            id.0, id.0, connection.descriptions, id.0, connection.descriptions
        );
        connection.local = Some(text.clone());
        let sdp = Sdp(text);
        let made = if offer {
            wimpex_call::Input::LocalOffer {
                connection: id,
                sdp,
            }
        } else {
            wimpex_call::Input::LocalAnswer {
                connection: id,
                sdp,
            }
        };
        let candidate = IceCandidateInit {
            candidate: format!("candidate:1 1 udp 2 192.0.2.{tab} 9 typ host"),
            sdp_m_line_index: Some(0),
            sdp_mid: Some("0".into()),
            username_fragment: Some(format!(
                "u{tab}x{life}x{}x{}",
                id.0, connection.descriptions
            )),
        };
        let life = self.tabs[tab].life;
        let at = self.now + self.rng.below(20);
        let input = Box::new(Input::Call(made));
        self.fly(at, Flight::Browser { tab, life, input });
        let found = wimpex_call::Input::LocalCandidate {
            connection: id,
            candidate,
        };
        let input = Box::new(Input::Call(found));
        self.fly(at, Flight::Browser { tab, life, input });
    }

    /// The browser closes the tab's connection by itself. The other side's DTLS hears of it, or
    /// the path is gone by then.
    pub fn close_by_browser(&mut self, tab: usize, peer_hears: bool) {
        let mut open = self.tabs[tab].browser.connections.iter_mut();
        let Some((&connection, own)) = open.next() else {
            return;
        };
        let before = own.clone();
        own.dead = true;
        if peer_hears {
            self.tell_peer(&before, |connection| Input::ConnectionState {
                connection,
                state: PeerConnectionState::Closed,
                certificate: None,
            });
        }
        let own = self.tabs[tab].browser.connections.get_mut(&connection);
        if let Some(own) = own {
            (own.local, own.remote, own.connected) = (None, None, false);
        }
        let closed = wimpex_call::Input::ConnectionClosed { connection };
        self.answer(tab, Input::Call(closed));
    }

    fn peer_of(&self, one: &Connection) -> Option<(usize, PeerConnectionId)> {
        self.tabs.iter().enumerate().find_map(|(tab, it)| {
            let mut open = it.browser.connections.iter();
            let (id, _) = open.find(|(_, other)| {
                one.local.is_some() && one.local == other.remote && one.remote == other.local
            })?;
            Some((tab, *id))
        })
    }

    fn tell_peer(&mut self, one: &Connection, input: impl Fn(PeerConnectionId) -> ClientInput) {
        if let (true, true, Some((tab, id))) = (self.path, one.connected, self.peer_of(one)) {
            self.answer(tab, input(id));
        }
    }

    fn send_data_channel(&mut self, tab: usize, id: PeerConnectionId, text: &str) {
        let open = self.tabs[tab].browser.connections.get(&id).cloned();
        let is_open = |it: &Connection| it.channel_opens.is_some_and(|at| at <= self.now);
        let open = open.filter(|it| it.connected && self.path && is_open(it));
        let sent = open.is_some();
        if let Some(connection) = open {
            self.tell_peer(&connection, |id| {
                Input::DataChannelMessage(id, text.to_owned())
            });
        }
        self.answer(tab, Input::DataChannelSent(id, sent));
    }

    /// Two connections with each other's descriptions and candidates find each other;
    /// one whose path or other end is gone fails, as ICE finds out by itself.
    pub(super) fn check_connections(&mut self) {
        for tab in 0..self.tabs.len() {
            let ids: Vec<_> = self.tabs[tab].browser.connections.keys().copied().collect();
            for id in ids {
                let connection = self.tabs[tab].browser.connections[&id].clone();
                let peer = self.peer_of(&connection);
                let has_candidates = connection.candidates > 0
                    && peer.is_some_and(|(other, id)| {
                        self.tabs[other].browser.connections[&id].candidates > 0
                    });
                let works = self.path && peer.is_some() && has_candidates;
                let state = match (connection.connected, works) {
                    (false, true) => PeerConnectionState::Connected,
                    (true, false) => PeerConnectionState::Failed,
                    (false, false) | (true, true) => continue,
                };
                let browser = &mut self.tabs[tab].browser;
                let changed = browser.connections.get_mut(&id).unwrap();
                changed.connected = works;
                let opens = works && changed.channel_opens.is_none();
                if opens {
                    changed.channel_opens = Some(self.now + CHANNEL_OPENS_AFTER);
                }
                let certificate = connection.remote.filter(|_| works);
                self.answer(
                    tab,
                    Input::ConnectionState {
                        connection: id,
                        state,
                        certificate: certificate.map(RemoteCertificate::Description),
                    },
                );
                if opens {
                    let life = self.tabs[tab].life;
                    let input = Box::new(Input::DataChannelOpen(id));
                    let opened = Flight::Browser { tab, life, input };
                    self.fly(self.now + CHANNEL_OPENS_AFTER, opened);
                }
            }
        }
    }

    /// Nothing of any call is left in any browser.
    pub fn assert_all_let_go(&self) {
        for (number, tab) in self.tabs.iter().enumerate() {
            let open = &tab.browser.connections;
            assert!(open.is_empty(), "tab {number} has {open:?}");
            assert!(tab.browser.live.is_empty(), "tab {number} has live tracks");
        }
    }
}

fn apply(contacts: &mut Contacts, write: ContactWrite) {
    match write {
        ContactWrite::PutContact(contact) => {
            contacts.remove(&contact.id);
            contacts.add(contact).expect("few are made here");
        }
        ContactWrite::DeleteContact(id) => contacts.remove(&id),
        ContactWrite::PutBlocked(stranger) => {
            contacts.block_stranger(stranger);
        }
        ContactWrite::DeleteBlocked(id) => {
            contacts.unblock_stranger(&id);
        }
        ContactWrite::PutLink(id, text) => {
            let link = wimpex_contacts::GivenLink::decode(&text).expect("it was encoded");
            assert_eq!(link.id(), id);
            keep_links(contacts, id, Some(link));
        }
        ContactWrite::UseLink(id, call) => {
            let found = contacts.links().iter().find(|it| it.id() == id).cloned();
            keep_links(contacts, id, found.map(|it| it.used_by(call)));
        }
        ContactWrite::DeleteLink(id) => keep_links(contacts, id, None),
        ContactWrite::PutCall(call) => {
            contacts.note(call);
        }
        ContactWrite::PutCallIfAbsent(call) => {
            if !contacts.calls().iter().any(|it| it.call_id == call.call_id) {
                contacts.note(call);
            }
        }
        ContactWrite::KnowMissed(_) => unreachable!("no entry of theirs"),
        ContactWrite::DeleteCall(id) => {
            let kept: Vec<String> = contacts
                .calls()
                .iter()
                .filter(|call| call.call_id != id)
                .map(wimpex_contacts::PastCall::encode)
                .collect();
            let list = entries(contacts);
            *contacts = Contacts::from_entries(list.into_iter(), kept.into_iter());
        }
    }
}

/// All that is kept beside past calls.
fn entries(contacts: &Contacts) -> Vec<String> {
    let mut list: Vec<String> = contacts.contacts().iter().map(|it| it.encode()).collect();
    list.extend(contacts.blocked_strangers().map(|it| it.encode()));
    list.extend(contacts.links().iter().map(|it| it.encode()));
    list
}

/// Replaces the link with that id.
fn keep_links(
    contacts: &mut Contacts,
    id: wimpex_identity::LinkId,
    link: Option<wimpex_contacts::GivenLink>,
) {
    let calls: Vec<String> = contacts.calls().iter().map(|it| it.encode()).collect();
    let old = contacts.links().iter().find(|it| it.id() == id);
    let old = old.map(wimpex_contacts::GivenLink::encode);
    let mut list = entries(contacts);
    list.retain(|text| Some(text) != old.as_ref());
    list.extend(link.map(|it| it.encode()));
    *contacts = Contacts::from_entries(list.into_iter(), calls.into_iter());
}
