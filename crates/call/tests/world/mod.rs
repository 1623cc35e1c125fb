//! Several machines, a server between them, and a browser for each, all in
//! virtual time: what a scenario test needs to tell its story.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod browser;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use wimpex_call::{
    CallMachine, Callee, Command, EndReason, Input, KeptCall, MediaError, MediaRequest, Output,
    PeerConnectionId, PeerConnectionState, Standing, State,
};
use wimpex_protocol::{CallEnd, CallId, CallRinging, CallType, DeviceId, Envelope, Signal, UserId};
use wimpex_sansio::{Machine, Now};

pub const ALICE: usize = 0;
pub const BOB: usize = 1;
pub const CAROL: usize = 2;

pub fn call_id(text: &str) -> CallId {
    CallId::parse(text).unwrap()
}

/// One `RTCPeerConnection`, as far as a call can tell.
#[derive(Clone, Debug, Default)]
struct Connection {
    local: Option<String>,
    remote: Option<String>,
    added: Vec<String>,
    offers: u32,
    connected: bool,
    /// The browser has closed it by itself.
    dead: bool,
    on_hold: bool,
    /// The tracks that are sent over it.
    sends: BTreeSet<(MediaRequest, &'static str)>,
}

/// One page: a machine and its browser.
pub struct Page {
    pub machine: CallMachine,
    pub user: UserId,
    pub device: DeviceId,
    /// How the browser answers `getUserMedia`; `None` leaves the prompt open.
    pub permission: Option<Result<(), MediaError>>,
    pub open_prompts: Vec<(MediaRequest, bool, bool)>,
    /// Tracks that are live: the camera's light is on while one is `video`.
    pub live: BTreeSet<(MediaRequest, &'static str)>,
    pub sent: Vec<Envelope>,
    pub outputs: Vec<Output>,
    /// What was said over connections before they were closed.
    pub goodbyes: Vec<CallEnd>,
    /// How many browsers before this one were killed: no description is made twice.
    lives: u32,
    /// Whether the page is logged in.
    pub online: bool,
    /// What has come since the browser froze the page, if it has.
    pub frozen: Option<Vec<Input>>,
    /// Whether descriptions are held back until [`World::describe_now`].
    pub slow_to_describe: bool,
    undescribed: Vec<(PeerConnectionId, bool)>,
    connections: BTreeMap<PeerConnectionId, Connection>,
}

impl Page {
    pub fn open_connections(&self) -> usize {
        self.connections.len()
    }

    /// What the live tracks of this kind are sent over.
    pub fn sends(&self, kind: &'static str) -> Vec<PeerConnectionId> {
        let sends = |connection: &Connection| {
            let mut live = self.live.iter().filter(|track| track.1 == kind);
            live.any(|track| connection.sends.contains(track))
        };
        let connections = self.connections.iter();
        let sending = connections.filter(|(_, connection)| sends(connection));
        sending.map(|(id, _)| *id).collect()
    }

    pub fn is_on_hold(&self, connection: PeerConnectionId) -> bool {
        self.connections[&connection].on_hold
    }

    pub fn camera_is_on(&self) -> bool {
        self.live.iter().any(|(_, kind)| *kind == "video")
    }

    pub fn candidates_added(&self) -> Vec<String> {
        self.connections
            .values()
            .flat_map(|c| c.added.clone())
            .collect()
    }

    pub fn end_reason(&self) -> Option<EndReason> {
        self.machine.snapshot().ended.map(|ended| ended.reason)
    }

    pub fn sent_types(&self) -> Vec<&'static str> {
        self.sent
            .iter()
            .map(|relayed| relayed.signal.type_name())
            .collect()
    }
}

pub struct World {
    pub pages: Vec<Page>,
    pub now: Now,
    /// What has been sent and not delivered: (from, message).
    pub wire: VecDeque<(usize, Envelope)>,
    /// Whether media can flow.
    pub path: bool,
    /// Whether pages know of `media-state`.
    pub tells: bool,
    /// Who knows whom: (page, of page).
    pub known: BTreeSet<(usize, usize)>,
    /// The server has whoever is offline woken by offers.
    pub wakes: bool,
}

impl World {
    /// Alice, Bob and Carol, with one page each.
    pub fn new() -> Self {
        Self::with(&[("alice", "a1"), ("bob", "b1"), ("carol", "c1")])
    }

    pub fn with(pages: &[(&str, &str)]) -> Self {
        let page = |&(user, device): &(&str, &str)| Page {
            machine: CallMachine::new(),
            user: UserId::parse(user).unwrap(),
            device: DeviceId::parse(device).unwrap(),
            permission: Some(Ok(())),
            open_prompts: Vec::new(),
            live: BTreeSet::new(),
            sent: Vec::new(),
            outputs: Vec::new(),
            goodbyes: Vec::new(),
            lives: 0,
            online: true,
            frozen: None,
            slow_to_describe: false,
            undescribed: Vec::new(),
            connections: BTreeMap::new(),
        };
        Self {
            pages: pages.iter().map(page).collect(),
            now: Now::ZERO,
            wire: VecDeque::new(),
            path: true,
            tells: true,
            known: BTreeSet::new(),
            wakes: false,
        }
    }

