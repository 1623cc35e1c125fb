//! All pages, the server and what is on the way; and whether the rules hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_call::{Command, Input, Output, PeerConnectionId, State as Phase, limits};
use wimpex_hub::Hub;
use wimpex_protocol::{CallId, ServerMessage, Signal};
use wimpex_sansio::{Machine, Now};

use crate::Bounds;
use crate::browser::{self, ChannelEvent, opens_media};
use crate::client::Client;
use crate::diagram::{self, Step};
use crate::hashed::Hashed;
use crate::rule::Rule;

/// What may still happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// One bit for each call that may still be started.
    pub(crate) calls: u32,
    pub(crate) hang_ups: u8,
    pub(crate) declines: u8,
    pub(crate) dismisses: u8,
    pub(crate) hasty_timers: u8,
    pub(crate) lost: u8,
    pub(crate) repeated: u8,
    pub(crate) late: u8,
    pub(crate) closed: u8,
    pub(crate) killed: u8,
    pub(crate) opened: u8,
    pub(crate) restarts: u8,
    pub(crate) blackouts: u8,
    pub(crate) cuts: u8,
    pub(crate) networks: u8,
    pub(crate) closes: u8,
    pub(crate) returns: u8,
    pub(crate) refusals: u8,
}

/// Everything, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(crate) clients: Vec<Hashed<Client>>,
    pub(crate) hub: Hashed<Hub>,
    pub(crate) sessions: u64,
    /// What is on the way, by (receiver, sender).
    pub(crate) links: BTreeMap<(usize, usize), Vec<Hashed<ServerMessage>>>,
    /// Whether what comes from several senders may cross.
    pub(crate) crossing: bool,
    /// Calls that a callee has accepted.
    pub(crate) accepted: BTreeSet<CallId>,
    /// A message was lost against the promise of the signaling connection, so
    /// that somebody may wait until a timer ends it.
    pub(crate) broke_promise: bool,
    /// A page was left before the other side could know that it may come back.
    pub(crate) left_early: bool,
    pub(crate) left: Left,
    /// The rule that does not hold.
    pub(crate) broken: Option<Rule>,
}

