//! Who may do what on NATS, and how it is known: what docs/scale.md says is enough, over TLS, and no
//! more than that.

use std::path::Path;

use serde_json::json;
use wimpex_server::Config;

use crate::cluster::{Nats, join, seen, up, watch_for};
use crate::mailbox::Person as Sender;
use crate::push::Person;
use crate::support::{TestServer, keep_together, offer, soon, until};

/// A NATS server with what the document says and TLS, and where its certificate and its log are.
async fn documented(folder: tempfile::TempDir) -> Option<(Nats, String, String)> {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scale.md"))
            .unwrap();
    let config = text.split("```nats\n").nth(1).unwrap();
    let config = config.split("```").next().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let (cert, key, store) = (path("cert.pem"), path("key.pem"), path("store"));
    let config = config.replace("/var/lib/nats", &store);
    let log = path("nats.log");
    let tls = format!("log_file: {log:?}\ntls {{ cert_file: {cert:?}, key_file: {key:?} }}\n");
    std::fs::write(path("nats.conf"), tls + &config).unwrap();
    let file = path("nats.conf");
    let nats = Nats::with(&["-c", &file], Some(folder)).await?;
    Some((nats, cert, log))
}

fn with_access(config: &mut Config, nats: &Nats, who: &str, ca: &str) {
    join(config, format!("tls://{who}@127.0.0.1:{}", nats.port));
    config.cluster.nats_ca = Some(ca.into());
    keep_together(config);
}

#[tokio::test]
async fn the_documented_permissions_are_enough() {
    let Some((nats, ca, _)) = documented(tempfile::tempdir().unwrap()).await else {
        return;
    };
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let node = TestServer::with(|config| with_access(config, &nats, "wimpex:change-me", &ca));
        nodes.push(node.await);
    }
    for node in &nodes {
        up(node, true).await;
    }
    let mut alice = nodes[0].guest("Alice").await;
    let mut bob = nodes[1].guest("Bob").await;
    alice.send(watch_for(&[&bob.id])).await;
    seen(&mut alice, &bob.id.clone(), true).await;
    alice.send(offer(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
    // What is kept, of every kind.
    let carol = Person::new(7);
    let asked = carol.subscription("https://fcm.googleapis.com/x", 1);
    assert_ne!(carol.ask(nodes[0].address, asked).await.status, 503);
    let mut offer = offer(&carol.id);
    offer["callId"] = json!("c2");
    alice.send(offer).await;
    alice.error("user-offline").await;
    let end = json!({"type": "call-end", "toId": carol.id, "callId": "c2", "reason": "cancelled"});
    alice.send(end).await;
    let (mut page, _) = carol.comes(nodes[1].address).await;
    assert_eq!(page.recv().await["type"], "missed-calls");
    let [dave, erin] = [1, 2].map(Sender::new);
    erin.receives(&nodes[0], &[&dave], false).await;
    assert_eq!(dave.leave(&nodes[0], &erin, 1).await.status, 201);
    let id = erin.list(&nodes[1]).await[0].name().encode();
    erin.fetches(&nodes[1], &id).await;
    erin.deletes(&nodes[1], &id).await;
}

#[tokio::test]
async fn who_is_not_known_to_nats_is_alone_and_a_relay_hears_nothing() {
    let Some((nats, ca, log)) = documented(tempfile::tempdir().unwrap()).await else {
        return;
    };
    let refusals = || {
        let log = std::fs::read_to_string(&log).unwrap();
        let refusals = ["authentication error", "TLS handshake error"];
        refusals
            .map(|it| log.matches(it).count())
            .iter()
            .sum::<usize>()
    };
    // Of three that are wrong, each is alone, and serves.
    let system = nats.url().replace("nats://", "tls://wimpex:change-me@");
    let wrong: [&dyn Fn(&mut Config); 3] = [
        &|config| with_access(config, &nats, "wimpex:wrong", &ca),
        &|config| join(config, nats.url()),
        // Nobody vouches for the certificate.
        &|config| join(config, system.clone()),
    ];
    for change in wrong {
        let before = refusals();
        let alone = TestServer::with(|config| change(config)).await;
        let mut carol = alone.guest("Carol").await;
        let mut dave = alone.guest("Dave").await;
        carol.send(offer(&dave.id)).await;
        assert_eq!(dave.recv().await["type"], "call-offer");
        // The second time it has heard of the first.
        until(|| refusals() >= before + 2).await;
        assert!(!alone.handle.cluster().unwrap().is_up);
    }
    assert!(
        async_nats::connect(nats.url()).await.is_err(),
        "nobody without a password"
    );
    let (told, mut errors) = tokio::sync::mpsc::unbounded_channel();
    let relay = async_nats::ConnectOptions::new()
        .user_and_password("relay".to_owned(), "change-me-too".to_owned())
        .add_root_certificates(ca.into())
        .event_callback(move |event| {
            let _ = told.send(event);
            async {}
        })
        .connect(format!("tls://127.0.0.1:{}", nats.port))
        .await
        .unwrap();
    for subject in ["wimpex.>", "wimpex.beat", "$KV.>"] {
        let _refused = relay.subscribe(subject).await.unwrap();
        relay.flush().await.unwrap();
        let is_refused = async {
            while !errors
                .recv()
                .await
                .unwrap()
                .to_string()
                .contains("ermissions")
            {}
        };
        soon(is_refused).await;
    }
}
