//! The server is killed in the middle of a call. Media does not pass through it.

use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{CallKind, Peer, Scenario, now_millis, soaks, times, wait_until};

use crate::shared::{BROKEN, connect, hang_up_but, in_a_call, measured, scenarios};

scenarios! {
    AnyBrowsers: the_server_is_killed_again_and_again,
    AnyBrowsers: hanging_up_without_a_server,
    AnyBrowsers: being_hung_up_on_without_a_server,
}

/// No longer without a new picture.
const GAP: f64 = 500.0;
/// The same where other browsers share the machine: it stops pictures for longer
/// than half a second by itself. One that hangs on the server would never go on.
const GAP_IN_COMPANY: f64 = 3_000.0;
/// From the server's listening to the welcome.
const BACK: u64 = 3_000;
/// The same where other browsers share the machine.
const BACK_IN_COMPANY: u64 = 8_000;
/// How long the server is away, in turn: the longer, the rarer it is tried.
const AWAY: [u64; 5] = [100, 1_000, 2_500, 5_000, 9_000];
/// How long the call is watched before each kill without touching the server: what
/// this very machine does to the pictures by itself, at about that time.
const REFERENCE: Duration = Duration::from_secs(4);

async fn the_server_is_killed_again_and_again(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let (mut quiet, mut gaps, mut delays) = (Vec::new(), Vec::new(), Vec::new());
    for kill in 0..times("kills", 3, 20) {
        frame_gaps(&alice, &bob).await;
        sleep(REFERENCE).await;
        quiet.extend(frame_gaps(&alice, &bob).await);
        let killed = now_millis();
        scenario.server_mut().kill();
        sleep(Duration::from_millis(AWAY[kill as usize % AWAY.len()])).await;
        scenario.server_mut().restart();
        let listening = now_millis();
        for peer in [&alice, &bob] {
            let welcome = welcomed_since(peer, killed).await;
            // It may have been welcomed before the server's log was read.
            delays.push(welcome.saturating_sub(listening));
        }
        // A gap that begins with the restart is to be seen as well.
        sleep(Duration::from_millis(GAP as u64)).await;
        gaps.extend(frame_gaps(&alice, &bob).await);
    }
    let longest = |gaps: &[f64]| gaps.iter().copied().fold(0.0, f64::max);
    let reference = longest(&quiet);
    measured(&format!(
        "{} kills of the server: longest gap between pictures {:.0} ms (each, Alice and Bob: {}); \
         {reference:.0} ms in {REFERENCE:?} before each (each: {})",
        gaps.len() / 2,
        longest(&gaps),
        listed(gaps.iter().map(|gap| gap.round())),
        listed(quiet.iter().map(|gap| gap.round())),
    ));
    measured(&format!(
        "back at the server after its restart in at most {} ms (each: {})",
        delays.iter().max().unwrap_or(&0),
        listed(delays.iter()),
    ));
    // A machine that stops for longer by itself cannot show less.
    let bound = if soaks() { GAP } else { GAP_IN_COMPANY }.max(reference * 1.5);
    assert!(gaps.iter().all(|gap| *gap < bound), "a gap over {bound} ms");
    let back = if soaks() { BACK } else { BACK_IN_COMPANY };
    assert!(delays.iter().all(|delay| *delay < back), "back too late");
    tokio::join!(alice.hears(), bob.hears());
    hang_up_but(&bob, &alice, BROKEN).await;
}

async fn hanging_up_without_a_server(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    over_without_a_server(scenario, &alice, &bob).await;
}

async fn being_hung_up_on_without_a_server(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    over_without_a_server(scenario, &bob, &alice).await;
}

/// The word for it goes beside the media.
async fn over_without_a_server(scenario: &Scenario<'_>, who: &Peer, other: &Peer) {
    tokio::join!(who.hears(), other.hears());
    scenario.server_mut().kill();
    let start = now_millis();
    who.end().await;
    other
        .call_is_over_within(Duration::from_secs(5), &["hung up"])
        .await;
    measured(&format!(
        "told of the hang-up without a server after {} ms",
        now_millis() - start
    ));
    who.call_is_over(&["you hung up"]).await;
    tokio::join!(who.left_nothing_but(BROKEN), other.left_nothing_but(BROKEN));
    scenario.server_mut().restart();
    tokio::join!(welcomed_since(who, start), welcomed_since(other, start));
    tokio::join!(who.back_home(), other.back_home());
    connect(other, who, CallKind::Audio).await;
    hang_up_but(who, other, BROKEN).await;
}

/// The longest time without a new picture at each, since the last time.
async fn frame_gaps(alice: &Peer, bob: &Peer) -> [f64; 2] {
    let (a, b) = tokio::join!(alice.page.frame_gaps(), bob.page.frame_gaps());
    [a.longest_gap, b.longest_gap]
}

/// When the server said welcome; the first time since then.
async fn welcomed_since(peer: &Peer, then: u64) -> u64 {
    wait_until(
        &format!("{} to be logged in again", peer.name),
        async || {
            let received = peer.page.snapshot().await.received;
            let welcome = received
                .iter()
                .find(|frame| frame.r#type == "welcome" && frame.at >= then);
            welcome
                .map(|frame| frame.at)
                .ok_or_else(|| "no welcome".to_owned())
        },
    )
    .await
}

fn listed(numbers: impl Iterator<Item = impl ToString>) -> String {
    let words: Vec<String> = numbers.map(|number| number.to_string()).collect();
    words.join(" ")
}