    pub fn state(&self, who: usize) -> State {
        self.pages[who].machine.state()
    }

    pub fn states(&self) -> Vec<State> {
        (0..self.pages.len()).map(|who| self.state(who)).collect()
    }

    pub fn callee(&self, who: usize) -> Callee {
        self.pages[who].machine.snapshot().call.unwrap().callee
    }

    pub fn end(&self, who: usize) -> Option<EndReason> {
        self.pages[who].end_reason()
    }

    /// One input and all that this page's browser does at once because of it.
    pub fn input(&mut self, who: usize, input: Input) {
        if let Some(held) = &mut self.pages[who].frozen {
            held.push(input);
            return;
        }
        self.pages[who].machine.handle(input, self.now);
        while let Some(output) = self.pages[who].machine.poll_output() {
            self.pages[who].outputs.push(output.clone());
            self.perform(who, output);
        }
    }

    pub fn command(&mut self, who: usize, command: Command) {
        self.input(who, Input::Command(command));
    }

    pub fn start_call(&mut self, who: usize, peer: usize, id: &str, call_type: CallType) {
        let peer = self.pages[peer].user.clone();
        let call_id = call_id(id);
        self.command(
            who,
            Command::StartCall {
                call_id,
                peer,
                call_type,
            },
        );
    }

    pub fn video_call(&mut self, who: usize, peer: usize, id: &str) {
        self.start_call(who, peer, id, CallType::Video);
    }

    pub fn accept(&mut self, who: usize) {
        self.command(who, Command::Accept { camera: true });
    }

    /// Alice calls Bob with video, who accepts.
    pub fn talk(&mut self) {
        self.video_call(ALICE, BOB, "call_1");
        self.settle();
        self.accept(BOB);
        self.settle();
    }

    /// Alice and Bob in a video call that Alice placed.
    pub fn connected() -> Self {
        let mut world = Self::new();
        world.talk();
        assert_eq!(world.state(ALICE), State::Connected);
        assert_eq!(world.state(BOB), State::Connected);
        world
    }

