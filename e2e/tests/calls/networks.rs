//! Calls across networks of our own: every kind of router, other networks in the
//! middle of a call, bad weather, and what of one's address leaves the house.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use wimpex_e2e::{
    CallKind, Capture, Home, Peer, Role, Route, Scenario, Uplink, holds_for, soaks, times,
    wait_until,
};

use crate::shared::{ENDED, connect, hang_up, measured, scenarios};

scenarios! {
    Networks: networks_of_every_kind_reach_each_other,
    Networks: another_network_in_the_middle_of_a_call,
    Networks: nothing_goes_to_the_caller_before_accept,
    Networks: a_hidden_address_stays_hidden,
    Networks: bad_weather_ends_no_call,
    Networks: no_route_and_no_relay,
    Networks: a_relayed_call_follows_the_relays_address,
    FirefoxInNetworks: firefox_follows_to_another_network,
}

/// Pairs that show every way of reaching each other: straight, through both kinds
/// of router, by the relay over UDP and over TCP, and by IPv6.
const SHORT: [(Uplink, Uplink); 4] = [
    (Uplink::HomeNat, Uplink::HomeNat),
    (Uplink::HomeNat, Uplink::SymmetricNat),
    (Uplink::UdpBlocked, Uplink::SymmetricNat),
    (Uplink::OpenV6, Uplink::OpenV6),
];

async fn networks_of_every_kind_reach_each_other(scenario: &Scenario<'_>) {
    let mut pairs = SHORT.to_vec();
    if soaks() {
        let all = |a| Uplink::ALL.map(|b| (a, b));
        pairs = Uplink::ALL.into_iter().flat_map(all).collect();
        pairs.push((Uplink::OpenV6, Uplink::OpenV6));
    }
    for (a, b) in pairs {
        let (at_alices, at_bobs) = (scenario.net_lab().home(a), scenario.net_lab().home(b));
        let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
        alice.call(&bob.id().await, CallKind::Video).await;
        bob.is_called().await;
        let accepted = Instant::now();
        bob.accept().await;
        tokio::join!(alice.is_connected(), bob.is_connected());
        let connected = accepted.elapsed();
        tokio::join!(alice.sees(), bob.sees());
        let seen = accepted.elapsed();
        let routes = [settled_route(&alice).await, settled_route(&bob).await];
        measured(&format!(
            "{} to {}: {}, connected {} ms and both pictures {} ms after Accept",
            a.name(),
            b.name(),
            in_words(&routes),
            connected.as_millis(),
            seen.as_millis(),
        ));
        for route in &routes {
            assert_eq!(
                route.is_relayed(),
                !a.is_direct_to(b),
                "{} to {}: {routes:?}",
                a.name(),
                b.name()
            );
        }
        hang_up(&alice, &bob).await;
        scenario.close_browsers();
    }
}

/// A picture again, after a network is gone and another one is there.
const BACK_WITHIN: Duration = Duration::from_secs(15);

async fn another_network_in_the_middle_of_a_call(scenario: &Scenario<'_>) {
    let ways = [Uplink::HomeNat, Uplink::HomeNat, Uplink::SymmetricNat];
    let moving = scenario.net_lab().home_with(&ways);
    let staying = scenario.net_lab().home(Uplink::HomeNat);
    let (alice, bob) = two(scenario, &moving, &staying).await;
    let (mut delays, mut clocks) = (Vec::new(), Vec::new());
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    for _ in 0..times("switches", 2, 20) {
        let switched = Instant::now();
        moving.switch();
        // What was under way may still be shown.
        sleep(Duration::from_millis(300)).await;
        tokio::join!(flows_again(&alice), flows_again(&bob));
        delays.push(switched.elapsed());
        clocks.push(seconds(&alice.timer().await));
        for peer in [&alice, &bob] {
            peer.status_says("Connected").await;
        }
        // The next one comes in a call that has settled.
        sleep(Duration::from_secs(2)).await;
    }
    assert!(clocks.is_sorted(), "the timer began anew: {clocks:?}");
    let mut sorted: Vec<u128> = delays.iter().map(Duration::as_millis).collect();
    sorted.sort_unstable();
    measured(&format!(
        "{} changes of the network: pictures both ways again after {} ms at the median, {} ms at the worst ({})",
        sorted.len(),
        sorted[sorted.len() / 2],
        sorted[sorted.len() - 1],
        list(&delays.iter().map(Duration::as_millis).collect::<Vec<_>>()),
    ));
    assert!(
        sorted[sorted.len() - 1] < BACK_WITHIN.as_millis(),
        "{sorted:?}"
    );
    alice.end().await;
    tokio::join!(alice.call_is_over(ENDED), bob.call_is_over(ENDED));
}

