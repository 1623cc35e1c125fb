//! Recording a call, and taking photos of it: asked for, agreed to, seen, and kept.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wimpex_e2e::{
    BrowserKind, BrowserOptions, CallKind, Peer, Role, Scenario, wait_until, wait_until_within,
};

use crate::page_return::is_kept;
use crate::shared::{connect, hang_up, in_a_call, measured, scenarios, unfold, wav};

scenarios! {
    FirefoxToo: a_recording_is_agreed_to_and_plays,
    FirefoxToo: a_recording_of_voices_plays,
    AnyBrowsers: a_refusal_records_nothing,
    FirefoxToo: consent_that_is_taken_back_ends_it,
    AnyBrowsers: a_page_loaded_anew_is_recorded_no_longer,
    // Only Chromium's flag has the microphone hear a file.
    Chromium: both_voices_are_in_it,
    FirefoxToo: a_photo_shows_both,
    AnyBrowsers: a_bare_page_is_not_recorded,
    AnyBrowsers: the_end_of_the_call_keeps_the_recording,
    AnyBrowsers: forget_me_forgets_recordings,
}

pub(crate) const KEPT: &str = "Recordings you haven’t saved";
const IS_RECORDED: &str = "is recording this call.";

/// What is kept of recordings: the names of the files, and their lengths.
pub(crate) async fn kept(peer: &Peer) -> Vec<(String, u64)> {
    let script = "return (async () => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle('wimpex-recordings', { create: true });
        const found = [];
        for await (const [name, it] of folder.entries()) {
            // One may be deleted meanwhile.
            const file = await it.getFile().catch(() => null);
            if (file) found.push([name, file.size]);
        }
        return found;
    })()";
    peer.page.evaluate(script).await
}

/// One is being written, and so long already: that many bytes.
pub(crate) async fn has_recorded(peer: &Peer, bytes: u64) {
    wait_until_within(Duration::from_secs(60), "a recording to grow", async || {
        let kept = kept(peer).await;
        let is_there = kept.iter().any(|(_, length)| *length >= bytes);
        is_there.then_some(()).ok_or_else(|| format!("{kept:?}"))
    })
    .await;
}

async fn asks(peer: &Peer, what: &str) {
    peer.page.keep_awake().await;
    peer.page.click(Role::Button, what).await;
}

/// `who` records `other`, who has agreed.
pub(crate) async fn records(who: &Peer, other: &Peer) {
    asks(who, "Record").await;
    who.page.wait_for_text(&["to agree to a recording"]).await;
    other
        .page
        .wait_for_text(&["wants to record this call"])
        .await;
    assert!(kept(who).await.is_empty(), "nobody has agreed");
    other.page.click(Role::Button, "Agree").await;
    tokio::join!(
        who.page.wait_for_text(&["You’re recording this call."]),
        other.page.wait_for_text(&[IS_RECORDED])
    );
}

async fn stops(who: &Peer, other: &Peer) {
    who.page.keep_awake().await;
    who.page.click(Role::Button, "Stop recording").await;
    is_no_longer_recorded(other).await;
    who.page.find(Role::Region, KEPT).await;
}

async fn is_no_longer_recorded(peer: &Peer) {
    wait_until("the sign to go", async || {
        let text = peer.page.visible_text().await;
        (!text.contains(IS_RECORDED)).then_some(()).ok_or(text)
    })
    .await;
}

pub(crate) async fn saves(peer: &Peer) {
    let save = "const it = [...document.querySelectorAll('button')]
        .find((it) => it.ariaLabel?.startsWith('Save Recording of'));
        it?.click(); return it !== undefined";
    let clicked: bool = peer.page.evaluate(save).await;
    assert!(clicked);
}

/// What is in the newest recording, as the page's own browser plays it.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Played {
    /// In seconds, as the file says; not after looking for its end.
    pub(crate) duration: f64,
    /// Where it was after it was sought in its middle.
    pub(crate) sought: f64,
    width: u32,
    /// How much the brightness varies in its left and right half.
    halves: [f64; 2],
    /// The root mean square of its sound, and how loud these tones are. Silence where nothing can
    /// sound: Firefox mixes nothing without a system's speaker.
    sound: f64,
    can_sound: bool,
    tones: Vec<f64>,
}

