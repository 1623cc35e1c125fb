//! What the person wants, now and as stored on earlier visits.

use std::sync::Arc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::Input;
use wimpex_identity::is_key_id;
use wimpex_protocol::{CallId, Name, UserId};

use super::check::{Finding, PARTS, Part};
use super::event::Event;
use super::identity::Identity;
use super::lazy;
use super::media_policy::Hardware;
use super::runtime::Runtime;
use super::view::Contact;
use super::{Intent, ServerState};
use crate::browser::{BrowserError, random, web_storage};
use crate::chunk::NotLoaded;

const NAME: &str = "wimpex.name";
/// "1" if calls are to be relayed only.
const HIDE_ADDRESS: &str = "wimpex.hide-address";
pub(super) const ME: &str = "wimpex.user-id";
/// So long the browser may look for a key, in milliseconds.
const LOOKING: u32 = 10_000;

/// Whether this browser remembers the person.
pub(super) fn is_remembered() -> bool {
    web_storage::read(NAME).is_some()
}

/// Who this page is.
#[derive(Default)]
pub(super) enum Who {
    /// The database is being asked.
    #[default]
    Looking,
    /// Nobody yet: a key is made when there is a name.
    Nobody,
    /// A key is being made.
    Making,
    /// The owner of this one.
    Owner(Arc<Identity>),
    /// A guest of the server.
    Guest,
}

impl Who {
    pub(super) fn key(&self) -> Option<Arc<Identity>> {
        match self {
            Self::Owner(identity) => Some(identity.clone()),
            Self::Looking | Self::Nobody | Self::Making | Self::Guest => None,
        }
    }
}