async fn nothing_goes_to_the_caller_before_accept(scenario: &Scenario<'_>) {
    let (at_alices, at_bobs) = (
        scenario.net_lab().home(Uplink::Open),
        scenario.net_lab().home(Uplink::Open),
    );
    let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
    let to_alice = Capture::start(at_bobs.machine(), &hosts(&at_alices));
    let to_bob = Capture::start(at_alices.machine(), &hosts(&at_bobs));
    alice.call(&bob.id().await, CallKind::Video).await;
    bob.is_called().await;
    let quiet = async || {
        for (who, capture) in [("Bob", &to_alice), ("Alice", &to_bob)] {
            let lines = capture.lines();
            if !lines.is_empty() {
                return Err(format!("{who} sent {lines:#?}"));
            }
        }
        for peer in [&alice, &bob] {
            let sent = peer.page.snapshot().await.sent;
            let told: Vec<_> = sent.iter().flat_map(|sent| &sent.candidates).collect();
            if !told.is_empty() {
                return Err(format!("{} told {told:?}", peer.name));
            }
        }
        Ok(())
    };
    holds_for(Duration::from_secs(3), "silence", quiet).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    // The captures do see packets where there are some.
    wait_until("packets both ways", async || {
        match (to_alice.packets(), to_bob.packets()) {
            (0, _) | (_, 0) => Err(format!("{} {}", to_alice.packets(), to_bob.packets())),
            _ => Ok(()),
        }
    })
    .await;
    hang_up(&alice, &bob).await;
}

async fn a_hidden_address_stays_hidden(scenario: &Scenario<'_>) {
    let (at_alices, at_bobs) = (
        scenario.net_lab().home(Uplink::HomeNat),
        scenario.net_lab().home(Uplink::Open),
    );
    let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
    alice
        .page
        .click(Role::Checkbox, "Hide my network address")
        .await;
    // Once as the caller and once as the callee.
    for alice_calls in [true, false] {
        let to_bob = Capture::start(at_alices.machine(), &hosts(&at_bobs));
        let to_alice = Capture::start(at_bobs.machine(), &hosts(&at_alices));
        if alice_calls {
            connect(&alice, &bob, CallKind::Video).await;
        } else {
            connect(&bob, &alice, CallKind::Video).await;
        }
        tokio::join!(alice.sees(), bob.sees());
        assert_eq!(settled_route(&alice).await.local, "relay");
        let sent = alice.page.snapshot().await.sent;
        let told: Vec<&String> = sent.iter().flat_map(|sent| &sent.candidates).collect();
        assert!(!told.is_empty());
        for candidate in told {
            assert!(candidate.contains(" typ relay"), "{candidate}");
            for address in at_alices.addresses() {
                assert!(!candidate.contains(&address), "{candidate}");
            }
        }
        for (who, capture) in [("Alice", &to_bob), ("Bob", &to_alice)] {
            let lines = capture.lines();
            assert!(lines.is_empty(), "{who} sent {lines:#?}");
        }
        hang_up(&alice, &bob).await;
        tokio::join!(alice.back_home(), bob.back_home());
    }
}

