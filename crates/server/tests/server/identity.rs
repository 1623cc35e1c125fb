//! Logging in as the owner of a key, written after docs/protocol.md.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use crate::support::{Client, TestServer, ringing};

/// Somebody with a key.
pub(crate) struct Owner {
    key: SigningKey,
}

impl Owner {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    fn id(&self) -> String {
        let hash = Sha256::new()
            .chain_update("wimpex-id-v1")
            .chain_update(self.key.verifying_key().as_bytes())
            .finalize();
        let base32 = data_encoding::BASE32_NOPAD.encode(&hash[..20]);
        format!("w1{}", base32.to_lowercase())
    }

    fn public_key(&self) -> String {
        BASE64URL_NOPAD.encode(self.key.verifying_key().as_bytes())
    }

    /// The answer to a hello.
    fn login(&self, hello: &Value, origin: &str) -> Value {
        let challenge = hello["challenge"].as_str().unwrap().as_bytes();
        let challenge = BASE64URL_NOPAD.decode(challenge).unwrap();
        let id = self.id();
        let message = [
            b"wimpex-login-v1",
            origin.as_bytes(),
            &challenge,
            id.as_bytes(),
        ]
        .concat();
        let signature = self.key.sign(&message).to_bytes();
        json!({
            "type": "login", "username": "Alice", "userId": id, "publicKey": self.public_key(),
            "signature": BASE64URL_NOPAD.encode(&signature),
        })
    }

    /// Logs in as a browser with the server's own page would, with more fields.
    async fn client(&self, server: &TestServer, more: Value) -> Client {
        self.welcomed(server, more).await.0
    }

    /// The same, with the answer.
    pub(crate) async fn welcomed(&self, server: &TestServer, more: Value) -> (Client, Value) {
        let (mut client, origin) = connect(server).await;
        let hello = client.recv().await;
        let mut login = self.login(&hello, &origin);
        for (field, value) in more.as_object().unwrap() {
            login[field] = value.clone();
        }
        client.send(login).await;
        let welcome = client.recv().await;
        client.take_welcome(&welcome);
        (client, welcome)
    }
}

async fn connect(server: &TestServer) -> (Client, String) {
    let origin = format!("http://{}", server.address);
    let client = Client::with_headers(server.address, &[("origin", &origin)]).await;
    (client, origin)
}

/// Answers the hello with what `login` makes of it, and is refused.
async fn refused(server: &TestServer, login: impl FnOnce(&Value, &str) -> Value) {
    let (mut client, origin) = connect(server).await;
    let hello = client.recv().await;
    client.send(login(&hello, &origin)).await;
    client.error("login-failed").await;
    assert_eq!(client.close_code().await, Some(1008));
}

