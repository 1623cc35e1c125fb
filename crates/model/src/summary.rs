//! A state in a few words, for a trace.

use wimpex_protocol::ServerMessage;
use wimpex_sansio::{Machine, Now};

use crate::State;

impl State {
    /// Where every page stands, and what is on the way.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        for client in &self.clients {
            let snapshot = client.snapshot();
            let about = match (&snapshot.call, &snapshot.ended) {
                (Some(call), _) => format!("({})", call.call_id),
                (None, Some(ended)) => format!("({} {:?})", ended.call_id, ended.reason),
                (None, None) => String::new(),
            };
            let there = match (client.alive, client.session) {
                (true, Some(_)) => "",
                (true, None) => " logged out",
                (false, _) => " dead",
            };
            let timer = client.machine.poll_timeout();
            let timer = timer.map_or(String::new(), |at| {
                format!(" timer {}s", at.since(Now::ZERO).as_secs())
            });
            let (device, state) = (&client.device, snapshot.state);
            parts.push(format!("{device}{there} {state:?}{about}{timer}"));
        }
        for ((to, _), waiting) in &self.links {
            let words = waiting.iter().map(|message| match &**message {
                ServerMessage::Relay(relayed) => match relayed.signal.call_id() {
                    Some(id) => format!("{} {id}", relayed.signal.type_name()),
                    None => relayed.signal.type_name().to_owned(),
                },
                ServerMessage::Presence(presence) => {
                    format!("presence of {} devices", presence.devices.len())
                }
                ServerMessage::Error(_) => "error".to_owned(),
                ServerMessage::Hello(_)
                | ServerMessage::Welcome(_)
                | ServerMessage::Ack(_)
                | ServerMessage::MissedCalls(_)
                | ServerMessage::IceServers(_)
                | ServerMessage::MessagesWaiting(_) => String::new(),
            });
            let words: Vec<String> = words.collect();
            parts.push(format!(
                "→{} [{}]",
                self.clients[*to].device,
                words.join(", ")
            ));
        }
        parts.join("; ")
    }
}
