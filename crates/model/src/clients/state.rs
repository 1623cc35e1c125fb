//! All tabs, the server and what is on its way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_call::{PeerConnectionId, State as Phase};
use wimpex_client::{Command, Input, InputOf, ServerState, SocketEvent};
use wimpex_sansio::{Machine, Now, UnixTime, outputs};
use wimpex_verification::Assurance;

use super::action::ClientsAction;
use super::bounds::ClientsBounds;
use super::host::TabHost;
use super::rule::ClientsRule;
use super::server::{Effect, Link, Server};
use super::tab::{Heard, Request, Tab};
use crate::browser::{self, Connection};
use crate::hashed::Hashed;

/// 2026-01-01 by everybody's wall clock when the monotonic one is at zero.
const EPOCH: u64 = 1_767_225_600_000;
/// More steps than any exchange takes that comes to rest.
const STEPS: usize = 1_000;

/// On its way to the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Up {
    Open,
    Text(String),
    /// Whether the session is kept.
    Close(bool),
}

/// What may still happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientsLeft {
    /// One bit for each call that may still be started.
    pub(crate) calls: u8,
    pub(crate) hang_ups: u8,
    pub(crate) declines: u8,
    pub(crate) breaks: u8,
    pub(crate) silences: u8,
    pub(crate) lost: u8,
    pub(crate) forgotten: u8,
    pub(crate) restarts: u8,
    pub(crate) reloads: u8,
    pub(crate) cuts: u8,
    pub(crate) closes: u8,
    pub(crate) hasty_timers: u8,
}

/// Everything, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientsState {
    pub(crate) now: Now,
    /// When a person last did something, or something went wrong.
    pub(crate) disturbed_at: Now,
    pub(crate) tabs: Vec<Hashed<Tab>>,
    pub(crate) server: Hashed<Server>,
    /// What is on its way to the server, and to clients; never empty.
    pub(crate) up: BTreeMap<Link, VecDeque<Hashed<Up>>>,
    pub(crate) down: BTreeMap<Link, VecDeque<Hashed<SocketEvent>>>,
    /// Sockets over which nothing gets through any more.
    pub(crate) silent: BTreeSet<Link>,
    pub(crate) left: ClientsLeft,
    /// The rule that does not hold.
    pub(crate) broken: Option<ClientsRule>,
}

impl ClientsState {
    pub(crate) fn new(bounds: &ClientsBounds) -> Self {
        let now = Now::ZERO;
        let mut state = Self {
            now,
            disturbed_at: now,
            tabs: (0..2).map(|tab| Hashed::new(Tab::new(tab, now))).collect(),
            server: Hashed::new(Server::default()),
            up: BTreeMap::new(),
            down: BTreeMap::new(),
            silent: BTreeSet::new(),
            left: ClientsLeft {
                calls: (1 << bounds.calls.len()) - 1,
                hang_ups: bounds.hang_ups,
                declines: bounds.declines,
                breaks: bounds.breaks,
                silences: bounds.silences,
                lost: bounds.lost,
                forgotten: bounds.forgotten,
                restarts: bounds.restarts,
                reloads: bounds.reloads,
                cuts: bounds.cuts,
                closes: bounds.closes,
                hasty_timers: bounds.hasty_timers,
            },
            broken: None,
        };
        for who in 0..state.tabs.len() {
            state.begin(bounds, who);
        }
        // Each has opened the other's link, so that a forgery would alert them.
        for who in 0..state.tabs.len() {
            let peer = state.tabs[1 - who].user().clone();
            state.input(bounds, who, Input::Command(Command::OpenLink(peer, None)));
        }
        if !bounds.from_login {
            state.run_to_rest(bounds);
        }
        state
    }

    /// A page has just been opened.
    fn begin(&mut self, bounds: &ClientsBounds, who: usize) {
        let wall = UnixTime::from_millis(EPOCH + self.now.as_millis());
        self.inputs(bounds, who, VecDeque::new());
        self.input(bounds, who, Input::WallClock(wall));
    }

    pub(crate) fn reload(&mut self, bounds: &ClientsBounds, who: usize) {
        if let Some(link) = self.tabs[who].socket {
            self.cut_socket(link);
            self.serve(|server| server.closed(link, true));
        }
        let now = self.now;
        let open: Vec<(PeerConnectionId, Connection)> = self.tabs[who]
            .browser
            .connections
            .clone()
            .into_iter()
            .collect();
        self.tabs[who].change(|tab| tab.reload(now));
        for (id, connection) in open {
            self.hang_up_connection(who, id, &connection, None);
        }
        self.begin(bounds, who);
    }

