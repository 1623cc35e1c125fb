//! Files that are large, fast, or sent over a network that is narrow or gone: what they take of memory and
//! of the call.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{CallKind, Peer, Role, Scenario, Uplink, times, wait_until_within};

use crate::files::{accepts, at_half, has_received, sends};
use crate::networks::two;
use crate::shared::{connect, hang_up, in_a_call, measured, scenarios};

scenarios! {
    // Chromium's processes are counted, and its profile looked into.
    Alone: a_large_file_takes_no_memory,
    Alone: a_file_keeps_up_with_a_bare_page,
    Networks: a_file_goes_on_after_a_lost_network,
}

/// Of a file's transfer, at a person's end.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
struct Progress {
    /// 0 to 100, of what is under way.
    percent: f64,
    is_there: bool,
}

async fn progress(peer: &Peer, name: &str) -> Progress {
    let script = format!(
        "const progress = document.querySelector('.files progress:not([hidden])');
        return {{ percent: progress?.value ?? 0, is_there: !!document.querySelector('[aria-label={:?}]')?.checkVisibility() }}",
        format!("Save {name}")
    );
    peer.page.evaluate(&script).await
}

/// A file of random bytes.
fn random_file(folder: &Path, name: &str, mebibytes: u64) -> PathBuf {
    let path = folder.join(name);
    let mut file = File::create(&path).expect("a place for the file");
    let random = File::open("/dev/urandom").expect("random bytes");
    io::copy(&mut random.take(mebibytes << 20), &mut file).expect("room on the disk");
    path
}

/// As `sha256sum` says.
fn sha256(path: &Path) -> String {
    let said = Command::new("sha256sum").arg(path).output();
    let said = said.expect("coreutils are installed").stdout;
    String::from_utf8_lossy(&said).chars().take(64).collect()
}

/// What is kept in a browser's profile and has this length: only files that were received are so long.
fn kept_file(folder: &Path, length: u64) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let kind = entry.file_type().ok()?;
        if kind.is_dir() {
            return kept_file(&entry.path(), length);
        }
        let is_it = kind.is_file() && entry.metadata().ok()?.len() == length;
        is_it.then(|| entry.path())
    })
}

/// What a browser may have more once its garbage is collected, with three quarters of a file behind it
/// (48 MiB of the shortest): 8 MiB may be on their way.
const HOLDS: u64 = 24 << 20;
/// With garbage, however long the file is.
const GROWS: u64 = 160 << 20;

async fn a_large_file_takes_no_memory(scenario: &Scenario<'_>) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    // With it comes all code.
    let hash = sends(&alice, "small.bin", 4 << 20).await;
    accepts(&bob, "small.bin").await;
    has_received(&bob, "small.bin", &hash, 4 << 20).await;
    let mebibytes = u64::from(times("file_mebibytes", 64, 2_048));
    let path = random_file(folder.path(), "large.bin", mebibytes);
    let hash = sha256(&path);
    alice.page.drop_file(&path).await;
    bob.page.find(Role::Button, "Accept large.bin").await;
    let both = || ["Alice", "Bob"].map(|name| scenario.memory_of(name));
    let in_mib = |of: [u64; 2]| of.map(|it| it >> 20);
    let before = collected(scenario, &alice, &bob).await;
    let mut most = before;
    accepts(&bob, "large.bin").await;
    let pause = "const look = setInterval(() => {
            if (!(document.querySelector('.files progress:not([hidden])')?.value >= 75)) return;
            clearInterval(look);
            document.querySelector('[aria-label=\"Pause large.bin\"]').click();
        }, 5);
        return true";
    let _: bool = bob.page.evaluate(pause).await;
    let mut until = 10.0;
    wait_until_within(LONG, "three quarters of the file", async || {
        let now = progress(&bob, "large.bin").await;
        let memory = both();
        most = [most[0].max(memory[0]), most[1].max(memory[1])];
        if now.percent >= until {
            until += 10.0;
            let memory = in_mib(memory);
            measured(&format!("at {:.0} %: {memory:?} MiB", now.percent));
        }
        let resume = bob.page.find_now(Role::Button, "Resume large.bin").await;
        resume.map(|_| ()).ok_or_else(|| format!("{now:?}"))
    })
    .await;
    let holds = collected(scenario, &alice, &bob).await;
    bob.page.click(Role::Button, "Resume large.bin").await;
    wait_until_within(LONG, "the file", async || {
        let now = progress(&bob, "large.bin").await;
        now.is_there.then_some(()).ok_or_else(|| format!("{now:?}"))
    })
    .await;
    measured(&format!(
        "{mebibytes} MiB: the sender's and the receiver's browser had {:?} MiB before, {:?} at most, {:?} \
         after three quarters, without garbage",
        in_mib(before),
        in_mib(most),
        in_mib(holds)
    ));
    let kept = kept_file(&scenario.profile_of("Bob"), mebibytes << 20);
    assert_eq!(sha256(&kept.expect("it is kept")), hash);
    for who in [0, 1] {
        assert!(holds[who] <= before[who] + HOLDS, "it is held in memory");
        assert!(most[who] <= before[who] + GROWS, "the garbage grows");
    }
    hang_up(&alice, &bob).await;
}

/// Gigabytes, beside whatever else this machine does.
const LONG: Duration = Duration::from_secs(3_600);

/// What both browsers have once their pages' garbage is collected.
async fn collected(scenario: &Scenario<'_>, alice: &Peer, bob: &Peer) -> [u64; 2] {
    tokio::join!(alice.page.resources(), bob.page.resources());
    ["Alice", "Bob"].map(|name| scenario.memory_of(name))
}

