//! What needs no browser, run in one all the same.

use std::time::Duration;

use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::Options;
use wimpex::session::address::{InvalidAddress, Place, link, parse};
use wimpex::session::backoff::delay;
use wimpex::ui::words;
use wimpex_protocol::UserId;

const HERE: &str = "https://calls.example";

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

#[wasm_bindgen_test]
fn a_link_leads_back_to_its_user() {
    let bob = user("guest-bob");
    let text = link(HERE, &bob);
    assert_eq!(text, "https://calls.example/u/guest-bob");
    assert_eq!(parse(&text, HERE, None), Ok(bob.clone()));
    assert_eq!(parse(" guest-bob\n", HERE, None), Ok(bob.clone()));
    assert_eq!(parse("/u/guest-bob", HERE, None), Ok(bob.clone()));
    assert_eq!(
        parse("calls.example/u/guest-bob/?from=mail#x", HERE, None),
        Ok(bob)
    );
}

#[wasm_bindgen_test]
fn what_is_no_link_is_told_apart() {
    let me = user("guest-me");
    let wrong = |text| parse(text, HERE, Some(&me)).unwrap_err();
    assert_eq!(wrong("  "), InvalidAddress::Empty);
    assert_eq!(wrong("two words"), InvalidAddress::NotALink);
    assert_eq!(wrong("https://calls.example/"), InvalidAddress::NotALink);
    assert_eq!(
        wrong("https://other.example/u/guest-bob"),
        InvalidAddress::OtherServer
    );
    assert_eq!(
        wrong("https://calls.example/u/guest-me"),
        InvalidAddress::Oneself
    );
}

#[wasm_bindgen_test]
fn a_path_is_a_place() {
    assert_eq!(Place::from_path("/"), Place::Home);
    assert_eq!(
        Place::from_path("/u/guest-bob"),
        Place::Person(user("guest-bob"))
    );
    assert_eq!(Place::from_path("/u/"), Place::Broken);
    assert_eq!(Place::from_path("/u/%20"), Place::Broken);
}

#[wasm_bindgen_test]
fn reconnect_backoff_grows_and_has_jitter() {
    for attempt in 0..100 {
        let (least, most) = (delay(attempt, 0.0), delay(attempt, 1.0));
        assert!(least < most);
        assert!(most <= Duration::from_secs(15));
        assert!(delay(attempt + 1, 1.0) >= most);
    }
    assert!(delay(0, 1.0) <= Duration::from_millis(250));
    // Back within 3 s of a restart: the wait, and a second for the rest.
    assert!(delay(40, 1.0) <= Duration::from_secs(2));
    assert!(delay(u32::MAX, 1.0) <= Duration::from_secs(15));
}

#[wasm_bindgen_test]
fn a_ring_time_counts_only_for_who_debugs() {
    let ring = |query| Options::from_query(query).ring.as_secs();
    assert_eq!(ring("?debug&debug-ring-seconds=3"), 3);
    assert_eq!(ring("?debug-ring-seconds=3"), 60);
    assert_eq!(ring("?debug&debug-ring-seconds=soon"), 60);
    assert!(!Options::from_query("?debugger").debug);
}

#[wasm_bindgen_test]
fn times_read_as_people_say_them() {
    let clock = |seconds| words::clock(Duration::from_secs(seconds));
    assert_eq!(
        [clock(0), clock(75), clock(3599), clock(3600)],
        ["00:00", "01:15", "59:59", "1:00:00"]
    );
    let length = |seconds| words::length(Duration::from_secs(seconds));
    assert_eq!(length(1), "1 second");
    assert_eq!(length(120), "2 minutes");
    assert_eq!(length(61), "1 minute 1 second");
    assert_eq!(length(7260), "2 hours 1 minute");
}

#[wasm_bindgen_test]
fn numbers_keep_their_decimals() {
    assert_eq!(words::decimal(0.04, 1), "0.0");
    assert_eq!(words::decimal(12.349, 2), "12.35");
    assert_eq!(words::decimal(-1.5, 1), "−1.5");
    assert_eq!(words::decimal(f64::NAN, 1), "0.0");
}

#[wasm_bindgen_test]
fn initials_are_of_the_first_and_the_last_name() {
    assert_eq!(words::initials("Alice"), "A");
    assert_eq!(words::initials("Ada King Lovelace"), "AL");
    assert_eq!(words::initials(""), "");
}
