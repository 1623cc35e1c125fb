//! Logging in over a fresh socket, and taking up the session where it was.

use std::time::Duration;

use wimpex_identity::is_key_id;
use wimpex_protocol::{ClientMessage, Login, Resume, UserId, Welcome};
use wimpex_sansio::Now;

use super::{ResumeToken, SignalingClient, SignalingOutput, SocketId, numbered};
use crate::view::ServerState;

/// Whether who has claimed this may have that id: a key its own, a guest any that is no
/// key's.
fn may_be(claimed: Option<&UserId>, id: &UserId) -> bool {
    claimed.map_or_else(|| !is_key_id(id), |own| own == id)
}

impl SignalingClient {
    /// As soon as there are a name, a socket that has said hello, and somebody to be.
    pub(super) fn log_in(&mut self) {
        let (Some(_), Some(identity)) = (&self.name, &self.identity) else {
            return;
        };
        match (identity, &self.challenge, self.socket) {
            (Some(_), Some(challenge), Some(socket)) => {
                let challenge = challenge.clone();
                self.emit(SignalingOutput::SignLogin { socket, challenge });
            }
            (None, Some(_), _) => {
                self.challenge = None;
                self.send_login(None);
            }
            (Some(_), _, _) | (None, None, _) => {}
        }
    }

    /// The key has signed the login over that socket.
    pub(super) fn login_signed(&mut self, socket: SocketId, signature: String) {
        if self.socket == Some(socket) && self.challenge.take().is_some() {
            self.send_login(Some(signature));
        }
    }

    fn send_login(&mut self, signature: Option<String>) {
        let Some(name) = &self.name else { return };
        let owner = self
            .identity
            .clone()
            .flatten()
            .filter(|_| signature.is_some());
        let claimed = owner.as_ref().map(|owner| owner.user.clone());
        // That of somebody whom this tab was before is of no use.
        let resume_token = self
            .resume_token
            .as_ref()
            .filter(|kept| may_be(claimed.as_ref(), &kept.user))
            .map(|kept| kept.token.clone());
        let login = Login {
            username: name.as_str().to_owned(),
            device_id: self.device.clone().filter(|_| resume_token.is_some()),
            resume_token,
            session: Some(Resume {
                id: self.session.clone(),
                received: self.incoming.ack(),
            }),
            hidden: self.visible_to.is_some(),
            missed_since: owner.as_ref().map(|_| self.missed_since),
            user_id: owner.as_ref().map(|owner| owner.user.to_string()),
            public_key: owner.map(|owner| owner.public_key),
            signature,
            ticket: self.ticket.as_ref().map(|ticket| ticket.0.clone()),
        };
        self.logged_in_hidden = login.hidden;
        self.claimed = Some(claimed);
        self.transmit(ClientMessage::Login(login).encode());
    }

    /// The server lets us in, once for each login, and as who has asked.
    pub(super) fn welcome(&mut self, welcome: Welcome, now: Now) {
        let Some(claimed) = self.claimed.take() else {
            return;
        };
        if !may_be(claimed.as_ref(), &welcome.user_id) {
            return self.login_rejected(ServerState::IdentityMismatch, now);
        }
        let token = ResumeToken {
            user: welcome.user_id.clone(),
            token: welcome.resume_token.clone(),
        };
        self.resume_token = Some(token.clone());
        self.emit(SignalingOutput::KeepResumeToken(token));
        self.device = Some(welcome.device_id.clone());
        self.ticket = None;
        self.attempt = 0;
        self.reconnect_window = Duration::ZERO;
        self.logged_in = true;
        self.give_up_at = None;
        let session = welcome.session.clone();
        let received = session.as_ref().map_or(0, |session| session.received);
        let id = session.and_then(|session| session.id);
        let resumed = self.session.is_some()
            && self.session == id
            && self.outgoing.acknowledge(received).is_ok();
        if resumed {
            let unacked: Vec<String> = self
                .outgoing
                .unacked()
                .map(|(seq, (_, message))| numbered(seq, message))
                .collect();
            for frame in unacked {
                self.transmit(frame);
            }
        } else {
            self.session = id;
            self.begin_anew(now);
        }
        self.send_presence(now);
        self.emit(SignalingOutput::Welcome {
            welcome,
            renewed: !resumed,
        });
    }
}
