//! The numbers of the last second, for who wants to know.

use leptos::prelude::*;
use std::time::Duration;
use wimpex_call::quality::{Incoming, Outgoing, Quality};

use super::use_session;

/// The region that **Quality** opens.
#[component]
pub fn QualityPanel(close: impl Fn() + 'static) -> impl IntoView {
    let quality = use_session().view.quality;
    let route = move || quality.with(|quality| quality.as_ref().map_or_else(unknown, route));
    let round_trip = move || {
        quality.with(|quality| millis(quality.as_ref().and_then(|quality| quality.round_trip)))
    };
    let rows = move || {
        let quality = quality.get().unwrap_or_default();
        rows(&quality)
            .into_iter()
            .map(|(name, arriving, leaving)| {
                view! {
                    <tr>
                        <th scope="row">{name}</th>
                        <td>{arriving}</td>
                        <td>{leaving}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    view! {
        <section class="panel" aria-label="Call quality">
            <header>
                <h2>"Call quality"</h2>
                <button class="quiet" on:click=move |_| close()>
                    "Close"
                </button>
            </header>
            <dl>
                <div>
                    <dt>"Route"</dt>
                    <dd>{route}</dd>
                </div>
                <div>
                    <dt>"Round-trip time"</dt>
                    <dd>{round_trip}</dd>
                </div>
            </dl>
            <table>
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"Receiving"</th>
                        <th scope="col">"Sending"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn unknown() -> String {
    "–".to_owned()
}

fn route(quality: &Quality) -> String {
    let way = match quality.relayed {
        None => return unknown(),
        Some(true) => "Relayed",
        Some(false) => "Direct",
    };
    match &quality.protocol {
        Some(protocol) => format!("{way}, {}", protocol.to_uppercase()),
        None => way.to_owned(),
    }
}

type Row = (&'static str, String, String);

fn rows(quality: &Quality) -> Vec<Row> {
    let mut rows = vec![(
        "Bitrate",
        bitrate(quality.bitrate_in()),
        bitrate(quality.bitrate_out()),
    )];
    if quality.video_in.is_some() || quality.video_out.is_some() {
        rows.extend(video_rows(
            quality.video_in.as_ref(),
            quality.video_out.as_ref(),
        ));
    }
    let (arriving, leaving) = (quality.audio_in.as_ref(), quality.audio_out.as_ref());
    rows.push(("Sound loss", loss(arriving), String::new()));
    rows.push((
        "Sound jitter",
        millis(arriving.and_then(|s| s.jitter)),
        String::new(),
    ));
    rows.push((
        "Sound codec",
        text(arriving.and_then(|s| s.codec.clone())),
        text(leaving.and_then(|s| s.codec.clone())),
    ));
    rows
}

fn video_rows(arriving: Option<&Incoming>, leaving: Option<&Outgoing>) -> [Row; 5] {
    [
        (
            "Resolution",
            pixels(arriving.and_then(|s| s.resolution)),
            pixels(leaving.and_then(|s| s.resolution)),
        ),
        (
            "Frame rate",
            rate(arriving.and_then(|s| s.frame_rate)),
            rate(leaving.and_then(|s| s.frame_rate)),
        ),
        ("Picture loss", loss(arriving), String::new()),
        (
            "Picture jitter",
            millis(arriving.and_then(|s| s.jitter)),
            String::new(),
        ),
        (
            "Picture codec",
            text(arriving.and_then(|s| s.codec.clone())),
            text(leaving.and_then(|s| s.codec.clone())),
        ),
    ]
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_else(unknown)
}

fn loss(stream: Option<&Incoming>) -> String {
    stream
        .and_then(|stream| stream.loss)
        .map_or_else(unknown, |loss| format!("{:.1} %", loss * 100.0))
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(unknown, |time| {
        let millis = time.as_secs_f64() * 1000.0;
        if millis < 10.0 {
            format!("{millis:.1} ms")
        } else {
            format!("{millis:.0} ms")
        }
    })
}

fn bitrate(bits: Option<f64>) -> String {
    bits.map_or_else(unknown, |bits| {
        if bits >= 1_000_000.0 {
            format!("{:.2} Mbit/s", bits / 1_000_000.0)
        } else {
            format!("{:.0} kbit/s", bits / 1_000.0)
        }
    })
}

fn pixels(size: Option<(u32, u32)>) -> String {
    size.map_or_else(unknown, |(width, height)| format!("{width}×{height}"))
}

fn rate(frames: Option<f64>) -> String {
    frames.map_or_else(unknown, |frames| format!("{frames:.0} fps"))
}
