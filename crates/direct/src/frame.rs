//! The frames of the channel: JSON objects with a `type`.

use serde_json::{Map, Value, json};
use wimpex_recording::{Answer, Kind, Request, State};

use crate::caption::Caption;
use crate::features::Features;
use crate::limits;
use crate::position::{Pointer, Position};
use crate::stream_id::StreamId;
use crate::text::LineText;

/// The version of the channel's protocol that this is.
const VERSION: u64 = 1;

/// Numbers beyond are not exact in JavaScript.
const GREATEST: u64 = (1 << 53) - 1;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The first on each connection, of either side.
    Hello(Hello),
    /// Exactly once and in order.
    Numbered {
        /// From 1; each is one more than the one before.
        seq: u64,
        /// What it says.
        message: Message,
    },
    /// All numbered frames up to this one have arrived.
    Ack {
        /// The number of the last.
        received: u64,
    },
    /// Where the user points at the screen that is shown; `None` if nowhere any more.
    Point(Option<Pointer>),
    /// What the user says, as text.
    Caption(Caption),
    /// Whether the user wants to read what the peer says.
    Captions(bool),
    /// All that the page has to say of recording the call.
    Recording(State),
    /// The user has seen what the numbered frames up to this one say.
    Read {
        /// The number of the last.
        read: u64,
    },
}

/// What a page is, and what it has got of the peer's stream so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What it can do.
    pub features: Features,
    /// Names the numbers of the frames that it sends.
    pub stream: StreamId,
    /// What it has of the peer's stream, if it knows one.
    pub known: Option<Known>,
}

/// What a page has got of a peer's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which one.
    pub stream: StreamId,
    /// The number of the last frame that has arrived; 0 if there was none.
    pub received: u64,
    /// The number of the last that its user has seen.
    pub read: u64,
}

/// What a numbered frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A line of chat.
    Line(LineText),
    /// Something of a later version, or nothing that makes sense: it counts, and is ignored.
    Unknown,
}

/// A frame is none of this version: it is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl Frame {
    /// Reads what came over the channel.
    ///
    /// # Errors
    /// It is longer than [`limits::FRAME_BYTES`], no JSON object, of no known type and without a
    /// number, or lacks a field.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        if text.len() > limits::FRAME_BYTES {
            return Err(Unreadable);
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(Unreadable);
        };
        let name = fields.get("type").and_then(Value::as_str);
        match name.ok_or(Unreadable)? {
            "hello" => hello(&fields).map(Self::Hello),
            "ack" => Ok(Self::Ack {
                received: number(&fields, "received")?,
            }),
            "read" => Ok(Self::Read {
                read: number(&fields, "read")?,
            }),
            "point" => point(&fields).map(Self::Point),
            "caption" => caption(&fields).map(Self::Caption),
            "captions" => {
                let on = fields.get("on").and_then(Value::as_bool);
                on.map(Self::Captions).ok_or(Unreadable)
            }
            "recording" => recording(&fields).map(Self::Recording),
            other => {
                let seq = number(&fields, "seq")?;
                let text = fields.get("text").and_then(Value::as_str);
                let line = text.filter(|_| other == "chat").map(LineText::parse);
                let message = match line {
                    Some(Ok(line)) => Message::Line(line),
                    Some(Err(_)) | None => Message::Unknown,
                };
                Ok(Self::Numbered { seq, message })
            }
        }
    }

    /// The text that [`Frame::decode`] reads. What is unknown is written as nothing that is known.
    pub fn encode(&self) -> String {
        let value = match self {
            Self::Hello(hello) => {
                let names: Vec<_> = hello.features.names().collect();
                let mut value = json!({
                    "type": "hello",
                    "version": VERSION,
                    "features": names,
                    "stream": hello.stream.as_str(),
                });
                if let (Some(known), Some(fields)) = (&hello.known, value.as_object_mut()) {
                    fields.insert("peerStream".into(), known.stream.as_str().into());
                    fields.insert("received".into(), known.received.into());
                    fields.insert("read".into(), known.read.into());
                }
                value
            }
            Self::Numbered {
                seq,
                message: Message::Line(text),
            } => json!({ "type": "chat", "seq": seq, "text": text.as_str() }),
            Self::Numbered {
                seq,
                message: Message::Unknown,
            } => json!({ "type": "nothing", "seq": seq }),
            Self::Point(Some(Pointer { at, is_own })) => {
                let mut value = json!({ "type": "point", "x": at.x(), "y": at.y() });
                if let (true, Some(fields)) = (is_own, value.as_object_mut()) {
                    fields.insert("own".into(), true.into());
                }
                value
            }
            Self::Point(None) => json!({ "type": "point" }),
            Self::Caption(caption) if caption.is_final => {
                json!({ "type": "caption", "text": caption.text(), "final": true })
            }
            Self::Caption(caption) => json!({ "type": "caption", "text": caption.text() }),
            Self::Captions(on) => json!({ "type": "captions", "on": on }),
            Self::Recording(state) => {
                let mut value = json!({ "type": "recording", "running": state.is_running });
                if let Some(fields) = value.as_object_mut() {
                    if let Some(Request { id, kind }) = state.request {
                        let request = json!({ "id": id, "kind": kind_name(kind) });
                        fields.insert("request".into(), request);
                    }
                    if let Some(Answer { id, agrees }) = state.answer {
                        fields.insert("answer".into(), json!({ "id": id, "agrees": agrees }));
                    }
                }
                value
            }
            Self::Ack { received } => json!({ "type": "ack", "received": received }),
            Self::Read { read } => json!({ "type": "read", "read": read }),
        };
        value.to_string()
    }
}

