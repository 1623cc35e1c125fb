//! The quality panel and its sign, from readings that the test made up.

use std::sync::Arc;

use js_sys::{Map, Object, Reflect};
use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement};
use wimpex::browser::rtc_stats_report::Reader;
use wimpex::session::Session;
use wimpex::session::stats::QualitySnapshot;
use wimpex::ui::{PauseOffer, QualityPanel, QualitySign};
use wimpex_call::{CallSnapshot, Command as CallCommand, State};
use wimpex_client::Command;
use wimpex_quality::{
    Assessment, Candidate, CandidatePair, Grade, History, IntervalStats, Member, Reading, Reason,
    StatsReport, StreamStats, TransportSecurity,
};

use crate::components::{Mounted, in_a_call};

fn shown(quality: IntervalStats) -> Option<Arc<QualitySnapshot>> {
    shown_as(quality, Reason::Undisturbed, Reason::Loss)
}

/// Poor is what is sent, for that reason.
fn shown_as(
    interval: IntervalStats,
    receiving: Reason,
    sending: Reason,
) -> Option<Arc<QualitySnapshot>> {
    let verdict = |grade, reason| Assessment { grade, reason };
    let received = match receiving {
        Reason::NoVideo | Reason::Measuring => Grade::Unknown,
        _ => Grade::Good,
    };
    let mut history = History::default();
    for _ in 0..3 {
        history.add(&interval);
    }
    Some(Arc::new(QualitySnapshot {
        number: 4,
        reading: Arc::new(Reading {
            interval,
            receiving: verdict(received, receiving),
            sending: verdict(Grade::Poor, sending),
            rating: Some(85.0),
            ..Reading::default()
        }),
        history: Arc::new(history),
    }))
}

#[wasm_bindgen_test]
async fn panel_shows_a_dash_for_unknown_numbers() {
    let mounted = Mounted::of(|_| {}, || view! { <QualityPanel close=|| {} /> });
    tick().await;
    let text = || mounted.find("section").text_content().unwrap();
    assert!(text().contains("Round-trip time–"), "{}", text());
    let end = |kind: &str| Candidate {
        candidate_type: Some(kind.to_owned()),
        network_type: None,
        address: Some("198.51.100.7".to_owned()),
        port: Some(9),
    };
    mounted.session.view.quality.set(shown(IntervalStats {
        inbound_video: Some(StreamStats {
            bitrate: Some(1_234_000.0),
            fraction_lost: Some(0.025),
            jitter: Some(0.012),
            frames_per_second: Some(29.7),
            freeze_count: Some(2.0),
            freeze_duration: Some(0.5),
            nack: Some(7.0),
            resolution: Some((1280, 720)),
            codec: Some("VP8".to_owned()),
            power_efficient: Some(false),
            ..StreamStats::default()
        }),
        round_trip_time: Some(0.0034),
        candidate_pair: Some(CandidatePair {
            protocol: Some("udp".to_owned()),
            local: end("srflx"),
            remote: end("host"),
            ..CandidatePair::default()
        }),
        security: TransportSecurity {
            dtls_version: Some("DTLS 1.2".to_owned()),
            ..TransportSecurity::default()
        },
        ..IntervalStats::default()
    }));
    tick().await;
    for words in [
        "RouteDirect, UDP",
        "Round-trip time3.4 ms",
        "1.23 Mbit/s",
        "Packet loss2.5%",
        "1280×720",
        "30 fps",
        "VP8, software",
        "Your endbehind a NAT",
        "Key exchangeDTLS 1.2",
        "Receivinggood",
        "Sendingpoor",
        "Your upload is losing packets.",
        "Freezes6 in the last minute, 50% of the time",
        "They should sound good to you: 4.2 out of 4.5 (R 85",
    ] {
        assert!(text().contains(words), "{words} in {}", text());
    }
    assert!(!text().contains("198.51"), "nobody asked for addresses");
    // What is known is drawn, and nothing else.
    let paths = mounted.element.query_selector_all(".spark path").unwrap();
    let drawn: Vec<String> = (0..paths.length())
        .filter_map(|at| {
            paths
                .get(at)?
                .dyn_into::<Element>()
                .ok()?
                .get_attribute("d")
        })
        .filter(|path| !path.is_empty())
        .collect();
    // Bitrate, frame rate, loss, standstill and jitter of the picture (which is not opened),
    // and the round trip.
    assert_eq!(drawn.len(), 5, "{drawn:?}");
    assert!(
        drawn.contains(&"M117 0L118 0L119 0".to_owned()),
        "{drawn:?}"
    );
    open(&mounted, "Network addresses").await;
    assert!(
        text().contains("Yours 198.51.100.7 port 9, theirs 198.51.100.7 port 9."),
        "{}",
        text()
    );
    assert!(!text().contains("(NACK)"), "nobody asked for more");
    open(&mounted, "More numbers of picture").await;
    assert!(
        text().contains("Retransmission requests (NACK)7/s"),
        "{}",
        text()
    );
    assert!(text().contains("Jitter12 ms"), "{}", text());
}

