//! The client: composes the parts, and lets them talk until none has anything to say.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use wimpex_call::{CallMachine, Ended, PeerConnectionId, PeerConnectionState, State};
use wimpex_contacts::Contacts;
use wimpex_identity::{Nonce, PublicKey, is_key_id};
use wimpex_protocol::{
    CallId, ErrorCode, IceServer, Name, Relayed, ServerMessage, Signal, UserId, Welcome,
};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::{CallKey, Incoming, LocalIdentity, PeerPolicy, RemoteCertificate};

use crate::audience::Audience;
use crate::check::{Check, CheckResult};
use crate::command::{Command, ContactCommand};
use crate::contact_store::{self, ContactStore, ContactWrite, Loading};
use crate::host::Host;
use crate::identity::{IdentityState, KEY_LOOKUP_TIMEOUT};
use crate::io::{Input, Output, Setting};
use crate::peer;
use crate::signaling::{
    KeyOwner, ResumeToken, SignalingClient, SignalingInput, SignalingOutput, SocketId,
};
use crate::trust::Alert;
use crate::turn_servers::{self, TurnServers};
use crate::verifier_slot::{LoadFailure, Queued, VerifierSlot};
use crate::view::{Part, Routes, ServerState, View};

/// After so many failures in a row it is worth asking whether only the WebSocket fails.
const PROBE_HTTP_AFTER: u32 = 2;
/// A clock that is this far from the server's will soon be too far from somebody's, for
/// whom an offer is fresh for a minute (`wimpex_identity::FRESH_MS`). Advice for the user
/// and nothing else: the server may be wrong, or lie.
const CLOCK_SKEW: Duration = Duration::from_secs(45);
/// How often the handshake's last message is offered to the data channel.
const DATA_CHANNEL_RETRY: Duration = Duration::from_secs(1);

/// What this device remembers of earlier visits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stored {
    /// The user's name.
    pub name: Option<Name>,
    /// The user's id.
    pub user: Option<UserId>,
    /// Calls go through a relay only.
    pub hide_address: bool,
    /// Calls are taken from contacts only.
    pub contacts_only: bool,
    /// Who may learn that the user is online, if they have chosen.
    pub audience: Option<Audience>,
    /// There are contacts or past calls.
    pub has_contacts: bool,
    /// Of this tab.
    pub resume_token: Option<ResumeToken>,
}

/// What waits to be sent over the call's own connection: the call may be up while the
/// server is away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PendingDirect {
    text: String,
    retry_at: Now,
}

/// One tab; see the crate's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client<H: Host> {
    host: H,
    view: View,
    signaling: SignalingClient,
    verifier: VerifierSlot<H::Verifier>,
    call: CallMachine,
    contact_store: ContactStore,
    turn_servers: TurnServers,
    identity: IdentityState,
    key_lookup_until: Option<Now>,
    /// The wall clock minus the monotonic one, in milliseconds.
    wall_offset: i128,
    connection: Option<PeerConnectionId>,
    /// The call that verification knows of.
    current_call: Option<CallKey>,
    pending_direct: Option<PendingDirect>,
    /// Contacts, opened links or whom to hear from have changed since verification was told.
    policy_changed: bool,
    /// Who may learn that the user is online, if they have chosen.
    chosen_audience: Option<Audience>,
    /// There may be contacts that are not read yet, or cannot be.
    may_have_contacts: bool,
    outputs: VecDeque<Output>,
    changed: Vec<Part>,
}

impl<H: Host> Client<H> {
    /// A client that has just been opened, `stored` being what it remembers. `ring` is
    /// how long a call rings, `jitter` a seed for the spreading of retries.
    pub fn new(host: H, stored: Stored, ring: Duration, jitter: u64, now: Now) -> Self {
        let mut client = Self {
            host,
            view: View {
                me: stored.user,
                hide_address: stored.hide_address,
                contacts_only: stored.contacts_only,
                has_contacts: stored.has_contacts,
                ..View::new()
            },
            signaling: SignalingClient::new(stored.resume_token, jitter),
            verifier: VerifierSlot::Unloaded,
            call: CallMachine::with_ring_time(ring),
            contact_store: ContactStore::default(),
            turn_servers: TurnServers::default(),
            identity: IdentityState::LookingUp,
            key_lookup_until: Some(now + KEY_LOOKUP_TIMEOUT),
            wall_offset: 0,
            connection: None,
            current_call: None,
            pending_direct: None,
            policy_changed: false,
            chosen_audience: stored.audience,
            may_have_contacts: stored.has_contacts,
            outputs: VecDeque::new(),
            changed: Part::ALL.to_vec(),
        };
        client.outputs.push_back(Output::FindKey);
        client.show_to_audience(now);
        if let Some(name) = stored.name {
            client.set_name(name, now);
        }
        if stored.has_contacts {
            client.load_contacts();
        }
        client.drain(now);
        client
    }