pub(crate) const NEWEST: &str = "const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('wimpex-recordings');
    let newest = null;
    for await (const it of folder.values()) {
        const file = await it.getFile();
        if (file.size > 0 && (!newest || file.name > newest.name)) newest = file;
    }
    const varies = (source, x, width, height) => {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d');
        context.drawImage(source, x, 0, width, height, 0, 0, width, height);
        const points = context.getImageData(0, 0, width, height).data;
        let [sum, squares, count] = [0, 0, 0];
        for (let at = 0; at < points.length; at += 400) {
            const bright = points[at] + points[at + 1] + points[at + 2];
            sum += bright;
            squares += bright * bright;
            count += 1;
        }
        return Math.sqrt(squares / count - (sum / count) ** 2);
    };";

/// Plays the newest recording; `tones` in Hz.
pub(crate) async fn plays(peer: &Peer, tones: &[u32]) -> Played {
    let script = format!(
        "return (async () => {{
            {NEWEST}
            const video = document.createElement('video');
            video.muted = true;
            video.src = URL.createObjectURL(newest.slice(0, newest.size, 'video/webm'));
            const happens = (name, act) => new Promise((done, fail) => {{
                video.addEventListener(name, done, {{ once: true }});
                video.addEventListener('error', () => fail(new Error(video.error.message)), {{ once: true }});
                act();
            }});
            await happens('loadedmetadata', () => video.load());
            const duration = video.duration;
            await happens('seeked', () => {{ video.currentTime = duration / 2; }});
            const sought = video.currentTime;
            const [width, height] = [video.videoWidth, video.videoHeight];
            const halves = width ? [varies(video, 0, width / 2, height), varies(video, width / 2, width / 2, height)] : [0, 0];
            const context = new OfflineAudioContext(1, 48000, 48000);
            const sound = await context.decodeAudioData(await newest.arrayBuffer());
            const samples = sound.getChannelData(0);
            const power = (hertz) => {{
                let [re, im] = [0, 0];
                for (let at = 0; at < samples.length; at += 1) {{
                    const angle = 2 * Math.PI * hertz * at / sound.sampleRate;
                    re += samples[at] * Math.cos(angle);
                    im += samples[at] * Math.sin(angle);
                }}
                return 2 * Math.hypot(re, im) / samples.length;
            }};
            let squares = 0;
            for (const sample of samples) squares += sample * sample;
            const volume = Math.sqrt(squares / samples.length);
            const sounding = new AudioContext();
            // Where something was mixed there is a speaker, though it may take its time.
            const patience = volume > 0.001 ? 20000 : 3000;
            await Promise.race([sounding.resume(), new Promise((late) => setTimeout(late, patience))]);
            const can_sound = sounding.state === 'running';
            sounding.close();
            URL.revokeObjectURL(video.src);
            return {{ duration: Number.isFinite(duration) ? duration : -1, sought, width, halves,
                sound: volume, can_sound, tones: {tones:?}.map(power) }};
        }})()"
    );
    let played: Played = peer.page.evaluate(&script).await;
    measured(&format!("{}: {played:?}", peer.page.kind().name()));
    played
}

