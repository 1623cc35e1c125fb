//! The quality panel and its sign, from readings that the test made up.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::gauge::Shown;
use wimpex::session::{Intent, Session};
use wimpex::ui::{PauseOffer, QualityPanel, QualitySign};
use wimpex_call::State;
use wimpex_quality::{
    CandidateEnd, Flow, Grade, History, Quality, Reading, Reason, Route, Security, Verdict,
};

use crate::components::{Stage, in_a_call};

fn shown(quality: Quality) -> Option<Arc<Shown>> {
    let verdict = |grade, reason| Verdict { grade, reason };
    Some(Arc::new(Shown {
        reading: Reading {
            quality,
            receiving: verdict(Grade::Good, Reason::Well),
            sending: verdict(Grade::Poor, Reason::Loss),
            ..Reading::default()
        },
        history: History::default(),
    }))
}

#[wasm_bindgen_test]
async fn the_panel_shows_numbers_where_there_are_any_and_a_dash_elsewhere() {
    let stage = Stage::of(|_| {}, || view! { <QualityPanel close=|| {} /> });
    tick().await;
    let text = || stage.find("section").text_content().unwrap();
    assert!(text().contains("Round-trip time–"), "{}", text());
    let end = |kind: &str| CandidateEnd {
        kind: Some(kind.to_owned()),
        network: None,
        address: Some("198.51.100.7 port 9".to_owned()),
    };
    stage.session.view.quality.set(shown(Quality {
        picture_in: Some(Flow {
            bitrate: Some(1_234_000.0),
            loss: Some(0.025),
            jitter: Some(0.012),
            frame_rate: Some(29.7),
            resolution: Some((1280, 720)),
            codec: Some("VP8".to_owned()),
            hardware: Some(false),
            ..Flow::default()
        }),
        round_trip: Some(0.0034),
        route: Some(Route {
            protocol: Some("udp".to_owned()),
            local: end("srflx"),
            remote: end("host"),
            ..Route::default()
        }),
        security: Security {
            version: Some("DTLS 1.2".to_owned()),
            ..Security::default()
        },
        ..Quality::default()
    }));
    tick().await;
    for words in [
        "RouteDirect, UDP",
        "Round-trip time3.4 ms",
        "1.23 Mbit/s",
        "Lost2.5 %",
        "Jitter12 ms",
        "1280×720",
        "30 fps",
        "VP8, software",
        "Your endbehind a NAT",
        "Key exchangeDTLS 1.2",
        "Receivinggood",
        "Sendingpoor",
        "Your upload is losing packets.",
    ] {
        assert!(text().contains(words), "{words} in {}", text());
    }
    assert!(!text().contains("198.51"), "nobody asked for addresses");
}

#[wasm_bindgen_test]
async fn the_sign_says_how_both_directions_fare() {
    let stage = Stage::of(|_| {}, || view! { <QualitySign /> });
    tick().await;
    let name = || {
        stage
            .find("[role=img]")
            .get_attribute("aria-label")
            .unwrap()
    };
    assert!(name().contains("Receiving: unknown."), "{}", name());
    stage.session.view.quality.set(shown(Quality::default()));
    tick().await;
    assert!(name().contains("Receiving: good."), "{}", name());
    assert!(
        name().contains("Sending: poor. Your upload is losing packets."),
        "{}",
        name()
    );
    assert_eq!(
        stage.find("svg + svg").get_attribute("data-grade").unwrap(),
        "poor"
    );
}

#[wasm_bindgen_test]
async fn a_pause_is_offered_while_the_way_is_bad_and_once_only() {
    let mut stage = Stage::of(
        |session: Session| {
            session.view.call.set(wimpex_call::View {
                state: State::Connected,
                call: Some(in_a_call()),
                ended: None,
            });
        },
        || view! { <PauseOffer /> },
    );
    tick().await;
    assert!(stage.element.query_selector("button").unwrap().is_none());
    stage.session.view.quality.set(shown(Quality::default()));
    tick().await;
    stage.button("Pause my picture").click();
    assert_eq!(stage.intents(), [Intent::SetCamera(false)]);
    stage.button("Not now").click();
    tick().await;
    assert!(stage.element.query_selector("button").unwrap().is_none());
}