fn number(fields: &Map<String, Value>, name: &str) -> Result<u64, Unreadable> {
    let number = fields.get(name).and_then(Value::as_u64);
    number.filter(|it| *it <= GREATEST).ok_or(Unreadable)
}

fn point(fields: &Map<String, Value>) -> Result<Option<Pointer>, Unreadable> {
    if !fields.contains_key("x") && !fields.contains_key("y") {
        return Ok(None);
    }
    let part = |name| u16::try_from(number(fields, name)?).map_err(|_| Unreadable);
    let at = Position::new(part("x")?, part("y")?).ok_or(Unreadable)?;
    let is_own = fields.get("own").and_then(Value::as_bool) == Some(true);
    Ok(Some(Pointer { at, is_own }))
}

fn caption(fields: &Map<String, Value>) -> Result<Caption, Unreadable> {
    let text = fields.get("text").and_then(Value::as_str);
    let is_final = fields.get("final").and_then(Value::as_bool) == Some(true);
    let caption = text.and_then(|text| Caption::parse(text, is_final));
    caption.ok_or(Unreadable)
}

fn recording(fields: &Map<String, Value>) -> Result<State, Unreadable> {
    let id = |of: &Value| {
        let id = of.get("id").and_then(Value::as_u64);
        let id = id.and_then(|id| u32::try_from(id).ok());
        id.filter(|id| *id > 0).ok_or(Unreadable)
    };
    let request = fields.get("request").map(|of| {
        let name = of.get("kind").and_then(Value::as_str);
        let kind = KINDS.into_iter().find(|it| Some(kind_name(*it)) == name);
        let kind = kind.ok_or(Unreadable)?;
        Ok(Request { id: id(of)?, kind })
    });
    let answer = fields.get("answer").map(|of| {
        let agrees = of.get("agrees").and_then(Value::as_bool);
        let agrees = agrees.ok_or(Unreadable)?;
        Ok(Answer {
            id: id(of)?,
            agrees,
        })
    });
    let is_running = fields.get("running").and_then(Value::as_bool);
    Ok(State {
        request: request.transpose()?,
        is_running: is_running.ok_or(Unreadable)?,
        answer: answer.transpose()?,
    })
}

const KINDS: [Kind; 2] = [Kind::Recording, Kind::Photo];

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Recording => "recording",
        Kind::Photo => "photo",
    }
}

fn hello(fields: &Map<String, Value>) -> Result<Hello, Unreadable> {
    // A later version says so, and speaks this one to who has said 1.
    if number(fields, "version")? < VERSION {
        return Err(Unreadable);
    }
    let features = fields.get("features").and_then(Value::as_array);
    let names = features.ok_or(Unreadable)?.iter().take(limits::FEATURES);
    let stream = |name| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .map(StreamId::parse)
    };
    let known = match stream("peerStream") {
        None => None,
        Some(stream) => Some(Known {
            stream: stream.ok_or(Unreadable)?,
            received: number(fields, "received")?,
            read: number(fields, "read")?,
        }),
    };
    Ok(Hello {
        features: Features::named(names.filter_map(Value::as_str)),
        stream: stream("stream").flatten().ok_or(Unreadable)?,
        known,
    })
}