/// Opens a part of the panel, and waits for what is in it.
async fn open(mounted: &Mounted, name: &str) {
    let all = mounted.element.query_selector_all("summary").unwrap();
    let summary = (0..all.length())
        .filter_map(|at| all.get(at)?.dyn_into::<HtmlElement>().ok())
        .find(|summary| summary.inner_text().trim() == name);
    summary.unwrap().click();
    // `toggle` comes in a task of its own.
    gloo_timers::future::sleep(std::time::Duration::from_millis(50)).await;
    tick().await;
}

/// What was copied, where the test is the clipboard.
#[wasm_bindgen_test]
async fn copied_numbers_contain_no_address() {
    let clipboard = js_sys::Function::new_no_args(
        "globalThis.__copied = '';
        Object.defineProperty(navigator, 'clipboard', { configurable: true, value: {
            writeText: async (text) => { globalThis.__copied = text; },
        } });",
    );
    clipboard.call0(&JsValue::NULL).unwrap();
    let mounted = Mounted::of(|_| {}, || view! { <QualityPanel close=|| {} /> });
    let end = Candidate {
        address: Some("198.51.100.7".to_owned()),
        port: Some(9),
        ..Candidate::default()
    };
    mounted.session.view.quality.set(shown(IntervalStats {
        inbound_audio: Some(StreamStats {
            packet_rate: Some(50.0),
            ..StreamStats::default()
        }),
        candidate_pair: Some(CandidatePair {
            available_outgoing_bitrate: Some(2_000_000.0),
            local: end,
            ..CandidatePair::default()
        }),
        ..IntervalStats::default()
    }));
    tick().await;
    mounted.button("Copy").click();
    gloo_timers::future::sleep(std::time::Duration::from_millis(50)).await;
    let copied = Reflect::get(&js_sys::global(), &"__copied".into()).unwrap();
    let copied = copied.as_string().unwrap();
    for line in [
        "Sound, Packets: receiving 50/s sending –\n",
        "Estimated bandwidth: 2.00 Mbit/s\n",
        "Picture, Limited by: sending –\n",
    ] {
        assert!(copied.contains(line), "{line} in {copied}");
    }
    assert!(!copied.contains("198.51"), "{copied}");
    mounted.button("Copied");
}

#[wasm_bindgen_test]
async fn why_nothing_is_known_is_said() {
    let mounted = Mounted::of(|_| {}, || view! { <QualityPanel close=|| {} /> });
    let says = async |reason| {
        let quality = shown_as(IntervalStats::default(), reason, Reason::Loss);
        mounted.session.view.quality.set(quality);
        tick().await;
        mounted.find(".verdict").text_content().unwrap()
    };
    let says_no_picture = says(Reason::NoVideo).await;
    assert!(
        says_no_picture.contains("unknownNo video"),
        "{says_no_picture}"
    );
    assert_eq!(says(Reason::Measuring).await, "Receivingunknown");
}

/// A report as a browser makes it, of these entries.
fn report(entries: &[(&str, &[(&str, JsValue)])]) -> JsValue {
    let report = Map::new();
    for (id, fields) in entries {
        let entry = Object::new();
        Reflect::set(&entry, &"id".into(), &(*id).into()).unwrap();
        for (name, value) in *fields {
            Reflect::set(&entry, &(*name).into(), value).unwrap();
        }
        report.set(&(*id).into(), &entry);
    }
    report.into()
}

