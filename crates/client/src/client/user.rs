//! What the user wants.

use std::sync::Arc;

use wimpex_protocol::{CallId, Name, Sec, UserId};
use wimpex_sansio::{Machine, Now};

use super::Client;
use crate::audience::Audience;
use crate::check::{Check, CheckResult};
use crate::command::Command;
use crate::contact_store;
use crate::host::Host;
use crate::io::{Output, Setting};
use crate::peer;
use crate::signaling::SignalingInput;
use crate::view::{Part, ServerState};

impl<H: Host> Client<H> {
    pub(super) fn command(&mut self, command: Command, now: Now) {
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
                self.calls(&peer, now);
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
            Command::BlockCaller => self.block_caller(now),
            Command::SilenceStrangers => self.silence_strangers(now),
            Command::HearStrangers => self.hear_strangers(),
            Command::DoNotDisturb(until) => self.do_not_disturb(until),
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
                let peer = self.current_calls.first().map(|call| call.peer.clone());
                if let Some(peer) = peer {
                    let contacts = Arc::make_mut(&mut self.view.contacts);
                    let writes = contact_store::compared(contacts, &peer, same);
                    self.write_contacts(writes);
                }
            }
            Command::DismissAlert => {
                self.view.trust.alert = None;
                self.changed(Part::Trust);
            }
            Command::Watch(user) => self.look_at(user, false, None),
            Command::OpenLink(user, link) => self.look_at(user, true, link),
            Command::Contacts(command) => self.contact_command(command, now),
            Command::ForgetMe => {
                self.signaling
                    .handle(SignalingInput::EraseMissed(None), now);
                self.emit(Output::ForgetMe);
            }
        }
    }

    pub(super) fn set_name(&mut self, name: Name, now: Now) {
        self.view.name = Some(name.clone());
        self.changed(Part::Name);
        self.set_server(ServerState::Connecting);
        self.signaling.handle(SignalingInput::SetName(name), now);
        self.generate_key(now);
    }

    pub(super) fn look_at(&mut self, user: UserId, opened: bool, link: Option<Sec>) {
        peer::look_at(&mut self.view.peers, user, opened, link);
        self.changed(Part::Peers);
        self.policy_changed = true;
    }

    /// Tells the server who may learn that the user is online.
    pub(super) fn show_to_audience(&mut self, now: Now) {
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

    pub(super) fn check_connection(&mut self, now: Now) {
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

    pub(super) fn run_check(&mut self) {
        let online = self.view.server == ServerState::Online;
        self.emit(Output::RunCheck { online });
    }

    pub(super) fn checked(&mut self, check: Check, result: CheckResult) {
        if let Some((_, known)) = self.view.check.iter_mut().find(|(it, _)| *it == check) {
            *known = result;
            self.changed(Part::Check);
        }
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
