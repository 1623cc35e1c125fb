//! A screen of text over a narrow network: how much of it can be read, beside a bare page.

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use tokio::time::sleep;
use wimpex_e2e::{
    BrowserOptions, CallKind, Page, Peer, Role, Scenario, Uplink, soaks, times, wait_until,
    wait_until_within,
};

use crate::shared::{connect, hang_up, measured, scenarios};

scenarios! {
    Networks: a_screen_of_text_is_readable_at_300_kilobits,
}

/// What is shown, in points of both canvases.
const WIDTH: usize = 960;
const HEIGHT: usize = 600;
/// Pages that are turned, in each test and at length.
const TURNS: [u32; 2] = [2, 6];
/// From there on letters can be told apart; another page of text has less than 0.4.
const READABLE: f64 = 0.9;
/// As long as one may take while others compile.
const TURNED: Duration = Duration::from_secs(60);
const TITLE: &str = "A page of text";

async fn a_screen_of_text_is_readable_at_300_kilobits(scenario: &Scenario<'_>) {
    let homes = [(); 2].map(|()| scenario.net_lab().home(Uplink::Open));
    let options = BrowserOptions {
        shared_tab: Some(TITLE.to_owned()),
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_in_with(&homes[0], "Alice", options);
    let alice = alice.await;
    let bob = scenario.unopened_peer_in(&homes[1], "Bob").await;
    let text = scenario.second_tab_of("Alice").await.page;
    text.goto("about:blank").await;
    let write = format!(
        "document.title = {TITLE:?};
        document.body.style = 'font: 15px serif; columns: 2; margin: 8px';
        let turned = 0;
        window.turn = () => {{
            let state = turned += 1;
            let text = '';
            while (text.length < 6000) {{
                state = Math.imul(state, 1664525) + 1013904223 | 0;
                text += String.fromCharCode(97 + (state >>> 16) % 26) + ((state >>> 8) % 6 ? '' : ' ');
            }}
            document.body.textContent = text;
        }};
        window.turn();
        return true"
    );
    let _: bool = text.evaluate(&write).await;
    tokio::join!(alice.open(), bob.open());
    // Sound alone: nothing else is seen by either.
    connect(&alice, &bob, CallKind::Audio).await;
    tokio::join!(alice.hears(), bob.hears());
    let keep = "const capture = MediaDevices.prototype.getDisplayMedia;
        MediaDevices.prototype.getDisplayMedia = async function (options) {
            const stream = await capture.call(this, options);
            window.__screen = stream.getVideoTracks()[0].clone();
            // A page that stays as it is gives a track no more frames.
            window.__shown = document.createElement('video');
            window.__shown.muted = true;
            window.__shown.srcObject = new MediaStream([window.__screen]);
            window.__shown.play();
            return stream;
        };
        return true";
    let _: bool = alice.page.evaluate(keep).await;
    homes[0].impair(0, 300);
    alice.page.click(Role::Button, "Share screen").await;
    alice.page.find(Role::Button, "Stop sharing").await;
    alice.page.click(Role::Button, "Text").await;
    bob.page.click(Role::Button, "Stay unseen").await;
    let ours = reads(&alice, &bob, &text).await;
    alice.page.click(Role::Button, "Stop sharing").await;
    wait_until("the shared screen to go", async || {
        let left: u32 = bob
            .page
            .evaluate("return document.querySelectorAll('video').length")
            .await;
        (left == 0).then_some(()).ok_or_else(|| left.to_string())
    })
    .await;
    bare_share(&alice, &bob).await;
    let bare = reads(&alice, &bob, &text).await;
    measured(&format!(
        "each page of text at 300 kbit/s is readable after so many seconds, and then has an SSIM \
         of: {ours:.2?}; by a bare page: {bare:.2?}"
    ));
    let sharp = |all: &[(f64, f64)]| all.iter().map(|it| it.1).sum::<f64>() / all.len() as f64;
    // Of two pages the means say little.
    assert!(!soaks() || sharp(&ours) > sharp(&bare) - 0.05);
    for peer in [&alice, &bob] {
        let close = "for (const { track } of window.__bare.getSenders()) track?.stop();
            window.__bare.close();
            window.__screen?.stop();
            window.__seen?.remove();
            return true";
        let _: bool = peer.page.evaluate(close).await;
    }
    homes[0].impair(0, 0);
    hang_up(&alice, &bob).await;
}

/// After how many seconds each page can be read, and how much what Bob sees is then like what Alice shows.
async fn reads(alice: &Peer, bob: &Peer, text: &Page) -> Vec<(f64, f64)> {
    wait_until("a picture", async || {
        let width: u32 = bob
            .page
            .evaluate("return (window.__seen ?? document.querySelector('video'))?.videoWidth ?? 0")
            .await;
        (width > 2).then_some(()).ok_or_else(|| width.to_string())
    })
    .await;
    // What a connection begins with is not what is looked at.
    sleep(Duration::from_secs(10)).await;
    let mut all = Vec::new();
    for _ in 0..times("pages_of_text", TURNS[0], TURNS[1]) {
        let before = shown(alice).await;
        let _: bool = text.evaluate("window.turn(); return true").await;
        let turned = Instant::now();
        let now = wait_until("another page", async || {
            let now = shown(alice).await;
            let ssim = ssim(&before, &now);
            (ssim < READABLE).then_some(now).ok_or(ssim.to_string())
        })
        .await;
        let ssim = wait_until_within(TURNED, "a page that can be read", async || {
            let seen = "return grey(window.__seen ?? document.querySelector('video'))";
            let ssim = ssim(&now, &points(&bob.page, seen).await);
            (ssim >= READABLE).then_some(ssim).ok_or(ssim.to_string())
        })
        .await;
        all.push((turned.elapsed().as_secs_f64(), ssim));
    }
    all
}

/// What Alice shows.
async fn shown(alice: &Peer) -> Vec<u8> {
    points(&alice.page, "return grey(window.__shown)").await
}

/// The brightness of each point of what the script gives.
async fn points(page: &Page, script: &str) -> Vec<u8> {
    let script = format!(
        "return (async () => {{
            const grey = (video) => {{
                const canvas = new OffscreenCanvas({WIDTH}, {HEIGHT});
                const context = canvas.getContext('2d');
                context.drawImage(video, 0, 0, {WIDTH}, {HEIGHT});
                const points = context.getImageData(0, 0, {WIDTH}, {HEIGHT}).data;
                const grey = new Uint8Array({WIDTH} * {HEIGHT});
                for (let at = 0; at < grey.length; at += 1)
                    grey[at] = (points[4 * at] + points[4 * at + 1] + points[4 * at + 2]) / 3;
                let text = '';
                for (let at = 0; at < grey.length; at += 4096) text += String.fromCharCode(...grey.subarray(at, at + 4096));
                return btoa(text);
            }};
            {script};
        }})()"
    );
    let text: String = page.evaluate(&script).await;
    BASE64.decode(text.as_bytes()).expect("base64")
}

