//! A check of everything that a call needs, before there is one.

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::future::TimeoutFuture;
use wimpex_webrtc::IceServer;

use super::event::Event;
use super::media_policy::CAMERA;
use super::probe::{self, Loopback};
use super::tones::CHIME;
use crate::browser::web_audio::Tone;
use crate::browser::{BrowserError, media_capture};

/// How long the sound of the check lasts.
const CHIME_MILLIS: u32 = 900;

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The microphone.
    Microphone,
    /// The camera.
    Camera,
    /// The speaker: only the person can tell.
    Speaker,
    /// The connection to the server.
    Server,
    /// STUN: whether the way out can be found.
    Stun,
    /// The relay (TURN) over UDP.
    RelayUdp,
    /// The relay over TCP, for networks that block UDP.
    RelayTcp,
    /// The relay over TLS, for networks that let only the web through.
    RelayTls,
}

/// All parts.
pub const PARTS: [Part; 8] = [
    Part::Microphone,
    Part::Camera,
    Part::Speaker,
    Part::Server,
    Part::Stun,
    Part::RelayUdp,
    Part::RelayTcp,
    Part::RelayTls,
];

/// How one part fares.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// Its turn has not come.
    Waiting,
    /// It is being looked at.
    Looking,
    /// It works.
    Works,
    /// A sound was played; the person is asked whether they heard it.
    Asks,
    /// They did not.
    Unheard,
    /// Packets went through the relay and came back.
    Relayed(Loopback),
    /// The server does not offer it.
    NotOffered,
    /// It does not work; the browser's name for the error, if it has one.
    Fails(Option<String>),
}

/// Looks at one part after the other, and reports each.
pub async fn run(servers: Vec<IceServer>, online: bool, inbox: UnboundedSender<Event>) {
    for part in PARTS {
        let report = |finding| {
            // The inbox lives as long as the page.
            let _ = inbox.unbounded_send(Event::Checked(part, finding));
        };
        report(Finding::Looking);
        report(look(part, &servers, online).await);
    }
}

async fn look(part: Part, servers: &[IceServer], online: bool) -> Finding {
    match part {
        Part::Microphone => device(media_capture::capture(true, None).await.audio),
        Part::Camera => device(media_capture::capture(false, Some(CAMERA)).await.video),
        Part::Speaker => speaker().await,
        Part::Server if online => Finding::Works,
        Part::Server => Finding::Fails(None),
        Part::Stun => match one(servers, |url| url.starts_with("stun")) {
            Some(server) => match probe::stun(server).await {
                Ok(true) => Finding::Works,
                Ok(false) => Finding::Fails(None),
                Err(error) => Finding::Fails(Some(error.name)),
            },
            None => Finding::NotOffered,
        },
        Part::RelayUdp => {
            relay(servers, |url| {
                is_turn(url) && !url.ends_with("transport=tcp")
            })
            .await
        }
        Part::RelayTcp => {
            relay(servers, |url| {
                is_turn(url) && url.ends_with("transport=tcp")
            })
            .await
        }
        Part::RelayTls => relay(servers, |url| url.starts_with("turns:")).await,
    }
}

fn is_turn(url: &str) -> bool {
    url.starts_with("turn:")
}

/// Stops the device again at once.
fn device(asked: Option<Result<web_sys::MediaStreamTrack, BrowserError>>) -> Finding {
    match asked {
        Some(Ok(track)) => {
            track.stop();
            Finding::Works
        }
        Some(Err(error)) => Finding::Fails(Some(error.name)),
        None => Finding::Fails(None),
    }
}

/// Plays a sound.
async fn speaker() -> Finding {
    let tone = match Tone::play(&CHIME) {
        Ok(tone) => tone,
        Err(error) => return Finding::Fails(Some(error.name)),
    };
    TimeoutFuture::new(CHIME_MILLIS).await;
    if tone.is_playing() {
        Finding::Asks
    } else {
        Finding::Fails(None)
    }
}

async fn relay(servers: &[IceServer], fits: impl Fn(&str) -> bool) -> Finding {
    let Some(server) = one(servers, fits) else {
        return Finding::NotOffered;
    };
    match probe::relay(server).await {
        Ok(Some(loopback)) => Finding::Relayed(loopback),
        Ok(None) => Finding::Fails(None),
        Err(error) => Finding::Fails(Some(error.name)),
    }
}

/// The first server with such a URL, and with no other.
fn one(servers: &[IceServer], fits: impl Fn(&str) -> bool) -> Option<IceServer> {
    servers.iter().find_map(|server| {
        let url = server.urls.iter().find(|url| fits(url))?;
        Some(IceServer {
            urls: vec![url.clone()],
            ..server.clone()
        })
    })
}
