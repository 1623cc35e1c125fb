//! The way to the server is gone for ten seconds while a call is made, and the
//! call comes about, or ends, all the same.

use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{CallKind, Person, Stage, Traffic, Wire, eventually};

use crate::shared::{BROKEN, hang_up_but, scenes};

scenes! {
    AnyBrowsers: a_silent_network_while_it_rings,
    AnyBrowsers: a_cut_network_while_it_rings,
    AnyBrowsers: accepted_while_the_network_is_silent,
    AnyBrowsers: accepted_while_the_network_is_cut,
    AnyBrowsers: the_network_falls_silent_right_after_the_answer,
    AnyBrowsers: the_network_is_cut_right_after_the_answer,
    AnyBrowsers: cancelled_while_the_network_is_silent,
    AnyBrowsers: declined_while_the_network_is_cut,
    AnyBrowsers: a_page_of_which_a_part_is_lost_is_loaded_again,
}

const BLACKOUT: Duration = Duration::from_secs(10);
/// After the blackout: for the longest wait before the server is tried again, on a
/// loaded machine.
const SOON: Duration = Duration::from_secs(8);

async fn a_page_of_which_a_part_is_lost_is_loaded_again(stage: &Stage<'_>) {
    let wire = stage.wire().await;
    let alice = stage.visitor_over(&wire, "Alice").await;
    wire.traffic(Traffic::BreaksOff);
    alice.visit("/").await;
    alice.page.wait_for_text(&["could not be loaded"]).await;
    alice.visit("/").await;
    alice.page.wait_for_text(&["Loading"]).await;
    wire.traffic(Traffic::Passes);
    alice.introduce().await;
    alice.at_home().await;
}

async fn a_silent_network_while_it_rings(stage: &Stage<'_>) {
    blackout_while_ringing(stage, Traffic::Stands).await;
}

async fn a_cut_network_while_it_rings(stage: &Stage<'_>) {
    blackout_while_ringing(stage, Traffic::IsCut).await;
}

async fn blackout_while_ringing(stage: &Stage<'_>, traffic: Traffic) {
    let (wire, alice, bob) = ringing_over_a_wire(stage).await;
    wire.traffic(traffic);
    sleep(BLACKOUT).await;
    wire.traffic(Traffic::Passes);
    bob.accept().await;
    connected_and_over(&alice, &bob).await;
}

async fn accepted_while_the_network_is_silent(stage: &Stage<'_>) {
    accepted_in_a_blackout(stage, Traffic::Stands).await;
}

async fn accepted_while_the_network_is_cut(stage: &Stage<'_>) {
    accepted_in_a_blackout(stage, Traffic::IsCut).await;
}

async fn accepted_in_a_blackout(stage: &Stage<'_>, traffic: Traffic) {
    let (wire, alice, bob) = ringing_over_a_wire(stage).await;
    wire.traffic(traffic);
    bob.accept().await;
    sleep(BLACKOUT).await;
    assert_eq!(
        alice.page.snapshot().await.sent_count("ice-candidate"),
        0,
        "the blackout is none"
    );
    wire.traffic(Traffic::Passes);
    connected_and_over(&alice, &bob).await;
}

async fn the_network_falls_silent_right_after_the_answer(stage: &Stage<'_>) {
    blackout_after_the_answer(stage, Traffic::Stands).await;
}

async fn the_network_is_cut_right_after_the_answer(stage: &Stage<'_>) {
    blackout_after_the_answer(stage, Traffic::IsCut).await;
}

/// Whatever has got through by then: the answer, and none, some or all candidates.
async fn blackout_after_the_answer(stage: &Stage<'_>, traffic: Traffic) {
    let (wire, alice, bob) = ringing_over_a_wire(stage).await;
    bob.accept().await;
    eventually("an answer", async || {
        match bob.page.snapshot().await.sent_count("call-answer") {
            0 => Err("none".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
    wire.traffic(traffic);
    sleep(BLACKOUT).await;
    wire.traffic(Traffic::Passes);
    connected_and_over(&alice, &bob).await;
}

async fn cancelled_while_the_network_is_silent(stage: &Stage<'_>) {
    let (wire, alice, bob) = ringing_over_a_wire(stage).await;
    wire.traffic(Traffic::Stands);
    alice.cancel().await;
    alice.call_is_over(&["cancelled"]).await;
    sleep(BLACKOUT).await;
    wire.traffic(Traffic::Passes);
    bob.prompt_is_gone(SOON).await;
    nothing_is_left(&alice, &bob).await;
}

async fn declined_while_the_network_is_cut(stage: &Stage<'_>) {
    let (wire, alice, bob) = ringing_over_a_wire(stage).await;
    wire.traffic(Traffic::IsCut);
    bob.decline().await;
    sleep(BLACKOUT).await;
    wire.traffic(Traffic::Passes);
    alice.call_is_over_within(SOON, &["declined"]).await;
    nothing_is_left(&alice, &bob).await;
}

async fn ringing_over_a_wire(stage: &Stage<'_>) -> (Wire, Person, Person) {
    let wire = stage.wire().await;
    let alice = stage.person_over(&wire, "Alice").await;
    let bob = stage.person_over(&wire, "Bob").await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    alice.page.wait_for_text(&["Ringing"]).await;
    (wire, alice, bob)
}

async fn connected_and_over(alice: &Person, bob: &Person) {
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up_but(alice, bob, BROKEN).await;
}

async fn nothing_is_left(alice: &Person, bob: &Person) {
    tokio::join!(alice.left_nothing_but(BROKEN), bob.left_nothing_but(BROKEN));
}
