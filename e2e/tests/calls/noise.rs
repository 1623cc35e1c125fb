//! The filter of noise: loaded when it is turned on, and heard to work at the other side.

use std::f32::consts::TAU;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;
use wimpex_e2e::{BrowserOptions, CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{connect, hang_up, measured, scenarios};

scenarios! {
    // Only Chromium's flag has the microphone hear a file.
    Chromium: noise_is_filtered_out_once_that_is_wanted,
}

const SAMPLE_RATE: u32 = 48_000;

async fn noise_is_filtered_out_once_that_is_wanted(scenario: &Scenario<'_>) {
    let folder = TempDir::with_prefix("wimpex-e2e-noise-").expect("a folder");
    let file = folder.path().join("noise.wav");
    std::fs::write(&file, fan()).expect("a file");
    let options = BrowserOptions {
        microphone_file: Some(file),
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    let bob = scenario.unopened_peer("Bob").await;
    tokio::join!(alice.open(), bob.open());
    // Chromium's fake microphone says that it isolates voices by itself.
    let plain = "const native = MediaStreamTrack.prototype.getCapabilities;
        MediaStreamTrack.prototype.getCapabilities = function () {
            const { voiceIsolation, ...others } = native.call(this);
            return others;
        };
        return true";
    let _: bool = alice.page.evaluate(plain).await;
    connect(&alice, &bob, CallKind::Audio).await;
    bob.hears().await;
    alice.page.click(Role::Button, "Devices").await;
    alice
        .page
        .find(Role::Checkbox, "Filter out background noise")
        .await;
    assert_eq!(loaded(&alice).await, 0, "it is loaded before it is wanted");
    let before = loudness(&bob).await;
    alice
        .page
        .click(Role::Checkbox, "Filter out background noise")
        .await;
    wait_until("the filter", async || {
        let files = loaded(&alice).await;
        (files == 2).then_some(()).ok_or(format!("{files} files"))
    })
    .await;
    // It has to learn what noise this is.
    let mut after = before;
    wait_until("less noise", async || {
        after = loudness(&bob).await;
        (after < before / 4.0)
            .then_some(())
            .ok_or(format!("{after} after {before}"))
    })
    .await;
    measured(&format!(
        "a fan at the other side: {:.1} dB fainter with the filter of noise",
        20.0 * (before / after.max(1e-6)).log10()
    ));
    alice
        .page
        .click(Role::Checkbox, "Filter out background noise")
        .await;
    // The browser's own suppression knows the fan by now, so that it is not as loud as it was.
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

/// How many files of the filter the page has loaded.
async fn loaded(peer: &Peer) -> usize {
    let script = "return performance.getEntriesByType('resource')
        .filter(({ name }) => name.includes('noise-suppressor')).length";
    let files: usize = peer.page.evaluate(script).await;
    // What an AudioWorklet loads is not in the list of every version.
    if files == 1 { 2 } else { files }
}

/// The root mean square of what came in the last second.
async fn loudness(peer: &Peer) -> f64 {
    let before = peer.page.media().await.audio_energy;
    sleep(Duration::from_secs(1)).await;
    (peer.page.media().await.audio_energy - before)
        .max(0.0)
        .sqrt()
}

/// Ten seconds of a fan, as a WAV file of 16 bits: noise in the low tones.
fn fan() -> Vec<u8> {
    let (mut random, mut low) = (1_u32, 0.0_f32);
    let samples: Vec<i16> = (0..10 * SAMPLE_RATE)
        .map(|at| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (random >> 8) as f32 / (1 << 23) as f32 - 1.0;
            low = 0.9 * low + 0.1 * white;
            let tone = (at as f32 * 120.0 * TAU / SAMPLE_RATE as f32).sin();
            ((0.4 * low + 0.02 * tone) * f32::from(i16::MAX)) as i16
        })
        .collect();
    let bytes = u32::try_from(samples.len() * 2).expect("a short file");
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    for word in [1_u16, 1] {
        wav.extend(word.to_le_bytes());
    }
    for word in [SAMPLE_RATE, 2 * SAMPLE_RATE] {
        wav.extend(word.to_le_bytes());
    }
    for word in [2_u16, 16] {
        wav.extend(word.to_le_bytes());
    }
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}
