//! Logging in: who it is, signed where there is a key, and what the server answers.

use wasm_bindgen_futures::spawn_local;
use wimpex_identity::is_key_id;
use wimpex_protocol::{ClientMessage, Login, Resume, UserId, Welcome};
use wimpex_stream::Receiver;

use super::{Link, News, STALE};
use crate::browser::{clock, web_storage};
use crate::session::ServerState;
use crate::session::event::Event;

/// What a guest proves with that it is the same one, and a device that it is: an id, a
/// space, and the server's token for it. A secret: the tab's own.
const TOKEN: &str = "wimpex.resume-token";

/// Whether who has claimed this may have that id: its own, or any that is no key's.
fn may_be(claimed: &Option<UserId>, id: &str) -> bool {
    match claimed {
        Some(own) => own.as_str() == id,
        None => UserId::parse(id).is_ok_and(|id| !is_key_id(&id)),
    }
}

impl Link {
    /// As soon as there are a name, a socket that has said hello, and somebody to be.
    pub(super) fn log_in(&mut self) {
        let (Some(_), Some(identity)) = (&self.name, &self.identity) else {
            return;
        };
        let Some(identity) = identity.clone() else {
            if self.challenge.take().is_some() {
                self.say_login(None);
            }
            return;
        };
        let Some(challenge) = self.challenge.clone() else {
            return;
        };
        let (number, inbox) = (self.number, self.inbox.clone());
        spawn_local(async move {
            let signature = identity.sign_login(&challenge).await;
            let _ = inbox.unbounded_send(Event::SignedLogin(number, signature));
        });
    }

    /// The key has signed the login over the socket of that number.
    pub(in crate::session) fn log_in_with(&mut self, number: u32, signature: String) {
        if number == self.number && self.challenge.take().is_some() {
            self.say_login(Some(signature));
        }
    }

    fn say_login(&mut self, signature: Option<String>) {
        let Some(name) = &self.name else { return };
        let owner = self
            .identity
            .clone()
            .flatten()
            .filter(|_| signature.is_some());
        let claimed = owner.as_ref().map(|owner| owner.user.clone());
        // That of somebody whom this tab was before is of no use.
        let kept = web_storage::read_in_tab(TOKEN);
        let kept = kept.as_ref().and_then(|kept| kept.split_once(' '));
        let resume_token = kept
            .filter(|(id, _)| may_be(&claimed, id))
            .map(|(_, token)| token.to_owned());
        self.claimed = Some(claimed);
        let login = Login {
            username: name.as_str().to_owned(),
            device_id: self.device.clone().filter(|_| resume_token.is_some()),
            resume_token,
            session: Some(Resume {
                id: self.session.clone(),
                received: self.incoming.ack(),
            }),
            user_id: owner.as_ref().map(|owner| owner.user.to_string()),
            public_key: owner.map(|owner| owner.public.clone()),
            signature,
        };
        self.transmit(None, &ClientMessage::Login(login));
    }

    /// The server lets us in, once for each login, and as who has asked.
    pub(super) fn welcome(&mut self, welcome: Welcome) -> Option<News> {
        let claimed = self.claimed.take()?;
        let id = welcome.user_id.as_str();
        if !may_be(&claimed, id) {
            return Some(self.turned_away(ServerState::Dishonest));
        }
        web_storage::write_in_tab(TOKEN, &format!("{id} {}", welcome.resume_token));
        self.device = Some(welcome.device_id.clone());
        self.attempt = 0;
        self.logged_in = true;
        let session = welcome.session.clone();
        let received = session.as_ref().map_or(0, |session| session.received);
        let id = session.and_then(|session| session.id);
        let goes_on = self.session.is_some() && self.session == id;
        if goes_on && self.outgoing.acknowledge(received).is_ok() {
            for (seq, (_, message)) in self.outgoing.unacked() {
                self.transmit(Some(seq), message);
            }
        } else {
            self.session = id;
            self.begin_anew();
        }
        Some(News::Welcome {
            welcome,
            renewed: !goes_on,
        })
    }

    /// The numbers begin again, with what the server may not have.
    fn begin_anew(&mut self) {
        self.incoming = Receiver::default();
        for (since, message) in std::mem::take(&mut self.outgoing).into_unacked() {
            if clock::now().saturating_sub(since) < STALE {
                self.push(since, message);
            }
        }
        self.send_watch();
    }
}
