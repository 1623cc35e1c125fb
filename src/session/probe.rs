//! Trying out STUN and TURN servers, without any peer.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use wimpex_webrtc::IceServer;

use super::media_policy::holds_answer;
use crate::browser::rtc_data_channel::{DataChannel, DataChannelInit};
use crate::browser::rtc_peer_connection::{PeerConnection, PeerEvent, Settings};
use crate::browser::{BrowserError, Listener, clock, navigator};

/// The channel of the measurement loses what the network loses.
const PROBE: DataChannelInit = DataChannelInit {
    label: "probe",
    id: 1,
    reliable: false,
};
/// How long a path may take to be found, in milliseconds.
const PATIENCE: u32 = 8_000;
/// Packets of a round trip measurement, and the milliseconds between two.
const PACKETS: u32 = 20;
const PACE: u32 = 50;
/// How long the last of them may take.
const LAST_PACKET: u32 = 1_000;

/// What a relayed loopback showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loopback {
    /// The median round trip, in milliseconds.
    pub round_trip: u32,
    /// Packets that never came back, in percent.
    pub lost: u32,
}

/// Whether this server finds an address that is not our own.
///
/// # Errors
/// Where the browser has no WebRTC, or refuses the server's URL.
pub async fn stun(server: IceServer) -> Result<bool, BrowserError> {
    let (peer, mut events) = side(&[server], Settings::default())?;
    // Without anything to negotiate there would be no candidates.
    let _channel = peer.data_channel(PROBE);
    let offer = peer.offer(false, false);
    let found = async {
        let _ = offer.await;
        while let Some(event) = events.next().await {
            match event {
                PeerEvent::Candidate(found) if found.candidate.contains(" typ srflx") => {
                    return true;
                }
                PeerEvent::Gathered => return false,
                _ => {}
            }
        }
        false
    };
    Ok(within(PATIENCE, found).await.unwrap_or(false))
}

/// Sends packets to ourselves through this server and back; `None` if no path
/// through it was found.
///
/// # Errors
/// As [`stun`], and where a description is not taken.
pub async fn relay(server: IceServer) -> Result<Option<Loopback>, BrowserError> {
    let servers = [server];
    let settings = Settings {
        relay_only: true,
        ..Settings::default()
    };
    let (near, mut near_events) = side(&servers, settings.clone())?;
    let (far, mut far_events) = side(&servers, settings)?;
    let (near_channel, far_channel) = (near.data_channel(PROBE), far.data_channel(PROBE));
    let answering = echo(&far_channel);
    let joined = async {
        let offer = near.offer(false, true).await?;
        let hold = holds_answer(&offer, &navigator::user_agent());
        let answer = far.answer(&offer, hold, true).await?;
        near.set_remote_answer(&answer).await?;
        // Each passes the other's candidates on for as long as this runs.
        let pass = futures_util::future::join(
            pass_candidates(&mut near_events, &far),
            pass_candidates(&mut far_events, &near),
        );
        let opened = Box::pin(open(&near_channel));
        match select(opened, Box::pin(pass)).await {
            Either::Left(((), _)) => Ok(true),
            Either::Right((_, _)) => Ok::<_, BrowserError>(false),
        }
    };
    let is_open = within(PATIENCE, Box::pin(joined))
        .await
        .unwrap_or(Ok(false))?;
    if !is_open {
        return Ok(None);
    }
    let loopback = measure(&near_channel).await;
    drop(answering);
    Ok(loopback)
}

type Events = UnboundedReceiver<PeerEvent>;

fn side(
    servers: &[IceServer],
    settings: Settings,
) -> Result<(PeerConnection, Events), BrowserError> {
    let (sender, events) = unbounded();
    let report = move |event| {
        // Nobody listens any more once the measurement is over.
        let _ = sender.unbounded_send(event);
    };
    Ok((
        PeerConnection::new(servers, settings, None, report)?,
        events,
    ))
}

async fn pass_candidates(events: &mut Events, to: &PeerConnection) {
    while let Some(event) = events.next().await {
        if let PeerEvent::Candidate(found) = event {
            let _ = to.add_ice_candidate(&found).await;
        }
    }
}

/// Sends back whatever comes.
fn echo(channel: &DataChannel) -> Listener {
    let back = channel.clone();
    channel.on_message(move |text| {
        back.send(&text);
    })
}

async fn open(channel: &DataChannel) {
    while !channel.is_open() {
        TimeoutFuture::new(PACE).await;
    }
}

/// Each packet says when it left.
async fn measure(channel: &DataChannel) -> Option<Loopback> {
    let times = Rc::new(RefCell::new(Vec::<u32>::new()));
    let arrived = times.clone();
    let _listener = channel.on_message(move |text| {
        if let Ok(left) = text.parse::<u64>() {
            let took = clock::now_micros().saturating_sub(left);
            arrived.borrow_mut().push(took as u32);
        }
    });
    for _ in 0..PACKETS {
        let now = clock::now_micros();
        channel.send(&now.to_string());
        TimeoutFuture::new(PACE).await;
    }
    for _ in 0..LAST_PACKET / PACE {
        if times.borrow().len() as u32 == PACKETS {
            break;
        }
        TimeoutFuture::new(PACE).await;
    }
    let mut times = times.take();
    times.sort_unstable();
    let median = times.get(times.len() / 2)?;
    Some(Loopback {
        round_trip: median.div_ceil(1_000),
        lost: (PACKETS - times.len() as u32) * 100 / PACKETS,
    })
}

/// The answer, if it comes in time.
async fn within<T>(millis: u32, answer: impl Future<Output = T>) -> Option<T> {
    match select(Box::pin(answer), TimeoutFuture::new(millis)).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}
