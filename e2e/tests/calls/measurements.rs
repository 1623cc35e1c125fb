//! What the page measures, beside what the network itself has counted.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{
    CallKind, Home, PacketCounts, Peer, Scenario, Uplink, soaks, wait_until, wait_until_within,
};
use wimpex_record::Record;

use crate::files::{accepts, sends};
use crate::networks::two;
use crate::quality_sign::{save, sign};
use crate::shared::{connect, hang_up, measured, scenarios};

scenarios! {
    Networks: the_loss_is_what_the_router_counted,
    Networks: the_bitrate_is_what_the_router_counted,
    Networks: sound_goes_first,
    Networks: the_panel_tells_the_truth_while_a_file_comes,
}

/// Sums of what a page measured over some time.
#[derive(Default)]
struct Measured {
    seconds: f64,
    /// Packets of sound and picture that were due, here or at the peer.
    expected: f64,
    lost: f64,
    /// All that came or left, as the network counts it.
    bits: f64,
    /// The same of sound alone.
    sounds: f64,
    sounds_lost: f64,
    sounds_concealed: f64,
    /// Both ends have RED.
    redundant: bool,
}

impl Measured {
    fn loss(&self) -> f64 {
        100.0 * self.lost / self.expected
    }

    /// What of the sound was not there to be heard, in percent.
    fn made_up(&self) -> f64 {
        100.0 * self.sounds_concealed / self.sounds
    }

    fn sound_loss(&self) -> f64 {
        100.0 * self.sounds_lost / self.sounds
    }
}

async fn the_loss_is_what_the_router_counted(scenario: &Scenario<'_>) {
    let (alice, bob, [home, _bobs]) = in_a_call(scenario).await;
    let all = [(2, "good"), (5, "fair"), (10, "poor")];
    for (share, grade) in if soaks() { &all[..] } else { &all[2..] } {
        home.impair(*share, 0);
        // The peer's reports of what was before.
        sleep(REPORTED).await;
        let [(page, router), (leaving, router_out)] = watch(&alice, &home).await;
        let counted = 100.0 * router.lost as f64 / router.packets as f64;
        let counted_out = 100.0 * router_out.lost as f64 / router_out.packets as f64;
        measured(&format!(
            "{share} % dropped of what leaves: the router lost {counted_out:.2} %, the page says {:.2} %",
            leaving.loss(),
        ));
        measured(&format!(
            "{share} % dropped: the router lost {counted:.2} %, the page says {:.2} %, {:.2} % of the \
             sound, of which {:.2} % had to be made up; {}",
            page.loss(),
            page.sound_loss(),
            page.made_up(),
            sign(&alice).await,
        ));
        assert!(
            (page.loss() - counted).abs() < 1.0,
            "more than a point apart"
        );
        // By reports that come seconds later, and of which some are lost.
        assert!(
            (leaving.loss() - counted_out).abs() < 1.5,
            "of what leaves, more than a point and a half apart"
        );
        if page.redundant {
            assert!(
                page.made_up() < page.sound_loss() / 3.0,
                "it does not go twice"
            );
        }
        // The table of docs/quality.md: its lines are at 3.5 and 7.4 % missing, and near
        // them it may be either.
        match page.made_up() {
            _ if !page.redundant => receives(&alice, grade).await,
            missing if missing < 2.5 => loses_nothing(&alice).await,
            missing if (4.5..6.5).contains(&missing) => receives(&alice, "fair").await,
            missing if missing > 9.0 => receives(&alice, "poor").await,
            _ => {}
        }
    }
    home.impair(0, 0);
    hang_up(&alice, &bob).await;
}

/// As on a way that loses nothing, or where sound goes twice (RED) and misses next to
/// nothing of what is lost. It may still come late, where two cores code four pictures.
async fn loses_nothing(peer: &Peer) {
    wait_until("a sign that does not speak of loss", async || {
        let says = sign(peer).await;
        let receiving = says.split("Sending:").next().unwrap_or_default();
        let is_well = receiving.contains(": good.") || receiving.contains("High delay");
        is_well.then_some(()).ok_or(says)
    })
    .await;
}

/// Her sign says so, or comes to say so.
async fn receives(peer: &Peer, grade: &str) {
    wait_until(&format!("a sign of {grade}"), async || {
        let says = sign(peer).await;
        says.contains(&format!("Receiving: {grade}."))
            .then_some(())
            .ok_or(says)
    })
    .await;
}