/// Both are watched in the page, and whatever this machine does meanwhile, it does to both.
async fn a_file_keeps_up_with_a_bare_page(scenario: &Scenario<'_>) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    let mebibytes = u64::from(times("compared_mebibytes", 32, 512));
    let path = random_file(folder.path(), "a.bin", mebibytes);
    let hash = sha256(&path);
    alice.page.drop_file(&path).await;
    bob.page.find(Role::Button, "Accept a.bin").await;
    let script = "document.querySelector('[aria-label=\"Accept a.bin\"]').click();
        const began = performance.now();
        const look = setInterval(() => {
            if (!document.querySelector('[aria-label=\"Save a.bin\"]')?.checkVisibility()) return;
            clearInterval(look);
            window.__ours = (performance.now() - began) / 1000;
        }, 5);
        return true";
    let _: bool = bob.page.evaluate(script).await;
    let ours = seconds(&bob, "__ours").await;
    let kept = kept_file(&scenario.profile_of("Bob"), mebibytes << 20);
    assert_eq!(sha256(&kept.expect("it is kept")), hash);
    let bare = bare_transfer(&alice, &bob, mebibytes << 20).await;
    let speed = |seconds: f64| mebibytes as f64 / seconds;
    measured(&format!(
        "{mebibytes} MiB at {:.1} MiB/s, by a bare page at {:.1} MiB/s",
        speed(ours),
        speed(bare)
    ));
    println!("file_speed_ratio={:.3}", bare / ours);
    // The pace begins slowly by intent, and doubles each second.
    assert!(ours < 5.0 * bare + 20.0);
    hang_up(&alice, &bob).await;
}

/// What the page has written down there, once it has.
async fn seconds(peer: &Peer, name: &str) -> f64 {
    wait_until_within(Duration::from_secs(1_800), "all of it", async || {
        let script = format!("return window.{name} ?? null");
        let took: Option<f64> = peer.page.evaluate(&script).await;
        took.ok_or_else(String::new)
    })
    .await
}

/// Sends the file that was dropped over a connection of its own, as any page would: read piece by
/// piece, kept in memory, and looked at by nobody. In how many seconds.
async fn bare_transfer(from: &Peer, to: &Peer, size: u64) -> f64 {
    const DESCRIBE: &str = "await pc.setLocalDescription();
        while (pc.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 20));
        return pc.localDescription.sdp";
    let offer: String = from
        .page
        .evaluate(&format!(
            "return (async () => {{
                const pc = window.__bare = new RTCPeerConnection();
                const channel = pc.createDataChannel('bare');
                channel.bufferedAmountLowThreshold = 2 ** 19;
                channel.onopen = async () => {{
                    for (let at = 0; at < {size}; at += 2 ** 20) {{
                        const piece = await window.__dropped.slice(at, at + 2 ** 20).arrayBuffer();
                        for (let from = 0; from < piece.byteLength; from += 65536)
                            channel.send(piece.slice(from, from + 65536));
                        if (channel.bufferedAmount > 2 ** 20)
                            await new Promise((low) => channel.addEventListener('bufferedamountlow', low, {{ once: true }}));
                    }}
                }};
                {DESCRIBE};
            }})()"
        ))
        .await;
    let answer: String = to
        .page
        .evaluate(&format!(
            "return (async () => {{
                const pc = window.__bare = new RTCPeerConnection();
                const parts = [];
                let [first, got] = [0, 0];
                pc.ondatachannel = ({{ channel }}) => {{
                    channel.binaryType = 'arraybuffer';
                    channel.onmessage = ({{ data }}) => {{
                        first ||= performance.now();
                        got += data.byteLength;
                        parts.push(data);
                        if (got < {size}) return;
                        window.__file = new Blob(parts);
                        window.__took = (performance.now() - first) / 1000;
                    }};
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
    let took = seconds(to, "__took").await;
    for peer in [from, to] {
        let close = "window.__bare.close(); window.__file = null; return true";
        let _: bool = peer.page.evaluate(close).await;
    }
    took
}

async fn a_file_goes_on_after_a_lost_network(scenario: &Scenario<'_>) {
    let homes = [(); 2].map(|()| scenario.net_lab().home(Uplink::Open));
    let (alice, bob) = two(scenario, &homes[0], &homes[1]).await;
    connect(&alice, &bob, CallKind::Audio).await;
    tokio::join!(alice.hears(), bob.hears());
    // Slow enough for the network to go in its middle.
    homes[0].impair(0, 8_000);
    let size = 16 << 20;
    let hash = sends(&alice, "a.bin", size).await;
    accepts(&bob, "a.bin").await;
    at_half(&bob, "void 0").await;
    homes[0].impair(100, 0);
    let lost = progress(&bob, "a.bin").await;
    assert!(!lost.is_there, "it was over before");
    tokio::join!(
        alice.page.wait_for_text(&["Reconnecting"]),
        bob.page.wait_for_text(&["Reconnecting"])
    );
    // The rest of what was on its way, and then nothing more.
    let stood = progress(&bob, "a.bin").await;
    sleep(Duration::from_secs(2)).await;
    let stands = progress(&bob, "a.bin").await;
    assert!(!stands.is_there, "{stands:?}");
    homes[0].impair(0, 0);
    tokio::join!(alice.is_connected(), bob.is_connected());
    has_received(&bob, "a.bin", &hash, size).await;
    measured(&format!(
        "lost at {:.0} %, stood at {:.0} and {:.0} %, and complete",
        lost.percent, stood.percent, stands.percent
    ));
    hang_up(&alice, &bob).await;
}
