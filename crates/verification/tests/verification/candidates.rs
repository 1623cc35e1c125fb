//! Candidates that are not of this call, or not yet.

use wimpex_protocol::{CallId, CallType, IceCandidate, IceCandidateInit, Signal};

use crate::attacks::{VARIANTS, alice_and_bob};
use crate::peer::{Peer, answer, call_id, offer};
use crate::relay::{carry, honest};

fn candidate(call: Option<CallId>, fragment: Option<String>) -> Signal {
    Signal::IceCandidate(IceCandidate {
        call_id: call,
        candidate: IceCandidateInit {
            candidate: "candidate:1 1 udp 1 192.0.2.1 5 typ host".to_owned(),
            sdp_m_line_index: Some(0),
            sdp_mid: Some("0".to_owned()),
            username_fragment: fragment,
        },
    })
}

#[test]
fn candidate_of_another_call_or_too_early() {
    for n in 0..VARIANTS {
        let fragment = |side: &Peer| Some(format!("f{}1", side.certificate));
        let strange = Some(format!("f{}{n}", n + 1));
        let another = CallId::parse(format!("another-{n}")).expect("an id");
        let (mut alice, mut bob) = alice_and_bob(n);
        let bad = |side: &Peer| {
            [
                candidate(Some(another.clone()), fragment(side)),
                candidate(None, fragment(side)),
                candidate(Some(call_id()), strange.clone()),
                candidate(Some(call_id()), None),
            ]
        };
        // Before the call, and before its answer.
        for early in bad(&alice)
            .into_iter()
            .chain([candidate(Some(call_id()), fragment(&alice))])
        {
            bob.receive(&alice, early);
        }
        alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
        alice.receive(&bob, candidate(Some(call_id()), fragment(&bob)));
        alice.receive(&bob, candidate(None, fragment(&bob)));
        assert_eq!(
            (alice.delivered.len(), bob.delivered.len()),
            (0, 0),
            "variant {n}"
        );
        carry(&mut alice, &mut bob, &mut honest());
        bob.send(&alice.id.clone(), answer(bob.sdp(1)));
        carry(&mut bob, &mut alice, &mut honest());
        carry(&mut alice, &mut bob, &mut honest());
        let before = (alice.delivered.len(), bob.delivered.len());
        for (from_bob, from_alice) in bad(&bob).into_iter().zip(bad(&alice)) {
            alice.receive(&bob, from_bob);
            bob.receive(&alice, from_alice);
        }
        assert_eq!(
            (alice.delivered.len(), bob.delivered.len()),
            before,
            "variant {n}"
        );
        alice.receive(&bob, candidate(Some(call_id()), fragment(&bob)));
        bob.receive(&alice, candidate(Some(call_id()), fragment(&alice)));
        let after = (alice.delivered.len(), bob.delivered.len());
        assert_eq!(after, (before.0 + 1, before.1 + 1), "variant {n}");
    }
}
