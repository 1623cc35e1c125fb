//! What can happen next, and what comes of it.

use wimpex_call::{
    CallMachine, Command, Input, PeerConnectionId, PeerConnectionState, State as Phase,
};
use wimpex_protocol::{CallId, CallType, DeviceId, MediaFlag, MediaState, ServerMessage, UserId};
use wimpex_sansio::{Machine, Now};

use crate::Bounds;
use crate::browser::ChannelEvent;
use crate::diagram::Step;
use crate::network::{self, NOBODY};
use crate::state::State;

/// One thing that can happen. Pages are named by number, links by receiver and
/// sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it; see `Bounds`")]
pub enum Action {
    StartCall(usize),
    Accept(usize),
    Decline(usize),
    /// Whether the first call is put on hold.
    AnswerWaiting(usize, bool),
    DeclineWaiting(usize),
    HangUp(usize),
    Dismiss(usize),
    Allow(usize),
    Deliver(usize, usize),
    DeliverLate(usize, usize),
    DeliverAndRepeat(usize, usize),
    Delay(usize, usize),
    Lose(usize, usize),
    Describe(usize),
    Hear(usize),
    Connect(usize, PeerConnectionId),
    RefuseConnection(usize, PeerConnectionId),
    RefuseDescription(usize),
    RefuseAnswer(usize, PeerConnectionId),
    ChangeNetwork(usize),
    Disconnect(usize, PeerConnectionId),
    Fail(usize, PeerConnectionId),
    Cut,
    CloseByBrowser(usize, PeerConnectionId),
    NoticeClosed(usize, PeerConnectionId),
    /// Whether the page has time to say so.
    LeavePage(usize, bool),
    ReturnToCall(usize),
    Timer(usize),
    HastyTimer(usize),
    CloseTab(usize),
    Kill(usize),
    ServerNotices(usize),
    Open(usize),
    RestartServer,
    Blackout(usize),
    LogIn(usize),
}

impl State {
    pub(crate) fn actions(&self, bounds: &Bounds, actions: &mut Vec<Action>) {
        self.users(bounds, actions);
        for (&(to, from), waiting) in &self.links {
            if from == NOBODY {
                actions.extend((0..waiting.len()).map(|at| Action::DeliverLate(to, at)));
                continue;
            }
            actions.push(Action::Deliver(to, from));
            let faults = [
                (self.left.lost, Action::Lose(to, from)),
                (self.left.repeated, Action::DeliverAndRepeat(to, from)),
                (self.left.late, Action::Delay(to, from)),
            ];
            let relayed = matches!(*waiting[0], ServerMessage::Relay(_));
            let possible = faults.into_iter().filter(|(left, _)| relayed && *left > 0);
            actions.extend(possible.map(|(_, fault)| fault));
        }
        let quiet = self.is_quiet();
        for (who, client) in self.clients.iter().enumerate() {
            if !client.browser.work.is_empty() {
                actions.push(Action::Describe(who));
            }
            if !client.browser.channel.is_empty() {
                actions.push(Action::Hear(who));
            }
            for (&connection_id, connection) in &client.browser.connections {
                if connection.linked.is_none() && self.partner(who, connection_id).is_some() {
                    actions.push(Action::Connect(who, connection_id));
                }
                if connection.dead {
                    actions.push(Action::NoticeClosed(who, connection_id));
                    continue;
                }
                if self.is_cut(who, connection_id) {
                    actions.push(Action::Fail(who, connection_id));
                    if bounds.disconnects {
                        actions.push(Action::Disconnect(who, connection_id));
                    }
                }
            }
            if client.machine.poll_timeout().is_some() {
                if quiet {
                    actions.push(Action::Timer(who));
                } else if self.left.hasty_timers > 0 {
                    actions.push(Action::HastyTimer(who));
                }
            }
            if client.alive && client.session.is_none() {
                actions.push(Action::LogIn(who));
            }
            if !client.alive && client.session.is_some() {
                actions.push(Action::ServerNotices(who));
            }
        }
        self.faults(actions);
    }

    fn users(&self, bounds: &Bounds, actions: &mut Vec<Action>) {
        for (at, (who, ..)) in bounds.calls.iter().enumerate() {
            let client = &self.clients[*who];
            let free = matches!(client.machine.state(), Phase::Idle | Phase::Ended);
            if self.left.calls & (1 << at) != 0 && client.alive && free {
                actions.push(Action::StartCall(at));
            }
        }
        for (who, client) in self.clients.iter().enumerate() {
            let state = client.machine.state();
            if state == Phase::Ringing {
                actions.push(Action::Accept(who));
                if self.left.declines > 0 {
                    actions.push(Action::Decline(who));
                }
            } else if client.snapshot().call.is_some() && self.left.hang_ups > 0 {
                actions.push(Action::HangUp(who));
            }
            if client.snapshot().waiting.is_some() {
                actions.extend([true, false].map(|hold| Action::AnswerWaiting(who, hold)));
                if self.left.declines > 0 {
                    actions.push(Action::DeclineWaiting(who));
                }
            }
            if state == Phase::Ended && self.left.dismisses > 0 {
                actions.push(Action::Dismiss(who));
            }
            if !client.browser.prompts.is_empty() {
                actions.push(Action::Allow(who));
            }
        }
    }

