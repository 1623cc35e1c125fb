//! Carries out what the client asks for, and holds the browser's objects that come of it:
//! sockets, the key, contacts. Those of a call are loaded later (`call_effects`).

use std::collections::VecDeque;
use std::sync::Arc;

use wasm_bindgen_futures::spawn_local;
use wimpex_client::{
    Client, ContactWrite, ContactsRead, Input, KeyOwner, Output, SocketEvent, SocketId, View,
};
use wimpex_identity::{Signature, SignatureClaim};
use wimpex_protocol::close_code;
use wimpex_verification::RequestId;

use super::event::{BoxedCalls, Event, Inbox};
use super::host::PageHost;
use super::identity::Identity;
use super::lazy_call_effects::LazyCallEffects;
use super::load_anew::load_anew;
use super::signals::Signals;
use super::{lazy, settings};
use crate::browser::broadcast_channel::BroadcastChannel;
use crate::browser::web_socket::{WebSocket, WebSocketEvent};
use crate::browser::{cache_storage, location, network_information, window};
use crate::chunk;

pub(super) struct Effects {
    inbox: Inbox,
    socket: Option<(SocketId, WebSocket)>,
    key: Option<Arc<Identity>>,
    call: LazyCallEffects,
    /// Writes of contacts, one after the other.
    writes: VecDeque<Vec<ContactWrite>>,
    is_writing: bool,
    /// Tells the other tabs of changed contacts, and is told by them.
    tabs: Option<BroadcastChannel>,
}

impl Effects {
    pub(super) fn new(inbox: Inbox, signals: Signals) -> Self {
        // What runs calls looks for the one that was left.
        if settings::may_return() {
            inbox.post(Event::Idle);
        }
        Self {
            call: LazyCallEffects::new(inbox.clone(), signals),
            inbox,
            socket: None,
            key: None,
            writes: VecDeque::new(),
            is_writing: false,
            tabs: None,
        }
    }

    /// Takes an event apart: keeps the browser's object in it, and gives what the client
    /// has to know.
    pub(super) fn translate(
        &mut self,
        event: Event,
        client: &Client<PageHost>,
    ) -> Option<Input<BoxedCalls>> {
        if matches!(
            event,
            Event::Client(Input::PartMissing | Input::CallsLoaded(None))
                | Event::CallEffectsLoaded(None)
        ) {
            cache_storage::look_for_damage();
        }
        match event {
            Event::Client(input) => Some(input),
            Event::Sweep => None,
            Event::Idle => {
                self.call.load();
                None
            }
            Event::Key(found) => {
                let found = found.map(|found| found.map(Arc::new));
                self.key = found.as_ref().ok().cloned().flatten();
                let owner = found.map(|found| {
                    found.map(|key| KeyOwner {
                        user: key.user.clone(),
                        public_key: key.public.clone(),
                    })
                });
                Some(Input::Key(owner.map_err(|error| error.name)))
            }
            Event::CallEffectsLoaded(loaded) => {
                self.call.loaded(loaded, client);
                None
            }
            event @ (Event::Hardware(_)
            | Event::SwitchCamera
            | Event::Peer(..)
            | Event::Capture(_)
            | Event::Direct(_)
            | Event::Share(_)
            | Event::Later(_)
            | Event::StatsTick(_)
            | Event::AudioLevelTick(_)
            | Event::LeftCall { .. }
            | Event::Stats(..)) => self.call.translate(event, client),
            Event::ContactsWritten(kept) => {
                self.is_writing = false;
                self.write_next();
                if let Some(tabs) = &self.tabs {
                    tabs.post();
                }
                Some(Input::ContactsWritten(kept))
            }
        }
    }