    /// Delivers everything that is on the wire, and what comes of it.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            self.check_connections();
            if !self.deliver() {
                return;
            }
        }
        panic!("the pages never fall silent");
    }

    /// Delivers the oldest message; says whether there was one.
    pub fn deliver(&mut self) -> bool {
        let Some((from, relayed)) = self.wire.pop_front() else {
            return false;
        };
        self.deliver_one(from, relayed);
        true
    }

    /// What the server does with one message.
    pub fn deliver_one(&mut self, from: usize, relayed: Envelope) {
        let receivers: Vec<usize> = (0..self.pages.len())
            .filter(|&who| {
                let page = &self.pages[who];
                who != from
                    && page.online
                    && page.user == relayed.to_id
                    && relayed
                        .to_device
                        .as_ref()
                        .is_none_or(|device| page.device == *device)
            })
            .collect();
        if receivers.is_empty()
            && let Some(call_id) = relayed.signal.call_id().cloned()
        {
            let offer = matches!(relayed.signal, Signal::CallOffer(_));
            self.input(
                from,
                match self.wakes && offer {
                    true => Input::PeerWaking { call_id },
                    false => Input::PeerOffline { call_id, offer },
                },
            );
        }
        for who in receivers {
            self.input(
                who,
                Input::Signal {
                    from: self.pages[from].user.clone(),
                    device: self.pages[from].device.clone(),
                    to_this_device: relayed.to_device.is_some(),
                    standing: if self.known.contains(&(who, from)) {
                        Standing::Known
                    } else {
                        Standing::Stranger
                    },
                    signal: relayed.signal.clone(),
                },
            );
        }
    }

    pub fn signal(&mut self, from: usize, to: usize, signal: Signal) {
        let relayed = Envelope {
            to_id: self.pages[to].user.clone(),
            to_device: None,
            from_id: None,
            from_device: None,
            signal,
        };
        self.deliver_one(from, relayed);
    }

    /// The server tells a page who of its peer is there.
    pub fn presence(&mut self, who: usize) {
        let calls = self.pages[who].machine.snapshot();
        let is_there = |page: &&Page| page.online && page.frozen.is_none();
        for call in [calls.call, calls.waiting, calls.held]
            .into_iter()
            .flatten()
        {
            let there = self
                .pages
                .iter()
                .filter(|p| is_there(p) && p.user == call.peer);
            let devices = there.map(|page| page.device.clone()).collect();
            let user = call.peer;
            self.input(who, Input::PeerDevices { user, devices });
        }
    }

    /// The server tells everybody.
    pub fn tell_presence(&mut self) {
        for who in 0..self.pages.len() {
            self.presence(who);
        }
    }

    /// A tab is closed, or its browser killed, and the server has noticed.
    pub fn vanish(&mut self, who: usize) {
        let page = &mut self.pages[who];
        page.machine = CallMachine::new();
        page.lives += 1;
        page.connections.clear();
        page.live.clear();
        self.away(who);
    }

    /// The page of a call is left, and what its browser has kept of the call. `says`: it had time
    /// to tell, as with a reload; a crash leaves none.
    pub fn leave_page(&mut self, who: usize, says: bool) -> Option<KeptCall> {
        let kept = self.pages[who].machine.keep(self.now);
        self.input(who, Input::Kept(kept.is_some()));
        if says {
            self.command(who, Command::LeavePage);
            self.settle();
        }
        self.vanish(who);
        kept
    }

    /// A page of the same device is there, and asks its user whether to return to the call.
    pub fn ask_to_return(&mut self, who: usize, kept: &KeptCall) {
        self.back(who);
        let ringing = CallRinging {
            call_id: kept.call_id.clone(),
            silently: false,
        };
        self.wire.push_back((
            who,
            Envelope {
                to_id: kept.peer.clone(),
                to_device: Some(kept.peer_device.clone()),
                from_id: None,
                from_device: None,
                signal: Signal::CallRinging(ringing),
            },
        ));
        self.settle();
    }

    /// The user returns to the call.
    pub fn return_to_call(&mut self, who: usize, kept: KeptCall) {
        self.pages[who].machine = CallMachine::returning(kept, self.now);
        // Whatever is first said to it: it has outputs already.
        self.input(who, Input::BatteryLow(false));
    }

    /// The server does not hear of a page any more.
    pub fn away(&mut self, who: usize) {
        self.pages[who].online = false;
        self.tell_presence();
    }

    /// It does again.
    pub fn back(&mut self, who: usize) {
        self.pages[who].online = true;
        self.tell_presence();
    }

    /// The browser stops a page; the server has no sign of that at first.
    pub fn freeze(&mut self, who: usize) {
        self.pages[who].frozen.get_or_insert_default();
    }

    /// The page goes on with all that has come meanwhile, and the server sees it.
    pub fn thaw(&mut self, who: usize) {
        for input in self.pages[who].frozen.take().unwrap_or_default() {
            self.input(who, input);
        }
        self.tell_presence();
    }

    /// The page's session with the server is a new one, and what was on the
    /// way to it and from it is lost.
    pub fn renew(&mut self, who: usize) {
        let device = self.pages[who].device.clone();
        let user = self.pages[who].user.clone();
        self.wire.retain(|(from, relayed)| {
            let all = relayed.to_device.is_none() && relayed.to_id == user;
            *from != who && relayed.to_device.as_ref() != Some(&device) && !all
        });
        self.input(who, Input::SessionRenewed);
        self.presence(who);
    }

    /// Lets time pass, waking each machine when it asked to be.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.settle();
            let next = (0..self.pages.len())
                .filter(|who| self.pages[*who].frozen.is_none())
                .filter_map(|who| Some((self.pages[who].machine.poll_timeout()?, who)))
                .min();
            match next {
                Some((at, who)) if at <= until => {
                    self.now = self.now.max(at);
                    self.input(who, Input::Timeout);
                }
                _ => break,
            }
        }
        self.now = until;
    }

    pub fn answer_prompt(&mut self, who: usize, outcome: Result<(), MediaError>) {
        let (request, audio, video) = self.pages[who].open_prompts.remove(0);
        for (asked, kind) in [(audio, "audio"), (video, "video")] {
            if asked && outcome.is_ok() {
                self.pages[who].live.insert((request, kind));
            }
        }
        let input = Input::Media {
            request,
            audio: audio.then_some(outcome),
            video: video.then_some(outcome),
        };
        self.input(who, input);
    }

    /// The path between everybody is cut, and the browsers notice.
    pub fn cut(&mut self, seen_as: PeerConnectionState) {
        self.path = false;
        for who in 0..self.pages.len() {
            let ids: Vec<_> = self.pages[who].connections.keys().copied().collect();
            for connection_id in ids {
                self.pages[who]
                    .connections
                    .get_mut(&connection_id)
                    .unwrap()
                    .connected = false;
                self.input(
                    who,
                    Input::ConnectionStateChanged {
                        connection: connection_id,
                        state: seen_as,
                    },
                );
            }
        }
    }

    /// The browser is done with all descriptions that it was asked for.
    pub fn describe_now(&mut self, who: usize) {
        self.pages[who].slow_to_describe = false;
        for (connection_id, offer) in std::mem::take(&mut self.pages[who].undescribed) {
            self.describe(who, connection_id, offer);
        }
    }

    /// Nothing is left of any call anywhere.
    pub fn assert_all_let_go(&self) {
        for page in &self.pages {
            assert_eq!(page.open_connections(), 0, "{} has a connection", page.user);
            assert!(page.live.is_empty(), "{} has a live track", page.user);
            assert_eq!(
                page.machine.poll_timeout(),
                None,
                "{} waits for something",
                page.user
            );
        }
    }
}