async fn bad_weather_ends_no_call(scenario: &Scenario<'_>) {
    let (at_alices, at_bobs) = (
        scenario.net_lab().home(Uplink::HomeNat),
        scenario.net_lab().home(Uplink::HomeNat),
    );
    let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let time = Duration::from_secs(if soaks() { 60 } else { 6 });
    let all = [(5, 0), (0, 400), (5, 400)];
    for &(loss, kilobits) in if soaks() { &all[..] } else { &all[2..] } {
        at_alices.impair(loss, kilobits);
        // Congestion control takes a while to find out.
        sleep(Duration::from_secs(5)).await;
        let before = bob.page.media().await;
        holds_for(time, "the call goes on", async || {
            for peer in [&alice, &bob] {
                let words = peer.page.texts(Role::Status).await;
                if !words.iter().any(|words| words == "Connected") {
                    return Err(format!("{}: {words:?}", peer.name));
                }
            }
            Ok(())
        })
        .await;
        let after = bob.page.media().await;
        let (bytes, frames) = (
            // A counter of Firefox's goes back where it begins a report anew.
            after.bytes_received.saturating_sub(before.bytes_received),
            after.frames_decoded.saturating_sub(before.frames_decoded),
        );
        let rate = bytes as f64 * 8.0 / 1000.0 / time.as_secs_f64();
        measured(&format!(
            "{loss} % lost, {kilobits} kbit/s (0: no limit): {rate:.0} kbit/s and {:.1} pictures a second arrive, {}x{}",
            frames as f64 / time.as_secs_f64(),
            after.frame_width,
            after.frame_height
        ));
        assert!(frames > 0, "no picture arrives");
        if kilobits > 0 {
            assert!(
                rate < f64::from(kilobits) * 1.1,
                "{rate} kbit/s get through"
            );
        }
    }
    at_alices.impair(0, 0);
    tokio::join!(alice.sees(), bob.sees());
    hang_up(&alice, &bob).await;
}

pub(crate) async fn two(scenario: &Scenario<'_>, at_alices: &Home, at_bobs: &Home) -> (Peer, Peer) {
    let alice = scenario.unopened_peer_in(at_alices, "Alice").await;
    let bob = scenario.unopened_peer_in(at_bobs, "Bob").await;
    tokio::join!(alice.open(), bob.open());
    (alice, bob)
}

/// From the answer to giving up, and some seconds for a machine that is loaded.
const NO_ROUTE: Duration = Duration::from_secs(30);

async fn no_route_and_no_relay(scenario: &Scenario<'_>) {
    scenario.server_mut().restart_with(&["--turn=false"]);
    let homes = [(); 2].map(|()| scenario.net_lab().home(Uplink::SymmetricNat));
    let (alice, bob) = two(scenario, &homes[0], &homes[1]).await;
    alice.call(&bob.id().await, CallKind::Audio).await;
    bob.accept().await;
    let told = ["this server offers no relay"];
    tokio::join!(
        alice.call_is_over_within(NO_ROUTE, &told),
        bob.call_is_over_within(NO_ROUTE, &told)
    );
    // The check runs by itself then.
    let missing = ["Relay over UDP\nnot offered"];
    tokio::join!(
        alice.page.wait_for_text(&missing),
        bob.page.wait_for_text(&missing)
    );
}

/// Where the relay is before and after its host got another address.
const LINES: [&str; 2] = ["11.0.0.8", "11.0.0.9"];

async fn a_relayed_call_follows_the_relays_address(scenario: &Scenario<'_>) {
    let homes = [(); 2].map(|()| scenario.net_lab().home(Uplink::SymmetricNat));
    scenario.net_lab().move_to(LINES[0]);
    // Its address is found, not said.
    scenario
        .server_mut()
        .restart_with(&["--turn-listen=0.0.0.0:3478"]);
    let (alice, bob) = two(scenario, &homes[0], &homes[1]).await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    for peer in [&alice, &bob] {
        assert!(settled_route(peer).await.is_relayed());
    }
    let clock = seconds(&alice.timer().await);
    let moved = Instant::now();
    scenario.net_lab().move_to(LINES[1]);
    wait_until("the server's word of its address", async || {
        let told = scenario.server().log_count("this host has another address");
        (told == 1).then_some(()).ok_or_else(|| format!("{told}"))
    })
    .await;
    let found = moved.elapsed();
    // Nothing comes from where the relay was: what is seen now is new.
    tokio::join!(flows_again(&alice), flows_again(&bob));
    let back = moved.elapsed();
    for peer in [&alice, &bob] {
        peer.status_says("Connected").await;
        assert!(settled_route(peer).await.is_relayed());
    }
    assert!(
        seconds(&alice.timer().await) >= clock,
        "the call began anew"
    );
    measured(&format!(
        "the relay at another address: found after {} ms, pictures both ways again after {} ms",
        found.as_millis(),
        back.as_millis(),
    ));
    hang_up(&alice, &bob).await;
}