#[tokio::test]
async fn whoever_has_the_key_has_the_id_on_all_devices() {
    let server = TestServer::start().await;
    let alice = Owner::new(1);
    let mut laptop = alice.client(&server, json!({})).await;
    let mut phone = alice.client(&server, json!({})).await;
    assert_eq!((&laptop.id, &phone.id), (&alice.id(), &alice.id()));
    assert_ne!(laptop.device, phone.device);
    server
        .until(|counts| {
            // Each server counts its own.
            (1..=server.nodes()).contains(&counts.users) && counts.sessions == 2
        })
        .await;

    let mut bob = server.guest("Bob").await;
    bob.send(ringing(&alice.id())).await;
    for device in [&mut laptop, &mut phone] {
        assert_eq!(device.recv().await["fromId"], bob.id.as_str());
    }
    bob.send(json!({"type": "presence-watch", "userIds": [alice.id()]}))
        .await;
    let mut presence = bob.recv().await;
    // Of several servers the first that answers is heard first.
    while server.nodes() > 1 && presence["devices"].as_array().unwrap().len() < 2 {
        presence = bob.recv().await;
    }
    assert_eq!(presence["devices"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_signed_arrives_as_it_was() {
    let server = TestServer::start().await;
    let mut alice = Owner::new(1).client(&server, json!({})).await;
    let mut bob = Owner::new(2).client(&server, json!({})).await;
    let sec = "A".repeat(183);
    for mut signal in [
        json!({"type": "call-offer", "callType": "audio", "offer": {"type": "offer", "sdp": "v=0"}}),
        json!({"type": "call-answer", "answer": {"type": "answer", "sdp": "v=0"}}),
        json!({"type": "call-confirm"}),
    ] {
        signal["toId"] = json!(bob.id);
        signal["callId"] = json!("c1");
        signal["sec"] = json!(sec);
        alice.send(signal.clone()).await;
        signal["fromId"] = json!(alice.id);
        signal["fromDevice"] = json!(alice.device);
        if signal["type"] == "call-offer" {
            signal["fromUsername"] = json!("Alice");
        }
        assert_eq!(bob.recv().await, signal);
    }
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_signature_counts_for_one_socket() {
    let server = TestServer::start().await;
    let alice = Owner::new(1);
    let (mut first, origin) = connect(&server).await;
    let hello = first.recv().await;
    let login = alice.login(&hello, &origin);
    // On another socket, before and after it was used on its own.
    refused(&server, |_, _| login.clone()).await;
    first.send(login.clone()).await;
    assert_eq!(first.recv().await["userId"], alice.id());
    refused(&server, |_, _| login.clone()).await;
    // Nor does it log in twice where it belongs.
    first.send(login).await;
    assert_eq!(first.error("bad-message").await["refType"], "login");
}

#[tokio::test]
async fn a_signature_that_comes_late_is_too_late() {
    let limit = Duration::from_millis(200);
    let server = TestServer::with(|config| config.timing.login = limit).await;
    let (mut client, origin) = connect(&server).await;
    let hello = client.recv().await;
    sleep(2 * limit).await;
    client.send(Owner::new(1).login(&hello, &origin)).await;
    client.error("login-failed").await;
    assert_eq!(client.close_code().await, Some(1008));
    server.until_empty().await;
}

#[tokio::test]
async fn a_signature_counts_for_one_origin() {
    let server = TestServer::with(|config| {
        config.allow_origin = vec!["https://other.example".to_owned()];
    })
    .await;
    let alice = Owner::new(1);
    for origin in [
        "https://evil.example",
        "http://localhost",
        "https://other.example",
        "",
    ] {
        refused(&server, |hello, _| alice.login(hello, origin)).await;
    }
    refused(&server, |hello, own| {
        alice.login(hello, &own.replace("http:", "https:"))
    })
    .await;
    // The page of an origin that is allowed signs for its own.
    let origin = "https://other.example";
    let mut client = Client::with_headers(server.address, &[("origin", origin)]).await;
    let hello = client.recv().await;
    client.send(alice.login(&hello, origin)).await;
    assert_eq!(client.recv().await["userId"], alice.id());
}

#[tokio::test]
async fn a_program_signs_for_what_it_connects_to() {
    let server = TestServer::start().await;
    let alice = Owner::new(1);
    for (origin, counts) in [
        (format!("http://{}", server.address), true),
        (format!("https://{}", server.address), true),
        ("https://evil.example".to_owned(), false),
    ] {
        let mut client = server.connect().await;
        let hello = client.recv().await;
        client.send(alice.login(&hello, &origin)).await;
        let answer = client.recv().await;
        assert_eq!(answer["type"] == "welcome", counts, "{origin}: {answer}");
    }
}

#[tokio::test]
async fn a_server_that_knows_its_origin_takes_no_other_even_if_host_says_so() {
    let own = "https://call.example.org";
    let server = TestServer::with(|config| config.origin = Some(own.to_owned())).await;
    let alice = Owner::new(1);
    for (origin, counts) in [(own, true), ("https://evil.example", false)] {
        // Whoever lured Alice to evil.example passes her signature on like this.
        let host = origin.trim_start_matches("https://");
        let mut client = Client::with_headers(server.address, &[("host", host)]).await;
        let hello = client.recv().await;
        client.send(alice.login(&hello, origin)).await;
        let answer = client.recv().await;
        assert_eq!(answer["type"] == "welcome", counts, "{answer}");
    }
}

#[tokio::test]
async fn nobody_is_a_key_without_its_signature() {
    let server = TestServer::start().await;
    let (alice, mallory) = (Owner::new(1), Owner::new(2));
    let guest = || json!({"type": "login", "username": "M"});
    let with = |fields: &[(&str, Value)]| {
        let mut login = guest();
        for (field, value) in fields {
            login[*field] = value.clone();
        }
        login
    };
    let id = json!(alice.id());
    refused(&server, |_, _| with(&[("userId", id.clone())])).await;
    let key = json!(alice.public_key());
    refused(&server, |_, _| {
        with(&[("userId", id.clone()), ("publicKey", key.clone())])
    })
    .await;
    refused(&server, |_, _| with(&[("publicKey", key.clone())])).await;
    // Her own key and signature under Alice's id; Alice's key under hers.
    for (field, value) in [("userId", id.clone()), ("publicKey", key)] {
        refused(&server, |hello, origin| {
            let mut login = mallory.login(hello, origin);
            login[field] = value;
            login
        })
        .await;
    }
    for (field, value) in [("signature", ""), ("signature", "AAAA"), ("publicKey", "?")] {
        refused(&server, |hello, origin| {
            let mut login = mallory.login(hello, origin);
            login[field] = json!(value);
            login
        })
        .await;
    }
    refused(&server, |hello, origin| {
        let mut login = alice.login(hello, origin);
        let text = login["signature"].as_str().unwrap();
        let other = if text.starts_with('A') { "B" } else { "A" };
        login["signature"] = json!(format!("{other}{}", &text[1..]));
        login
    })
    .await;
    server.until_empty().await;
    // And who does not want to be a key is a guest, as ever.
    let mut client = server.connect().await;
    client.login(with(&[("userId", json!("guest-me"))])).await;
    assert!(client.id.starts_with("guest-") && client.id != "guest-me");
}

#[tokio::test]
async fn a_token_makes_a_key_the_same_device_again_but_is_not_enough() {
    let server = TestServer::start().await;
    let (alice, bob) = (Owner::new(1), Owner::new(2));
    let mut first = alice.client(&server, json!({})).await;
    let proof = json!({"resumeToken": first.token, "deviceId": first.device});
    let again = alice.client(&server, proof.clone()).await;
    assert_eq!((&again.id, &again.device), (&alice.id(), &first.device));
    assert_eq!(first.close_code().await, Some(4001));
    // With another key it says nothing about that one's devices.
    let other = bob.client(&server, proof.clone()).await;
    assert_eq!(other.id, bob.id());
    assert_ne!(other.device, again.device);
    // Nor does a guest's.
    let guest = server.guest("Guest").await;
    let proof_of_guest = json!({"resumeToken": guest.token, "deviceId": guest.device});
    let other = alice.client(&server, proof_of_guest).await;
    assert_eq!(other.id, alice.id());
    assert_ne!(other.device, guest.device);
    // And without the signature it is worth nothing.
    refused(&server, |_, _| {
        let mut login = json!({"type": "login", "username": "Alice"});
        login["resumeToken"] = proof["resumeToken"].clone();
        login
    })
    .await;
}

#[tokio::test]
async fn a_session_of_a_key_outlives_its_socket() {
    let server = TestServer::start().await;
    let alice = Owner::new(1);
    let (mut client, origin) = connect(&server).await;
    let hello = client.recv().await;
    let mut login = alice.login(&hello, &origin);
    login["session"] = json!({"received": 0});
    client.send(login).await;
    let welcome = client.recv().await;
    client.take_welcome(&welcome);
    let session = welcome["session"]["id"].clone();
    let (token, device) = (client.token.clone(), client.device.clone());
    drop(client);

    let mut bob = server.guest("Bob").await;
    bob.send(ringing(&alice.id())).await;
    bob.nothing_more().await;
    let more = json!({
        "resumeToken": token, "deviceId": device, "session": {"id": session, "received": 0},
    });
    let mut again = alice.client(&server, more).await;
    let missed = again.recv().await;
    assert_eq!(
        (&missed["type"], &missed["seq"]),
        (&json!("call-ringing"), &json!(1))
    );
}
