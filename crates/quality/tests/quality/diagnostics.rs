//! What is saved of a reading.

use std::time::Duration;

use serde_json::json;
use wimpex_quality::{Meter, saved_reading};

use crate::synthetic::Call;

#[test]
fn a_saved_reading_has_codes_and_nothing_private() {
    let mut meter = Meter::default();
    let readings = (10..14).filter_map(|second| {
        let call = Call::at(f64::from(second))
            .with("L", "relayProtocol", "tls")
            .with("R", "address", "198.51.100.7");
        meter.push(call.sample())
    });
    let reading = readings.last().unwrap();
    let pair = reading.interval.candidate_pair.as_ref().unwrap();
    assert_eq!(pair.local.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(
        reading.interval.security.local_fingerprint.as_deref(),
        Some("AB:CD")
    );
    let saved = saved_reading(Duration::from_millis(1_500), &reading);
    let text = saved.to_string();
    for private in ["192.0.2.1", "198.51.100.7", "AB:CD"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert_eq!(saved["at"], 1.5);
    assert_eq!(saved["receiving"], json!(["good", "undisturbed"]));
    assert_eq!(saved["sending"], json!(["good", "undisturbed"]));
    assert_eq!(saved["candidateTypes"], json!(["host", "srflx"]));
    assert_eq!(saved["protocol"], "tls");
    assert_eq!(saved["inboundVideo"]["framesPerSecond"], 30.0);
    assert_eq!(saved["outboundAudio"]["fractionLost"], 0.0);
}
