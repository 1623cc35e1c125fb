//! The clients, their tabs, and the time that passes for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wimpex_call::{CallMachine, Command as CallCommand, State};
use wimpex_client::{
    Client, Command, ContactsRead, Host, HttpAnswer, Input, KeyOwner, LoadAnew, SocketEvent,
    SocketId, Stored, View,
};
use wimpex_contacts::Contacts;
use wimpex_protocol::{CallId, CallType, ServerMessage};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::Verifier;

use super::browser::Browser;
use super::flight::{ClientInput, Flight, Lane};
use super::people::{ALICE, BOB, name, public_key, user};
use super::rng::Rng;
use super::server::{Effect, Link, Server};

/// 2026-01-01, so that offers are fresh for everybody.
pub const EPOCH: u64 = 1_767_225_600_000;

/// The host of a client under test.
#[derive(Debug)]
pub struct TestHost {
    rng: Rng,
    pub notes: Vec<String>,
}

impl Host for TestHost {
    type Verifier = Verifier;
    type Calls = Box<CallMachine>;

    fn random(&mut self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        for half in bytes.chunks_mut(8) {
            half.copy_from_slice(&self.rng.next().to_be_bytes());
        }
        Some(bytes)
    }

    fn note(&mut self, text: &str, now: Now) {
        self.notes.push(format!("{:>7} {text}", now.as_millis()));
    }
}

/// One tab: a client, its browser, and what outlives both.
#[derive(Debug)]
pub struct Tab {
    pub client: Client<TestHost>,
    pub browser: Browser,
    pub owner: Option<KeyOwner>,
    /// The person whose browser it is; tabs of one person share the database.
    pub person: usize,
    pub stored: Stored,
    /// How many pages this tab has had.
    pub life: u32,
    /// Nothing gets through, and nobody is told.
    pub is_cut_off: bool,
    /// Nobody would notice if the page was loaded anew.
    pub is_quiet: bool,
    /// What the page loads later can still be had.
    pub has_parts: bool,
    armed: Option<Now>,
}

pub struct World {
    pub tabs: Vec<Tab>,
    pub server: Server,
    /// The database of each person.
    pub databases: BTreeMap<usize, Contacts>,
    pub now: Now,
    pub rng: Rng,
    /// Delays on links, in milliseconds, are below this.
    pub delay: u64,
    /// Whether media can flow between browsers.
    pub path: bool,
    /// How long a browser looks for a key.
    pub key_takes: Duration,
    /// What the server says over http, where no WebSocket comes about.
    pub http_answer: HttpAnswer,
    /// How often it fails with this error before it finds one.
    pub key_fails: Vec<&'static str>,
    /// How long the verifier's code takes to load.
    pub verifier_takes: Duration,
    /// Which build of the page is given out.
    pub served_build: Option<String>,
    flights: BTreeMap<(Now, u64), Flight>,
    /// What arrives for, or comes from, a tab that is cut off: TCP sends it again.
    held: Vec<(usize, Flight)>,
    /// A WebSocket delivers in order: when its last frame arrives, each way.
    last_arrival: BTreeMap<(Link, bool), Now>,
    /// The same of what a browser answers in order.
    last_answer: BTreeMap<(usize, Lane), Now>,
    sent: u64,
    /// Calls that lost a collision: another call of the same two took their place.
    pub superseded: BTreeSet<CallId>,
}