/// tcpdump's words for the addresses of a home.
fn hosts(home: &Home) -> String {
    let hosts: Vec<String> = home
        .addresses()
        .iter()
        .map(|address| format!("dst host {address}"))
        .collect();
    hosts.join(" or ")
}

/// The path in use, once it has stayed the same for a second: a better one may
/// replace the first.
pub(crate) async fn settled_route(peer: &Peer) -> Route {
    let mut last: Option<(Route, Instant)> = None;
    wait_until("a path that stays", async || {
        let now = peer.page.route().await.ok_or("none")?;
        let kind = |route: &Route| (route.local.clone(), route.remote.clone());
        match &last {
            Some((route, since)) if kind(route) == kind(&now) => {
                if since.elapsed() > Duration::from_secs(1) {
                    return Ok(now);
                }
            }
            _ => last = Some((now, Instant::now())),
        }
        Err(format!("{last:?}"))
    })
    .await
}

fn in_words(routes: &[Route; 2]) -> String {
    let [a, b] = routes;
    let how = if a.is_relayed() { "relayed" } else { "direct" };
    let protocol = |route: &Route| route.relay_protocol.clone().unwrap_or_default();
    format!(
        "{how} ({} {}–{} {})",
        a.local,
        protocol(a),
        b.local,
        protocol(b)
    )
}

/// Waits for new pictures.
pub(crate) async fn flows_again(peer: &Peer) {
    let mut before = peer.page.media().await.frames_decoded;
    wait_until(&format!("pictures at {} again", peer.name), async || {
        let now = peer.page.media().await.frames_decoded;
        // Firefox makes its receiver anew, and counts from 0, whenever a description or an
        // encoder's limit is set (VideoConduit's OnControlConfigChange).
        before = before.min(now);
        (now > before + 2)
            .then_some(())
            .ok_or_else(|| format!("{before}, now {now}"))
    })
    .await;
}

/// `mm:ss`, or `h:mm:ss`.
fn seconds(clock: &str) -> u32 {
    clock
        .split(':')
        .fold(0, |sum, part| sum * 60 + part.parse::<u32>().unwrap_or(0))
}

fn list(milliseconds: &[u128]) -> String {
    let words: Vec<String> = milliseconds.iter().map(u128::to_string).collect();
    words.join(" ")
}

async fn firefox_follows_to_another_network(scenario: &Scenario<'_>) {
    for caller_moves in [true, false] {
        let ways = [Uplink::HomeNat, Uplink::HomeNat];
        let moving = scenario.net_lab().home_with(&ways);
        let staying = scenario.net_lab().home(Uplink::HomeNat);
        let (alice, bob) = two(scenario, &moving, &staying).await;
        let began = Instant::now();
        if caller_moves {
            connect(&alice, &bob, CallKind::Video).await;
        } else {
            connect(&bob, &alice, CallKind::Video).await;
        }
        tokio::join!(alice.sees(), bob.sees());
        let first = began.elapsed();
        // A call that has settled: each knows what the other one's page can do.
        sleep(Duration::from_secs(3)).await;
        let before = alice.timer().await;
        let switched = Instant::now();
        moving.switch();
        // Firefox sees within milliseconds that its path is gone; what came before may still be shown.
        alice.status_says("Reconnecting…").await;
        let noticed = switched.elapsed();
        tokio::join!(flows_again(&alice), flows_again(&bob));
        let back = switched.elapsed();
        measured(&format!(
            "Firefox on another network, as the {}: noticed after {} ms, pictures both ways again after {} ms \
             by connection {} (the first call took {} ms)",
            if caller_moves { "caller" } else { "callee" },
            noticed.as_millis(),
            back.as_millis(),
            alice.page.snapshot().await.connections_made,
            first.as_millis(),
        ));
        for peer in [&alice, &bob] {
            peer.status_says("Connected").await;
        }
        assert!(seconds(&alice.timer().await) >= seconds(&before));
        assert!(back < BACK_WITHIN, "{back:?}");
        hang_up(&alice, &bob).await;
        scenario.close_browsers();
    }
}