    /// From here on everything is decided within [`super::rule::PATIENCE`].
    pub(crate) fn disturb(&mut self) {
        self.disturbed_at = self.now;
    }

    /// One input of a client, and what its browser and the server do at once because of
    /// it.
    pub(crate) fn input(&mut self, bounds: &ClientsBounds, who: usize, input: InputOf<TabHost>) {
        self.inputs(bounds, who, VecDeque::from([input]));
    }

    fn inputs(
        &mut self,
        bounds: &ClientsBounds,
        who: usize,
        mut inputs: VecDeque<InputOf<TabHost>>,
    ) {
        loop {
            let mut tab = Tab::clone(&self.tabs[who]);
            if let Some(input) = inputs.pop_front() {
                tab.client.handle(input, self.now);
            }
            let wanted: Vec<_> = outputs(&mut tab.client).collect();
            let mut requests = Vec::new();
            for output in wanted {
                if tab
                    .perform(output, bounds, &mut inputs, &mut requests)
                    .is_err()
                {
                    self.broken = Some(ClientsRule::BrowsersAreAskedRight);
                }
            }
            match tab.phase() {
                Phase::Connected => {
                    tab.connected_at.get_or_insert(self.now);
                }
                Phase::Reconnecting => {}
                Phase::Idle
                | Phase::Calling
                | Phase::Ringing
                | Phase::Connecting
                | Phase::Ended => {
                    tab.connected_at = None;
                }
            }
            self.tabs[who] = Hashed::new(tab);
            for request in requests {
                self.carry_out(bounds, who, request);
            }
            if inputs.is_empty() {
                return;
            }
        }
    }

    fn carry_out(&mut self, bounds: &ClientsBounds, who: usize, request: Request) {
        match request {
            Request::Open(link) => self.send_up(bounds, link, Up::Open),
            Request::Send(link, text) => self.send_up(bounds, link, Up::Text(text)),
            Request::Close(link, keep) => {
                // The client hears nothing more of it.
                self.down.remove(&link);
                self.send_up(bounds, link, Up::Close(keep));
            }
            Request::Say(id, text) => {
                let open = self.tabs[who].browser.connections.get(&id);
                let linked = open.and_then(|open| open.linked.filter(|_| open.broken.is_none()));
                if let Some((other, theirs)) = linked
                    && self.tabs[other].browser.connections.contains_key(&theirs)
                {
                    self.tabs[other]
                        .change(|tab| tab.channel.push_back((theirs, Heard::Text(text))));
                }
            }
            Request::Gone(id, connection, goodbye) => {
                self.hang_up_connection(who, id, &connection, goodbye);
            }
        }
    }

    /// The other end of a connection hears that it is closed, if it flowed.
    pub(crate) fn hang_up_connection(
        &mut self,
        who: usize,
        id: PeerConnectionId,
        closed: &Connection,
        goodbye: Option<String>,
    ) {
        let words = goodbye.map(Heard::Text).into_iter().chain([Heard::Closed]);
        let words: Vec<Heard> = words.collect();
        for (at, tab) in self.tabs.iter_mut().enumerate() {
            let mut connections = tab.browser.connections.iter();
            let listener = connections.find(|(own, it)| {
                let is_other_end =
                    it.linked == Some((who, id)) || closed.linked == Some((at, **own));
                is_other_end && it.broken.is_none() && closed.broken.is_none()
            });
            if let Some(own) = listener.map(|(own, _)| *own) {
                tab.change(|tab| {
                    let words = words.iter().map(|word| (own, word.clone()));
                    tab.channel.extend(words);
                });
            }
        }
    }

    fn send_up(&mut self, bounds: &ClientsBounds, link: Link, frame: Up) {
        if self.silent.contains(&link) {
            return;
        }
        let frame = Hashed::new(frame);
        if bounds.slow_uplink {
            self.up.entry(link).or_default().push_back(frame);
        } else {
            self.arrive(link, &frame);
        }
    }

    pub(crate) fn arrive(&mut self, link: Link, frame: &Up) {
        match frame {
            Up::Open => {
                self.send_down(link, SocketEvent::Open);
                let wall = UnixTime::from_millis(EPOCH + self.now.as_millis());
                self.serve(|server| server.open(link, wall));
            }
            Up::Text(text) => self.serve(|server| server.receive(link, text)),
            Up::Close(keep) => self.serve(|server| server.closed(link, *keep)),
        }
    }

