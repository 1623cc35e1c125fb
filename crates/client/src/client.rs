//! The client: composes the parts, and lets them talk until none has anything to say.
//!
//! What it does about each of them stands in a file of its own below `client/`.

mod call;
mod contacts;
mod do_not_disturb;
mod ice_servers;
mod links;
mod owner;
mod page_build;
mod page_return;
mod server;
mod strangers;
mod user;
mod verification;

pub use do_not_disturb::UNTIL_TURNED_OFF;

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_call::{PeerConnectionState, State};
use wimpex_protocol::{DirectMessage, Name, UserId};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::CallKey;

use crate::audience::Audience;
use crate::call_slot::CallSlot;
use crate::contact_store::ContactStore;
use crate::host::{Host, InputOf};
use crate::identity::{IdentityState, SLOW_STORAGE};
use crate::io::{Input, Output};
use crate::left_call::AskedToReturn;
use crate::page_build::PageBuild;
use crate::peer;
use crate::signaling::{ResumeToken, SignalingClient, SignalingInput, Ticket};
use crate::silent_call::SilentCall;
use crate::strangers::Strangers;
use crate::turn_servers::TurnServers;
use crate::verifier_slot::VerifierSlot;
use crate::view::{Part, View};

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
    /// No stranger rings until then.
    pub strangers_silenced_until: Option<UnixTime>,
    /// The user is not to be disturbed until then.
    pub do_not_disturb_until: Option<UnixTime>,
    /// Who may learn that the user is online, if they have chosen.
    pub audience: Option<Audience>,
    /// There are contacts or past calls.
    pub has_contacts: bool,
    /// Up to which missed calls are known here ([`wimpex_protocol::MissedCalls::until`]).
    pub missed_since: u64,
    /// Of this tab.
    pub resume_token: Option<ResumeToken>,
    /// Which build of the page this is (docs/protocol.md, `hello`).
    pub build: Option<String>,
    /// The builds that this tab was loaded anew for, separated by spaces.
    pub loaded_for: Option<String>,
    /// Of the invitation link that the page was opened by.
    pub ticket: Option<Ticket>,
}

/// What waits to be sent over a call's own connection: the call may be up while the
/// server is away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PendingDirect {
    call: CallKey,
    /// In order; of each kind the last one only.
    messages: Vec<DirectMessage>,
    retry_at: Now,
}

