//! A bare system, a package, and docs/hosting.md: what a host types, under a real systemd.
//!
//! `cargo xtask first-call` makes both; where they are missing this says so and passes.

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use wimpex_e2e::{
    BareSystem, BrowserOptions, CallKind, Home, INSTALLED_NAME, PUBLIC_V4, Peer, Scenario,
    TestAuthority, Uplink, wait_until,
};

use crate::shared::{measured, scenarios};

scenarios! {
    // Only Chromium's flags trust a certificate authority of the scene's, and lead a name to loopback.
    ChromiumInNetworks: the_first_call_on_a_bare_system,
    ChromiumInNetworks: setup_on_a_bare_system,
}

const ENVIRONMENT: &str = "/etc/wimpex/environment";

/// The file that `cargo xtask first-call` names.
fn given(variable: &str) -> Option<PathBuf> {
    let file = env::var_os(variable);
    if file.is_none() {
        eprintln!("SKIPPED: no {variable}; cargo xtask first-call makes it");
    }
    file.map(PathBuf::from)
}

/// The lines of the document's first commands, with the name that this host has.
fn documented() -> Vec<String> {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hosting.md");
    let document = std::fs::read_to_string(document).expect("it is there");
    let (_, rest) = document.split_once("```sh\n").expect("it has commands");
    let (block, _) = rest.split_once("```").expect("they end");
    let block = block.replace("call.example.org", INSTALLED_NAME);
    block.lines().map(str::to_owned).collect()
}

/// Somebody at home, at the page that is served at the name.
async fn visitor(
    scenario: &Scenario<'_>,
    home: &Home,
    authority: &TestAuthority,
    name: &str,
) -> Peer {
    let options = BrowserOptions {
        host_on_loopback: Some((INSTALLED_NAME.to_owned(), PUBLIC_V4.to_owned())),
        trusted_key: Some(authority.key_hash()),
        ..BrowserOptions::default()
    };
    let peer = scenario.unopened_peer_in_with(home, name, options).await;
    let peer = Peer::new(peer.page, name, &format!("https://{INSTALLED_NAME}"));
    peer.open().await;
    peer
}

async fn the_first_call_on_a_bare_system(scenario: &Scenario<'_>) {
    let Some(package) = given("WIMPEX_DEB") else {
        return;
    };
    // It has the ports of the relay.
    scenario.server_mut().kill();
    let public = scenario.net_lab().public();
    let Some(system) = BareSystem::boot(public).await else {
        return;
    };
    let authority = TestAuthority::start(public);
    let environment = authority.introduce_to(&system);
    let homes = [Uplink::HomeNat, Uplink::HomeNat].map(|uplink| scenario.net_lab().home(uplink));

    let start = Instant::now();
    let passed = |what: &str| {
        measured(&format!("{:5.1} s {what}", start.elapsed().as_secs_f64()));
    };
    let file = package.file_name().expect("a package has a name");
    system.receives(&package, &format!("/root/{}", file.display()));
    let [install, configure, enable] = &documented()[..] else {
        panic!("three lines are all: {:?}", documented());
    };
    system.types(install);
    passed("installed");
    system.types(configure);
    std::fs::write(system.path(ENVIRONMENT), &environment).expect("the package made the folder");
    system.types(enable);
    passed("systemd has it running");
    authority.until_served(&system).await;
    passed("https with a certificate of the authority");
    let said = system.types(&format!(
        "set -a; . {ENVIRONMENT}; wimpex-server --config /etc/wimpex/server.toml check"
    ));
    println!("{said}");
    for words in [
        "leads to https://",
        "answers at",
        "relays from",
        "over TLS at port 443",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    passed("looked at from within");
    let alice = visitor(scenario, &homes[0], &authority, "Alice").await;
    let bob = visitor(scenario, &homes[1], &authority, "Bob").await;
    passed("two people are at the page");
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees());
    passed("the first call: both see each other; the aim is a minute");

    // The watchdog's answers say who is there.
    has_status(&system, "2 people are here").await;
    // An upgrade, be it to the same: nobody notices.
    let before = system.unit("MainPID");
    system.types(&install.replace("install ", "install --reinstall "));
    wait_until("the next process", async || {
        let main = system.unit("MainPID");
        (main != before && main != "0").then_some(()).ok_or(main)
    })
    .await;
    has_status(&system, "2 people are here").await;
    system.types("systemctl reload wimpex-server");
    assert_eq!(system.unit("NRestarts"), "0");
    assert_eq!(system.unit("ActiveState"), "active");
    assert_eq!(system.unit("Result"), "success");
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees());
    system.types("apt-get purge --yes wimpex-server");
    assert_eq!(system.unit("ActiveState"), "inactive");
}

async fn has_status(system: &BareSystem, words: &str) {
    wait_until(words, async || {
        let status = system.unit("StatusText");
        (status == words).then_some(()).ok_or(status)
    })
    .await;
}

/// The program alone, with nothing of the package.
async fn setup_on_a_bare_system(scenario: &Scenario<'_>) {
    let Some(program) = given("WIMPEX_STATIC") else {
        return;
    };
    scenario.server_mut().kill();
    let public = scenario.net_lab().public();
    let Some(system) = BareSystem::boot(public).await else {
        return;
    };
    let authority = TestAuthority::start(public);
    let environment = authority.introduce_to(&system);
    system.types("mkdir /etc/wimpex");
    std::fs::write(system.path(ENVIRONMENT), &environment).expect("it was made");
    system.receives(&program, "/usr/local/bin/wimpex-server");
    let start = Instant::now();
    let said = system.types_and_answers(
        "wimpex-server setup",
        &format!("{INSTALLED_NAME}\n2\nhost@example.org\n"),
    );
    println!("{said}");
    measured(&format!(
        "{:.1} s from three answers to what is there",
        start.elapsed().as_secs_f64()
    ));
    for words in [
        "Wrote /etc/systemd/system/wimpex-server.service",
        "Everything answers from within",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(system.unit("UnitFileState"), "enabled");
    // Only who is invited comes in: the host makes the first invitation.
    let link = system.types("wimpex-server admin invite --uses 2 --expires 7d");
    assert!(
        link.contains(&format!("https://{INSTALLED_NAME}/")),
        "{link}"
    );
    // A configuration with a fault is said once, and not tried again and again.
    system.types(
        "echo 'domian = 1' >> /etc/wimpex/server.toml; systemctl restart wimpex-server || true",
    );
    assert_eq!(system.unit("ActiveState"), "failed");
    let log = system.log().join("\n");
    assert!(log.contains("did you mean \"domain\"?"), "{log}");
}