impl World {
    /// One tab for each entry: whose it is. All have a name and a key.
    pub fn new(seed: u64, people: &[usize]) -> Self {
        let mut world = Self {
            tabs: Vec::new(),
            server: Server::default(),
            databases: BTreeMap::new(),
            now: Now::ZERO,
            rng: Rng(seed),
            delay: 30,
            path: true,
            key_takes: Duration::ZERO,
            http_answer: HttpAnswer::None,
            key_fails: Vec::new(),
            verifier_takes: Duration::ZERO,
            served_build: None,
            flights: BTreeMap::new(),
            held: Vec::new(),
            last_arrival: BTreeMap::new(),
            last_answer: BTreeMap::new(),
            sent: 0,
            superseded: BTreeSet::new(),
        };
        for person in people {
            let stored = Stored {
                name: Some(name(*person)),
                user: Some(user(*person)),
                ..Stored::default()
            };
            let owner = KeyOwner {
                user: user(*person),
                public_key: public_key(*person).encode(),
            };
            let client = world.fresh_client(stored.clone());
            world.tabs.push(Tab {
                client,
                browser: Browser::default(),
                owner: Some(owner),
                person: *person,
                stored,
                life: 0,
                is_cut_off: false,
                is_quiet: true,
                has_parts: true,
                armed: None,
            });
            world.start(world.tabs.len() - 1);
        }
        world
    }

    /// Alice and Bob, one tab each, logged in.
    pub fn alice_and_bob(seed: u64) -> Self {
        let mut world = Self::new(seed, &[ALICE, BOB]);
        world.pass(Duration::from_secs(2));
        world
    }

    fn fresh_client(&mut self, stored: Stored) -> Client<TestHost> {
        let host = TestHost {
            rng: Rng(self.rng.next()),
            notes: Vec::new(),
        };
        let ring = wimpex_call::limits::RING;
        Client::new(host, stored, ring, self.rng.next(), self.now)
    }

    /// A page begins: the shell tells the wall clock, and carries out what it asks for.
    fn start(&mut self, tab: usize) {
        self.run(tab);
        let wall = UnixTime::from_millis(EPOCH + self.now.as_millis());
        self.input(tab, Input::WallClock(wall));
    }

    pub fn view(&self, tab: usize) -> &View {
        self.tabs[tab].client.view()
    }

    /// The calls of a tab that are not over: the one that is seen, then a second one.
    pub fn calls(&self, tab: usize) -> Vec<CallId> {
        let view = &self.view(tab).call;
        let calls = [&view.call, &view.waiting, &view.held];
        let calls = calls.into_iter().flatten();
        calls.map(|call| call.call_id.clone()).collect()
    }

    pub fn last_read(&self, tab: usize) -> ContactsRead {
        self.tabs[tab].browser.last_read
    }

    pub fn state(&self, tab: usize) -> State {
        self.view(tab).call.state
    }

    pub fn states(&self) -> Vec<State> {
        (0..self.tabs.len()).map(|tab| self.state(tab)).collect()
    }

    pub fn command(&mut self, tab: usize, command: Command) {
        self.input(tab, Input::Command(command));
    }

    pub fn call_command(&mut self, tab: usize, command: CallCommand) {
        self.command(tab, Command::Call(command));
    }

    pub fn start_call(&mut self, tab: usize, peer: usize) {
        let peer = user(self.tabs[peer].person);
        let call_type = CallType::Video;
        self.command(tab, Command::StartCall { peer, call_type });
    }

    pub fn accept(&mut self, tab: usize) {
        self.call_command(tab, CallCommand::Accept { camera: true });
    }

    /// One input, and all that the tab's shell does at once because of it.
    pub fn input(&mut self, tab: usize, input: ClientInput) {
        let now = self.now;
        let before = self.calls(tab);
        self.tabs[tab].client.handle(input, now);
        // Another call may have taken its place and ended at once.
        let ended = self.view(tab).call.ended.as_ref();
        let mut after = self.calls(tab);
        after.extend(ended.map(|ended| ended.call_id.clone()));
        let lost = before.into_iter().filter(|id| !after.contains(id));
        self.superseded.extend(lost);
        self.run(tab);
    }

    fn run(&mut self, tab: usize) {
        while let Some(output) = self.tabs[tab].client.poll_output() {
            self.perform(tab, output);
        }
        self.tabs[tab].armed = self.tabs[tab].client.poll_timeout();
    }

    pub(super) fn link(&self, tab: usize, socket: SocketId) -> Link {
        let life = self.tabs[tab].life;
        Link {
            tab,
            life,
            socket: socket.0,
        }
    }

