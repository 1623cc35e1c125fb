//! Who may do what on NATS, and how it is known: what docs/scale.md says is enough, over TLS, and no
//! more than that.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};
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

fn refusals(log: &str) -> usize {
    let log = std::fs::read_to_string(log).unwrap();
    let refusals = ["authentication error", "TLS handshake error"];
    refusals.map(|it| log.matches(it).count()).iter().sum()
}

/// A node that NATS refuses serves its own people.
async fn is_alone(change: impl FnOnce(&mut Config), log: &str) {
    let before = refusals(log);
    let alone = TestServer::with(change).await;
    let mut carol = alone.guest("Carol").await;
    let mut dave = alone.guest("Dave").await;
    carol.send(offer(&dave.id)).await;
    assert_eq!(dave.recv().await["type"], "call-offer");
    // The second time it has heard of the first.
    until(|| refusals(log) >= before + 2).await;
    assert!(!alone.handle.cluster().unwrap().is_up);
}

/// Two nodes of such a configuration are one.
async fn are_together(change: impl Fn(&mut Config)) {
    let mut nodes = Vec::new();
    for _ in 0..2 {
        nodes.push(TestServer::with(&change).await);
    }
    for node in &nodes {
        up(node, true).await;
    }
    let mut alice = nodes[0].guest("Alice").await;
    let mut bob = nodes[1].guest("Bob").await;
    alice.send(offer(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
}

#[tokio::test]
async fn who_is_not_known_to_nats_is_alone_and_a_relay_hears_nothing() {
    let Some((nats, ca, log)) = documented(tempfile::tempdir().unwrap()).await else {
        return;
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
        is_alone(change, &log).await;
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

#[tokio::test]
async fn nats_may_ask_for_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for who in ["nats", "node", "stranger"] {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(path(&format!("{who}.pem")), made.cert.pem()).unwrap();
        let key = made.signing_key.serialize_pem();
        std::fs::write(path(&format!("{who}.key")), key).unwrap();
    }
    let (cert, key, node) = (path("nats.pem"), path("nats.key"), path("node.pem"));
    let (log, file) = (path("nats.log"), path("nats.conf"));
    let config = format!(
        "log_file: {log:?}\n\
         tls {{ cert_file: {cert:?}, key_file: {key:?}, ca_file: {node:?}, verify: true }}\n"
    );
    std::fs::write(&file, config).unwrap();
    let (node_key, stranger) = (
        path("node.key"),
        [path("stranger.pem"), path("stranger.key")],
    );
    let Some(nats) = Nats::with(&["-c", &file], Some(folder)).await else {
        return;
    };
    let shows = |config: &mut Config, shown: Option<[&str; 2]>| {
        join(config, format!("tls://127.0.0.1:{}", nats.port));
        config.cluster.nats_ca = Some(cert.clone().into());
        config.cluster.nats_cert = shown.map(|[cert, _]| cert.into());
        config.cluster.nats_key = shown.map(|[_, key]| key.into());
    };
    are_together(|config| shows(config, Some([&node, &node_key]))).await;
    is_alone(|config| shows(config, None), &log).await;
    let [cert_of_another, key_of_another] = &stranger;
    let another = Some([&**cert_of_another, key_of_another]);
    is_alone(|config| shows(config, another), &log).await;
}

/// A token as NATS has them
/// (<https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt>).
fn jwt(issuer: &KeyPair, subject: &KeyPair, mut nats: Value) -> String {
    nats["version"] = json!(2);
    let claims = json!({
        "jti": subject.public_key(), "iat": 1_700_000_000, "iss": issuer.public_key(),
        "name": "test", "sub": subject.public_key(), "nats": nats,
    });
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let [header, claims] =
        [header, claims].map(|it| BASE64URL_NOPAD.encode(it.to_string().as_bytes()));
    let signed = format!("{header}.{claims}");
    let signature = BASE64URL_NOPAD.encode(&issuer.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

#[tokio::test]
async fn nats_may_ask_for_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (operator, account) = (KeyPair::new_operator(), KeyPair::new_account());
    let of_operator = jwt(&operator, &operator, json!({"type": "operator"}));
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
        "conn": -1, "leaf": -1,
    });
    let of_account = jwt(
        &operator,
        &account,
        json!({"type": "account", "limits": limits, "default_permissions": {"pub": {}, "sub": {}}}),
    );
    for (file, issuer) in [
        ("node.creds", &account),
        ("stranger.creds", &KeyPair::new_account()),
    ] {
        let user = KeyPair::new_user();
        let rights = json!({
            "type": "user", "pub": {"allow": ["wimpex.>"]}, "sub": {"allow": ["wimpex.>"]},
            "subs": -1, "data": -1, "payload": -1,
        });
        let (token, seed) = (jwt(issuer, &user, rights), user.seed().unwrap());
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        std::fs::write(path(file), text).unwrap();
    }
    let (log, file) = (path("nats.log"), path("nats.conf"));
    let config = format!(
        "log_file: {log:?}\noperator: {of_operator}\nresolver: MEMORY\n\
         resolver_preload: {{ {}: {of_account} }}\n",
        account.public_key()
    );
    std::fs::write(&file, config).unwrap();
    let (known, unknown) = (path("node.creds"), path("stranger.creds"));
    let Some(nats) = Nats::with(&["-c", &file], Some(folder)).await else {
        return;
    };
    let with = |config: &mut Config, file: Option<&str>| {
        join(config, nats.url());
        config.cluster.nats_credentials = file.map(Into::into);
    };
    are_together(|config| with(config, Some(&known))).await;
    is_alone(|config| with(config, Some(&unknown)), &log).await;
    is_alone(|config| with(config, None), &log).await;
}
