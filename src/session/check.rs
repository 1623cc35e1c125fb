//! A check of everything that a call needs, before there is one.

use gloo_timers::future::TimeoutFuture;
use wimpex_client::{Check, CheckResult, Input, Loopback};
use wimpex_webrtc::IceServer;

use super::event::{Event, Inbox};
use super::media_policy::CAMERA;
use super::probe;
use super::tones::CHIME;
use crate::browser::web_audio::Tone;
use crate::browser::{BrowserError, media_capture};

/// How long the sound of the check lasts.
const CHIME_MILLIS: u32 = 900;

/// Looks at one part after the other, and reports each.
pub async fn run(servers: Vec<IceServer>, online: bool, inbox: Inbox) {
    for check in Check::ALL {
        let report = |finding| {
            inbox.post(Event::Client(Input::Checked(check, finding)));
        };
        report(CheckResult::Running);
        report(look(check, &servers, online).await);
    }
}

async fn look(check: Check, servers: &[IceServer], online: bool) -> CheckResult {
    match check {
        Check::Microphone => device(media_capture::capture(true, None).await.audio),
        Check::Camera => device(media_capture::capture(false, Some(CAMERA)).await.video),
        Check::Speaker => speaker().await,
        Check::Server if online => CheckResult::Works,
        Check::Server => CheckResult::Fails(None),
        Check::Stun => match one(servers, |url| url.starts_with("stun")) {
            Some(server) => match probe::stun(server).await {
                Ok(true) => CheckResult::Works,
                Ok(false) => CheckResult::Fails(None),
                Err(error) => CheckResult::Fails(Some(error.name)),
            },
            None => CheckResult::NotOffered,
        },
        Check::RelayUdp => {
            relay(servers, |url| {
                is_turn(url) && !url.ends_with("transport=tcp")
            })
            .await
        }
        Check::RelayTcp => {
            relay(servers, |url| {
                is_turn(url) && url.ends_with("transport=tcp")
            })
            .await
        }
        Check::RelayTls => relay(servers, |url| url.starts_with("turns:")).await,
    }
}

fn is_turn(url: &str) -> bool {
    url.starts_with("turn:")
}

/// Stops the device again at once.
fn device(asked: Option<Result<web_sys::MediaStreamTrack, BrowserError>>) -> CheckResult {
    match asked {
        Some(Ok(track)) => {
            track.stop();
            CheckResult::Works
        }
        Some(Err(error)) => CheckResult::Fails(Some(error.name)),
        None => CheckResult::Fails(None),
    }
}

/// Plays a sound.
async fn speaker() -> CheckResult {
    let tone = match Tone::play(&CHIME) {
        Ok(tone) => tone,
        Err(error) => return CheckResult::Fails(Some(error.name)),
    };
    TimeoutFuture::new(CHIME_MILLIS).await;
    if tone.is_playing() {
        CheckResult::Asks
    } else {
        CheckResult::Fails(None)
    }
}

async fn relay(servers: &[IceServer], fits: impl Fn(&str) -> bool) -> CheckResult {
    let Some(server) = one(servers, fits) else {
        return CheckResult::NotOffered;
    };
    match probe::relay(server).await {
        Ok(Some(loopback)) => CheckResult::Relayed(Loopback {
            round_trip: loopback.round_trip,
            lost: loopback.lost,
        }),
        Ok(None) => CheckResult::Fails(None),
        Err(error) => CheckResult::Fails(Some(error.name)),
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