async fn a_recording_is_agreed_to_and_plays(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    records(&alice, &bob).await;
    has_recorded(&alice, 60_000).await;
    // What is seen in it can be changed meanwhile.
    alice.page.click(Role::Button, "Who speaks").await;
    alice.page.click(Role::Button, "Both of you").await;
    // The sign does not step aside with the rest.
    let is_seen = "const stage = document.querySelector('.stage');
        const was = stage.className;
        stage.classList.add('aside');
        const it = [...document.querySelectorAll('.recorded')].find((it) => it.textContent);
        const is_seen = it.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        stage.className = was;
        return is_seen && it.getAttribute('role') === 'status'";
    for peer in [&alice, &bob] {
        let is_seen: bool = peer.page.evaluate(is_seen).await;
        assert!(is_seen, "the sign of {}", peer.name);
    }
    stops(&alice, &bob).await;
    let played = plays(&alice, &[]).await;
    assert!(played.duration > 1.0, "{played:?}");
    assert!(
        (played.sought - played.duration / 2.0).abs() < 0.2,
        "{played:?}"
    );
    assert_eq!(played.width, 1280);
    // Firefox's fake camera has one colour.
    if bob.page.kind() == BrowserKind::Chromium && alice.page.kind() == BrowserKind::Chromium {
        assert!(played.halves.iter().all(|it| *it > 20.0), "{played:?}");
    }
    assert_eq!(played.sound > 0.001, played.can_sound, "{played:?}");
    // Once more, the other way, and both are kept apart.
    records(&bob, &alice).await;
    has_recorded(&bob, 50_000).await;
    stops(&bob, &alice).await;
    saves(&alice).await;
    alice
        .page
        .wait_for_text(&["Saved to your downloads."])
        .await;
    tokio::join!(alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}

async fn a_recording_of_voices_plays(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    tokio::join!(alice.hears(), bob.hears());
    let photo = alice.page.find_now(Role::Button, "Take a photo").await;
    assert!(photo.is_none(), "there is nothing to be seen");
    records(&alice, &bob).await;
    has_recorded(&alice, 20_000).await;
    stops(&alice, &bob).await;
    let played = plays(&alice, &[]).await;
    assert!(played.duration > 1.0 && played.width == 0, "{played:?}");
    assert_eq!(played.sound > 0.001, played.can_sound, "{played:?}");
    hang_up(&alice, &bob).await;
}

async fn a_refusal_records_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    // Whoever takes it back has asked nothing.
    asks(&alice, "Record").await;
    bob.page.find(Role::Button, "Agree").await;
    asks(&alice, "Stop asking").await;
    bob.page.wait_until_gone(Role::Button, "Agree").await;
    for what in ["Record", "Take a photo"] {
        asks(&alice, what).await;
        bob.page.click(Role::Button, "Refuse").await;
        alice.page.wait_for_text(&["doesn’t want"]).await;
        bob.page.wait_until_gone(Role::Button, "Agree").await;
    }
    assert!(kept(&alice).await.is_empty());
    hang_up(&alice, &bob).await;
}

async fn consent_that_is_taken_back_ends_it(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    records(&alice, &bob).await;
    has_recorded(&alice, 50_000).await;
    bob.page.click(Role::Button, "Take back my consent").await;
    alice.page.wait_for_text(&["doesn’t agree any more"]).await;
    is_no_longer_recorded(&bob).await;
    alice.page.find(Role::Region, KEPT).await;
    let before = kept(&alice).await;
    let played = plays(&alice, &[]).await;
    assert!(played.duration > 0.5, "{played:?}");
    alice.hears().await;
    assert_eq!(kept(&alice).await, before, "nothing more is written");
    hang_up(&alice, &bob).await;
}

async fn a_page_loaded_anew_is_recorded_no_longer(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    tokio::join!(is_kept(&alice), is_kept(&bob));
    records(&alice, &bob).await;
    has_recorded(&alice, 50_000).await;
    bob.page.reload().await;
    bob.page.click(Role::Button, "Return to the call").await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    alice.page.wait_for_text(&["doesn’t agree any more"]).await;
    is_no_longer_recorded(&bob).await;
    alice.page.find(Role::Region, KEPT).await;
    hang_up(&alice, &bob).await;
}

/// Where contacts are folded away, as on a telephone.
pub(crate) async fn opens_contacts(peer: &Peer) {
    let button = "Contacts and this device";
    if peer.page.find_now(Role::Button, button).await.is_some() {
        peer.page.click(Role::Button, button).await;
    }
}

/// Ten seconds of a tone that comes and goes, as a voice does.
fn tone(directory: &Path, hertz: u32) -> PathBuf {
    const RATE: u32 = 16_000;
    let samples = (0..RATE * 10).map(|at| {
        let time = f64::from(at) / f64::from(RATE);
        let level = if time % 1.0 < 0.7 { 0.3 } else { 0.0 };
        ((time * f64::from(hertz) * TAU).sin() * level * 32_000.0) as i16
    });
    let path = directory.join(format!("{hertz}.wav"));
    std::fs::write(&path, wav(RATE, samples)).expect("a place for the tone");
    path
}

