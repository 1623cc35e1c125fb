//! Where pictures lie, and whose is shown.

use proptest::prelude::*;
use wimpex_recording::{Layout, Place, Side, Speaker};
use wimpex_sansio::Now;

fn overlap(one: Place, other: Place) -> bool {
    let apart = |at: f64, length: f64, other_at: f64, other_length: f64| {
        at + length <= other_at || other_at + other_length <= at
    };
    !apart(one.x, one.width, other.x, other.width)
        && !apart(one.y, one.height, other.y, other.height)
}

#[test]
fn pictures_lie_beside_each_other() {
    for (layout, has_screen, count) in [
        (Layout::Both, false, 2),
        (Layout::Both, true, 3),
        (Layout::Speaker, false, 1),
        (Layout::Speaker, true, 2),
    ] {
        let it = layout.places(Side::Own, has_screen, 1280.0, 720.0);
        let all: Vec<_> = [it.own, it.peer, it.screen].into_iter().flatten().collect();
        assert_eq!(all.len(), count, "{layout:?}");
        for (at, one) in all.iter().enumerate() {
            assert!(one.x >= 0.0 && one.x + one.width <= 1280.0);
            assert!(one.y >= 0.0 && one.y + one.height <= 720.0);
            assert!(all.iter().skip(at + 1).all(|other| !overlap(*one, *other)));
        }
    }
}

#[test]
fn whoever_speaks_is_shown() {
    let shown = |side| {
        let it = Layout::Speaker.places(side, false, 1280.0, 720.0);
        (it.own.is_some(), it.peer.is_some())
    };
    assert_eq!(shown(Side::Own), (true, false));
    assert_eq!(shown(Side::Peer), (false, true));
}

#[test]
fn a_word_of_assent_takes_nobodys_place() {
    let mut speaker = Speaker::default();
    let mut hear = |own, peer, millis| speaker.hear(own, peer, Now::from_millis(millis));
    assert_eq!(hear(0.0, 0.2, 0), Side::Peer);
    assert_eq!(hear(0.3, 0.0, 100), Side::Peer);
    assert_eq!(hear(0.0, 0.2, 400), Side::Peer);
    // It begins anew.
    assert_eq!(hear(0.3, 0.0, 500), Side::Peer);
    assert_eq!(hear(0.3, 0.0, 1_000), Side::Peer);
    assert_eq!(hear(0.3, 0.0, 1_100), Side::Own);
    // Silence changes nothing.
    assert_eq!(hear(0.0, 0.001, 9_000), Side::Own);
    assert_eq!(hear(0.0, 0.001, 19_000), Side::Own);
}

proptest! {
    #[test]
    fn a_picture_lies_in_its_place_undistorted(
        width in 1.0..4_000.0_f64, height in 1.0..4_000.0_f64,
    ) {
        let place = Place { x: 10.0, y: 20.0, width: 640.0, height: 720.0 };
        let it = place.contain(width, height);
        prop_assert!((it.width / it.height - width / height).abs() < 1e-6 * width / height);
        prop_assert!(it.x >= 10.0 - 1e-9 && it.x + it.width <= 650.0 + 1e-9);
        prop_assert!(it.y >= 20.0 - 1e-9 && it.y + it.height <= 740.0 + 1e-9);
        let fills = (it.width - 640.0).abs() < 1e-6 || (it.height - 720.0).abs() < 1e-6;
        prop_assert!(fills);
    }
}