    /// The state that screens are made of.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What this client was given to run on.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// The same, to change.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    fn emit(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn changed(&mut self, part: Part) {
        if !self.changed.contains(&part) {
            self.changed.push(part);
        }
    }

    fn note(&mut self, text: &str, now: Now) {
        self.host.note(text, now);
    }

    /// What the wall clock shows at that moment.
    fn wall(&self, now: Now) -> UnixTime {
        let millis = i128::from(now.as_millis()) + self.wall_offset;
        UnixTime::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    fn dispatch(&mut self, input: Input<H::Verifier>, now: Now) {
        match input {
            Input::Command(command) => self.command(command, now),
            Input::WallClock(wall) => {
                self.wall_offset = i128::from(wall.as_millis()) - i128::from(now.as_millis());
            }
            Input::Key(found) => self.on_key(found, now),
            Input::Socket(socket, event) => {
                self.signaling
                    .handle(SignalingInput::Socket(socket, event), now);
            }
            Input::LoginSigned(socket, signature) => self.login_signed(socket, signature, now),
            Input::HttpAnswers(answers) => {
                if answers && self.view.server == ServerState::Lost {
                    self.set_server(ServerState::Blocked);
                }
            }
            Input::VerifierLoaded(Some(verifier)) => {
                self.verifier.keep(verifier);
                self.start_verifier(now);
            }
            Input::VerifierLoaded(None) => self.verifier_unavailable(now),
            Input::Signed(request, signature) => {
                let input = wimpex_verification::Input::Signed { request, signature };
                self.verify(input, now);
            }
            Input::SignatureChecked(request, valid) => {
                let wall = self.wall(now);
                self.verify(
                    wimpex_verification::Input::SignatureChecked {
                        request,
                        valid,
                        wall,
                    },
                    now,
                );
            }
            Input::Call(input) => self.on_browser_input(input, now),
            Input::ConnectionState {
                connection,
                state,
                certificate,
            } => {
                self.note(&format!("connectionState: {state:?}"), now);
                if state == PeerConnectionState::Connected {
                    self.connected(connection, certificate, now);
                }
                let input = wimpex_call::Input::ConnectionStateChanged { connection, state };
                self.call_input(input, now);
            }
            Input::DataChannelMessage(connection, text) => {
                self.data_channel_message(connection, &text, now);
            }
            Input::DataChannelSent(connection, true) => {
                if self.connection == Some(connection) {
                    self.pending_direct = None;
                }
            }
            Input::DataChannelSent(_, false) => {}
            Input::PathSilent(connection) => {
                if self.connection == Some(connection) {
                    self.note("nothing comes over the connection", now);
                    // Sooner than ICE gives up, and where the browser does not tell that
                    // the network has changed (Firefox). Harmless if it is wrong: the
                    // path in use stays until there is a better one.
                    self.network_changed(now);
                }
            }
            Input::Checked(check, result) => self.checked(check, result),
            Input::CheckUnavailable => {
                self.view.check.clear();
                self.view.check_unavailable = true;
                self.changed(Part::Check);
            }
            Input::ContactsRead(contacts) => self.contacts_read(contacts, now),
            Input::ContactsWritten(kept) => self.contacts_written(kept),
            Input::ContactsChangedElsewhere => self.emit(Output::ReadContacts),
            Input::ForgetFailed(error) => {
                self.view.forget_error = Some(error);
                self.changed(Part::Contacts);
            }
            Input::NetworkChanged => self.network_changed(now),
            Input::Resumed => self.signaling.handle(SignalingInput::ReconnectNow, now),
            Input::StorageChanged { has_name, audience } => {
                // Another tab has forgotten the user: so does this one.
                if self.view.name.is_some() && !has_name {
                    self.signaling.handle(SignalingInput::Close, now);
                    self.emit(Output::Reload);
                }
                self.chosen_audience = audience;
                self.show_to_audience(now);
            }
            Input::PageHide => {
                // Nothing can be received or sent after this. A prompt is left to the
                // user's other devices.
                if self.call.state() != State::Ringing {
                    self.call_command(wimpex_call::Command::HangUp, now);
                }
                self.signaling.handle(SignalingInput::Close, now);
            }
            Input::Note(text) => self.note(&text, now),
            Input::Timeout => self.timeout(now),
        }
    }

    /// Each deadline that has passed, and no other.
    fn timeout(&mut self, now: Now) {
        let due = |at: Option<Now>| at.is_some_and(|at| at <= now);
        if due(self.key_lookup_until) {
            self.on_key(Err("TimeoutError".to_owned()), now);
        }
        if self.turn_servers.is_waiting_over(now) {
            self.go_on_with_turn_servers(now);
        }
        self.restart_for_turn_servers(now);
        if due(self.signaling.poll_timeout()) {
            self.signaling.handle(SignalingInput::Timeout, now);
        }
        if self.verifier.take_retry(now) {
            self.emit(Output::LoadVerifier);
        } else if due(self.verifier.poll_timeout()) {
            self.verify(wimpex_verification::Input::Timeout, now);
        }
        if due(self.pending_direct.as_ref().map(|pending| pending.retry_at)) {
            self.send_pending_direct(now);
        }
        if due(self.call.poll_timeout()) {
            self.call_input(wimpex_call::Input::Timeout, now);
        }
    }

    fn network_changed(&mut self, now: Now) {
        self.signaling.handle(SignalingInput::NetworkChanged, now);
        self.call_input(wimpex_call::Input::NetworkChanged, now);
    }

    /// Lets the parts talk until none has anything to say. The call comes first, so that
    /// all it asks for on one input is done before its next one.
    fn drain(&mut self, now: Now) {
        loop {
            if let Some(output) = self.call.poll_output() {
                self.on_call(output, now);
            } else if let Some(output) = self.verifier.poll_output() {
                self.on_verification(output, now);
            } else if let Some(output) = self.signaling.poll_output() {
                self.on_signaling(output, now);
            } else if !self.settle(now) {
                return;
            }
        }
    }

    /// What follows from the state that the parts have come to; says whether that gives
    /// them more to say.
    fn settle(&mut self, now: Now) -> bool {
        let call = self.call.snapshot();
        let key = call.call.as_ref().map(|call| CallKey {
            peer: call.peer.clone(),
            call_id: call.call_id.clone(),
        });
        let in_call = key.is_some();
        let is_other = self.current_call != key;
        if is_other {
            self.current_call.clone_from(&key);
            self.pending_direct = None;
            if in_call && self.view.trust.compared.take().is_some() {
                self.changed(Part::Trust);
            }
            self.verify(wimpex_verification::Input::CurrentCall(key), now);
            self.signaling.handle(SignalingInput::InCall(in_call), now);
        }
        if std::mem::take(&mut self.policy_changed) {
            self.show_to_audience(now);
            if self.verifier.is_loaded() {
                let policy = self.peer_policy();
                self.verify(wimpex_verification::Input::PeerPolicy(policy), now);
            }
        }
        let assurance = self.verifier.assurance(self.current_call.as_ref());
        if self.view.trust.assurance != assurance {
            self.view.trust.assurance = assurance;
            self.changed(Part::Trust);
        }
        let peer = self.current_call.as_ref().map(|call| call.peer.clone());
        let watched = peer::watched(peer, &self.view.peers);
        self.signaling.handle(SignalingInput::Watch(watched), now);
        is_other || self.signaling.has_output()
    }
}

