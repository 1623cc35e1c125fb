//! What can happen next to whole clients, and what comes of it.

use std::collections::BTreeSet;

use wimpex_call::{Command as CallCommand, PeerConnectionId, PeerConnectionState, State as Phase};
use wimpex_client::{Command, Input, SocketEvent, SocketId};
use wimpex_protocol::{CallType, ServerMessage};
use wimpex_sansio::Machine;
use wimpex_verification::RemoteCertificate;

use super::action::ClientsAction;
use super::bounds::ClientsBounds;
use super::server::{ABNORMAL, Link, Server};
use super::state::{ClientsState, Up};
use super::tab::Tab;
use crate::browser::Connection;
use crate::hashed::Hashed;

impl ClientsState {
    pub(crate) fn actions(&self, bounds: &ClientsBounds) -> Vec<ClientsAction> {
        let mut actions = self.progress();
        let is_quiet = actions.is_empty();
        self.people(bounds, &mut actions);
        self.faults(&mut actions);
        if is_quiet && self.is_undecided() {
            actions.push(ClientsAction::Wait);
        } else if !is_quiet && self.left.hasty_timers > 0 && !self.is_proving() {
            actions.push(ClientsAction::WaitHastily);
        }
        actions
    }

    /// What happens by itself, time apart.
    pub(crate) fn progress(&self) -> Vec<ClientsAction> {
        let mut actions = Vec::new();
        actions.extend(self.up.keys().copied().map(ClientsAction::ToServer));
        actions.extend(self.down.keys().copied().map(ClientsAction::ToClient));
        for (who, tab) in self.tabs.iter().enumerate() {
            // In any order: each comes of an operation of its own.
            let answers = 0..tab.answers.len();
            actions.extend(answers.map(|at| ClientsAction::Answer(who, at)));
            if !tab.channel.is_empty() {
                actions.push(ClientsAction::Hear(who));
            }
            for (&id, connection) in &tab.browser.connections {
                if connection.linked.is_none() && self.partner(who, id).is_some() {
                    actions.push(ClientsAction::Connect(who, id));
                }
                if connection.dead {
                    actions.push(ClientsAction::NoticeClosed(who, id));
                    continue;
                }
                if self.is_cut(who, id) {
                    actions.push(ClientsAction::Fail(who, id));
                }
            }
        }
        actions
    }

