//! One tab: a client, its browser, and what the browser has yet to answer.

use std::collections::VecDeque;

use wimpex_call::{Output as CallOutput, PeerConnectionId, PeerConnectionState, State as Phase};
use wimpex_client::{
    Client, HttpAnswer, Input, InputOf, KeyOwner, Loaded, Output, Setting, SocketId, Stored,
};
use wimpex_identity::PublicKey;
use wimpex_protocol::{CallId, DirectMessage, Name, Signal, UserId};
use wimpex_sansio::Now;

use super::bounds::ClientsBounds;
use super::host::{TabHost, is_valid, sign, sign_login};
use super::server::Link;
use crate::browser::{Browser, Connection};
use crate::rule::Rule;

/// What has come over a peer connection itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Heard {
    Text(String),
    Closed,
}

/// What a client asks for that concerns somebody else than its browser.
#[derive(Debug)]
pub(crate) enum Request {
    Open(Link),
    Send(Link, String),
    /// Whether the server is asked to keep the session.
    Close(Link, bool),
    /// Over the data channel of this connection.
    Say(PeerConnectionId, String),
    /// The connection is closed, with these last words.
    Gone(PeerConnectionId, Connection, Option<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tab {
    number: usize,
    pub(crate) client: Client<TabHost>,
    pub(crate) browser: Browser,
    /// Pages before this one.
    pub(crate) life: u8,
    stored: Stored,
    owner: KeyOwner,
    pub(crate) socket: Option<Link>,
    /// What the browser has yet to answer.
    pub(crate) answers: VecDeque<InputOf<TabHost>>,
    /// What has come over peer connections, in order.
    pub(crate) channel: VecDeque<(PeerConnectionId, Heard)>,
    /// When the present call was connected.
    pub(crate) connected_at: Option<Now>,
}

/// Everybody has one tab, a name and a key.
fn public_key(number: usize) -> PublicKey {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    PublicKey::from_bytes(key)
}

impl Tab {
    #[expect(clippy::expect_used, reason = "a name of a letter and digits")]
    pub(crate) fn new(number: usize, now: Now) -> Self {
        let user = public_key(number).user_id();
        let stored = Stored {
            name: Some(Name::parse(&format!("p{number}")).expect("a name")),
            user: Some(user.clone()),
            ..Stored::default()
        };
        let owner = KeyOwner {
            user,
            public_key: public_key(number).encode(),
        };
        Self {
            number,
            client: client(number, 0, &stored, now),
            browser: Browser::default(),
            life: 0,
            stored,
            owner,
            socket: None,
            answers: VecDeque::new(),
            channel: VecDeque::new(),
            connected_at: None,
        }
    }

    /// The page is loaded anew: what was in memory is gone.
    pub(crate) fn reload(&mut self, now: Now) {
        self.life += 1;
        self.client = client(self.number, self.life, &self.stored, now);
        self.browser = Browser::default();
        self.socket = None;
        self.answers.clear();
        self.channel.clear();
        self.connected_at = None;
    }

    pub(crate) fn user(&self) -> &UserId {
        &self.owner.user
    }

    pub(crate) fn phase(&self) -> Phase {
        self.client.view().call.state
    }

    pub(crate) fn call(&self) -> Option<&CallId> {
        let call = self.client.view().call.call.as_ref();
        call.map(|call| &call.call_id)
    }

    fn link(&self, socket: SocketId) -> Link {
        Link {
            tab: self.number,
            life: self.life,
            socket: socket.0,
        }
    }

    /// Carries out one output: what can be answered at once goes to `inputs`, and what
    /// concerns others to `requests`.
    pub(crate) fn perform(
        &mut self,
        output: Output,
        bounds: &ClientsBounds,
        inputs: &mut VecDeque<InputOf<TabHost>>,
        requests: &mut Vec<Request>,
    ) -> Result<(), Rule> {
        let answer = match output {
            Output::OpenSocket(socket) => {
                let link = self.link(socket);
                self.socket = Some(link);
                requests.push(Request::Open(link));
                return Ok(());
            }
            Output::Transmit(text) => {
                requests.extend(self.socket.map(|link| Request::Send(link, text)));
                return Ok(());
            }
            Output::CloseSocket(socket) => {
                self.close(socket, false, requests);
                return Ok(());
            }
            Output::AbandonSocket(socket) => {
                self.close(socket, true, requests);
                return Ok(());
            }
            Output::SendDataChannel(connection, text) => {
                let open = self.browser.connections.get(&connection);
                let sent = open.is_some_and(|open| open.linked.is_some());
                // What the sides tell each other of themselves decides only whether there may be
                // another connection, and would double the states.
                let said = DirectMessage::decode(&text);
                let matters =
                    bounds.closes > 0 || !matches!(said, Ok(DirectMessage::MediaState(_)));
                if sent && matters {
                    requests.push(Request::Say(connection, text));
                }
                inputs.push_back(Input::DataChannelSent(connection, sent));
                return Ok(());
            }
            Output::Call(output) => return self.call_output(output, bounds, inputs, requests),
            Output::Store(setting) => {
                self.store(setting);
                return Ok(());
            }
            // The browser keeps no contacts: they last as long as the page.
            Output::ReadContacts(read) => {
                inputs.push_back(Input::ContactsRead(read, None));
                return Ok(());
            }
            Output::WriteContacts(_) => {
                inputs.push_back(Input::ContactsWritten(true));
                return Ok(());
            }
            Output::FindKey => Input::Key(Ok(Some(self.owner.clone()))),
            Output::GenerateKey => Input::Key(Err("NotSupportedError".to_owned())),
            Output::SignLogin { socket, challenge } => {
                Input::LoginSigned(socket, Ok(sign_login(&challenge)))
            }
            Output::LoadCalls => Input::CallsLoaded(Some(Loaded::default())),
            Output::Sign { request, message } => {
                let key = public_key(self.number);
                Input::Signed(request, Some(sign(key.as_bytes(), &message)))
            }
            Output::CheckSignature { request, claim } => {
                Input::SignatureChecked(request, is_valid(&claim))
            }
            Output::ProbeHttp => Input::HttpProbed(HttpAnswer::None),
            Output::SetIceServers(_)
            | Output::PreloadChunk
            | Output::PrefetchChunk
            | Output::RunCheck { .. }
            | Output::ForgetMe
            | Output::Reload
            | Output::LoadAnew(_)
            | Output::Changed(_) => return Ok(()),
        };
        if bounds.slow_answers {
            self.answers.push_back(answer);
        } else {
            inputs.push_back(answer);
        }
        Ok(())
    }

    fn close(&mut self, socket: SocketId, keep: bool, requests: &mut Vec<Request>) {
        let link = self.link(socket);
        self.socket.take_if(|open| *open == link);
        requests.push(Request::Close(link, keep));
    }

    fn store(&mut self, setting: Setting) {
        match setting {
            Setting::UserId(user) => self.stored.user = UserId::parse(user).ok(),
            Setting::ResumeToken(token) => self.stored.resume_token = Some(token),
            // Nobody changes them in here; and there are no contacts to read.
            Setting::Name(_)
            | Setting::HideAddress(_)
            | Setting::ContactsOnly(_)
            | Setting::StrangersSilencedUntil(_)
            | Setting::DoNotDisturbUntil(_)
            | Setting::Audience(_)
            | Setting::HasContacts => {}
        }
    }

    fn call_output(
        &mut self,
        output: CallOutput,
        bounds: &ClientsBounds,
        inputs: &mut VecDeque<InputOf<TabHost>>,
        requests: &mut Vec<Request>,
    ) -> Result<(), Rule> {
        // A signature holds up what comes after it: a call may have ended at once when it
        // is checked.
        let view = &self.client.view().call;
        let ended = view.ended.as_ref().map(|ended| &ended.call_id);
        let call = self.call().or(ended).cloned();
        self.browser.perform(&output, call.as_ref())?;
        if let CallOutput::CloseConnection {
            connection,
            goodbye,
        } = output
        {
            let closed = self.browser.connections.remove(&connection);
            let closed = closed.ok_or(Rule::NothingLeftOpen)?;
            let goodbye = goodbye.map(|end| DirectMessage::Signal(Signal::CallEnd(end)).encode());
            requests.push(Request::Gone(connection, closed, goodbye));
        }
        let device = format!("tab{}life{}", self.number, self.life);
        while !self.browser.work.is_empty() {
            let made = self.browser.work(&device, bounds.candidates);
            inputs.extend(made.into_iter().map(Input::Call));
        }
        inputs.extend(self.browser.allow().map(Input::Call));
        Ok(())
    }

    /// The oldest of what has come over peer connections, as the client hears it.
    pub(crate) fn listen(&mut self) -> Option<InputOf<TabHost>> {
        let (connection, heard) = self.channel.pop_front()?;
        Some(match heard {
            Heard::Text(text) => Input::DataChannelMessage(connection, text),
            Heard::Closed => Input::ConnectionState {
                connection,
                state: PeerConnectionState::Closed,
                certificate: None,
            },
        })
    }
}

/// Shorter than in truth, so that fewer heartbeats fall into it.
const RING: std::time::Duration = std::time::Duration::from_secs(8);

fn client(number: usize, life: u8, stored: &Stored, now: Now) -> Client<TabHost> {
    let tab = u8::try_from(number).unwrap_or(u8::MAX);
    let host = TabHost::new(tab, life);
    Client::new(host, stored.clone(), RING, number as u64, now)
}