async fn the_bitrate_is_what_the_router_counted(scenario: &Scenario<'_>) {
    let (alice, bob, [home, _bobs]) = in_a_call(scenario).await;
    for kilobits in [0, 400] {
        home.impair(0, kilobits);
        let [(page, router), (leaving, router_out)] = watch(&alice, &home).await;
        // What leaves comes to the router before it drops any of it.
        for (way, page, bytes) in [
            ("came through", page, router.bytes),
            ("left to", leaving, router_out.all_bytes),
        ] {
            let says = page.bits / page.seconds / 1000.0;
            let counted = bytes as f64 * 8.0 / 1000.0 / page.seconds;
            measured(&format!(
                "{kilobits} kbit/s (0: no limit): {counted:.0} kbit/s {way} the router, \
                 {says:.0} says the page"
            ));
            assert!((says / counted - 1.0).abs() < 0.05, "more than 5 % apart");
        }
    }
    home.impair(0, 0);
    hang_up(&alice, &bob).await;
}

/// As long as it may take to find out how narrow the way is, or that it no longer is.
const GIVES_WAY: Duration = Duration::from_secs(120);

/// A way that carries sound and hardly a picture: the sound stays whole, the picture
/// gives way and comes back.
async fn sound_goes_first(scenario: &Scenario<'_>) {
    let (alice, bob, [home, _bobs]) = in_a_call(scenario).await;
    let wide = alice.page.media().await;
    home.impair(0, 150);
    wait_until_within(GIVES_WAY, "a smaller picture", async || {
        let width = alice.page.media().await.frame_width;
        (width < wide.frame_width)
            .then_some(())
            .ok_or(width.to_string())
    })
    .await;
    let before = alice.page.media().await;
    let [(page, _), _] = watch(&alice, &home).await;
    let after = alice.page.media().await;
    measured(&format!(
        "150 kbit/s: {:.1} % of all packets lost, {:.1} % of the sound, {:.1} % made up; the picture {}x{} after {}x{}, {} pictures in {:.0} s",
        page.loss(),
        page.sound_loss(),
        page.made_up(),
        after.frame_width,
        after.frame_height,
        wide.frame_width,
        wide.frame_height,
        after.frames_decoded - before.frames_decoded,
        page.seconds,
    ));
    assert!(after.audio_energy > before.audio_energy, "nothing is heard");
    assert!(
        page.made_up() < 3.0,
        "{:.1} % of the sound had to be made up",
        page.made_up()
    );
    home.impair(0, 0);
    wait_until_within(GIVES_WAY, "a larger picture", async || {
        let width = alice.page.media().await.frame_width;
        (width > after.frame_width)
            .then_some(())
            .ok_or(width.to_string())
    })
    .await;
    hang_up(&alice, &bob).await;
}

/// A way that a file alone would fill: what the panel says is what the router counted, and the sound is
/// whole.
async fn the_panel_tells_the_truth_while_a_file_comes(scenario: &Scenario<'_>) {
    let (alice, bob, [home, _bobs]) = in_a_call(scenario).await;
    home.impair(0, 6_000);
    // More than comes in that time.
    sends(&bob, "large.bin", 256 << 20).await;
    accepts(&alice, "large.bin").await;
    let kept = async || -> f64 {
        let script = "return document.querySelector('.files progress:not([hidden])')?.value ?? 0";
        alice.page.evaluate(script).await
    };
    wait_until_within(GIVES_WAY, "the file to come", async || {
        let percent = kept().await;
        (percent > 0.5).then_some(()).ok_or(percent.to_string())
    })
    .await;
    let before = kept().await;
    let [(page, router), _] = watch(&alice, &home).await;
    let came = (kept().await - before) / 100.0 * f64::from(256 << 20) * 8.0 / 1000.0;
    let says = page.bits / page.seconds / 1000.0;
    let counted = router.bytes as f64 * 8.0 / 1000.0 / page.seconds;
    measured(&format!(
        "6000 kbit/s: {counted:.0} kbit/s came through the router, {says:.0} says the page, {:.0} of it \
         the file's; {:.1} % of the sound lost, {:.1} % made up; {}",
        came / page.seconds,
        page.sound_loss(),
        page.made_up(),
        sign(&alice).await,
    ));
    assert!(came > 0.0, "the file stands still");
    assert!((says / counted - 1.0).abs() < 0.05, "more than 5 % apart");
    assert!(
        page.made_up() < 3.0,
        "{:.1} % of the sound had to be made up",
        page.made_up()
    );
    alice
        .page
        .click(wimpex_e2e::Role::Button, "Cancel large.bin")
        .await;
    home.impair(0, 0);
    hang_up(&alice, &bob).await;
}

