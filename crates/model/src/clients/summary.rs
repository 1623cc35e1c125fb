//! A state of whole clients in a few words, for a trace.

use wimpex_client::SocketEvent;
use wimpex_protocol::ServerMessage;

use super::state::ClientsState;

impl ClientsState {
    /// Where every client stands, and what is on its way.
    pub fn summary(&self) -> String {
        let mut parts = vec![format!("{} ms", self.now.as_millis())];
        for (who, tab) in self.tabs.iter().enumerate() {
            let view = tab.client.view();
            let call = match (&view.call.call, &view.call.ended) {
                (Some(call), _) => format!("({})", call.call_id),
                (None, Some(ended)) => format!("({} {:?})", ended.call_id, ended.reason),
                (None, None) => String::new(),
            };
            let trust = &view.trust;
            let (server, state) = (view.server, view.call.state);
            parts.push(format!(
                "{who} {server:?} {state:?}{call} {:?}",
                trust.assurance
            ));
            parts.extend(trust.alert.as_ref().map(|alert| format!("{alert:?}")));
            let (answers, heard) = (tab.answers.len(), tab.channel.len());
            if answers + heard > 0 {
                parts.push(format!("{answers} answers and {heard} texts wait"));
            }
        }
        for (link, frames) in &self.up {
            parts.push(format!("{} to the server over {link:?}", frames.len()));
        }
        for (link, events) in &self.down {
            let words = events.iter().map(|event| describe(event));
            let words: Vec<String> = words.collect();
            parts.push(format!(
                "→{}#{} [{}]",
                link.tab,
                link.socket,
                words.join(", ")
            ));
        }
        parts.join("; ")
    }
}

fn describe(event: &SocketEvent) -> String {
    let text = match event {
        SocketEvent::Text(text) => text,
        SocketEvent::Closed { code, .. } => return format!("closed {code}"),
        SocketEvent::Open => return "open".to_owned(),
        SocketEvent::Binary | SocketEvent::Refused => return String::new(),
    };
    match ServerMessage::decode_frame(text).map(|frame| frame.message) {
        Ok(Ok(message)) => message.type_name().to_owned(),
        Ok(Err(_)) | Err(_) => "unreadable".to_owned(),
    }
}