/// The user.
impl<H: Host> Client<H> {
    fn command(&mut self, command: Command, now: Now) {
        match command {
            Command::SetName(name) => {
                self.emit(Output::Store(Setting::Name(name.as_str().to_owned())));
                self.set_name(name, now);
            }
            Command::StartCall { peer, call_type } => {
                // A browser without random numbers makes no connections either.
                let Some(call_id) = self.host.random().map(call_id) else {
                    return;
                };
                let command = wimpex_call::Command::StartCall {
                    call_id,
                    peer,
                    call_type,
                };
                if self.waits_for_turn_servers(Some(&command), now) {
                    // What the call needs beside them can be fetched meanwhile.
                    self.emit(Output::PreloadChunk);
                } else {
                    self.call_command(command, now);
                }
            }
            Command::Call(command) => self.call_command(command, now),
            Command::SetHideAddress(hide) => {
                self.emit(Output::Store(Setting::HideAddress(hide)));
                self.view.hide_address = hide;
                self.changed(Part::Settings);
            }
            Command::SetAudience(audience) => {
                self.emit(Output::Store(Setting::Audience(audience)));
                self.chosen_audience = Some(audience);
                self.show_to_audience(now);
            }
            Command::CheckConnection => self.check_connection(now),
            Command::SpeakerHeard(true) => self.checked(Check::Speaker, CheckResult::Works),
            Command::SpeakerHeard(false) => self.checked(Check::Speaker, CheckResult::NotHeard),
            Command::SasCompared(same) => {
                self.view.trust.compared = same;
                self.changed(Part::Trust);
                let peer = self.current_call.as_ref().map(|call| call.peer.clone());
                if let (Some(same), Some(peer)) = (same, peer) {
                    let writes = contact_store::mistrust(
                        Arc::make_mut(&mut self.view.contacts),
                        &peer,
                        !same,
                    );
                    self.write_contacts(writes);
                }
            }
            Command::DismissAlert => {
                self.view.trust.alert = None;
                self.changed(Part::Trust);
            }
            Command::Watch(user) => self.look_at(user, false),
            Command::OpenLink(user) => self.look_at(user, true),
            Command::Contacts(command) => self.contact_command(command),
            Command::ForgetMe => self.emit(Output::ForgetMe),
        }
    }