    fn faults(&self, actions: &mut Vec<Action>) {
        for (who, client) in self.clients.iter().enumerate() {
            if client.alive && self.left.closed > 0 {
                actions.push(Action::CloseTab(who));
            }
            if client.is_logged_in() && self.left.killed > 0 {
                actions.push(Action::Kill(who));
            }
            if client.is_logged_in() && self.left.blackouts > 0 {
                actions.push(Action::Blackout(who));
            }
            if self.left.returns > 0
                && client.is_logged_in()
                && client.machine.keep(Now::ZERO).is_some()
            {
                actions.extend([true, false].map(|says| Action::LeavePage(who, says)));
            }
            if client.kept.is_some() {
                actions.push(Action::ReturnToCall(who));
            }
            if !client.alive && client.session.is_none() && self.left.opened > 0 {
                actions.push(Action::Open(who));
            }
        }
        for (who, client) in self.clients.iter().enumerate() {
            if self.left.networks > 0 && client.alive && client.snapshot().call.is_some() {
                actions.push(Action::ChangeNetwork(who));
            }
            if self.left.refusals == 0 {
                continue;
            }
            if !client.browser.work.is_empty() {
                actions.push(Action::RefuseDescription(who));
            }
            for (&connection_id, connection) in &client.browser.connections {
                if connection.is_new() {
                    actions.push(Action::RefuseConnection(who, connection_id));
                }
                if connection.has_fresh_answer() {
                    actions.push(Action::RefuseAnswer(who, connection_id));
                }
            }
        }
        if self.left.closes > 0 {
            for (who, client) in self.clients.iter().enumerate() {
                let open = client.browser.connections.iter();
                let linked = open.filter(|(_, it)| it.linked.is_some() && !it.dead);
                actions.extend(linked.map(|(id, _)| Action::CloseByBrowser(who, *id)));
            }
        }
        if self.left.restarts > 0 {
            actions.push(Action::RestartServer);
        }
        let linked = |c: &crate::browser::Connection| c.linked.is_some() && c.broken.is_none();
        let mut clients = self.clients.iter();
        if self.left.cuts > 0 && clients.any(|c| c.browser.connections.values().any(linked)) {
            actions.push(Action::Cut);
        }
    }