async fn both_voices_are_in_it(scenario: &Scenario<'_>) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let open = async |name, hertz| {
        let options = BrowserOptions {
            microphone_file: Some(tone(folder.path(), hertz)),
            ..BrowserOptions::default()
        };
        let peer = scenario.unopened_peer_with(name, options).await;
        peer.open().await;
        peer
    };
    let (alice, bob) = (open("Alice", 440).await, open("Bob", 1_000).await);
    connect(&alice, &bob, CallKind::Audio).await;
    tokio::join!(alice.hears(), bob.hears());
    records(&alice, &bob).await;
    has_recorded(&alice, 60_000).await;
    stops(&alice, &bob).await;
    let played = plays(&alice, &[440, 1_000, 700]).await;
    let [own, peer, neither] = played.tones[..] else {
        panic!("{played:?}");
    };
    assert!(own > 10.0 * neither && peer > 10.0 * neither, "{played:?}");
    hang_up(&alice, &bob).await;
}

async fn a_photo_shows_both(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    asks(&alice, "Take a photo").await;
    bob.page
        .wait_for_text(&["wants to take a photo of this call"])
        .await;
    assert!(kept(&alice).await.is_empty());
    bob.page.click(Role::Button, "Agree").await;
    alice.page.find(Role::Region, KEPT).await;
    let script = format!(
        "return (async () => {{
            {NEWEST}
            const it = await createImageBitmap(newest);
            return [newest.name.endsWith('.jpg'), it.width, it.height,
                varies(it, 0, it.width / 2, it.height), varies(it, it.width / 2, it.width / 2, it.height)];
        }})()"
    );
    let (is_jpeg, width, height, left, right): (bool, u32, u32, f64, f64) =
        alice.page.evaluate(&script).await;
    assert_eq!((is_jpeg, width, height), (true, 1920, 1080));
    if bob.page.kind() == BrowserKind::Chromium && alice.page.kind() == BrowserKind::Chromium {
        assert!(left > 20.0 && right > 20.0, "{left}, {right}");
    }
    // It is over, and another one has to be asked for.
    alice.page.find(Role::Button, "Take a photo").await;
    wait_until("the sign to go", async || {
        let text = bob.page.visible_text().await;
        (!text.contains("taking a photo")).then_some(()).ok_or(text)
    })
    .await;
    hang_up(&alice, &bob).await;
}

/// A page that does not say that it can is not asked to.
async fn a_bare_page_is_not_recorded(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    bare.call(&alice.id().await, CallKind::Video).await;
    alice.accept().await;
    alice.is_connected().await;
    tokio::join!(alice.sees(), alice.hears());
    alice.page.find(Role::Button, "Full screen").await;
    for name in ["Record", "Take a photo"] {
        assert!(alice.page.find_now(Role::Button, name).await.is_none());
    }
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
}

async fn the_end_of_the_call_keeps_the_recording(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    records(&alice, &bob).await;
    has_recorded(&alice, 50_000).await;
    hang_up(&bob, &alice).await;
    alice.page.find(Role::Region, KEPT).await;
    let played = plays(&alice, &[]).await;
    assert!(played.duration > 0.5, "{played:?}");
}

async fn forget_me_forgets_recordings(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    records(&alice, &bob).await;
    has_recorded(&alice, 50_000).await;
    hang_up(&bob, &alice).await;
    alice.page.find(Role::Region, KEPT).await;
    alice.back_home().await;
    opens_contacts(&alice).await;
    unfold(&alice, "Forget me").await;
    alice
        .page
        .click(Role::Checkbox, "I know that this cannot be undone")
        .await;
    alice.page.click(Role::Button, "Forget everything").await;
    alice.page.find(Role::Textbox, "Your name").await;
    wait_until("all to be forgotten", async || {
        let kept = kept(&alice).await;
        kept.is_empty()
            .then_some(())
            .ok_or_else(|| format!("{kept:?}"))
    })
    .await;
}