    pub(crate) fn serve(&mut self, serve: impl FnOnce(&mut Server) -> Vec<Effect>) {
        for effect in self.server.change(serve) {
            match effect {
                Effect::Send(link, text) => self.send_down(link, SocketEvent::Text(text)),
                Effect::Close(link, code) => self.send_down(
                    link,
                    SocketEvent::Closed {
                        code,
                        reason: String::new(),
                    },
                ),
            }
        }
    }

    pub(crate) fn send_down(&mut self, link: Link, event: SocketEvent) {
        // A socket that the client has let go of tells nothing any more.
        if !self.silent.contains(&link) && self.tabs[link.tab].socket == Some(link) {
            self.down
                .entry(link)
                .or_default()
                .push_back(Hashed::new(event));
        }
    }

    pub(crate) fn take_up(&mut self, link: Link) -> Option<Hashed<Up>> {
        let frame = self.up.get_mut(&link)?.pop_front();
        self.up.retain(|_, frames| !frames.is_empty());
        frame
    }

    pub(crate) fn take_down(&mut self, link: Link) -> Option<Hashed<SocketEvent>> {
        self.take_down_first(link, |_| true)
    }

    /// The first of such events.
    pub(crate) fn take_down_first(
        &mut self,
        link: Link,
        is_such: fn(&SocketEvent) -> bool,
    ) -> Option<Hashed<SocketEvent>> {
        let events = self.down.get_mut(&link)?;
        let place = events.iter().position(|event| is_such(event))?;
        let event = events.remove(place);
        self.down.retain(|_, events| !events.is_empty());
        event
    }

    /// What is on its way over a socket is lost.
    pub(crate) fn cut_socket(&mut self, link: Link) {
        self.up.remove(&link);
        self.down.remove(&link);
    }

    fn browsers(&self) -> impl Iterator<Item = &browser::Browser> {
        self.tabs.iter().map(|tab| &tab.browser)
    }

    pub(crate) fn partner(
        &self,
        who: usize,
        id: PeerConnectionId,
    ) -> Option<(usize, PeerConnectionId)> {
        let own = self.tabs[who].browser.connections.get(&id)?;
        browser::partner(self.browsers(), who, own)
    }

    pub(crate) fn is_cut(&self, who: usize, id: PeerConnectionId) -> bool {
        let own = self.tabs[who].browser.connections.get(&id);
        own.is_some_and(|own| browser::is_cut(self.browsers(), own))
    }

    /// Whether a handshake goes on against its deadline.
    pub(crate) fn is_proving(&self) -> bool {
        self.tabs.iter().any(|tab| {
            tab.connected_at.is_some() && tab.client.view().trust.assurance == Assurance::Pending
        })
    }

    /// Whether time has to pass until everything is decided.
    pub(crate) fn is_undecided(&self) -> bool {
        !self.is_online() || !self.is_decided()
    }

    pub(crate) fn is_online(&self) -> bool {
        self.tabs.iter().all(|tab| {
            let works = tab.socket.is_some_and(|link| !self.silent.contains(&link));
            works && tab.client.view().server == ServerState::Online
        })
    }

    fn is_decided(&self) -> bool {
        self.tabs.iter().all(|tab| match tab.phase() {
            Phase::Idle | Phase::Ended => true,
            Phase::Connected => tab.client.view().trust.assurance != Assurance::Pending,
            Phase::Calling | Phase::Ringing | Phase::Connecting | Phase::Reconnecting => false,
        })
    }

    /// Nothing will happen any more, unless a person wants it.
    pub(crate) fn is_at_rest(&self) -> bool {
        !self.is_undecided() && self.progress().is_empty()
    }

    /// Both are connected, and have proved to each other who they are.
    pub(crate) fn is_proved(&self) -> bool {
        self.tabs.iter().all(|tab| {
            let assurance = tab.client.view().trust.assurance;
            tab.phase() == Phase::Connected && matches!(assurance, Assurance::KeyProved(_))
        })
    }

    /// Lets everything happen that happens by itself, the first thing first.
    pub(crate) fn run_to_rest(&mut self, bounds: &ClientsBounds) {
        for _ in 0..STEPS {
            match self.progress().into_iter().next() {
                Some(action) => self.step(bounds, action),
                None if self.is_undecided() => self.step(bounds, ClientsAction::Wait),
                None => return,
            }
        }
        self.broken = Some(ClientsRule::DecidedInTheEnd);
    }
}
