//! What happened, in words, one line after the other.

use std::fmt::Write;

use serde_json::Value;

use wimpex_call::State;
use wimpex_sansio::Now;

use crate::record::Record;

impl Record {
    /// What happened, one text each, in its order. Of the readings those at which a grade
    /// changed.
    pub fn timeline(&self) -> Vec<String> {
        let seconds = |at: Now| at.since(Now::ZERO).as_secs_f64();
        let line = |at: Now, text: &str| format!("{:>10.3} {text}", seconds(at));
        let mut state = State::Idle;
        let entries = self.entries.iter().map(|entry| {
            let mut text = serde_json::to_string(&entry.input).unwrap_or_default();
            if !entry.outputs.is_empty() {
                text += &format!("\n           → {}", entry.outputs.join(", "));
            }
            let before = std::mem::replace(&mut state, entry.state);
            if before != state {
                text += &format!("\n           {before:?} → {state:?}");
            }
            (entry.at, line(entry.at, &text))
        });
        let mut all: Vec<_> = entries.collect();
        let notes = self.notes.iter();
        all.extend(notes.map(|note| (note.at, line(note.at, &note.text))));
        let turns = self.turns();
        all.extend(turns.map(|(at, reading)| (at, line(at, &words(reading)))));
        // Stable: what happened at one moment keeps its order.
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, line)| line).collect()
    }

    /// Readings with another grade than the one before.
    fn turns(&self) -> impl Iterator<Item = (Now, &Value)> {
        let mut last = None;
        self.readings.iter().filter_map(move |reading| {
            let at = std::time::Duration::try_from_secs_f64(reading["at"].as_f64()?).ok()?;
            let grades = [&reading["receiving"][0], &reading["sending"][0]];
            let before = last.replace(grades);
            (before != Some(grades)).then_some((Now::ZERO + at, reading))
        })
    }
}

/// A reading in a line, and its numbers in another. Files from before the readings had the
/// names of webrtc-stats have others, and sentences for the reasons.
fn words(reading: &Value) -> String {
    let assessed = |way: &str| {
        let of = |at: usize| reading[way][at].as_str().unwrap_or("?");
        format!("{way} {} ({})", of(0), of(1))
    };
    let [receiving, sending] = ["receiving", "sending"].map(assessed);
    let mut text = format!("{receiving}, {sending}\n           ");
    let mut comma = "";
    let mut add = |name: &str, value: Option<f64>, factor: f64, unit: &str| {
        if let Some(value) = value {
            let _ = write!(text, "{comma}{name} {:.1} {unit}", value * factor);
            comma = ", ";
        }
    };
    for (stream, old_stream, name) in [
        ("inboundAudio", "soundIn", "audio in"),
        ("inboundVideo", "pictureIn", "video in"),
        ("outboundAudio", "soundOut", "audio out"),
        ("outboundVideo", "pictureOut", "video out"),
    ] {
        let stats = either(reading, stream, old_stream);
        let number = |name: &str, old_name: &str| either(stats, name, old_name).as_f64();
        add(name, stats["bitrate"].as_f64(), 0.001, "kbit/s");
        add("lost", number("fractionLost", "loss"), 100.0, "%");
        add("at", number("framesPerSecond", "frameRate"), 1.0, "fps");
    }
    let round_trip_time = either(reading, "roundTripTime", "roundTrip");
    add("round trip", round_trip_time.as_f64(), 1_000.0, "ms");
    add("R", reading["rating"].as_f64(), 1.0, "");
    text.truncate(text.trim_end().len());
    text
}

/// What stands under a name, or under the name that older files have.
fn either<'a>(object: &'a Value, name: &str, old_name: &str) -> &'a Value {
    object.get(name).unwrap_or(&object[old_name])
}