/// Structural similarity of two pictures, over windows of 8 by 8 points (Wang, Bovik, Sheikh and
/// Simoncelli 2004, equation 13, with its constants): 1 for the same.
fn ssim(one: &[u8], other: &[u8]) -> f64 {
    const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
    const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
    const SIDE: usize = 8;
    let (mut sum, mut windows) = (0.0, 0.0);
    for top in (0..=HEIGHT - SIDE).step_by(4) {
        for left in (0..=WIDTH - SIDE).step_by(4) {
            let [mut x, mut y, mut xx, mut yy, mut xy] = [0.0; 5];
            for row in top..top + SIDE {
                for at in row * WIDTH + left..row * WIDTH + left + SIDE {
                    let (a, b) = (f64::from(one[at]), f64::from(other[at]));
                    x += a;
                    y += b;
                    xx += a * a;
                    yy += b * b;
                    xy += a * b;
                }
            }
            let count = (SIDE * SIDE) as f64;
            let (mx, my) = (x / count, y / count);
            let (vx, vy) = (xx / count - mx * mx, yy / count - my * my);
            let covariance = xy / count - mx * my;
            sum += (2.0 * mx * my + C1) * (2.0 * covariance + C2)
                / ((mx * mx + my * my + C1) * (vx + vy + C2));
            windows += 1.0;
        }
    }
    sum / windows
}

/// Sends the same screen over a connection of its own, as any page would, and shows it there.
async fn bare_share(from: &Peer, to: &Peer) {
    const DESCRIBE: &str = "await pc.setLocalDescription();
        while (pc.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 20));
        return pc.localDescription.sdp";
    let offer: String = from
        .page
        .evaluate(&format!(
            "return (async () => {{
                const pc = window.__bare = new RTCPeerConnection();
                const track = window.__screen.clone();
                track.contentHint = '';
                pc.addTrack(track, new MediaStream([track]));
                {DESCRIBE};
            }})()"
        ))
        .await;
    let answer: String = to
        .page
        .evaluate(&format!(
            "return (async () => {{
                const pc = window.__bare = new RTCPeerConnection();
                pc.ontrack = ({{ track }}) => {{
                    const video = window.__seen = document.createElement('video');
                    video.muted = true;
                    video.srcObject = new MediaStream([track]);
                    document.body.append(video);
                    video.play();
                }};
                await pc.setRemoteDescription({{ type: 'offer', sdp: {offer:?} }});
                {DESCRIBE};
            }})()"
        ))
        .await;
    let accept = format!(
        "return window.__bare.setRemoteDescription({{ type: 'answer', sdp: {answer:?} }}).then(() => true)"
    );
    let _: bool = from.page.evaluate(&accept).await;
}