    pub(super) fn fly(&mut self, at: Now, flight: Flight) {
        self.sent += 1;
        self.flights.insert((at, self.sent), flight);
    }

    /// Puts something on a socket: later than what went before, the same way.
    pub(super) fn fly_over(&mut self, link: Link, to_server: bool, flight: Flight) {
        let delay = self.rng.below(self.delay.max(1));
        let before = self.last_arrival.get(&(link, to_server)).copied();
        let at = (self.now + delay).max(before.unwrap_or_default());
        self.last_arrival.insert((link, to_server), at);
        self.fly(at, flight);
    }

    /// The browser answers, a little later. What a peer connection reports, and what the
    /// database answers, keeps its order.
    pub(super) fn answer(&mut self, tab: usize, input: ClientInput) {
        let life = self.tabs[tab].life;
        let mut at = self.now + self.rng.below(5);
        match input {
            Input::Key(_) => at = at + self.key_takes,
            Input::CallsLoaded(_) => at = at + self.verifier_takes,
            _ => {}
        }
        if let Some(lane) = Lane::of(&input) {
            let last = self.last_answer.entry((tab, lane)).or_default();
            at = at.max(*last);
            *last = at;
        }
        let input = Box::new(input);
        self.fly(at, Flight::Browser { tab, life, input });
    }

    fn arrive(&mut self, flight: Flight) {
        let link = match &flight {
            Flight::ToServer(link, _)
            | Flight::ToClient(link, _)
            | Flight::Opens(link)
            | Flight::Closes(link, _) => Some(*link),
            Flight::Browser { .. } => None,
        };
        if let Some(link) = link.filter(|link| self.tabs[link.tab].is_cut_off) {
            self.held.push((link.tab, flight));
            return;
        }
        match flight {
            Flight::ToServer(link, text) => self.server.receive(link, &text, self.now),
            Flight::Opens(link) => {
                if self.tabs[link.tab].life == link.life {
                    self.server.open(link);
                    self.fly_over(link, false, Flight::ToClient(link, SocketEvent::Open));
                }
            }
            Flight::Closes(link, comes_back) => self.server.closed(link, comes_back, self.now),
            Flight::ToClient(link, event) => {
                if self.tabs[link.tab].life == link.life {
                    let socket = SocketId(link.socket);
                    self.input(link.tab, Input::Socket(socket, event));
                    self.server.pong(link, self.now);
                }
            }
            Flight::Browser { tab, life, input } => {
                if self.tabs[tab].life == life {
                    self.input(tab, *input);
                }
            }
        }
        self.serve();
    }

    /// Nothing gets through to or from this tab any more, and nobody is told; or it does
    /// again, in order.
    pub fn set_cut_off(&mut self, tab: usize, is_cut_off: bool) {
        self.tabs[tab].is_cut_off = is_cut_off;
        if !is_cut_off {
            let held = std::mem::take(&mut self.held);
            let (released, held) = held.into_iter().partition(|(of, _)| *of == tab);
            self.held = held;
            for (_, flight) in released {
                self.arrive(flight);
            }
        }
    }