/// One tab; see the crate's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client<H: Host> {
    host: H,
    view: View,
    signaling: SignalingClient,
    verifier: VerifierSlot<H::Verifier>,
    call: CallSlot<H::Calls>,
    contact_store: ContactStore,
    turn_servers: TurnServers,
    strangers: Strangers,
    /// Strangers' calls that were taken note of without a sound, the oldest first.
    silent_calls: Vec<SilentCall>,
    page_build: PageBuild,
    /// The user is asked whether to return to a call.
    asked: Option<AskedToReturn>,
    identity: IdentityState,
    /// When to look after the browser's database, which is being asked for the key.
    key_lookup_at: Option<Now>,
    /// How often it has failed a newcomer.
    key_failures: usize,
    /// The wall clock minus the monotonic one, in milliseconds.
    wall_offset: i128,
    /// The calls that verification knows of, the one that is seen first.
    current_calls: Vec<CallKey>,
    /// What came of comparing the SAS of the call that the user returns to, until that is the current one.
    returned_comparison: Option<bool>,
    /// The server was lost while the path of a call was: it is this machine's network that was lost.
    network_lost: bool,
    pending_direct: Vec<PendingDirect>,
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
                strangers_silenced_until: stored.strangers_silenced_until,
                do_not_disturb_until: stored.do_not_disturb_until,
                has_contacts: stored.has_contacts,
                ..View::new()
            },
            signaling: SignalingClient::new(stored.resume_token, stored.ticket, jitter),
            verifier: VerifierSlot::Unloaded,
            call: CallSlot::new(ring),
            contact_store: ContactStore::default(),
            turn_servers: TurnServers::default(),
            strangers: Strangers::default(),
            silent_calls: Vec::new(),
            page_build: PageBuild::new(stored.build, stored.loaded_for),
            asked: None,
            identity: IdentityState::LookingUp,
            key_lookup_at: Some(now + SLOW_STORAGE),
            key_failures: 0,
            wall_offset: 0,
            current_calls: Vec::new(),
            returned_comparison: None,
            network_lost: false,
            pending_direct: Vec::new(),
            policy_changed: false,
            chosen_audience: stored.audience,
            may_have_contacts: stored.has_contacts,
            outputs: VecDeque::new(),
            changed: Part::ALL.to_vec(),
        };
        client.outputs.push_back(Output::FindKey);
        let known = SignalingInput::KnowMissed(stored.missed_since);
        client.signaling.handle(known, now);
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

    /// When the wall clock shows that.
    fn when(&self, wall: UnixTime) -> Now {
        let at = i128::from(wall.as_millis()) - self.wall_offset;
        Now::from_millis(u64::try_from(at).unwrap_or(0))
    }

    fn dispatch(&mut self, input: InputOf<H>, now: Now) {
        match input {
            Input::Command(command) => self.command(command, now),
            Input::WallClock(wall) => {
                self.wall_offset = i128::from(wall.as_millis()) - i128::from(now.as_millis());
                self.bound_silence(now);
            }
            Input::Key(found) => self.on_key(found, now),
            Input::Socket(socket, event) => {
                self.signaling
                    .handle(SignalingInput::Socket(socket, event), now);
            }
            Input::LoginSigned(socket, signature) => self.login_signed(socket, signature, now),
            Input::HttpProbed(answer) => self.http_probed(answer),
            Input::CallsLoaded(Some(loaded)) => self.calls_loaded(loaded, now),
            Input::CallsLoaded(None) => self.calls_unavailable(now),
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
                if self.call.state() == State::Reconnecting {
                    self.signaling.handle(SignalingInput::PathLost, now);
                }
            }
            Input::DataChannelMessage(connection, text) => {
                self.data_channel_message(connection, &text, now);
            }
            Input::DataChannelOpen(connection) => self.data_channel_opened(connection, now),
            Input::DataChannelSent(connection, true) => {
                self.said_directly(connection);
            }
            Input::DataChannelSent(_, false) => {}
            Input::PathSilent(connection) => {
                if self.call.call_on(connection).is_some() {
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
            Input::ContactsRead(read, contacts) => self.contacts_read(read, contacts, now),
            Input::ContactsWritten(kept) => self.contacts_written(kept),
            Input::ContactsChangedElsewhere => self.read_contacts(),
            Input::ForgetFailed(error) => {
                self.view.forget_error = Some(error);
                self.changed(Part::Contacts);
            }
            Input::ReturnToSession(session, message) => {
                self.signaling.return_to(*session, now);
                self.asked = AskedToReturn::by(&message, now);
                self.transmit(*message, now);
            }
            Input::ReturnToCall(left) => self.return_to_call(*left, now),
            Input::PartMissing => self.part_is_missing(),
            Input::NetworkChanged => self.network_changed(now),
            Input::Resumed => self.signaling.handle(SignalingInput::ReconnectNow, now),
            Input::StorageChanged {
                has_name,
                strangers_silenced_until,
                do_not_disturb_until,
                audience,
            } => {
                self.set_silence(strangers_silenced_until);
                self.show_do_not_disturb(do_not_disturb_until);
                // Another tab has forgotten the user: so does this one.
                if self.view.name.is_some() && !has_name {
                    self.signaling.handle(SignalingInput::Close, now);
                    self.emit(Output::Reload);
                }
                self.chosen_audience = audience;
                self.show_to_audience(now);
            }
            Input::PageHide => {
                self.leave_page(now);
                self.signaling.handle(SignalingInput::Close, now);
            }
            Input::Note(text) => self.note(&text, now),
            Input::Timeout => self.timeout(now),
        }
    }

    /// Each deadline that has passed, and no other.
    fn timeout(&mut self, now: Now) {
        let due = |at: Option<Now>| at.is_some_and(|at| at <= now);
        if due(self.key_lookup_at) {
            self.key_lookup_due();
        }
        if due(self.page_build.look_at) {
            self.give_way_when_idle(now);
        }
        if due(self.silence_ends()) {
            self.hear_strangers();
        }
        if due(self.disturbance_begins()) {
            self.do_not_disturb(None);
        }
        if self.turn_servers.is_waiting_over(now) {
            self.go_on_with_turn_servers(now);
        }
        self.restart_for_turn_servers(now);
        if due(self.signaling.poll_timeout()) {
            self.signaling.handle(SignalingInput::Timeout, now);
        }
        if self.verifier.take_retry(now) {
            self.emit(Output::LoadCalls);
        } else if due(self.verifier.poll_timeout()) {
            self.verify(wimpex_verification::Input::Timeout, now);
        }
        self.send_pending_direct(now);
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
        let calls = self.call_keys();
        let in_call = !calls.is_empty();
        let is_other = self.current_calls != calls;
        if is_other {
            let is_seen_first = calls.first() != self.current_calls.first();
            self.current_calls.clone_from(&calls);
            self.pending_direct.retain(|it| calls.contains(&it.call));
            if in_call && is_seen_first {
                let compared = self.returned_comparison.take();
                if self.view.trust.compared != compared {
                    self.view.trust.compared = compared;
                    self.changed(Part::Trust);
                }
            }
            self.verify(wimpex_verification::Input::CurrentCalls(calls), now);
            self.signaling.handle(SignalingInput::InCall(in_call), now);
            self.tell_callees_devices(now);
        }
        if std::mem::take(&mut self.policy_changed) {
            self.show_to_audience(now);
            if self.verifier.is_loaded() {
                let policy = self.peer_policy();
                self.verify(wimpex_verification::Input::PeerPolicy(policy), now);
            }
        }
        let assurance = self.verifier.assurance(self.current_calls.first());
        if self.view.trust.assurance != assurance {
            self.view.trust.assurance = assurance;
            self.changed(Part::Trust);
        }
        let peers = self.current_calls.iter().map(|call| &call.peer);
        let watched = peer::watched(peers, &self.view.peers);
        self.signaling.handle(SignalingInput::Watch(watched), now);
        is_other || self.signaling.has_output()
    }
}

impl<H: Host> Machine for Client<H> {
    type Input = InputOf<H>;
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
            self.key_lookup_at,
            self.page_build.look_at,
            self.silence_ends(),
            self.disturbance_begins(),
            self.turn_servers.poll_timeout(),
            self.signaling.poll_timeout(),
            self.verifier.poll_timeout(),
            self.pending_direct.iter().map(|it| it.retry_at).min(),
            self.call.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
