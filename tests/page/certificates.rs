//! The certificates of calls, on a page that has been open for long.

use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::browser::rtc_certificate::Certificate;
use wimpex::session::call_certificates::CallCertificates;
use wimpex_call::{CallSnapshot, PeerConnectionId};

use crate::components::in_a_call;

fn calls(connection: PeerConnectionId) -> CallSnapshot {
    let mut call = in_a_call();
    call.connection = connection;
    CallSnapshot {
        call: Some(call),
        ..CallSnapshot::default()
    }
}

#[wasm_bindgen_test]
async fn a_call_on_a_page_that_is_months_old_keeps_its_certificate() {
    // It ends before a call would, though it is valid now.
    let old = Certificate::generate_for(60_000).await.unwrap();
    let mut certificates = CallCertificates::new(Some(old.clone()));
    certificates.renewed().await;
    let [first, second] = [1, 2].map(PeerConnectionId);
    let of_first = certificates.of(first, &calls(first)).unwrap();
    assert!(of_first != old);
    let of_second = certificates.of(second, &calls(second)).unwrap();
    assert!(
        of_first == of_second,
        "a call that reconnects is known by it"
    );
}

#[wasm_bindgen_test]
async fn a_fresh_certificate_is_not_made_anew() {
    let fresh = Certificate::generate().await.unwrap();
    let mut certificates = CallCertificates::new(Some(fresh.clone()));
    certificates.renewed().await;
    let first = PeerConnectionId(1);
    assert!(certificates.of(first, &calls(first)).unwrap() == fresh);
}
