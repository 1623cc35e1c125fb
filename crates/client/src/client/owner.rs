//! Who this page is: the owner of a key, or a guest.

use wimpex_identity::{PublicKey, is_key_id};
use wimpex_protocol::UserId;
use wimpex_sansio::{Machine, Now};
use wimpex_verification::LocalIdentity;

use super::Client;
use crate::host::Host;
use crate::identity::{IdentityState, LOOK_AGAIN, NEWCOMER_LOOKS_AGAIN, SLOW_STORAGE, is_for_good};
use crate::io::{Output, Setting};
use crate::signaling::{KeyOwner, SignalingInput, SocketId};
use crate::trust::KeyStorage;
use crate::view::Part;

impl<H: Host> Client<H> {
    pub(super) fn on_key(&mut self, found: Result<Option<KeyOwner>, String>, now: Now) {
        if !self.identity.is_pending() {
            return;
        }
        self.key_lookup_at = None;
        match found {
            Ok(Some(owner)) => {
                let before = self.view.me.as_ref();
                if before.is_some_and(|before| is_key_id(before) && *before != owner.user) {
                    self.view.trust.is_another = true;
                    self.changed(Part::Trust);
                }
                self.set_key_storage(KeyStorage::Fine);
                // It is the key's, whatever the server says.
                self.set_me(owner.user.clone());
                self.identity = IdentityState::Owner(owner.clone());
                self.signaling
                    .handle(SignalingInput::Identify(Some(owner)), now);
                self.start_verifier(now);
            }
            Ok(None) => {
                self.identity = IdentityState::NoKey;
                self.set_key_storage(KeyStorage::Fine);
                self.generate_key(now);
            }
            // Who had a key has it still: to log in as a guest meanwhile would be to become
            // somebody else, whom no contact can reach.
            Err(error) if self.view.me.as_ref().is_some_and(is_key_id) && !is_for_good(&error) => {
                self.note(&["the key cannot be read: ", &error].concat(), now);
                self.identity = IdentityState::Failing;
                self.key_lookup_at = Some(now + LOOK_AGAIN);
                self.set_key_storage(KeyStorage::Failing(error));
            }
            Err(error) => {
                let mut waits = NEWCOMER_LOOKS_AGAIN.iter().skip(self.key_failures);
                if let Some(wait) = waits.next().filter(|_| !is_for_good(&error)) {
                    self.note(&["no key yet: ", &error].concat(), now);
                    self.key_failures += 1;
                    self.identity = IdentityState::Failing;
                    self.key_lookup_at = Some(now + *wait);
                } else {
                    self.set_key_storage(KeyStorage::Failing(error.clone()));
                    self.become_guest(&error, now);
                }
            }
        }
    }

    /// The browser's database takes its time, or is to be asked again.
    pub(super) fn key_lookup_due(&mut self) {
        self.key_lookup_at = None;
        match self.identity {
            IdentityState::LookingUp | IdentityState::Generating => {
                self.set_key_storage(KeyStorage::Slow);
            }
            IdentityState::Failing => self.emit(Output::FindKey),
            IdentityState::NoKey | IdentityState::Owner(_) | IdentityState::Guest => {}
        }
    }

    fn set_key_storage(&mut self, storage: KeyStorage) {
        if self.view.trust.key_storage != storage {
            self.view.trust.key_storage = storage;
            self.changed(Part::Trust);
        }
    }

    /// Makes a key for who has a name, and none.
    pub(super) fn generate_key(&mut self, now: Now) {
        if self.identity == IdentityState::NoKey && self.view.name.is_some() {
            self.identity = IdentityState::Generating;
            self.key_lookup_at = Some(now + SLOW_STORAGE);
            self.emit(Output::GenerateKey);
        }
    }

    pub(super) fn login_signed(
        &mut self,
        socket: SocketId,
        signature: Result<String, String>,
        now: Now,
    ) {
        match signature {
            Ok(signature) => self
                .signaling
                .handle(SignalingInput::LoginSigned(socket, signature), now),
            // What is kept is no key, or the browser has unlearned to use it.
            Err(error) => self.become_guest(&error, now),
        }
    }

    pub(super) fn become_guest(&mut self, error: &str, now: Now) {
        self.note(&["no key: ", error].concat(), now);
        self.identity = IdentityState::Guest;
        self.view.trust.is_guest = true;
        self.changed(Part::Trust);
        self.signaling.handle(SignalingInput::Identify(None), now);
        self.start_verifier(now);
    }

    pub(super) fn set_me(&mut self, user: UserId) {
        self.emit(Output::Store(Setting::UserId(user.as_str().to_owned())));
        self.view.me = Some(user);
        self.changed(Part::Me);
    }

    /// The identity that verification signs as: a key counts only under its own id.
    pub(super) fn local_identity(&self, id: UserId) -> LocalIdentity {
        let owner = self.identity.owner().filter(|owner| owner.user == id);
        let key = owner.and_then(|owner| PublicKey::parse(&owner.public_key).ok());
        LocalIdentity { id, key }
    }
}
