//! A report that is made up, one second after the other.

use serde_json::{Value, json};
use wimpex_quality::{Sample, StatsReport};

/// A call whose counters stand where the test puts them.
#[derive(Clone)]
pub(crate) struct Call {
    entries: Vec<Value>,
}

impl Call {
    /// After so many seconds: audio and video both ways, nothing lost.
    pub(crate) fn at(seconds: f64) -> Self {
        let stamp = 1_700_000_000_000.0 + seconds * 1_000.0;
        let inbound = |kind: &str, ssrc: u32, packets: f64| {
            json!({
                "id": format!("in-{kind}"), "type": "inbound-rtp", "kind": kind, "ssrc": ssrc,
                "timestamp": stamp, "packetsReceived": packets * seconds, "packetsLost": 0,
                "bytesReceived": packets * seconds * 100.0, "jitter": 0.004,
                "framesDecoded": 30.0 * seconds, "totalFreezesDuration": 0, "freezeCount": 0,
                "jitterBufferDelay": 0.04 * seconds, "jitterBufferEmittedCount": seconds,
            })
        };
        let outbound = |kind: &str, ssrc: u32, packets: f64| {
            json!({
                "id": format!("out-{kind}"), "type": "outbound-rtp", "kind": kind, "ssrc": ssrc,
                "timestamp": stamp, "packetsSent": packets * seconds,
                "bytesSent": packets * seconds * 100.0, "framesEncoded": 30.0 * seconds,
                "qualityLimitationReason": "none", "targetBitrate": 1_000_000,
            })
        };
        let remote_inbound = |kind: &str, ssrc: u32| {
            json!({
                "id": format!("peer-{kind}"), "type": "remote-inbound-rtp", "kind": kind,
                "ssrc": ssrc, "timestamp": stamp, "fractionLost": 0.0, "roundTripTime": 0.02,
            })
        };
        Self {
            entries: vec![
                inbound("audio", 1, 50.0),
                inbound("video", 2, 100.0),
                outbound("audio", 3, 50.0),
                outbound("video", 4, 100.0),
                remote_inbound("audio", 3),
                remote_inbound("video", 4),
                json!({
                    "id": "T", "type": "transport", "timestamp": stamp,
                    "selectedCandidatePairId": "P", "tlsVersion": "FEFD",
                    "dtlsCipher": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                    "localCertificateId": "C",
                }),
                json!({ "id": "C", "type": "certificate", "fingerprint": "AB:CD" }),
                json!({
                    "id": "P", "type": "candidate-pair", "timestamp": stamp, "state": "succeeded",
                    "localCandidateId": "L", "remoteCandidateId": "R",
                    "currentRoundTripTime": 0.5, "totalRoundTripTime": 0.02 * seconds,
                    "responsesReceived": seconds, "bytesReceived": 20_000.0 * seconds,
                }),
                json!({
                    "id": "L", "type": "local-candidate", "candidateType": "host",
                    "protocol": "udp", "address": "192.0.2.1", "port": 5, "networkType": "wifi",
                }),
                json!({ "id": "R", "type": "remote-candidate", "candidateType": "srflx" }),
            ],
        }
    }

    /// The same with this codec for the video of both directions.
    pub(crate) fn with_codec(mut self, codec: &str) -> Self {
        let mime = format!("video/{codec}");
        self.entries.retain(|entry| entry["id"] != "V");
        self.entries
            .push(json!({ "id": "V", "type": "codec", "mimeType": mime }));
        self.with("in-video", "codecId", "V")
            .with("out-video", "codecId", "V")
    }

    /// The same with a field of an entry as the test wants it.
    pub(crate) fn with(mut self, id: &str, field: &str, value: impl Into<Value>) -> Self {
        let entry = self.entries.iter_mut().find(|entry| entry["id"] == id);
        entry.unwrap()[field] = value.into();
        self
    }

    /// The same without that field.
    pub(crate) fn without(mut self, id: &str, field: &str) -> Self {
        let entry = self.entries.iter_mut().find(|entry| entry["id"] == id);
        entry.unwrap().as_object_mut().unwrap().remove(field);
        self
    }

    /// The same without an entry.
    pub(crate) fn without_entry(mut self, id: &str) -> Self {
        self.entries.retain(|entry| entry["id"] != id);
        self
    }

    pub(crate) fn entries(&self) -> Vec<Value> {
        self.entries.clone()
    }

    /// A field of an entry.
    pub(crate) fn field(&self, id: &str, field: &str) -> Value {
        let entry = self.entries.iter().find(|entry| entry["id"] == id);
        entry.unwrap()[field].clone()
    }

    pub(crate) fn sample(&self) -> Sample {
        let json = serde_json::to_string(&self.entries).unwrap();
        Sample::new(&StatsReport::parse(&json).unwrap())
    }
}
