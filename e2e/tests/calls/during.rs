//! What people do in a call.

use std::time::Duration;

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{hang_up, in_a_call, scenarios};

scenarios! {
    FirefoxToo: muting_silences_and_unmuting_is_heard,
    FirefoxToo: the_camera_goes_off_and_on_again,
    AnyBrowsers: keys_mute_and_toggle_the_camera,
    AnyBrowsers: controls_hide_and_a_move_brings_them_back,
    AnyBrowsers: quality_agrees_with_the_browser,
}

async fn muting_silences_and_unmuting_is_heard(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    bob.hears().await;
    alice.page.click(Role::Button, "Mute").await;
    alice.page.find(Role::Button, "Unmute").await;
    hears_silence(&bob).await;
    alice.page.click(Role::Button, "Unmute").await;
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

async fn the_camera_goes_off_and_on_again(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    bob.sees().await;
    alice.page.click(Role::Button, "Turn camera off").await;
    camera_is(&alice, 0).await;
    sees_a_standstill(&bob).await;
    bob.hears().await;
    alice.page.click(Role::Button, "Turn camera on").await;
    camera_is(&alice, 1).await;
    bob.sees().await;
    hang_up(&bob, &alice).await;
}

async fn keys_mute_and_toggle_the_camera(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    alice.sees().await;
    alice.page.press('m').await;
    shows(&alice, "Unmute").await;
    alice.page.press('m').await;
    shows(&alice, "Mute").await;
    alice.page.press('v').await;
    shows(&alice, "Turn camera on").await;
    camera_is(&alice, 0).await;
    alice.page.press('v').await;
    shows(&alice, "Turn camera off").await;
    camera_is(&alice, 1).await;
    hang_up(&alice, &bob).await;
}

async fn controls_hide_and_a_move_brings_them_back(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    alice.sees().await;
    can_be_hit(&alice, "End call", false).await;
    alice.page.wake().await;
    can_be_hit(&alice, "End call", true).await;
    hang_up(&alice, &bob).await;
}

/// Waits until a button is, or is not, what is hit in its middle.
async fn can_be_hit(peer: &Peer, button: &str, wanted: bool) {
    let what = format!("{button:?} to be within reach: {wanted}");
    wait_until(&what, async || {
        let hit = peer.page.is_within_reach(Role::Button, button).await?;
        if hit == wanted {
            Ok(())
        } else {
            Err(format!("{hit}"))
        }
    })
    .await;
}

async fn quality_agrees_with_the_browser(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    alice.page.click(Role::Button, "Quality").await;
    wait_until("numbers that agree with getStats", async || {
        // What stands there until its part is loaded is another element.
        let region = alice.page.find(Role::Region, "Call quality").await;
        // As it is read out: WebDriver's text is empty for what fades in and got no frame yet.
        let text = region
            .prop("innerText")
            .await
            .map_err(|error| error.to_string())?;
        let text = text.unwrap_or_default();
        let media = alice.page.media().await;
        let squeezed: String = text
            .to_lowercase()
            .replace('×', "x")
            .split_whitespace()
            .collect();
        let size = format!("{}x{}", media.frame_width, media.frame_height);
        let mut wanted = vec![size, "direct".to_owned()];
        for codec in media.inbound_codecs.iter().chain(&media.outbound_codecs) {
            wanted.extend(codec.split('/').nth(1).map(str::to_lowercase));
        }
        let missing: Vec<_> = wanted
            .iter()
            .filter(|part| !squeezed.contains(*part))
            .collect();
        let rates = amounts(&text, &["kbit/s", "Mbit/s", "kb/s", "Mb/s", "kbps", "Mbps"]);
        let times = amounts(&text, &["ms"]);
        if missing.is_empty()
            && rates.iter().filter(|rate| **rate > 0.0).count() >= 2
            && !times.is_empty()
        {
            return Ok(());
        }
        Err(format!(
            "missing {missing:?}, rates {rates:?}, times {times:?} in {text:?}"
        ))
    })
    .await;
    alice.page.click(Role::Button, "Quality").await;
    alice
        .page
        .wait_until_gone(Role::Region, "Call quality")
        .await;
    hang_up(&alice, &bob).await;
}

/// The numbers that stand before one of `units`.
fn amounts(text: &str, units: &[&str]) -> Vec<f64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words
        .windows(2)
        .filter(|pair| units.contains(&pair[1].trim_end_matches(',')));
    pairs
        .filter_map(|pair| pair[0].replace(',', "").parse().ok())
        .collect()
}

async fn shows(peer: &Peer, button: &str) {
    wait_until(&format!("the button {button:?}"), async || {
        let found = peer.page.find_now(Role::Button, button).await;
        found
            .map(|_| ())
            .ok_or_else(|| "it is not there".to_owned())
    })
    .await;
}

async fn camera_is(peer: &Peer, lights: u32) {
    wait_until(
        &format!("{lights} camera lights at {}", peer.name),
        async || {
            let now = peer.page.snapshot().await.live_cameras;
            if now == lights {
                Ok(())
            } else {
                Err(format!("{now}"))
            }
        },
    )
    .await;
}

/// Silence has no moment; it is looked for in spans longer than the fake
/// microphone's pause between two beeps.
const SPAN: Duration = Duration::from_millis(1500);

async fn hears_silence(peer: &Peer) {
    wait_until("silence", async || {
        let before = peer.page.media().await.audio_energy;
        tokio::time::sleep(SPAN).await;
        let gained = peer.page.media().await.audio_energy - before;
        if gained < 1e-6 {
            Ok(())
        } else {
            Err(format!("energy grew by {gained}"))
        }
    })
    .await;
}

async fn sees_a_standstill(peer: &Peer) {
    wait_until("no more pictures", async || {
        let before = peer.page.media().await.frames_decoded;
        tokio::time::sleep(SPAN).await;
        // Firefox forgets a track that is over, and its counter with it.
        let gained = peer
            .page
            .media()
            .await
            .frames_decoded
            .saturating_sub(before);
        if gained <= 1 {
            Ok(())
        } else {
            Err(format!("{gained} more"))
        }
    })
    .await;
}