    #[expect(clippy::expect_used, reason = "the bounds are written by hand")]
    pub(crate) fn perform(&mut self, bounds: &Bounds, action: Action, steps: &mut Vec<Step>) {
        match action {
            Action::StartCall(at) => {
                self.left.calls &= !(1 << at);
                let (who, peer, id) = bounds.calls[at];
                let input = Input::Command(Command::StartCall {
                    call_id: CallId::parse(id).expect("an id"),
                    peer: self.clients[peer].user.clone(),
                    call_type: CallType::Audio,
                });
                self.input(bounds, who, input, steps);
            }
            Action::Accept(who) => self.input(
                bounds,
                who,
                Input::Command(Command::Accept { camera: true }),
                steps,
            ),
            Action::Decline(who) => {
                self.left.declines -= 1;
                self.input(bounds, who, Input::Command(Command::Decline), steps);
            }
            Action::AnswerWaiting(who, hold) => self.input(
                bounds,
                who,
                Input::Command(Command::AnswerWaiting { hold }),
                steps,
            ),
            Action::DeclineWaiting(who) => {
                self.left.declines -= 1;
                self.input(bounds, who, Input::Command(Command::DeclineWaiting), steps);
            }
            Action::HangUp(who) => {
                self.left.hang_ups -= 1;
                self.input(bounds, who, Input::Command(Command::HangUp), steps);
            }
            Action::Dismiss(who) => {
                self.left.dismisses -= 1;
                self.input(bounds, who, Input::Command(Command::Dismiss), steps);
            }
            Action::Allow(who) => {
                let answer = self.clients[who].change(|client| client.browser.allow());
                self.inputs(bounds, who, answer, steps);
            }
            Action::Deliver(to, from) => {
                let message = self.take(to, from, 0);
                self.deliver(bounds, to, &message, steps);
            }
            Action::DeliverLate(to, at) => {
                let message = self.take(to, NOBODY, at);
                self.deliver(bounds, to, &message, steps);
            }
            Action::DeliverAndRepeat(to, from) => {
                self.left.repeated -= 1;
                let message = self.take(to, from, 0);
                self.links
                    .entry((to, NOBODY))
                    .or_default()
                    .push(message.clone());
                self.deliver(bounds, to, &message, steps);
            }
            Action::Delay(to, from) => {
                self.left.late -= 1;
                let message = self.take(to, from, 0);
                self.links.entry((to, NOBODY)).or_default().push(message);
            }
            Action::Lose(to, from) => {
                self.left.lost -= 1;
                self.broke_promise = true;
                self.take(to, from, 0);
            }
            Action::Describe(who) => {
                let heard = self.clients[who].change(|client| {
                    let device = client.device.to_string();
                    client.browser.work(&device, bounds.candidates)
                });
                self.inputs(bounds, who, heard, steps);
            }
            Action::Hear(who) => {
                let heard = self.clients[who].change(|client| client.browser.listen());
                self.inputs(bounds, who, heard, steps);
            }
            Action::Connect(who, connection_id) => {
                let partner = self.partner(who, connection_id);
                self.clients[who].change(|client| {
                    if let Some(own) = client.browser.connections.get_mut(&connection_id) {
                        own.linked = partner;
                        own.broken = None;
                    }
                });
                let state = PeerConnectionState::Connected;
                self.input(
                    bounds,
                    who,
                    Input::ConnectionStateChanged {
                        connection: connection_id,
                        state,
                    },
                    steps,
                );
                if bounds.closes + bounds.returns > 0 {
                    self.tell_of_reconnects(bounds, who, connection_id, steps);
                }
            }
            Action::CloseByBrowser(who, connection_id) => {
                self.left.closes -= 1;
                let other = self.clients[who].change(|client| {
                    let own = client.browser.connections.get_mut(&connection_id)?;
                    own.dead = true;
                    own.linked
                });
                self.hear(who, connection_id, other, vec![ChannelEvent::Closed]);
            }
            Action::NoticeClosed(who, connection_id) => {
                let input = Input::ConnectionClosed {
                    connection: connection_id,
                };
                self.input(bounds, who, input, steps);
            }
            Action::LeavePage(who, says) => {
                self.left.returns -= 1;
                let kept = self.clients[who].machine.keep(Now::ZERO);
                self.left_early |= !self.peer_awaits(who);
                if says {
                    self.input(bounds, who, Input::Kept(true), steps);
                    let leave = Input::Command(Command::LeavePage);
                    self.input(bounds, who, leave, steps);
                }
                let lives = self.clients[who].browser.lives;
                self.die(who);
                self.clients[who].change(|client| {
                    client.browser.lives = lives + 1;
                    client.kept = kept;
                });
                self.log_out(who);
            }
            Action::ReturnToCall(who) => {
                self.log_in(who);
                self.clients[who].change(|client| {
                    client.alive = true;
                    if let Some(kept) = client.kept.take() {
                        client.wanted.insert(kept.call_id.clone());
                        client.machine = CallMachine::returning(kept, Now::ZERO);
                    }
                });
                // Whatever is first said to it: it has outputs already.
                self.input(bounds, who, Input::BatteryLow(false), steps);
            }
            Action::RefuseConnection(who, connection) => {
                self.left.refusals -= 1;
                self.clients[who].change(|client| client.browser.refuse_connection(connection));
                self.input(
                    bounds,
                    who,
                    Input::CreateConnectionFailed { connection },
                    steps,
                );
            }
            Action::RefuseDescription(who) => {
                self.left.refusals -= 1;
                let refused = self.clients[who].change(|client| client.browser.refuse_work());
                self.inputs(bounds, who, refused, steps);
            }
            Action::RefuseAnswer(who, connection) => {
                self.left.refusals -= 1;
                self.clients[who].change(|client| client.browser.refuse_answer(connection));
                self.input(
                    bounds,
                    who,
                    Input::SetRemoteAnswerFailed { connection },
                    steps,
                );
            }
            Action::ChangeNetwork(who) => {
                self.left.networks -= 1;
                self.input(bounds, who, Input::NetworkChanged, steps);
            }
            Action::Disconnect(who, connection_id) => {
                let state = PeerConnectionState::Disconnected;
                self.unlink(bounds, who, connection_id, state, steps);
            }
            Action::Fail(who, connection_id) => {
                let state = PeerConnectionState::Failed;
                self.unlink(bounds, who, connection_id, state, steps);
            }
            Action::Cut => self.cut(),
            Action::Timer(who) => self.input(bounds, who, Input::Timeout, steps),
            Action::HastyTimer(who) => {
                self.left.hasty_timers -= 1;
                self.input(bounds, who, Input::Timeout, steps);
            }
            Action::CloseTab(who) => {
                self.left.closed -= 1;
                self.die(who);
                self.log_out(who);
            }
            Action::Kill(who) => {
                self.left.killed -= 1;
                self.die(who);
            }
            Action::ServerNotices(who) => self.log_out(who),
            Action::Open(who) => {
                self.left.opened -= 1;
                let device = format!("{}x", self.clients[who].device);
                self.clients[who].change(|client| {
                    client.alive = true;
                    client.device = DeviceId::parse(device).expect("a device");
                });
                self.log_in(who);
            }
            Action::RestartServer => {
                self.left.restarts -= 1;
                self.hub = crate::hashed::Hashed::new(wimpex_hub::Hub::default());
                self.links.clear();
                for client in &mut self.clients {
                    client.change(|client| {
                        client.session = None;
                        client.watching = Vec::new();
                    });
                }
            }
            Action::Blackout(who) => {
                self.left.blackouts -= 1;
                self.log_out(who);
            }
            Action::LogIn(who) => {
                self.log_in(who);
                self.input(bounds, who, Input::SessionRenewed, steps);
            }
        }
        self.links.retain(|_, waiting| !waiting.is_empty());
    }