impl State {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        let pages = bounds.pages.iter();
        let mut state = Self {
            clients: pages
                .map(|(user, device)| Hashed::new(Client::new(user, device)))
                .collect(),
            hub: Hashed::new(Hub::default()),
            sessions: 0,
            links: BTreeMap::new(),
            crossing: bounds.crossing,
            accepted: BTreeSet::new(),
            broke_promise: false,
            left_early: false,
            left: Left {
                calls: (1 << bounds.calls.len()) - 1,
                hang_ups: bounds.hang_ups,
                declines: bounds.declines,
                dismisses: bounds.dismisses,
                hasty_timers: bounds.hasty_timers,
                lost: bounds.lost,
                repeated: bounds.repeated,
                late: bounds.late,
                closed: bounds.closed,
                killed: bounds.killed,
                opened: bounds.opened,
                restarts: bounds.restarts,
                blackouts: bounds.blackouts,
                cuts: bounds.cuts,
                networks: bounds.networks,
                closes: bounds.closes,
                returns: bounds.returns,
                refusals: bounds.refusals,
            },
            broken: None,
        };
        for who in 0..state.clients.len() {
            state.log_in(who);
        }
        state
    }

    /// One input of a page, and what its browser does at once because of it.
    pub(crate) fn input(
        &mut self,
        bounds: &Bounds,
        who: usize,
        input: Input,
        steps: &mut Vec<Step>,
    ) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut client = Client::clone(&self.clients[who]);
            let outputs = self.handle(&mut client, input, steps);
            let id = client.snapshot().call.map(|call| call.call_id);
            let mut sent = Vec::new();
            let mut closed = Vec::new();
            for output in outputs {
                if opens_media(&output) && id.as_ref().is_none_or(|id| !client.wanted.contains(id))
                {
                    self.broken = Some(Rule::NoMediaBeforeAccept);
                }
                if let Err(rule) = client.browser.perform(&output, id.as_ref()) {
                    self.broken = Some(rule);
                }
                match output {
                    Output::Send(relayed) => sent.push(relayed),
                    Output::CloseConnection {
                        connection: connection_id,
                        goodbye,
                    } => {
                        let connection = client.browser.connections.remove(&connection_id);
                        match connection {
                            Some(connection) => closed.push((connection, connection_id, goodbye)),
                            None => self.broken = Some(Rule::NothingLeftOpen),
                        }
                    }
                    _ => {}
                }
            }
            while !bounds.slow_descriptions && !client.browser.work.is_empty() {
                let device = client.device.to_string();
                inputs.extend(client.browser.work(&device, bounds.candidates));
            }
            while !bounds.slow_permission
                && let Some(answer) = client.browser.allow()
            {
                inputs.push_back(answer);
            }
            self.clients[who] = Hashed::new(client);
            for relayed in sent {
                let early = matches!(relayed.signal, Signal::IceCandidate(_))
                    && relayed
                        .signal
                        .call_id()
                        .is_none_or(|id| !self.accepted.contains(id));
                if early {
                    self.broken = Some(Rule::NoMediaBeforeAccept);
                }
                self.send(who, relayed);
            }
            for (connection, connection_id, goodbye) in closed {
                let words = goodbye
                    .map(ChannelEvent::Goodbye)
                    .into_iter()
                    .chain([ChannelEvent::Closed]);
                let other = connection.linked;
                self.hear(who, connection_id, other, words.collect());
            }
        }
        self.watch(who);
    }

    /// The machine's part, and what it shows of the rules.
    fn handle(&mut self, client: &mut Client, input: Input, steps: &mut Vec<Step>) -> Vec<Output> {
        let before = client.snapshot();
        if let Some(call) = &before.call
            && matches!(input, Input::Command(Command::Accept { .. }))
            && before.state == Phase::Ringing
        {
            client.wanted.insert(call.call_id.clone());
            self.accepted.insert(call.call_id.clone());
        }
        if let Input::Command(Command::StartCall { call_id, .. }) = &input {
            client.wanted.insert(call_id.clone());
        }
        if let Some(call) = &before.waiting
            && matches!(input, Input::Command(Command::AnswerWaiting { .. }))
        {
            client.wanted.insert(call.call_id.clone());
            self.accepted.insert(call.call_id.clone());
        }
        let label = diagram::label(&input);
        let now = match input {
            Input::Timeout => client.machine.poll_timeout().unwrap_or_default(),
            _ => Now::ZERO,
        };
        client.machine.handle(input, now);
        let after = client.snapshot();
        if before.state != after.state {
            steps.push((before.state, label, after.state));
        }
        let id = after.call.as_ref().map(|call| call.call_id.clone());
        if let Some(old) = before.call
            && Some(&old.call_id) != id.as_ref()
        {
            client.over.insert(old.call_id);
            // Glare: both users want this call.
            if let Some(id) = id.clone().filter(|_| after.state == Phase::Connecting) {
                client.wanted.insert(id.clone());
                self.accepted.insert(id);
            }
        }
        if after.state == Phase::Ringing && id.is_some_and(|id| client.over.contains(&id)) {
            self.broken = Some(Rule::NoRingingAfterTheEnd);
        }
        wimpex_sansio::outputs(&mut client.machine).collect()
    }

    /// The other end of a connection hears that it is closed, if it flowed.
    pub(crate) fn hear(
        &mut self,
        who: usize,
        connection_id: PeerConnectionId,
        other: Option<(usize, PeerConnectionId)>,
        words: Vec<ChannelEvent>,
    ) {
        let linked_to_us = |(_, client): &(usize, &Hashed<Client>)| {
            let mut connections = client.browser.connections.iter();
            connections.any(|(_, c)| c.linked == Some((who, connection_id)))
        };
        let mut ends = self.clients.iter().enumerate();
        let listener = ends.find(linked_to_us).map(|(at, _)| at);
        let Some(listener) = listener.or(other.map(|(at, _)| at)) else {
            return;
        };
        self.clients[listener].change(|client| {
            let theirs = client.browser.connections.iter();
            let linked = theirs
                .filter(|(own, c)| {
                    c.linked == Some((who, connection_id)) || other == Some((listener, **own))
                })
                .find(|(_, c)| c.broken.is_none())
                .map(|(own, _)| *own);
            if let Some(own) = linked {
                let words = words.into_iter().map(|word| (own, word));
                client.browser.channel.extend(words);
            }
        });
    }

    /// The connection that has found this one, and could carry media with it.
    pub(crate) fn partner(
        &self,
        who: usize,
        connection_id: PeerConnectionId,
    ) -> Option<(usize, PeerConnectionId)> {
        let own = self.clients[who].browser.connections.get(&connection_id)?;
        browser::partner(self.browsers(), who, own)
    }

    fn browsers(&self) -> impl Iterator<Item = &browser::Browser> {
        self.clients.iter().map(|client| &client.browser)
    }

    /// Whether a linked connection has lost its other end, or the path.
    pub(crate) fn is_cut(&self, who: usize, connection_id: PeerConnectionId) -> bool {
        let own = self.clients[who].browser.connections.get(&connection_id);
        own.is_some_and(|own| browser::is_cut(self.browsers(), own))
    }

    /// Whether nothing happens by itself but timers, logins and what the server
    /// has yet to notice.
    pub(crate) fn is_quiet(&self) -> bool {
        let still = |(who, client): (usize, &Hashed<Client>)| {
            let mut connections = client.browser.connections.iter();
            !client.browser.is_busy()
                && !connections.any(|(connection_id, c)| {
                    let found = c.linked.is_none() && self.partner(who, *connection_id).is_some();
                    c.dead || found || self.is_cut(who, *connection_id)
                })
        };
        self.links.is_empty() && self.clients.iter().enumerate().all(still)
    }

    /// Quiet, with everybody logged in and the server up to date.
    pub(crate) fn is_at_rest(&self) -> bool {
        let settled = |c: &Hashed<Client>| c.alive == c.session.is_some();
        self.is_quiet() && self.clients.iter().all(settled)
    }

    /// Nothing will happen any more, unless a user wants it.
    pub(crate) fn is_quiescent(&self) -> bool {
        self.is_at_rest()
            && self
                .clients
                .iter()
                .all(|c| c.machine.poll_timeout().is_none())
    }

    /// Checks what can be seen in a state by itself.
    pub(crate) fn check(&mut self) {
        if self.broken.is_none() {
            self.broken = self.first_broken();
        }
    }

    fn first_broken(&self) -> Option<Rule> {
        for client in &self.clients {
            let call = client.snapshot().call;
            let open = &client.browser.connections;
            if call.is_none() && !(open.is_empty() && client.browser.live.is_empty()) {
                return Some(Rule::NothingLeftOpen);
            }
            let calls = client.calls();
            let of_call = |c: &crate::browser::Connection| calls.iter().any(|it| it.0 == c.call);
            let ids: BTreeSet<_> = open.values().map(|c| &c.call).collect();
            if ids.len() != open.len() || !open.values().all(of_call) {
                return Some(Rule::OneCallAtOnce);
            }
        }
        self.broken_between().or_else(|| {
            let rested = self.is_at_rest();
            rested.then(|| self.broken_at_rest()).flatten()
        })
    }

    fn broken_between(&self) -> Option<Rule> {
        for (who, client) in self.clients.iter().enumerate() {
            for (connection_id, connection) in &client.browser.connections {
                if let Some((other, theirs)) = self.partner(who, *connection_id)
                    && self.clients[other].browser.connections[&theirs].call != connection.call
                {
                    return Some(Rule::BothSidesNameOneCall);
                }
                let twin = |(at, other): (usize, &Hashed<Client>)| {
                    let mut theirs = other.browser.connections.values();
                    at != who
                        && other.user == client.user
                        && theirs.any(|c| c.linked.is_some() && c.call == connection.call)
                };
                if connection.linked.is_some() && self.clients.iter().enumerate().any(twin) {
                    return Some(Rule::OneOfTwoAcceptsWins);
                }
            }
        }
        None
    }

    fn broken_at_rest(&self) -> Option<Rule> {
        for (who, client) in self.clients.iter().enumerate() {
            let Some(call) = client.snapshot().call else {
                continue;
            };
            // Only patience with a peer that is missed is that short.
            let patient = limits::PEER_LEFT_AFTER + limits::PEER_LEFT_AFTER_RENEWAL;
            let misses = client
                .machine
                .poll_timeout()
                .is_some_and(|at| at <= Now::ZERO + patient);
            let others = || {
                let others = self.clients.iter().enumerate().filter(|(at, _)| *at != who);
                others.filter_map(|(_, other)| {
                    let mut theirs = other.calls().into_iter();
                    theirs.find_map(|(id, phase)| (id == call.call_id).then_some(phase))
                })
            };
            let excused = misses || self.broke_promise;
            let fine = match client.machine.state() {
                Phase::Ringing => excused || others().any(|phase| phase == Phase::Calling),
                Phase::Calling => excused || others().any(|phase| phase == Phase::Ringing),
                Phase::Connecting => {
                    excused
                        || others().any(|phase| {
                            use Phase::{Connected, Connecting, Reconnecting};
                            matches!(phase, Connecting | Connected | Reconnecting)
                        })
                }
                Phase::Connected => {
                    let quiescent = self.is_quiescent();
                    !quiescent || others().any(|phase| phase == Phase::Connected)
                }
                Phase::Reconnecting => client.machine.poll_timeout().is_some(),
                Phase::Idle | Phase::Ended => true,
            };
            if !fine {
                return Some(match client.machine.state() {
                    Phase::Ringing => Rule::RingingIsMeant,
                    Phase::Calling | Phase::Connecting => Rule::NobodyWaitsForNobody,
                    Phase::Connected | Phase::Reconnecting | Phase::Idle | Phase::Ended => {
                        Rule::ConnectedOrEnded
                    }
                });
            }
            if client.machine.poll_timeout().is_none() && client.machine.state() != Phase::Connected
            {
                return Some(Rule::ConnectedOrEnded);
            }
        }
        None
    }
}
