//! What a page or a browser that ended in the middle of a recording has left of it.

use std::time::{Duration, Instant};

use wimpex_e2e::{CallKind, Peer, Role, Scenario, soaks, times, wait_until};

use crate::page_return::is_kept;
use crate::recording::{KEPT, NEWEST, has_recorded, kept, opens_contacts, plays, records, saves};
use crate::shared::{in_a_call, measured, scenarios};

scenarios! {
    FirefoxToo: a_page_that_was_thrown_away_left_a_recording,
    // Only Chromium starts again with what it kept.
    Chromium: a_killed_browser_left_a_recording,
    // Only DevTools count what a page holds.
    Chromium: a_long_recording_grows_nothing,
}

async fn a_page_that_was_thrown_away_left_a_recording(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    tokio::join!(is_kept(&alice), is_kept(&bob));
    keeps_parts(&alice).await;
    records(&alice, &bob).await;
    let began = Instant::now();
    has_recorded(&alice, 80_000).await;
    let recorded = began.elapsed();
    let handed_out = is_all_written(&alice).await;
    alice.page.reload().await;
    bob.end().await;
    alice.at_home().await;
    opens_contacts(&alice).await;
    is_offered_and_plays(&alice, handed_out, recorded).await;
}

async fn a_killed_browser_left_a_recording(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    keeps_parts(&alice).await;
    records(&alice, &bob).await;
    let began = Instant::now();
    has_recorded(&alice, 80_000).await;
    let recorded = began.elapsed();
    let handed_out = is_all_written(&alice).await;
    let alice = at_home_after_a_kill(scenario).await;
    is_offered_and_plays(&alice, handed_out, recorded).await;
    // What is discarded is gone.
    let discard = "const it = [...document.querySelectorAll('button')]
        .find((it) => it.ariaLabel?.startsWith('Discard Recording of'));
        it?.click(); return it !== undefined";
    let clicked: bool = alice.page.evaluate(discard).await;
    assert!(clicked);
    wait_until("it to be deleted", async || {
        let kept = kept(&alice).await;
        kept.is_empty()
            .then_some(())
            .ok_or_else(|| format!("{kept:?}"))
    })
    .await;
}

/// Minutes of a recording take no more memory than its first ones, and a browser that is killed then
/// has left all of them.
async fn a_long_recording_grows_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    counts_parts(&alice).await;
    records(&alice, &bob).await;
    // The passing of time is what is looked at.
    let seconds = |what, short, long| Duration::from_secs(times(what, short, long).into());
    tokio::time::sleep(seconds("recording_warm_seconds", 5, 660)).await;
    let first = alice.page.resources().await;
    let first_whole = scenario.memory_of("Alice");
    tokio::time::sleep(seconds("recording_seconds", 10, 1_140)).await;
    let last = alice.page.resources().await;
    let last_whole = scenario.memory_of("Alice");
    let length = kept(&alice).await.iter().map(|it| it.1).max();
    measured(&format!(
        "{} kB recorded: heap {} became {} KiB, wasm {} became {} KiB, the browser {} became {} MiB",
        length.unwrap_or_default() / 1_000,
        first.heap / 1024,
        last.heap / 1024,
        first.wasm / 1024,
        last.wasm / 1024,
        first_whole >> 20,
        last_whole >> 20,
    ));
    // A cue is 16 bytes, one a second; and the record of a call grows until it is full, after eleven minutes.
    let grows = if soaks() { 512 * 1024 } else { 2 * 1024 * 1024 };
    assert!(
        last.heap <= first.heap + 2 * 1024 * 1024,
        "{first:?} {last:?}"
    );
    assert!(last.wasm <= first.wasm + grows, "{first:?} {last:?}");
    // Once all buffers of a call are there; half an hour is up to 350 MB.
    assert!(!soaks() || last_whole <= first_whole + (128 << 20));
    // Two that are on their way may be lost. What the file is made of is longer, never shorter.
    let script = "const { parts } = window.__recorder;
        return parts.slice(0, -2).reduce((sum, { size }) => sum + size, 0)";
    let handed_out: u64 = alice.page.evaluate(script).await;
    let alice = at_home_after_a_kill(scenario).await;
    let left = kept(&alice).await.iter().map(|it| it.1).max();
    let left = left.unwrap_or_default();
    assert!(left >= handed_out, "{left} of {handed_out} bytes");
    saves(&alice).await;
    let saved = &["Saved to your downloads."];
    alice.page.wait_for_text(saved).await;
    let duration: f64 = alice
        .page
        .evaluate(&format!(
            "return (async () => {{
                {NEWEST}
                const video = document.createElement('video');
                video.src = URL.createObjectURL(newest.slice(0, newest.size, 'video/webm'));
                await new Promise((done) => {{ video.onloadedmetadata = done; }});
                const duration = video.duration;
                await new Promise((done) => {{ video.onseeked = done; video.currentTime = duration - 1; }});
                return duration;
            }})()"
        ))
        .await;
    measured(&format!(
        "{duration:.1} s play: {left} bytes, of which {handed_out} had been handed out two parts before"
    ));
    assert!(duration > 1.0);
}

