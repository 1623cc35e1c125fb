//! Records of format 1, which had a vocabulary of its own, as records of today's.
//!
//! From JSON to JSON: what cannot be converted becomes `null`, and is found out when the
//! record is read.

use serde_json::{Map, Value, json};

/// The record, as if it had been written in today's format.
pub(crate) fn convert(record: &Value, today: u64) -> Value {
    let entries = list(&record["entries"]).iter().map(|entry| {
        let names = list(&entry["outputs"]).iter();
        json!({
            "at": millis(&entry["at"]),
            "input": input(&entry["event"]),
            "outputs": names.map(|name| name.as_str().map(output)).collect::<Vec<_>>(),
            "state": entry["state"],
        })
    });
    let notes = list(&record["notes"])
        .iter()
        .map(|note| json!({ "at": millis(&note["at"]), "text": note["text"] }));
    let start = &record["start"];
    json!({
        "wimpex": today,
        "browser": record["browser"],
        "ring": record["ring"],
        "dropped": record["dropped"],
        "memory": start.is_object().then(|| memory(start)),
        "entries": entries.collect::<Value>(),
        "notes": notes.collect::<Value>(),
        "readings": record["readings"],
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Times were a `Duration`. Deadlines are whole milliseconds after their beginnings, so
/// that they are due as they were.
fn millis(at: &Value) -> Value {
    let (secs, nanos) = (at["secs"].as_u64(), at["nanos"].as_u64());
    let millis = |(secs, nanos): (u64, u64)| secs.saturating_mul(1_000) + nanos / 1_000_000;
    secs.zip(nanos).map(millis).into()
}

fn input(event: &Value) -> Value {
    let Some(what) = event["what"].as_str() else {
        return Value::Null;
    };
    let connection = &event["connection"];
    match what {
        "place" => json!({ "command": { "start-call": {
            "callId": event["call"],
            "peer": event["peer"],
            "callType": if event["video"] == true { "video" } else { "audio" },
        } } }),
        "accept" => json!({ "command": { "accept": { "camera": event["camera"] } } }),
        "decline" | "hang-up" | "dismiss" => json!({ "command": what }),
        "set-muted" => json!({ "command": { "set-muted": event["muted"] } }),
        "set-camera" => json!({ "command": { "set-camera": event["on"] } }),
        "remote" => json!({ "signal": {
            "from": event["from"],
            "device": event["device"],
            "toThisDevice": event["addressed"],
            "signal": event["signal"],
        } }),
        "peer-offline" => json!({ "peer-offline": {
            "callId": event["call"],
            "offer": event["offer"],
        } }),
        "peer-devices" => json!({ "peer-devices": {
            "user": event["user"],
            "devices": event["devices"],
        } }),
        "session-renewed" | "network-changed" | "timeout" => json!(what),
        "direct" => json!({ "data-channel-message": {
            "connection": connection,
            "end": event["end"],
        } }),
        "local-offer" | "local-answer" => tagged(
            what,
            json!({
                "connection": connection,
                "sdp": event["sdp"],
            }),
        ),
        "local-candidate" => json!({ "local-candidate": {
            "connection": connection,
            "candidate": {
                "candidate": event["candidate"],
                "sdpMid": event["mid"],
                "sdpMLineIndex": event["index"],
            },
        } }),
        // It did not say which description.
        "negotiation-failed" => json!({ "local-description-failed": {
            "connection": connection,
        } }),
        "connection" => json!({ "connection-state-changed": {
            "connection": connection,
            "state": event["state"],
        } }),
        "media" => json!({ "media": {
            "request": event["request"],
            "audio": captured(&event["audio"]),
            "video": captured(&event["video"]),
        } }),
        "track-ended" => json!({ "track-ended": {
            "request": event["request"],
            "kind": if event["video"] == true { "video" } else { "audio" },
        } }),
        _ => Value::Null,
    }
}

fn tagged(tag: &str, content: Value) -> Value {
    Map::from_iter([(tag.to_owned(), content)]).into()
}

fn captured(word: &Value) -> Value {
    let error = match word.as_str() {
        None => return Value::Null,
        Some("works") => return json!({ "Ok": null }),
        Some("denied") => "not-allowed",
        Some("in-use") => "not-readable",
        Some("insecure") => "insecure-context",
        Some("lost") => "ended",
        Some(same) => same,
    };
    json!({ "Err": error })
}

/// The name of an output.
fn output(name: &str) -> &str {
    match name {
        "make offer" => "create offer",
        "make offer, restart ICE" => "create offer, restart ICE",
        "accept offer" => "set remote offer",
        "accept answer" => "set remote answer",
        same => same,
    }
}

/// What the machine remembered, which stood in the file as the signals that it was of.
fn memory(start: &Value) -> Value {
    let ended = list(&start["over"]).iter().map(|event| {
        let signal = &event["signal"];
        let outcome = match signal["type"].as_str() {
            Some("call-reject") => "rejected",
            _ => "ended",
        };
        json!({
            "peer": event["from"],
            "callId": signal["callId"],
            "outcome": tagged(outcome, signal["reason"].clone()),
        })
    });
    let early = list(&start["early"]).iter().map(|event| {
        let signal = &event["signal"];
        json!({
            "from": event["from"],
            "device": event["device"],
            "callId": signal["callId"],
            "candidate": signal["candidate"],
        })
    });
    json!({
        "lastConnection": start["generation"],
        "lastRequest": start["request"],
        "endedCalls": ended.collect::<Value>(),
        "earlyCandidates": early.collect::<Value>(),
    })
}