    fn set_name(&mut self, name: Name, now: Now) {
        self.view.name = Some(name.clone());
        self.changed(Part::Name);
        self.set_server(ServerState::Connecting);
        self.signaling.handle(SignalingInput::SetName(name), now);
        self.generate_key();
    }

    fn look_at(&mut self, user: UserId, opened: bool) {
        peer::look_at(&mut self.view.peers, user, opened);
        self.changed(Part::Peers);
        self.policy_changed = true;
    }

    /// Tells the server who may learn that the user is online.
    fn show_to_audience(&mut self, now: Now) {
        let contacts = &self.view.contacts;
        let audience = self
            .chosen_audience
            .unwrap_or_else(|| Audience::by_default(contacts, self.may_have_contacts));
        let users = audience.users(contacts);
        if self.view.audience != audience {
            self.view.audience = audience;
            self.changed(Part::Settings);
        }
        self.signaling.handle(SignalingInput::ShowTo(users), now);
    }

    fn check_connection(&mut self, now: Now) {
        if self.view.check.iter().any(|(_, it)| it.is_pending()) {
            return;
        }
        self.view.check_unavailable = false;
        self.view.check = Check::ALL
            .map(|check| (check, CheckResult::Waiting))
            .to_vec();
        self.changed(Part::Check);
        if !self.waits_for_turn_servers(None, now) {
            self.run_check();
        }
    }

    fn run_check(&mut self) {
        let online = self.view.server == ServerState::Online;
        self.emit(Output::RunCheck { online });
    }

    fn checked(&mut self, check: Check, result: CheckResult) {
        if let Some((_, known)) = self.view.check.iter_mut().find(|(it, _)| *it == check) {
            *known = result;
            self.changed(Part::Check);
        }
    }
}

/// Who this page is.
impl<H: Host> Client<H> {
    fn on_key(&mut self, found: Result<Option<KeyOwner>, String>, now: Now) {
        if !self.identity.is_pending() {
            return;
        }
        self.key_lookup_until = None;
        match found {
            Ok(Some(owner)) => {
                let before = self.view.me.as_ref();
                if before.is_some_and(|before| is_key_id(before) && *before != owner.user) {
                    self.view.trust.is_another = true;
                    self.changed(Part::Trust);
                }
                // It is the key's, whatever the server says.
                self.set_me(owner.user.clone());
                self.identity = IdentityState::Owner(owner.clone());
                self.signaling
                    .handle(SignalingInput::Identify(Some(owner)), now);
                self.start_verifier(now);
            }
            Ok(None) => {
                self.identity = IdentityState::NoKey;
                self.generate_key();
            }
            Err(error) => self.become_guest(&error, now),
        }
    }