    /// Sends what the server has to say.
    fn serve(&mut self) {
        for effect in self.server.take_effects() {
            match effect {
                Effect::Send(link, text) => {
                    let event = SocketEvent::Text(text);
                    self.fly_over(link, false, Flight::ToClient(link, event));
                }
                Effect::Close(link, code) => {
                    let event = SocketEvent::Closed {
                        code,
                        reason: String::new(),
                    };
                    self.fly_over(link, false, Flight::ToClient(link, event));
                }
            }
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for step in 0.. {
            assert!(step < 200_000, "the clients never fall silent");
            self.check_connections();
            let flight = self.flights.keys().next().map(|(at, _)| *at);
            let timer = (0..self.tabs.len())
                .filter_map(|tab| Some((self.tabs[tab].armed?, tab)))
                .min();
            let server = self.server.poll_timeout();
            let next = [flight, timer.map(|(at, _)| at), server]
                .into_iter()
                .flatten()
                .min();
            let Some(next) = next.filter(|at| *at <= until) else {
                break;
            };
            self.now = self.now.max(next);
            if flight == Some(next) {
                let (_, flight) = self.flights.pop_first().unwrap();
                self.arrive(flight);
            } else if let Some((at, tab)) = timer
                && at == next
            {
                self.input(tab, Input::Timeout);
            } else {
                // The transport under a socket that works answers the server's pings.
                self.answer_pings();
                self.server.timeout(self.now);
                self.serve();
            }
        }
        self.now = until;
    }

    fn answer_pings(&mut self) {
        for tab in 0..self.tabs.len() {
            if !self.tabs[tab].is_cut_off
                && let Some(socket) = self.tabs[tab].browser.socket
            {
                let link = self.link(tab, socket);
                self.server.pong(link, self.now);
            }
        }
    }

    /// Passes time until it is so, at most for `limit`.
    pub fn pass_until(&mut self, limit: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + limit;
        while !is_so(self) {
            if self.now >= end {
                return false;
            }
            self.pass(Duration::from_millis(50));
        }
        true
    }

    /// The tab's page is loaded anew, or its browser was killed and is back: what was in
    /// memory is gone.
    pub fn crash(&mut self, tab: usize) {
        if let Some(socket) = self.tabs[tab].browser.socket {
            let link = self.link(tab, socket);
            self.fly_over(link, true, Flight::Closes(link, true));
        }
        let stored = self.tabs[tab].stored.clone();
        self.tabs[tab].browser = Browser::default();
        self.tabs[tab].life += 1;
        self.tabs[tab].client = self.fresh_client(stored);
        self.start(tab);
    }

    /// The page is loaded anew for this build, and gets what the server has.
    pub(super) fn load_anew(&mut self, tab: usize, anew: LoadAnew) {
        self.tabs[tab].browser.reloads += 1;
        let reloads = self.tabs[tab].browser.reloads;
        let stored = &mut self.tabs[tab].stored;
        let before = stored.loaded_for.take().unwrap_or_default();
        stored.loaded_for = Some(format!("{before} {}", anew.build));
        stored.build.clone_from(&self.served_build);
        self.tabs[tab].has_parts = true;
        self.crash(tab);
        self.tabs[tab].browser.reloads = reloads;
        self.tabs[tab].browser.callee = anew.callee;
    }

    /// The server is replaced by one with another build of the page.
    pub fn upgrade_server(&mut self, build: &str) {
        self.served_build = Some(build.to_owned());
        self.crash_server();
        self.server.build = Some(build.to_owned());
    }

    /// The server passes a message on to all devices of this person.
    pub fn relay_to(&mut self, person: usize, message: ServerMessage) {
        self.server.relay_to(&user(person), &message);
        self.serve();
    }

    /// The server is killed and starts anew.
    pub fn crash_server(&mut self) {
        for link in self.server.crash() {
            let event = SocketEvent::Closed {
                code: 1006,
                reason: String::new(),
            };
            self.fly_over(link, false, Flight::ToClient(link, event));
        }
    }

    /// The tab's socket breaks, and both ends are told.
    pub fn break_socket(&mut self, tab: usize) {
        if let Some(socket) = self.tabs[tab].browser.socket {
            let link = self.link(tab, socket);
            self.server.closed(link, true, self.now);
            let event = SocketEvent::Closed {
                code: 1006,
                reason: String::new(),
            };
            self.fly_over(link, false, Flight::ToClient(link, event));
        }
    }

    /// Everything works from now on, for long enough that nothing may be undecided.
    pub fn settle(&mut self) {
        self.path = true;
        for tab in 0..self.tabs.len() {
            self.set_cut_off(tab, false);
        }
        self.pass(Duration::from_secs(150));
    }
}
