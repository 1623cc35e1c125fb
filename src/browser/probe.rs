//! Trying out STUN and TURN servers, without any peer.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelState};
use wimpex_webrtc::IceServer;

use super::peer::{PeerConnection, PeerEvent, Policy};
use super::{BrowserError, Listener, clock};

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
pub async fn stun(server: IceServer) -> Result<bool, BrowserError> {
    let (peer, mut events) = side(&[server], Policy::default())?;
    let offer = peer.offer(false);
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
pub async fn relay(server: IceServer) -> Result<Option<Loopback>, BrowserError> {
    let servers = [server];
    let policy = Policy {
        relay_only: true,
        ..Policy::default()
    };
    let (near, mut near_events) = side(&servers, policy)?;
    let (far, mut far_events) = side(&servers, policy)?;
    let (near_channel, far_channel) = (near.lossy_channel(), far.lossy_channel());
    let answering = echo(&far_channel);
    let joined = async {
        let offer = near.offer(false).await?;
        let answer = far.accept_offer(&offer).await?;
        near.accept_answer(&answer).await?;
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

fn side(servers: &[IceServer], policy: Policy) -> Result<(PeerConnection, Events), BrowserError> {
    let (sender, events) = unbounded();
    let report = move |event| {
        // Nobody listens any more once the measurement is over.
        let _ = sender.unbounded_send(event);
    };
    Ok((PeerConnection::new(servers, policy, report)?, events))
}

async fn pass_candidates(events: &mut Events, to: &PeerConnection) {
    while let Some(event) = events.next().await {
        if let PeerEvent::Candidate(found) = event {
            let _ = to.add_candidate(&found).await;
        }
    }
}

/// Sends back whatever comes.
fn echo(channel: &RtcDataChannel) -> Listener {
    let back = channel.clone();
    Listener::new(channel, "message", move |event| {
        if let Some(text) = text_of(&event) {
            let _ = back.send_with_str(&text);
        }
    })
}

async fn open(channel: &RtcDataChannel) {
    while channel.ready_state() != RtcDataChannelState::Open {
        TimeoutFuture::new(PACE).await;
    }
}

/// Each packet says when it left.
async fn measure(channel: &RtcDataChannel) -> Option<Loopback> {
    let times = Rc::new(RefCell::new(Vec::<u32>::new()));
    let arrived = times.clone();
    let _listener = Listener::new(channel, "message", move |event| {
        if let Some(left) = text_of(&event).and_then(|text| text.parse::<u64>().ok()) {
            let took = (clock::now().as_micros() as u64).saturating_sub(left);
            arrived.borrow_mut().push(took as u32);
        }
    });
    for _ in 0..PACKETS {
        let now = clock::now().as_micros() as u64;
        let _ = channel.send_with_str(&now.to_string());
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

fn text_of(event: &web_sys::Event) -> Option<String> {
    event.dyn_ref::<MessageEvent>()?.data().as_string()
}

/// The answer, if it comes in time.
async fn within<T>(millis: u32, answer: impl Future<Output = T>) -> Option<T> {
    match select(Box::pin(answer), TimeoutFuture::new(millis)).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}