    /// Makes a key for who has a name, and none.
    fn generate_key(&mut self) {
        if self.identity == IdentityState::NoKey && self.view.name.is_some() {
            self.identity = IdentityState::Generating;
            self.emit(Output::GenerateKey);
        }
    }

    fn login_signed(&mut self, socket: SocketId, signature: Result<String, String>, now: Now) {
        match signature {
            Ok(signature) => self
                .signaling
                .handle(SignalingInput::LoginSigned(socket, signature), now),
            // What is kept is no key, or the browser has unlearned to use it.
            Err(error) => self.become_guest(&error, now),
        }
    }

    fn become_guest(&mut self, error: &str, now: Now) {
        self.note(&["no key: ", error].concat(), now);
        self.identity = IdentityState::Guest;
        self.view.trust.is_guest = true;
        self.changed(Part::Trust);
        self.signaling.handle(SignalingInput::Identify(None), now);
        self.start_verifier(now);
    }

    fn set_me(&mut self, user: UserId) {
        self.emit(Output::Store(Setting::UserId(user.as_str().to_owned())));
        self.view.me = Some(user);
        self.changed(Part::Me);
    }

    /// The identity that verification signs as: a key counts only under its own id.
    fn local_identity(&self, id: UserId) -> LocalIdentity {
        let owner = self.identity.owner().filter(|owner| owner.user == id);
        let key = owner.and_then(|owner| PublicKey::parse(&owner.public_key).ok());
        LocalIdentity { id, key }
    }
}

