//! Several servers as one: Alice's page is at one, Bob's at the other, and one of them is killed. Before
//! each of the two pages is a balancer, which goes on to the other server then.

use wimpex_e2e::{CallKind, Nats, Peer, Scenario, Server, TcpProxy, now_millis, wait_until};

use crate::shared::{BROKEN, hang_up_but, measured, scenarios};

scenarios! {
    AnyBrowsers: people_at_two_servers_call_each_other,
    Chromium: the_callees_server_is_killed_in_ringing,
    Chromium: the_callers_server_is_killed_in_ringing,
    Chromium: the_callees_server_is_killed_in_connecting,
    Chromium: the_callers_server_is_killed_in_connecting,
    Chromium: a_server_is_killed_in_the_call,
}

/// The two servers, and what is before and between them.
struct Town {
    other: Server,
    _balancers: [TcpProxy; 2],
    _nats: Nats,
}

/// Alice at the scenario's server, and Bob at another.
async fn town(scenario: &Scenario<'_>) -> Option<(Town, Peer, Peer)> {
    let Some(nats) = Nats::start().await else {
        println!("SKIPPED: nats-server is missing; cargo xtask setup --tests installs it");
        return None;
    };
    scenario.server_mut().restart_with(&["--nats", &nats.url()]);
    let other = scenario.server().beside();
    let (one, two) = (
        scenario.server().host_and_port().to_owned(),
        other.host_and_port().to_owned(),
    );
    let balancers = [
        TcpProxy::to_first_of(vec![one.clone(), two.clone()]).await,
        TcpProxy::to_first_of(vec![two, one]).await,
    ];
    wait_until("NATS is there", async || {
        let has_it = |server: &Server| server.log_count("NATS is there") > 0;
        let have_it = has_it(&scenario.server()) && has_it(&other);
        have_it.then_some(()).ok_or_else(|| "not yet".to_owned())
    })
    .await;
    let alice = scenario.peer_over(&balancers[0], "Alice").await;
    let bob = scenario.peer_over(&balancers[1], "Bob").await;
    let town = Town {
        other,
        _balancers: balancers,
        _nats: nats,
    };
    Some((town, alice, bob))
}

/// By id: the two pages are of two origins, and a link of another one is another server's.
async fn connect(caller: &Peer, callee: &Peer, kind: CallKind) {
    caller.call(&callee.id().await, kind).await;
    callee.accept().await;
    tokio::join!(caller.is_connected(), callee.is_connected());
}

async fn people_at_two_servers_call_each_other(scenario: &Scenario<'_>) {
    let Some((_town, alice, bob)) = town(scenario).await else {
        return;
    };
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up_but(&alice, &bob, &[]).await;
    tokio::join!(alice.back_home(), bob.back_home());
    connect(&bob, &alice, CallKind::Audio).await;
    hang_up_but(&bob, &alice, &[]).await;
}

async fn the_callees_server_is_killed_in_ringing(scenario: &Scenario<'_>) {
    let Some((mut town, alice, bob)) = town(scenario).await else {
        return;
    };
    alice.call(&bob.id().await, CallKind::Video).await;
    bob.is_called().await;
    town.other.kill();
    goes_on(&alice, &bob).await;
}

async fn the_callers_server_is_killed_in_ringing(scenario: &Scenario<'_>) {
    let Some((_town, alice, bob)) = town(scenario).await else {
        return;
    };
    alice.call(&bob.id().await, CallKind::Video).await;
    bob.is_called().await;
    scenario.server_mut().kill();
    goes_on(&alice, &bob).await;
}

/// It is accepted after the death.
async fn goes_on(alice: &Peer, bob: &Peer) {
    let killed = now_millis();
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    measured(&format!(
        "connected {} ms after a server was killed",
        now_millis() - killed
    ));
    tokio::join!(alice.sees(), bob.sees());
    hang_up_but(alice, bob, BROKEN).await;
}

async fn the_callees_server_is_killed_in_connecting(scenario: &Scenario<'_>) {
    let Some((mut town, alice, bob)) = town(scenario).await else {
        return;
    };
    alice.call(&bob.id().await, CallKind::Video).await;
    bob.is_called().await;
    bob.accept().await;
    town.other.kill();
    is_connected_all_the_same(&alice, &bob).await;
}

async fn the_callers_server_is_killed_in_connecting(scenario: &Scenario<'_>) {
    let Some((_town, alice, bob)) = town(scenario).await else {
        return;
    };
    alice.call(&bob.id().await, CallKind::Video).await;
    bob.is_called().await;
    bob.accept().await;
    scenario.server_mut().kill();
    is_connected_all_the_same(&alice, &bob).await;
}

async fn is_connected_all_the_same(alice: &Peer, bob: &Peer) {
    let killed = now_millis();
    tokio::join!(alice.is_connected(), bob.is_connected());
    measured(&format!(
        "connected {} ms after a server was killed",
        now_millis() - killed
    ));
    tokio::join!(alice.sees(), bob.sees());
    hang_up_but(bob, alice, BROKEN).await;
}

async fn a_server_is_killed_in_the_call(scenario: &Scenario<'_>) {
    let Some((mut town, alice, bob)) = town(scenario).await else {
        return;
    };
    connect(&alice, &bob, CallKind::Video).await;
    town.other.kill();
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up_but(&alice, &bob, BROKEN).await;
    tokio::join!(alice.back_home(), bob.back_home());
    // Both are at one server now.
    connect(&bob, &alice, CallKind::Audio).await;
    hang_up_but(&bob, &alice, BROKEN).await;
}