impl Runtime {
    pub(super) fn begin(&mut self) {
        let user = web_storage::read(ME).and_then(|id| UserId::parse(id).ok());
        self.view.me.set(user);
        let hide = web_storage::read(HIDE_ADDRESS).is_some_and(|value| value == "1");
        self.view.hide_address.set(hide);
        if let Some(name) = web_storage::read(NAME).and_then(|name| Name::parse(&name).ok()) {
            self.set_name(name);
        }
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let kept = Identity::kept().await;
            let _ = inbox.unbounded_send(Event::Identity(kept));
        });
        // Some browsers never answer for a database that is damaged or held up.
        let inbox = self.inbox.clone();
        self.looking = Some(Timeout::new(LOOKING, move || {
            let error = BrowserError::named("TimeoutError");
            let _ = inbox.unbounded_send(Event::Identity(Err(error)));
        }));
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let hardware = Hardware::of_this_device().await;
            let _ = inbox.unbounded_send(Event::Hardware(hardware));
        });
    }

    pub(super) fn person(&mut self, intent: Intent) {
        match intent {
            Intent::SetName(name) => {
                web_storage::write(NAME, name.as_str());
                self.set_name(name);
            }
            Intent::Call { peer, call_type } => {
                let Ok(call_id) = fresh_call_id() else { return };
                self.input(Input::Place {
                    call_id,
                    peer,
                    call_type,
                });
            }
            Intent::Accept { camera } => self.input(Input::Accept { camera }),
            Intent::Decline => self.input(Input::Decline),
            Intent::HangUp => self.input(Input::HangUp),
            Intent::Dismiss => self.input(Input::Dismiss),
            Intent::SetMuted(muted) => self.input(Input::SetMuted(muted)),
            Intent::SetCamera(on) => self.input(Input::SetCamera(on)),
            Intent::HideAddress(hide) => {
                web_storage::write(HIDE_ADDRESS, if hide { "1" } else { "0" });
                self.view.hide_address.set(hide);
            }
            Intent::Compared(same) => self.view.trust.update(|trust| trust.compared = same),
            Intent::Alarmed => self.view.trust.update(|trust| trust.alarm = None),
            Intent::Check => self.check(),
            Intent::Heard(heard) => {
                let finding = if heard {
                    Finding::Works
                } else {
                    Finding::Unheard
                };
                self.handle(Event::Checked(Part::Speaker, finding));
            }
            Intent::Watch(user) => self.look_at(user, false),
            Intent::Open(user) => self.look_at(user, true),
            Intent::Know(contacts) => {
                self.view.people.update(|people| {
                    let mut before = std::mem::take(people);
                    for contact in contacts {
                        let known = before.iter().position(|it| it.user == contact.user);
                        let known = known.map(|place| before.swap_remove(place));
                        let known = known.unwrap_or_else(|| Contact::new(contact.user));
                        people.push(Contact {
                            called: contact.called,
                            mistrusted: contact.mistrusted,
                            ..known
                        });
                    }
                    // Who was a contact until now is none any more.
                    before.retain(|it| it.called.is_none() || it.opened);
                    for contact in &mut before {
                        (contact.called, contact.mistrusted) = (None, false);
                    }
                    people.append(&mut before);
                });
                self.watch();
            }
        }
    }

    /// Of those who are no contacts only who is looked at now is watched, and whose link
    /// was opened.
    fn look_at(&mut self, user: UserId, opened: bool) {
        self.view.people.update(|people| {
            people.retain(|it| it.is_pinned() || it.user == user);
            let known = people.iter_mut().find(|it| it.user == user);
            match known {
                Some(known) => known.opened |= opened,
                None => people.push(Contact {
                    opened,
                    ..Contact::new(user)
                }),
            }
        });
        self.watch();
    }

    fn check(&mut self) {
        let is_running = self.view.check.with_untracked(|check| {
            check
                .iter()
                .any(|(_, finding)| matches!(finding, Finding::Waiting | Finding::Looking))
        });
        if is_running {
            return;
        }
        self.view.no_check.set(false);
        self.view
            .check
            .set(PARTS.map(|part| (part, Finding::Waiting)).to_vec());
        let online = self.view.server.get_untracked() == ServerState::Online;
        let inbox = self.inbox.clone();
        let check = lazy::run_check(self.ice_servers.clone(), online, inbox.clone());
        spawn_local(async move {
            match check.await {
                Ok(running) => running.await,
                Err(NotLoaded) => {
                    let _ = inbox.unbounded_send(Event::NoCheck);
                }
            }
        });
    }

    fn set_name(&mut self, name: Name) {
        self.view.name.set(Some(name.clone()));
        self.view.server.set(ServerState::Connecting);
        self.link.set_name(name);
        self.make_identity();
    }

    pub(super) fn identified(&mut self, found: Result<Option<Identity>, BrowserError>) {
        // A database that answers after all is too late.
        if !matches!(self.identity, Who::Looking | Who::Making) {
            return;
        }
        self.looking = None;
        match found {
            Ok(Some(identity)) => {
                let identity = Arc::new(identity);
                let before = self.view.me.get_untracked();
                if before.is_some_and(|before| is_key_id(&before) && before != identity.user) {
                    self.view.trust.update(|trust| trust.is_another = true);
                }
                // It is the key's, whatever the server says.
                web_storage::write(ME, identity.user.as_str());
                self.view.me.set(Some(identity.user.clone()));
                self.identity = Who::Owner(identity.clone());
                self.link.identify(Some(identity));
            }
            Ok(None) => {
                self.identity = Who::Nobody;
                self.make_identity();
            }
            Err(error) => self.be_guest(error),
        }
    }

    /// Makes a key for who has a name, and none.
    fn make_identity(&mut self) {
        if !matches!(self.identity, Who::Nobody) || self.view.name.with_untracked(Option::is_none) {
            return;
        }
        self.identity = Who::Making;
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let made = Identity::make().await.map(Some);
            let _ = inbox.unbounded_send(Event::Identity(made));
        });
    }

    fn be_guest(&mut self, error: BrowserError) {
        self.trace.note(format!("no key: {error}"));
        self.identity = Who::Guest;
        self.view.trust.update(|trust| trust.is_guest = true);
        self.link.identify(None);
    }

    pub(super) fn signed_login(&mut self, number: u32, signature: Result<String, BrowserError>) {
        match signature {
            Ok(signature) => self.link.log_in_with(number, signature),
            // What is kept is no key, or the browser has unlearned to use it.
            Err(error) => self.be_guest(error),
        }
    }
}

/// `call_` and 128 random bits in hexadecimal.
fn fresh_call_id() -> Result<CallId, crate::browser::BrowserError> {
    let mut id = String::from("call_");
    for byte in random::bytes::<16>()? {
        id.push_str(&format!("{byte:02x}"));
    }
    Ok(CallId::parse(id).expect("letters and digits, and short"))
}