/// The server.
impl<H: Host> Client<H> {
    fn on_signaling(&mut self, output: SignalingOutput, now: Now) {
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
            SignalingOutput::State(state) => self.server_lost(state, now),
            SignalingOutput::ServerTime(server) => {
                let skew = self.wall(now).abs_diff(UnixTime::from_millis(server));
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
            }
            SignalingOutput::Message(message) => self.on_message(message, now),
        }
    }

    fn on_welcome(&mut self, welcome: Welcome, now: Now) {
        self.note("logged in", now);
        self.turn_servers.set_on_request(welcome.relay_on_request);
        if self.current_call.is_some()
            && welcome.relay_on_request
            && !turn_servers::has_relay(&welcome.ice_servers)
        {
            // The server has forgotten that there is a call, which keeps what it has.
            self.signaling
                .handle(SignalingInput::RequestIceServers, now);
        } else {
            self.use_ice_servers(welcome.ice_servers, now);
        }
        self.set_me(welcome.user_id.clone());
        let identity = self.local_identity(welcome.user_id);
        self.verify(wimpex_verification::Input::LoggedIn(identity), now);
        self.set_server(ServerState::Online);
    }

    fn on_message(&mut self, message: ServerMessage, now: Now) {
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
                if let (ErrorCode::UserOffline, Some(call_id)) = (error.code, error.call_id) {
                    let offer = error.ref_type.as_deref() == Some("call-offer");
                    self.call_input(wimpex_call::Input::PeerOffline { call_id, offer }, now);
                }
            }
            ServerMessage::IceServers(renewed) => {
                self.use_ice_servers(renewed.ice_servers, now);
                self.go_on_with_turn_servers(now);
            }
            // The signaling session's own.
            ServerMessage::Hello(_) | ServerMessage::Welcome(_) | ServerMessage::Ack(_) => {}
        }
    }

    fn use_ice_servers(&mut self, servers: Vec<IceServer>, now: Now) {
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
    fn restart_for_turn_servers(&mut self, now: Now) {
        if self.turn_servers.take_restart(now) && self.call.state() == State::Connected {
            self.note("the relay's credentials are renewed", now);
            self.call_input(wimpex_call::Input::NetworkChanged, now);
        }
    }

    /// Asks for TURN servers if they are not there yet; says whether what begins now has
    /// to wait for them.
    fn waits_for_turn_servers(
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
    fn go_on_with_turn_servers(&mut self, now: Now) {
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

    fn set_server(&mut self, state: ServerState) {
        if self.view.server != state {
            self.view.server = state;
            self.changed(Part::Server);
        }
    }

    fn server_lost(&mut self, state: ServerState, now: Now) {
        self.note(&format!("server: {state:?}"), now);
        self.go_on_with_turn_servers(now);
        // "Blocked" says more than "lost", and is true until a login succeeds.
        if (self.view.server, state) != (ServerState::Blocked, ServerState::Lost) {
            self.set_server(state);
        }
        if self.signaling.failures() == PROBE_HTTP_AFTER {
            self.emit(Output::ProbeHttp);
        }
    }
}

/// Verification.
impl<H: Host> Client<H> {
    fn verify(&mut self, input: wimpex_verification::Input, now: Now) {
        match self.verifier.handle(input, now) {
            Queued::Done => {}
            Queued::Load => {
                self.load_contacts();
                self.emit(Output::LoadVerifier);
            }
            Queued::Deliver(message) => self.deliver(message, now),
        }
    }

    /// As soon as the verifier is loaded, the contacts, who say who may ring, are read, and
    /// it is known with which key to sign: unsigned, a call would look like a forgery.
    fn start_verifier(&mut self, now: Now) {
        if self.contact_store.loading != Loading::Done || self.identity.is_pending() {
            return;
        }
        let Some(queue) = self.verifier.start() else {
            return;
        };
        if let Some(me) = self.view.me.clone() {
            let identity = self.local_identity(me);
            self.verify(wimpex_verification::Input::LoggedIn(identity), now);
        }
        let policy = self.peer_policy();
        self.verify(wimpex_verification::Input::PeerPolicy(policy), now);
        for input in queue {
            self.verify(input, now);
        }
        let current = self.current_call.clone();
        self.verify(wimpex_verification::Input::CurrentCall(current), now);
    }

    /// Whom the user knows, and whom they want to hear from.
    fn peer_policy(&self) -> PeerPolicy {
        let (contacts, peers) = (self.view.contacts.contacts(), &self.view.peers);
        let with = |blocked: bool| {
            let some = contacts.iter().filter(|it| it.is_blocked == blocked);
            some.map(|it| it.id.clone()).collect()
        };
        PeerPolicy {
            contacts: with(false),
            blocked: with(true),
            opened: peers
                .iter()
                .filter(|it| it.opened)
                .map(|it| it.user.clone())
                .collect(),
            contacts_only: self.view.contacts_only,
        }
    }

    fn verifier_unavailable(&mut self, now: Now) {
        self.note("the verifier could not be loaded", now);
        match self.verifier.on_load_failure(now) {
            LoadFailure::Retry => {}
            LoadFailure::GiveUpCall => {
                if self.call.state() == State::Calling {
                    self.cannot_set_up(now);
                }
            }
        }
    }

    fn on_verification(&mut self, output: wimpex_verification::Output, now: Now) {
        use wimpex_verification::Output as Verification;
        match output {
            Verification::Sign { request, message } => {
                self.emit(Output::Sign { request, message });
            }
            Verification::CheckSignature { request, claim } => {
                self.emit(Output::CheckSignature { request, claim });
            }
            Verification::Transmit(relayed) => self.transmit(relayed, now),
            Verification::Deliver { message, missed } => {
                if missed {
                    self.record_missed_call(&message, now);
                }
                self.deliver(message, now);
            }
            Verification::RepeatedOffer(message) => {
                self.note("rejected: replayed", now);
                // It never rings a second time; who still calls is told how it ended.
                if let Signal::CallOffer(offer) = &message.signal
                    && self.call.is_over(&message.from, &offer.call_id)
                {
                    self.deliver(message, now);
                }
            }
            Verification::CannotSign(call) => {
                self.note("a description cannot be signed", now);
                if self.current_call.as_ref() == Some(&call) {
                    self.cannot_set_up(now);
                }
            }
            Verification::Rejected { call, error, alert } => {
                self.note(&["rejected: ", error.code()].concat(), now);
                if alert {
                    // The first that was not read yet stays.
                    self.view.trust.alert.get_or_insert(Alert {
                        peer: call.peer.clone(),
                        error,
                    });
                    self.changed(Part::Trust);
                }
                if self.current_call.as_ref() == Some(&call) {
                    self.view.trust.stopped = Some(call.call_id);
                    self.changed(Part::Trust);
                    self.call_command(wimpex_call::Command::HangUp, now);
                }
            }
        }
    }

    fn transmit(&mut self, relayed: Relayed, now: Now) {
        self.note(&["sent ", relayed.signal.type_name()].concat(), now);
        if matches!(relayed.signal, Signal::CallConfirm(_)) {
            self.pending_direct = Some(PendingDirect {
                text: relayed.signal.encode(),
                retry_at: now,
            });
            self.send_pending_direct(now);
        }
        self.signaling.handle(SignalingInput::Send(relayed), now);
    }

    fn deliver(&mut self, message: Incoming, now: Now) {
        self.note(&["received ", message.signal.type_name()].concat(), now);
        let is_offer = matches!(message.signal, Signal::CallOffer(_));
        let input = wimpex_call::Input::Signal {
            from: message.from,
            device: message.device,
            to_this_device: message.to_this_device,
            signal: message.signal,
        };
        self.call_input(input, now);
        if is_offer {
            // Whoever is told that we are busy is nobody to remember.
            let current = self.call_key();
            self.verify(wimpex_verification::Input::CurrentCall(current), now);
        }
    }

    /// The call cannot be proved, so that nobody would take it.
    fn cannot_set_up(&mut self, now: Now) {
        match self.connection {
            Some(connection) => {
                self.call_input(
                    wimpex_call::Input::LocalDescriptionFailed { connection },
                    now,
                );
            }
            None => self.call_command(wimpex_call::Command::HangUp, now),
        }
    }
}

/// The call.
impl<H: Host> Client<H> {
    fn call_command(&mut self, command: wimpex_call::Command, now: Now) {
        self.call_input(wimpex_call::Input::Command(command), now);
    }

    /// The only place where the call machine is given anything.
    fn call_input(&mut self, input: wimpex_call::Input, now: Now) {
        let before = self.call.state();
        self.host.on_call_input(&input, now);
        self.call.handle(input, now);
        let after = self.call.state();
        if before != after && matches!(after, State::Calling | State::Ringing) {
            // In the call the server, and with it the rest of the page, may be away.
            self.emit(Output::PreloadChunk);
        }
        self.host.on_call_state(after);
    }

    fn call_key(&self) -> Option<CallKey> {
        let call = self.call.snapshot().call?;
        Some(CallKey {
            peer: call.peer,
            call_id: call.call_id,
        })
    }

    /// What the peer connection or the devices report, about the call.
    fn on_browser_input(&mut self, input: wimpex_call::Input, now: Now) {
        if let wimpex_call::Input::LocalCandidate { candidate, .. } = &input {
            let kind = candidate_kind(&candidate.candidate);
            self.note(&["local candidate: ", &kind].concat(), now);
            self.view.routes.local.add(&candidate.candidate);
        }
        self.call_input(input, now);
    }

    fn connected(
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

    fn data_channel_message(&mut self, connection: PeerConnectionId, text: &str, now: Now) {
        // Only these are worth saying twice; whatever else it is, is ignored.
        match (Signal::decode(text), &self.current_call) {
            (Ok(Signal::CallEnd(end)), _) => {
                self.note("received call-end directly", now);
                let input = wimpex_call::Input::DataChannelMessage { connection, end };
                self.call_input(input, now);
            }
            (Ok(Signal::CallConfirm(confirm)), Some(call)) if confirm.call_id == call.call_id => {
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

    fn send_pending_direct(&mut self, now: Now) {
        if let Some(pending) = &mut self.pending_direct {
            pending.retry_at = now + DATA_CHANNEL_RETRY;
            if let Some(connection) = self.connection {
                let text = pending.text.clone();
                self.emit(Output::SendDataChannel(connection, text));
            }
        }
    }

    fn on_call(&mut self, output: wimpex_call::Output, now: Now) {
        self.host.on_call_output(&output);
        match output {
            wimpex_call::Output::Send(message) => {
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

/// Contacts and past calls.
impl<H: Host> Client<H> {
    fn contact_command(&mut self, command: ContactCommand) {
        match command {
            ContactCommand::Load => self.load_contacts(),
            ContactCommand::SetContactsOnly(only) => {
                self.emit(Output::Store(Setting::ContactsOnly(only)));
                self.view.contacts_only = only;
                self.policy_changed = true;
                self.changed(Part::Settings);
            }
            command => {
                let writes = contact_store::apply(Arc::make_mut(&mut self.view.contacts), command);
                self.write_contacts(writes);
            }
        }
    }

    fn load_contacts(&mut self) {
        if self.contact_store.loading == Loading::NotAsked {
            self.contact_store.loading = Loading::Reading;
            self.emit(Output::ReadContacts);
        }
    }

    /// What was read counts unless a change is on its way: then it is not the newest.
    fn contacts_read(&mut self, contacts: Option<Contacts>, now: Now) {
        // Where nothing is kept the contacts last as long as the page.
        if let Some(contacts) = contacts
            && self.contact_store.pending_writes == 0
        {
            self.view.contacts = Arc::new(contacts);
            self.may_have_contacts = false;
            self.contacts_changed();
        }
        self.contact_store.loading = Loading::Done;
        self.view.contacts_loaded = true;
        self.start_verifier(now);
    }

    fn contacts_changed(&mut self) {
        let before = std::mem::take(&mut self.view.peers);
        self.view.peers = peer::with_contacts(before, &self.view.contacts);
        self.policy_changed = true;
        self.changed(Part::Contacts);
        self.changed(Part::Peers);
    }

    fn write_contacts(&mut self, writes: Vec<ContactWrite>) {
        if writes.is_empty() {
            return;
        }
        self.contacts_changed();
        self.contact_store.pending_writes += 1;
        self.view.has_contacts = true;
        self.emit(Output::Store(Setting::HasContacts));
        self.emit(Output::WriteContacts(writes));
    }

    fn contacts_written(&mut self, kept: bool) {
        let pending = &mut self.contact_store.pending_writes;
        *pending = pending.saturating_sub(1);
        if self.view.contacts_unsaved == kept {
            self.view.contacts_unsaved = !kept;
            self.changed(Part::Contacts);
        }
        if kept && self.contact_store.pending_writes == 0 {
            // What other tabs have written meanwhile.
            self.emit(Output::ReadContacts);
        }
    }

    /// An offer that was verified comes while there is a call with somebody else.
    fn record_missed_call(&mut self, message: &Incoming, now: Now) {
        if let Signal::CallOffer(offer) = &message.signal {
            let call = contact_store::missed_call(message.from.clone(), offer, self.wall(now));
            let writes = contact_store::record_call(Arc::make_mut(&mut self.view.contacts), call);
            self.write_contacts(writes);
        }
    }

    /// A call that ended is a past call, once.
    fn record_ended_call(&mut self, before: Option<&Ended>, now: Now) {
        let Some(ended) = self.view.call.ended.clone() else {
            return;
        };
        if before.is_none_or(|before| before.call_id != ended.call_id) {
            let stopped = self.view.is_stopped(&ended.call_id);
            let call = contact_store::past_call(ended, stopped, self.wall(now));
            let writes = contact_store::record_call(Arc::make_mut(&mut self.view.contacts), call);
            self.write_contacts(writes);
        }
    }
}

impl<H: Host> Machine for Client<H> {
    type Input = Input<H::Verifier>;
    type Output = Output;

    fn handle(&mut self, input: Self::Input, now: Now) {
        self.dispatch(input, now);
        self.drain(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        output.or_else(|| self.changed.pop().map(Output::Changed))
    }

    fn poll_timeout(&self) -> Option<Now> {
        [
            self.key_lookup_until,
            self.turn_servers.poll_timeout(),
            self.signaling.poll_timeout(),
            self.verifier.poll_timeout(),
            self.pending_direct.as_ref().map(|pending| pending.retry_at),
            self.call.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// `call_` and 128 random bits in hexadecimal.
fn call_id(random: [u8; 32]) -> CallId {
    let mut id = String::from("call_");
    for byte in &random[..16] {
        for digit in [byte >> 4, byte & 15] {
            id.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    CallId::parse(id).expect("letters and digits, and short")
}

/// Type and protocol of a candidate (RFC 8839, section 5.1), and nothing else of it.
fn candidate_kind(candidate: &str) -> String {
    let mut words = candidate.split_ascii_whitespace();
    let protocol = words.nth(2).unwrap_or("?").to_owned();
    let kind = words
        .skip_while(|word| *word != "typ")
        .nth(1)
        .unwrap_or("?");
    [kind, " ", &protocol].concat()
}