/// Offered at home, and whole once it is saved: all of the seconds that the recorder had handed out.
async fn is_offered_and_plays(peer: &Peer, handed_out: f64, recorded: Duration) {
    peer.page.find(Role::Region, KEPT).await;
    saves(peer).await;
    peer.page.wait_for_text(&["Saved to your downloads."]).await;
    let played = plays(peer, &[]).await;
    assert!(
        (played.sought - played.duration / 2.0).abs() < 0.2,
        "{played:?}"
    );
    let kept = wait_until("the newest recording", async || kept_seconds(peer).await).await;
    measured(&format!(
        "{kept:.1} s are in it, of {handed_out:.1} s that were handed out, and {:.1} s by the clock",
        recorded.as_secs_f64()
    ));
    assert!(kept > 1.0 && kept + A_FRAME >= handed_out, "{played:?}");
}

/// Alice's browser is killed and started again; there, what it has left is offered.
async fn at_home_after_a_kill(scenario: &Scenario<'_>) -> Peer {
    let alice = scenario.restart_browser_of("Alice").await;
    alice.visit("/").await;
    // Chromium writes down what a page stores some seconds later: the name may be gone with it.
    wait_until("the page", async || {
        let home = alice.page.find_now(Role::Textbox, "Your link").await;
        let asked = alice.page.find_now(Role::Textbox, "Your name").await;
        let is_asked = asked.is_some();
        if is_asked {
            alice.enter_name().await;
        }
        (home.is_some() || is_asked)
            .then_some(())
            .ok_or_else(String::new)
    })
    .await;
    alice.at_home().await;
    opens_contacts(&alice).await;
    alice.page.find(Role::Region, KEPT).await;
    alice
}

/// [`counts_parts`], and has it keep them.
async fn keeps_parts(peer: &Peer) {
    counts_parts(peer).await;
    let _: bool = peer.page.evaluate("return window.__keeps = true").await;
}

/// Has the page count what its recorder hands out, and hand out nothing more where `window.__stopped` is
/// true; and keep it, where `window.__keeps` is.
async fn counts_parts(peer: &Peer) {
    let script = "const { start } = MediaRecorder.prototype;
        const listen = EventTarget.prototype.addEventListener;
        MediaRecorder.prototype.addEventListener = function (type, listener, ...rest) {
            if (type !== 'dataavailable') return listen.call(this, type, listener, ...rest);
            const parts = [];
            window.__recorder = { parts };
            const handOut = (event) => {
                if (window.__stopped) return;
                parts.push({ size: event.data.size, data: window.__keeps && event.data });
                listener.call(this, event);
                window.__handedOut?.();
            };
            return listen.call(this, type, handOut, ...rest);
        };
        MediaRecorder.prototype.start = function (slice) {
            window.__recorder.slice = slice;
            return start.call(this, slice);
        };
        return true";
    let _: bool = peer.page.evaluate(script).await;
}

/// Has the page's recorder hand out nothing more, and waits until all that it has handed out is in the
/// file, without anything that comes after it. How many seconds that are.
async fn is_all_written(peer: &Peer) -> f64 {
    let script = format!(
        "return (async () => {{
            {SECONDS}
            const {{ slice, parts }} = window.__recorder;
            // One that comes after whatever was waited for.
            await new Promise((done) => {{ window.__handedOut = done; }});
            window.__stopped = true;
            return [slice, await seconds(new Blob(parts.map(({{ data }}) => data)))];
        }})()"
    );
    let (slice, handed_out): (u32, f64) = peer.page.evaluate(&script).await;
    assert!(slice <= 1_000, "a second at most is not handed out");
    wait_until("all of it in the file", async || {
        // It may be written to while it is read.
        let written = kept_seconds(peer).await?;
        let is_all = written + A_FRAME >= handed_out;
        is_all
            .then_some(())
            .ok_or_else(|| format!("{written} s of {handed_out} s"))
    })
    .await;
    handed_out
}

/// Seconds of a packet of sound, with room.
const A_FRAME: f64 = 0.1;

/// How much sound is in the newest recording.
async fn kept_seconds(peer: &Peer) -> Result<f64, String> {
    let script = format!("return (async () => {{ {NEWEST} {SECONDS} return seconds(newest); }})()");
    peer.page.try_evaluate(&script).await
}

/// Of a file that is not ended, too.
const SECONDS: &str = "const seconds = async (blob) => {
        const context = new OfflineAudioContext(1, 1, 48000);
        return (await context.decodeAudioData(await blob.arrayBuffer())).duration;
    };";
