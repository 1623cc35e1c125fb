//! What the page says when a call is over.

use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::session::routes::{Named, Routes};
use wimpex::ui::words::{self, Circumstances};
use wimpex_call::{EndReason, Ended, MediaError, Role};
use wimpex_protocol::{CallId, CallType, UserId};

/// How a call to Bob ended.
fn ended(reason: EndReason) -> Ended {
    Ended {
        call_id: CallId::parse("call_1").unwrap(),
        peer: UserId::parse("guest-bob").unwrap(),
        peer_name: None,
        call_type: CallType::Video,
        role: Role::Caller,
        reason,
        duration: None,
        microphone: None,
        camera: None,
    }
}

const ALL_WELL: Circumstances = Circumstances {
    server: true,
    has_relay: true,
    hides_address: false,
    routes: Routes {
        own: DIRECT,
        peer: DIRECT,
    },
};

const DIRECT: Named = Named {
    any: true,
    relayed: false,
};

#[wasm_bindgen_test]
fn a_failed_call_names_its_cause() {
    let none = Named::default();
    let relayed = Named {
        any: true,
        relayed: true,
    };
    let with = |own, peer| Circumstances {
        routes: Routes { own, peer },
        ..ALL_WELL
    };
    let without_relay = Circumstances {
        has_relay: false,
        ..ALL_WELL
    };
    let hiding = Circumstances {
        hides_address: true,
        ..with(none, DIRECT)
    };
    let in_vain = Circumstances {
        has_relay: false,
        ..hiding
    };
    let alone = Circumstances {
        server: false,
        ..ALL_WELL
    };
    let failed = EndReason::ConnectionFailed;
    for (reason, at_end, words) in [
        (failed, with(DIRECT, none), "Bob’s side named no way"),
        (failed, without_relay, "this server offers no relay"),
        (failed, in_vain, "this server offers none"),
        (failed, hiding, "only the relay could carry the call"),
        (
            failed,
            with(relayed, DIRECT),
            "the way through the relay failed",
        ),
        (failed, with(DIRECT, relayed), "the relay that Bob reached"),
        (failed, ALL_WELL, "neither side reached the relay"),
        (failed, alone, "The connection to the server broke off"),
        (
            EndReason::NoAnswer,
            alone,
            "The connection to the server broke off",
        ),
        (EndReason::NoAnswer, ALL_WELL, "Bob did not answer"),
        (
            EndReason::ConnectionLost,
            alone,
            "the server cannot be reached either",
        ),
        (
            EndReason::ConnectionLost,
            ALL_WELL,
            "could not be restored in time",
        ),
    ] {
        let (_, said) = words::end(&ended(reason), "Bob", at_end);
        assert!(said.contains(words), "{reason:?}, {at_end:?}: {said}");
    }
}

#[wasm_bindgen_test]
fn call_end_names_the_missing_device() {
    let said = |microphone, camera| {
        let ended = Ended {
            microphone,
            camera,
            ..ended(EndReason::PeerHungUp)
        };
        words::end(&ended, "Bob", ALL_WELL).1
    };
    assert_eq!(said(None, None), "Bob hung up.");
    let denied = said(Some(MediaError::Denied), None);
    assert!(
        denied.contains("You were not heard: your microphone was blocked"),
        "{denied}"
    );
    let in_use = said(None, Some(MediaError::InUse));
    assert!(
        in_use.contains("You were not seen: your camera was in use"),
        "{in_use}"
    );
}