fn pair(state: &str) -> [(&'static str, JsValue); 3] {
    [
        ("type", "candidate-pair".into()),
        ("state", state.into()),
        ("localCandidateId", "L".into()),
    ]
}

#[wasm_bindgen_test]
fn the_pair_in_use_is_read_whatever_its_state() {
    let read = |named: &str, state: &str| {
        let transport = [
            ("type", "transport".into()),
            ("selectedCandidatePairId", named.into()),
        ];
        let json = Reader::default().json(report(&[
            ("A", &pair("succeeded")),
            ("P", &pair(state)),
            ("T", &transport),
            ("L", &[("type", "local-candidate".into())]),
        ]));
        StatsReport::parse(&json).unwrap()
    };
    for state in ["succeeded", "in-progress", "failed"] {
        let read = read("P", state);
        let pairs: Vec<_> = read.of_type("candidate-pair").collect();
        assert_eq!(pairs.len(), 1, "{state}");
        assert_eq!(pairs[0].text(Member::Id), Some("P"), "{state}");
        assert!(read.by_id("L").is_some(), "{state}");
    }
    // One that is not there is none, and takes nothing with it.
    let read = read("gone", "in-progress");
    assert_eq!(read.of_type("candidate-pair").count(), 1);
    assert_eq!(read.of_type("transport").count(), 1);
}

#[wasm_bindgen_test]
fn a_reader_follows_the_pair_through_an_outage() {
    let mut reader = Reader::default();
    for (named, state) in [
        ("P", "succeeded"),
        ("P", "in-progress"),
        ("Q", "in-progress"),
        ("gone", "failed"),
        ("P", "succeeded"),
    ] {
        let transport = [
            ("type", "transport".into()),
            ("selectedCandidatePairId", named.into()),
        ];
        let json = reader.json(report(&[
            ("T", &transport),
            ("P", &pair(state)),
            ("Q", &pair(state)),
            ("L", &[("type", "local-candidate".into())]),
        ]));
        let read = StatsReport::parse(&json).unwrap();
        assert_eq!(read.of_type("transport").count(), 1, "{named}, {state}");
        let pair = read.of_type("candidate-pair").next();
        let pair = pair.and_then(|pair| pair.text(Member::Id));
        match named {
            "gone" => assert_eq!(pair, None),
            _ => assert_eq!(pair, Some(named), "{state}"),
        }
    }
}

#[wasm_bindgen_test]
async fn the_sign_says_how_both_directions_fare() {
    let mounted = Mounted::of(|_| {}, || view! { <QualitySign /> });
    tick().await;
    let name = || {
        mounted
            .find("[role=img]")
            .get_attribute("aria-label")
            .unwrap()
    };
    assert!(name().contains("Receiving: unknown."), "{}", name());
    mounted
        .session
        .view
        .quality
        .set(shown(IntervalStats::default()));
    tick().await;
    assert!(name().contains("Receiving: good."), "{}", name());
    assert!(
        name().contains("Sending: poor. Your upload is losing packets."),
        "{}",
        name()
    );
    assert_eq!(
        mounted
            .find("svg + svg")
            .get_attribute("data-grade")
            .unwrap(),
        "poor"
    );
}

#[wasm_bindgen_test]
async fn pausing_video_is_offered_once_on_a_bad_path() {
    let mut mounted = Mounted::of(
        |session: Session| {
            session.view.call.set(CallSnapshot {
                state: State::Connected,
                call: Some(in_a_call()),
                ..CallSnapshot::default()
            });
        },
        || view! { <PauseOffer /> },
    );
    tick().await;
    assert!(mounted.element.query_selector("button").unwrap().is_none());
    // A pause shortens no way.
    let slow = shown_as(IntervalStats::default(), Reason::Undisturbed, Reason::Delay);
    mounted.session.view.quality.set(slow);
    tick().await;
    assert!(mounted.element.query_selector("button").unwrap().is_none());
    mounted
        .session
        .view
        .quality
        .set(shown(IntervalStats::default()));
    tick().await;
    mounted.button("Pause my picture").click();
    assert_eq!(
        mounted.commands(),
        [Command::Call(CallCommand::SetCamera(false))]
    );
    mounted.button("Not now").click();
    tick().await;
    assert!(mounted.element.query_selector("button").unwrap().is_none());
}