    fn inputs(
        &mut self,
        bounds: &Bounds,
        who: usize,
        inputs: impl IntoIterator<Item = Input>,
        steps: &mut Vec<Step>,
    ) {
        for input in inputs {
            self.input(bounds, who, input, steps);
        }
    }

    #[expect(clippy::expect_used, reason = "the action names a message that waits")]
    fn take(&mut self, to: usize, from: usize, at: usize) -> crate::hashed::Hashed<ServerMessage> {
        self.links.get_mut(&(to, from)).expect("a link").remove(at)
    }

    fn deliver(
        &mut self,
        bounds: &Bounds,
        to: usize,
        message: &ServerMessage,
        steps: &mut Vec<Step>,
    ) {
        if let ServerMessage::Relay(relayed) = message
            && network::is_end(&relayed.signal)
            && let Some(id) = relayed.signal.call_id()
        {
            self.clients[to].change(|client| client.over.insert(id.clone()));
        }
        let known = |user: &UserId| {
            let mut known = bounds.known.iter();
            known.any(|(who, of)| *who == to && self.clients[*of].user == *user)
        };
        let input = network::input(message, known);
        self.inputs(bounds, to, input, steps);
    }

    /// The other side says over the connection that it can go on over another one.
    fn tell_of_reconnects(
        &mut self,
        bounds: &Bounds,
        who: usize,
        connection: PeerConnectionId,
        steps: &mut Vec<Step>,
    ) {
        if let Some(call) = self.clients[who].snapshot().call {
            let state = MediaState::new(call.call_id)
                .with(MediaFlag::Reconnects, true)
                .with(MediaFlag::AwaitsReturn, bounds.returns > 0);
            let input = Input::PeerMediaState { connection, state };
            self.input(bounds, who, input, steps);
        }
    }

    /// Whether the peer of this page's call knows that the page may come back.
    fn peer_awaits(&self, who: usize) -> bool {
        let id = |at: usize| self.clients[at].snapshot().call.map(|call| call.call_id);
        (0..self.clients.len()).any(|at| {
            let call = self.clients[at].snapshot().call;
            at != who && id(at) == id(who) && call.is_some_and(|it| it.peer_media.is_some())
        })
    }

    fn unlink(
        &mut self,
        bounds: &Bounds,
        who: usize,
        connection_id: PeerConnectionId,
        state: PeerConnectionState,
        steps: &mut Vec<Step>,
    ) {
        self.clients[who].change(|client| {
            if let Some(own) = client.browser.connections.get_mut(&connection_id) {
                own.linked = None;
                // Whatever carried it is of no use until ICE is restarted.
                own.broken = own.local.clone();
            }
        });
        self.input(
            bounds,
            who,
            Input::ConnectionStateChanged {
                connection: connection_id,
                state,
            },
            steps,
        );
    }

    /// The path between all is lost; nobody has noticed yet.
    fn cut(&mut self) {
        self.left.cuts -= 1;
        for client in &mut self.clients {
            client.change(|client| {
                let connections = client.browser.connections.values_mut();
                for own in connections.filter(|own| own.linked.is_some()) {
                    own.broken = own.local.clone();
                }
            });
        }
    }

    fn die(&mut self, who: usize) {
        self.clients[who].change(crate::client::Client::die);
        self.drop_links_to(who);
    }
}