    /// `view` is what it was when the client asked.
    pub(super) fn run(&mut self, output: Output, view: &View) {
        match output {
            Output::OpenSocket(id) => self.open_socket(id),
            Output::Transmit(text) => {
                if let Some((_, socket)) = &self.socket {
                    socket.send(&text);
                }
            }
            Output::CloseSocket(id) => {
                self.socket.take_if(|(open, _)| *open == id);
            }
            Output::AbandonSocket(id) => {
                if let Some((_, socket)) = self.socket.take_if(|(open, _)| *open == id) {
                    socket.close(close_code::RECONNECTING);
                }
            }
            Output::ProbeHttp => self.later(async |inbox| {
                // What cannot be loaded says that it does not.
                if let Ok(answer) = lazy::probe_http().await {
                    inbox.post(Event::Client(Input::HttpProbed(answer.await)));
                }
            }),
            Output::FindKey => self.later(async |inbox| {
                inbox.post(Event::Key(Identity::kept().await));
            }),
            Output::GenerateKey => self.later(async |inbox| {
                inbox.post(Event::Key(Identity::make().await.map(Some)));
            }),
            Output::SignLogin { socket, challenge } => self.sign_login(socket, challenge),
            Output::LoadCalls => self.later(async |inbox| {
                let calls = lazy::calls().await.ok();
                inbox.post(Event::Client(Input::CallsLoaded(calls)));
            }),
            Output::Sign { request, message } => self.sign(request, message),
            Output::CheckSignature { request, claim } => self.check_signature(request, claim),
            output @ (Output::Call(_) | Output::SetIceServers(_) | Output::SendDataChannel(..)) => {
                self.call.run(output, view)
            }
            Output::PreloadChunk => self.call.load(),
            Output::PrefetchChunk => self.later(async |inbox| {
                if !network_information::saves_data() {
                    window::idle().await;
                    // First what a friend's call waits for; whoever needs it tries again.
                    let _ = chunk::preload_ring().await;
                    inbox.post(Event::Idle);
                }
            }),
            Output::RunCheck { online } => {
                let servers = view.ice_servers.clone();
                self.later(async move |inbox| {
                    match lazy::run_check(servers, online, inbox.clone()).await {
                        Ok(running) => running.await,
                        Err(chunk::NotLoaded) => {
                            inbox.post(Event::Client(Input::CheckUnavailable));
                        }
                    }
                });
            }
            Output::ReadContacts(read) => self.read_contacts(read),
            Output::WriteContacts(writes) => {
                self.writes.push_back(writes);
                self.write_next();
            }
            Output::Store(setting) => settings::store(setting),
            Output::ForgetMe => self.later(async |inbox| {
                let error = match lazy::forget_everything().await {
                    Ok(forgotten) => forgotten.await.err().map(|error| error.name),
                    Err(chunk::NotLoaded) => Some("NetworkError".to_owned()),
                };
                match error {
                    None => location::replace("/"),
                    Some(name) => inbox.post(Event::Client(Input::ForgetFailed(name))),
                }
            }),
            Output::Reload => location::replace("/"),
            Output::LoadAnew(anew) => {
                load_anew(anew, self.is_writing || !self.writes.is_empty());
            }
            // The loop's own.
            Output::Changed(_) => {}
        }
    }

    /// Runs something that takes time, and that posts what came of it.
    fn later<F: Future<Output = ()> + 'static>(&self, run: impl FnOnce(Inbox) -> F) {
        spawn_local(run(self.inbox.clone()));
    }

    fn open_socket(&mut self, id: SocketId) {
        let inbox = self.inbox.clone();
        let report = move |event| {
            let event = match event {
                WebSocketEvent::Open => SocketEvent::Open,
                WebSocketEvent::Text(text) => SocketEvent::Text(text),
                WebSocketEvent::Binary => SocketEvent::Binary,
                WebSocketEvent::Closed { code, reason } => SocketEvent::Closed { code, reason },
            };
            inbox.post(Event::Client(Input::Socket(id, event)));
        };
        self.socket = WebSocket::open("/ws", report)
            .ok()
            .map(|socket| (id, socket));
        if self.socket.is_none() {
            let refused = Input::Socket(id, SocketEvent::Refused);
            self.inbox.post(Event::Client(refused));
        }
    }

    fn sign_login(&self, socket: SocketId, challenge: String) {
        let key = self.key.clone();
        self.later(async move |inbox| {
            let signed = match key {
                Some(key) => key.sign_login(&challenge).await.map_err(|error| error.name),
                None => Err("InvalidStateError".to_owned()),
            };
            inbox.post(Event::Client(Input::LoginSigned(socket, signed)));
        });
    }

    fn sign(&self, request: RequestId, message: Vec<u8>) {
        let key = self.key.clone();
        self.later(async move |inbox| {
            let signature = match key {
                Some(key) => key.sign(&message).await.ok(),
                None => None,
            };
            let signature = signature.map(Signature::from_bytes);
            inbox.post(Event::Client(Input::Signed(request, signature)));
        });
    }

    fn check_signature(&self, request: RequestId, claim: SignatureClaim) {
        self.later(async move |inbox| {
            // Code that cannot be loaded has not said yes.
            let valid = match lazy::check_signature(claim).await {
                Ok(checking) => checking.await,
                Err(chunk::NotLoaded) => false,
            };
            inbox.post(Event::Client(Input::SignatureChecked(request, valid)));
        });
    }

    fn read_contacts(&mut self, read: ContactsRead) {
        if self.tabs.is_none() {
            let inbox = self.inbox.clone();
            self.tabs = BroadcastChannel::open("wimpex.contacts", move || {
                inbox.post(Event::Client(Input::ContactsChangedElsewhere));
            });
        }
        self.later(async move |inbox| {
            let contacts = match lazy::read_contacts().await {
                Ok(reading) => reading.await,
                Err(chunk::NotLoaded) => None,
            };
            inbox.post(Event::Client(Input::ContactsRead(read, contacts)));
        });
    }

    fn write_next(&mut self) {
        if self.is_writing {
            return;
        }
        if let Some(writes) = self.writes.pop_front() {
            self.is_writing = true;
            self.later(async move |inbox| {
                let kept = match lazy::write_contacts(writes).await {
                    Ok(writing) => writing.await,
                    Err(chunk::NotLoaded) => false,
                };
                inbox.post(Event::ContactsWritten(kept));
            });
        }
    }
}