async fn in_a_call(scenario: &Scenario<'_>) -> (Peer, Peer, [Home; 2]) {
    let homes = [(); 2].map(|()| scenario.net_lab().home(Uplink::Open));
    let (alice, bob) = two(scenario, &homes[0], &homes[1]).await;
    homes[0].impair(0, 0);
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    for peer in [&alice, &bob] {
        loses_nothing(peer).await;
    }
    (alice, bob, homes)
}

/// The longest that a report of the peer's takes to come.
const REPORTED: Duration = Duration::from_secs(8);

/// So long each is watched, in seconds.
const WATCHED: usize = 30;

/// What came to Alice in the next half minute, and what left: after her page, and after her
/// router.
async fn watch(alice: &Peer, home: &Home) -> [(Measured, PacketCounts); 2] {
    let now = async || -> f64 {
        let script = "return performance.now() / 1000";
        alice.page.evaluate(script).await
    };
    // The measurement itself.
    let mut packet_counts = Vec::with_capacity(WATCHED + 1);
    for _ in 0..=WATCHED {
        let counts = home.packet_counts();
        packet_counts.push((now().await, counts));
        sleep(Duration::from_secs(1)).await;
    }
    alice.page.click(wimpex_e2e::Role::Button, "Quality").await;
    let record: Record = Record::parse(&save(alice).await).expect("a record");
    alice.page.click(wimpex_e2e::Role::Button, "Quality").await;
    let ways = [
        (["inboundAudio", "inboundVideo"], "totalBitrateIn"),
        (["outboundAudio", "outboundVideo"], "totalBitrateOut"),
    ];
    [0, 1].map(|way| {
        let packet_counts: Vec<_> = packet_counts
            .iter()
            .map(|(at, packet_counts)| (*at, packet_counts[way]))
            .collect();
        let (flows, whole) = ways[way];
        compare(&record, &packet_counts, flows, whole)
    })
}

/// One way of both.
fn compare(
    record: &Record,
    packet_counts: &[(f64, PacketCounts)],
    flows: [&str; 2],
    whole: &str,
) -> (Measured, PacketCounts) {
    let (from, until) = (packet_counts[0].0, packet_counts[WATCHED].0);
    let mut sums = Measured::default();
    let mut reports = HashMap::<&str, (f64, f64)>::new();
    let mut last = None;
    let mut span = (until, from);
    for reading in &record.readings {
        let at = reading["at"].as_f64().expect("a time");
        if let Some(before) = last.filter(|before| *before > from && at <= until) {
            let seconds = at - before;
            let whole = reading[whole].as_f64();
            span = (f64::min(span.0, before), at);
            // An interval that cannot be known is as those around it.
            let Some(whole) = whole else {
                last = Some(at);
                continue;
            };
            sums.seconds += seconds;
            for flow in flows {
                let number = |field: &str| reading[flow][field].as_f64().unwrap_or(0.0);
                let first = (number("packetRate") - number("retransmitted")) * seconds;
                let expected = if flow.starts_with("inbound") {
                    first / (1.0 - number("fractionLost"))
                } else {
                    // Of what left, those that were lost are among them; each report is of
                    // all that left since the one before.
                    let (reported, left) = reports.entry(flow).or_default();
                    *left += first;
                    if number("remoteTimestamp") <= *reported {
                        continue;
                    }
                    *reported = number("remoteTimestamp");
                    std::mem::take(left)
                };
                let lost = expected * number("fractionLost");
                sums.expected += expected;
                sums.lost += lost;
                if flow == flows[0] {
                    sums.sounds += expected;
                    sums.sounds_lost += lost;
                    sums.sounds_concealed += expected * number("concealed");
                }
            }
            sums.redundant = reading["red"] == true;
            sums.bits += whole * seconds;
        }
        last = Some(at);
    }
    let share = (span.1 - span.0) / sums.seconds;
    sums.seconds *= share;
    sums.bits *= share;
    // The router's count between the first reading and the last.
    let count = |at: f64, of: fn(&PacketCounts) -> u64| {
        let after = packet_counts
            .iter()
            .position(|(time, _)| *time >= at)
            .expect("a later one");
        let ((t0, a), (t1, b)) = (
            &packet_counts[after.max(1) - 1],
            &packet_counts[after.max(1)],
        );
        of(a) as f64 + (of(b) - of(a)) as f64 * (at - t0) / (t1 - t0)
    };
    let between = |of| (count(span.1, of) - count(span.0, of)) as u64;
    let counts = PacketCounts {
        packets: between(|counts| counts.packets),
        lost: between(|counts| counts.lost),
        bytes: between(|counts| counts.bytes),
        all_bytes: between(|counts| counts.all_bytes),
    };
    (sums, counts)
}
