//! A reading as it is saved for diagnostics.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::grade::Assessment;
use crate::interval::StreamStats;
use crate::meter::Reading;
use crate::sample::{Candidate, CandidatePair};

/// Without addresses and fingerprints: a file of diagnostics is sent to others, and must not
/// say who or where somebody is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SavedReading<'a> {
    at: f64,
    receiving: [&'static str; 2],
    sending: [&'static str; 2],
    rating: Option<f64>,
    inbound_audio: Option<&'a StreamStats>,
    inbound_video: Option<&'a StreamStats>,
    outbound_audio: Option<&'a StreamStats>,
    outbound_video: Option<&'a StreamStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound_screen: Option<&'a StreamStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outbound_screen: Option<&'a StreamStats>,
    total_bitrate_in: Option<f64>,
    total_bitrate_out: Option<f64>,
    red: bool,
    camera_off: bool,
    round_trip_time: Option<f64>,
    available_outgoing_bitrate: Option<f64>,
    /// How the relay is reached, if there is one.
    protocol: Option<&'a str>,
    /// Local and remote.
    candidate_types: [Option<&'a str>; 2],
}

/// The JSON of a reading that was taken at `at`, on the clock of the record that it goes
/// into: numbers in the units of their fields under the names of their fields, grades and
/// reasons by their codes. Addresses and fingerprints are left out.
pub fn saved_reading(at: Duration, reading: &Reading) -> Value {
    let stats = &reading.interval;
    let pair = stats.candidate_pair.as_ref();
    let candidate_type = |end: fn(&CandidatePair) -> &Candidate| {
        pair.and_then(|pair| end(pair).candidate_type.as_deref())
    };
    let codes = |assessed: Assessment| [assessed.grade.code(), assessed.reason.code()];
    let saved = SavedReading {
        at: at.as_secs_f64(),
        receiving: codes(reading.receiving),
        sending: codes(reading.sending),
        rating: reading.rating,
        inbound_audio: stats.inbound_audio.as_ref(),
        inbound_video: stats.inbound_video.as_ref(),
        outbound_audio: stats.outbound_audio.as_ref(),
        outbound_video: stats.outbound_video.as_ref(),
        inbound_screen: stats.inbound_screen.as_ref(),
        outbound_screen: stats.outbound_screen.as_ref(),
        total_bitrate_in: stats.total_bitrate_in,
        total_bitrate_out: stats.total_bitrate_out,
        red: stats.red,
        camera_off: stats.camera_off,
        round_trip_time: stats.round_trip_time,
        available_outgoing_bitrate: pair.and_then(|pair| pair.available_outgoing_bitrate),
        protocol: pair.and_then(|pair| {
            let relay_protocol = pair.relay_protocol.as_deref();
            relay_protocol.or(pair.protocol.as_deref())
        }),
        candidate_types: [
            candidate_type(|pair| &pair.local),
            candidate_type(|pair| &pair.remote),
        ],
    };
    // Fails for maps without text keys only, and there are none.
    serde_json::to_value(&saved).unwrap_or_default()
}
