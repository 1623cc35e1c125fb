//! The numbers of the last second, for who wants to know.

use std::time::Duration;

use leptos::prelude::*;
use wimpex_call::quality::{Incoming, Outgoing, Quality};

use super::words::{decimal, whole};
use super::{live, use_session};

/// A row: what it is called, and how it reads for what arrives and what leaves.
/// `None` where the row says nothing of that direction.
type Row = (&'static str, Read, Option<Read>);
type Read = fn(&Quality) -> String;

const SOUND_AND_PICTURE: [Row; 4] = [
    (
        "Bitrate",
        |q| bitrate(q.bitrate_in()),
        Some(|q| bitrate(q.bitrate_out())),
    ),
    ("Sound loss", |q| loss(&q.audio_in), None),
    ("Sound jitter", |q| jitter(&q.audio_in), None),
    (
        "Sound codec",
        |q| codec(q.audio_in.as_ref().map(|s| &s.codec)),
        Some(|q| codec(q.audio_out.as_ref().map(|s| &s.codec))),
    ),
];

const PICTURE: [Row; 5] = [
    (
        "Resolution",
        |q| pixels(q.video_in.as_ref().and_then(|s| s.resolution)),
        Some(|q| pixels(q.video_out.as_ref().and_then(|s| s.resolution))),
    ),
    (
        "Frame rate",
        |q| frames(q.video_in.as_ref().and_then(|s| s.frame_rate)),
        Some(|q| frames(q.video_out.as_ref().and_then(|s| s.frame_rate))),
    ),
    ("Picture loss", |q| loss(&q.video_in), None),
    ("Picture jitter", |q| jitter(&q.video_in), None),
    (
        "Picture codec",
        |q| codec(q.video_in.as_ref().map(|s| &s.codec)),
        Some(|q| codec(q.video_out.as_ref().map(|s: &Outgoing| &s.codec))),
    ),
];

/// The region that **Quality** opens.
#[component]
pub fn QualityPanel(close: impl Fn() + 'static) -> impl IntoView {
    let quality = use_session().view.quality;
    let read = move |read: Read| {
        live(move || quality.with(|quality| quality.as_ref().map_or_else(unknown, read)))
    };
    let no_picture = live(move || {
        quality.with(|quality| {
            quality
                .as_ref()
                .is_none_or(|q| q.video_in.is_none() && q.video_out.is_none())
        })
    });
    let row = move |(name, arriving, leaving): Row, hidden: Signal<bool>| {
        view! {
            <tr hidden=hidden>
                <th scope="row">{name}</th>
                <td>{read(arriving)}</td>
                <td>{leaving.map(read)}</td>
            </tr>
        }
    };
    let always = live(|| false);
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
                    <dd>{read(route)}</dd>
                </div>
                <div>
                    <dt>"Round-trip time"</dt>
                    <dd>{read(|q| millis(q.round_trip))}</dd>
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
                <tbody>
                    {SOUND_AND_PICTURE.map(|cells| row(cells, always))}
                    {PICTURE.map(|cells| row(cells, no_picture))}
                </tbody>
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
        Some(protocol) => format!("{way}, {}", protocol.to_ascii_uppercase()),
        None => way.to_owned(),
    }
}

fn codec(codec: Option<&Option<String>>) -> String {
    codec.cloned().flatten().unwrap_or_else(unknown)
}

fn loss(stream: &Option<Incoming>) -> String {
    stream
        .as_ref()
        .and_then(|stream| stream.loss)
        .map_or_else(unknown, |loss| format!("{} %", decimal(loss * 100.0, 1)))
}

fn jitter(stream: &Option<Incoming>) -> String {
    millis(stream.as_ref().and_then(|stream| stream.jitter))
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(unknown, |time| {
        let millis = time.as_secs_f64() * 1000.0;
        if millis < 10.0 {
            format!("{} ms", decimal(millis, 1))
        } else {
            format!("{} ms", whole(millis))
        }
    })
}

fn bitrate(bits: Option<f64>) -> String {
    bits.map_or_else(unknown, |bits| {
        if bits >= 1_000_000.0 {
            format!("{} Mbit/s", decimal(bits / 1_000_000.0, 2))
        } else {
            format!("{} kbit/s", whole(bits / 1_000.0))
        }
    })
}

fn pixels(size: Option<(u32, u32)>) -> String {
    size.map_or_else(unknown, |(width, height)| format!("{width}×{height}"))
}

fn frames(rate: Option<f64>) -> String {
    rate.map_or_else(unknown, |rate| format!("{} fps", whole(rate)))
}