    fn people(&self, bounds: &ClientsBounds, actions: &mut Vec<ClientsAction>) {
        for (at, (who, _)) in bounds.calls.iter().enumerate() {
            let is_free = matches!(self.tabs[*who].phase(), Phase::Idle | Phase::Ended);
            if self.left.calls & (1 << at) != 0 && is_free {
                actions.push(ClientsAction::Start(at));
            }
        }
        for (who, tab) in self.tabs.iter().enumerate() {
            match tab.phase() {
                Phase::Ringing => {
                    actions.push(ClientsAction::Accept(who));
                    if self.left.declines > 0 {
                        actions.push(ClientsAction::Decline(who));
                    }
                }
                Phase::Calling | Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                    if self.left.hang_ups > 0 {
                        actions.push(ClientsAction::HangUp(who));
                    }
                }
                Phase::Idle | Phase::Ended => {}
            }
        }
    }

    fn faults(&self, actions: &mut Vec<ClientsAction>) {
        if self.left.lost > 0 {
            let sent = self.up.iter().filter(|(_, frames)| {
                let first = frames.front();
                first.is_some_and(|first| matches!(**first, Up::Text(_)))
            });
            actions.extend(sent.map(|(link, _)| ClientsAction::LoseToServer(*link)));
            actions.extend(self.down.keys().copied().map(ClientsAction::LoseToClient));
        }
        for (who, tab) in self.tabs.iter().enumerate() {
            let works = tab.socket.is_some_and(|link| !self.silent.contains(&link));
            if works && self.left.breaks > 0 {
                actions.push(ClientsAction::BreakSocket(who));
            }
            if works && self.left.silences > 0 {
                actions.push(ClientsAction::SilenceSocket(who));
            }
            if self.left.reloads > 0 {
                actions.push(ClientsAction::Reload(who));
            }
        }
        if self.left.forgotten > 0 {
            let waiting = self.server.waiting();
            actions.extend(waiting.map(ClientsAction::ForgetSession));
        }
        if self.left.restarts > 0 {
            actions.push(ClientsAction::RestartServer);
        }
        let is_linked = |it: &Connection| it.linked.is_some() && it.broken.is_none();
        let mut tabs = self.tabs.iter();
        if self.left.cuts > 0 && tabs.any(|it| it.browser.connections.values().any(is_linked)) {
            actions.push(ClientsAction::Cut);
        }
        if self.left.closes > 0 {
            for (who, tab) in self.tabs.iter().enumerate() {
                let open = tab.browser.connections.iter();
                let linked = open.filter(|(_, it)| is_linked(it) && !it.dead);
                actions.extend(linked.map(|(id, _)| ClientsAction::CloseByBrowser(who, *id)));
            }
        }
    }

    pub(crate) fn step(&mut self, bounds: &ClientsBounds, action: ClientsAction) {
        self.perform(bounds, action);
        if !bounds.slow_acks {
            self.hear_acks(bounds);
        }
    }

    /// The server answers each frame with an acknowledgment, which would double the states.
    /// What it says concerns nothing that is on its way to the client, so that it may
    /// overtake that.
    fn hear_acks(&mut self, bounds: &ClientsBounds) {
        let links: Vec<Link> = self.down.keys().copied().collect();
        for link in links {
            while let Some(event) = self.take_down_first(link, is_ack) {
                self.hear_socket(bounds, link, SocketEvent::clone(&event));
            }
        }
    }

    fn perform(&mut self, bounds: &ClientsBounds, action: ClientsAction) {
        match action {
            ClientsAction::Start(at) => {
                self.left.calls &= !(1 << at);
                let (who, peer) = bounds.calls[at];
                let command = Command::StartCall {
                    peer: self.tabs[peer].user().clone(),
                    call_type: CallType::Audio,
                };
                self.disturb();
                self.input(bounds, who, Input::Command(command));
            }
            ClientsAction::Accept(who) => {
                self.command(bounds, who, CallCommand::Accept { camera: false });
            }
            ClientsAction::Decline(who) => {
                self.left.declines -= 1;
                self.command(bounds, who, CallCommand::Decline);
            }
            ClientsAction::HangUp(who) => {
                self.left.hang_ups = self.left.hang_ups.saturating_sub(1);
                self.command(bounds, who, CallCommand::HangUp);
            }
            ClientsAction::Answer(who, at) => {
                let answer = self.tabs[who].change(|tab| tab.answers.remove(at));
                if let Some(answer) = answer {
                    self.input(bounds, who, answer);
                }
            }
            ClientsAction::ToServer(link) => {
                if let Some(frame) = self.take_up(link) {
                    self.arrive(link, &frame);
                }
            }
            ClientsAction::ToClient(link) => {
                if let Some(event) = self.take_down(link) {
                    self.hear_socket(bounds, link, SocketEvent::clone(&event));
                }
            }
            ClientsAction::Hear(who) => {
                let heard = self.tabs[who].change(Tab::listen);
                if let Some(heard) = heard {
                    self.input(bounds, who, heard);
                }
            }
            ClientsAction::Connect(who, connection) => self.connect(bounds, who, connection),
            ClientsAction::Fail(who, connection) => self.fail(bounds, who, connection),
            ClientsAction::Wait => self.wait(bounds),
            ClientsAction::WaitHastily => {
                self.left.hasty_timers -= 1;
                self.wait(bounds);
            }
            ClientsAction::LoseToServer(link) => {
                self.left.lost -= 1;
                self.disturb();
                self.take_up(link);
            }
            ClientsAction::LoseToClient(link) => {
                self.left.lost -= 1;
                self.disturb();
                self.take_down(link);
            }
            ClientsAction::BreakSocket(who) => {
                self.left.breaks -= 1;
                self.disturb();
                if let Some(link) = self.tabs[who].socket {
                    self.cut_socket(link);
                    self.serve(|server| server.closed(link, true));
                    self.hear_socket(
                        bounds,
                        link,
                        SocketEvent::Closed {
                            code: ABNORMAL,
                            reason: String::new(),
                        },
                    );
                }
            }
            ClientsAction::SilenceSocket(who) => {
                self.left.silences -= 1;
                self.disturb();
                if let Some(link) = self.tabs[who].socket {
                    self.cut_socket(link);
                    self.silent.insert(link);
                }
            }
            ClientsAction::ForgetSession(session) => {
                self.left.forgotten -= 1;
                self.disturb();
                self.serve(|server| server.forget(session));
            }
            ClientsAction::RestartServer => {
                self.left.restarts -= 1;
                self.disturb();
                let links: Vec<Link> = self.server.links().collect();
                self.server = Hashed::new(Server::default());
                // What was on its way is lost, and a socket that was being opened fails.
                let opening = std::mem::take(&mut self.up).into_keys();
                let lost: BTreeSet<Link> = opening.chain(links).collect();
                for link in lost {
                    self.down.remove(&link);
                    self.send_down(
                        link,
                        SocketEvent::Closed {
                            code: ABNORMAL,
                            reason: String::new(),
                        },
                    );
                }
            }
            ClientsAction::Reload(who) => {
                self.left.reloads -= 1;
                self.disturb();
                self.reload(bounds, who);
            }
            ClientsAction::CloseByBrowser(who, id) => {
                self.left.closes -= 1;
                self.disturb();
                let closed = self.tabs[who].change(|tab| {
                    let own = tab.browser.connections.get_mut(&id)?;
                    own.dead = true;
                    Some(own.clone())
                });
                if let Some(closed) = closed {
                    self.hang_up_connection(who, id, &closed, None);
                }
            }
            ClientsAction::NoticeClosed(who, connection) => {
                let input = wimpex_call::Input::ConnectionClosed { connection };
                self.input(bounds, who, Input::Call(input));
            }
            ClientsAction::Cut => {
                self.left.cuts -= 1;
                self.disturb();
                for tab in &mut self.tabs {
                    tab.change(|tab| {
                        let connections = tab.browser.connections.values_mut();
                        for own in connections.filter(|own| own.linked.is_some()) {
                            own.broken = own.local.clone();
                        }
                    });
                }
            }
        }
    }

    fn command(&mut self, bounds: &ClientsBounds, who: usize, command: CallCommand) {
        self.disturb();
        self.input(bounds, who, Input::Command(Command::Call(command)));
    }

    fn hear_socket(&mut self, bounds: &ClientsBounds, link: Link, event: SocketEvent) {
        let tab = &self.tabs[link.tab];
        if tab.life == link.life {
            if matches!(event, SocketEvent::Closed { .. }) && tab.socket == Some(link) {
                self.tabs[link.tab].change(|tab| tab.socket = None);
            }
            let input = Input::Socket(SocketId(link.socket), event);
            self.input(bounds, link.tab, input);
        }
    }

    fn connect(&mut self, bounds: &ClientsBounds, who: usize, connection: PeerConnectionId) {
        let partner = self.partner(who, connection);
        let remote = self.tabs[who].change(|tab| {
            let own = tab.browser.connections.get_mut(&connection)?;
            own.linked = partner;
            own.broken = None;
            own.remote.clone()
        });
        let input = Input::ConnectionState {
            connection,
            state: PeerConnectionState::Connected,
            certificate: remote.map(|sdp| RemoteCertificate::Description(sdp.0)),
        };
        self.input(bounds, who, input);
    }

    fn fail(&mut self, bounds: &ClientsBounds, who: usize, connection: PeerConnectionId) {
        self.tabs[who].change(|tab| {
            if let Some(own) = tab.browser.connections.get_mut(&connection) {
                own.linked = None;
                // Whatever carried it is of no use until ICE is restarted.
                own.broken = own.local.clone();
            }
        });
        let input = Input::ConnectionState {
            connection,
            state: PeerConnectionState::Failed,
            certificate: None,
        };
        self.input(bounds, who, input);
    }

    /// Time passes to the next timer of anybody.
    fn wait(&mut self, bounds: &ClientsBounds) {
        let timers = self.tabs.iter().filter_map(|tab| tab.client.poll_timeout());
        let Some(next) = timers.min() else { return };
        self.now = self.now.max(next);
        for who in 0..self.tabs.len() {
            let timer = self.tabs[who].client.poll_timeout();
            if timer.is_some_and(|at| at <= self.now) {
                self.input(bounds, who, Input::Timeout);
            }
        }
    }
}

fn is_ack(event: &SocketEvent) -> bool {
    match event {
        SocketEvent::Text(text) => {
            let frame = ServerMessage::decode_frame(text).map(|frame| frame.message);
            matches!(frame, Ok(Ok(ServerMessage::Ack(_))))
        }
        SocketEvent::Open
        | SocketEvent::Binary
        | SocketEvent::Closed { .. }
        | SocketEvent::Refused => false,
    }
}
