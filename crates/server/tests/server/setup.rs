//! `wimpex-server setup` and `wimpex-server check`, as a host types them.

#![cfg(unix)]

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::program::{address, program};
use crate::support::{free_address, soon};

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
    command
        .args(words)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn check(words: &[&str]) -> (bool, String) {
    let output = command(&[words, &["check"]].concat()).output();
    let output = soon(output).await.unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), said)
}

#[tokio::test]
async fn a_server_that_runs_answers_and_one_that_does_not_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").display().to_string();
    // An address that nobody else has, since the port must be known before.
    let id = std::process::id();
    let turn = format!("127.44.{}.{}:3478", id >> 8 & 0xff, id & 0xff);
    let flags = ["--turn", "--turn-listen", &turn, "--state-dir", &state];
    let mut command = program("127.0.0.1:0");
    let mut server = command.args(flags).spawn().unwrap();
    let listen = address(&mut server).await.to_string();
    let flags = [&flags[..], &["--listen", &listen]].concat();
    let (is_fine, said) = check(&flags).await;
    assert!(is_fine, "{said}");
    for line in [
        "ok      http         the page is served",
        "ok      STUN         answers at 127.44.",
        "?       TURN         relays from 127.44.",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let another_secret = folder.path().join("another").display().to_string();
    std::fs::write(&another_secret, "0".repeat(64)).unwrap();
    let wrong = [&flags[..], &["--secret-file", &another_secret]].concat();
    let (is_fine, said) = check(&wrong).await;
    assert!(
        !is_fine && said.contains("TURN         UDP at 127.44."),
        "{said}"
    );
    assert!(said.contains("it refuses: 401"), "{said}");
    server.kill().await.unwrap();
    let (is_fine, said) = check(&flags).await;
    assert!(!is_fine, "{said}");
    assert!(said.contains("FAILED  http"), "{said}");
    assert!(said.contains("FAILED  STUN"), "{said}");
    assert!(said.contains("systemctl status wimpex-server"), "{said}");
}

#[tokio::test]
async fn a_certificate_that_is_not_there_yet_is_all_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").display().to_string();
    let https = free_address().to_string();
    let redirect = free_address().to_string();
    let flags = [
        "--domain=localhost.test",
        "--https-listen",
        &https,
        "--redirect-listen",
        &redirect,
        "--acme-directory=https://127.0.0.1:1/dir",
        "--state-dir",
        &state,
        "--turn=false",
    ];
    let _server = command(&flags).spawn().unwrap();
    let port = redirect.rsplit_once(':').unwrap().1;
    let there = format!("FAILED  to https     http at port {port} has no https to lead to yet");
    let said = async {
        loop {
            let (is_fine, said) = check(&flags).await;
            assert!(!is_fine, "{said}");
            if said.contains(&there) {
                return said;
            }
        }
    };
    let said = soon(said).await;
    assert!(
        said.contains("FAILED  https        no certificate"),
        "{said}"
    );
    assert!(!said.contains("something else"), "{said}");
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_said_with_what_to_do() {
    let (is_fine, said) = check(&["--domain", "nobody.invalid", "--turn=false"]).await;
    assert!(!is_fine);
    assert!(
        said.contains("FAILED  name         nobody.invalid leads nowhere"),
        "{said}"
    );
    assert!(said.contains("add an A record"), "{said}");
}

#[tokio::test]
async fn three_answers_make_a_configuration_that_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    let file = file.to_str().unwrap();
    let mut asking = command(&["setup", "--write-only", "--file", file]);
    let mut asking = asking.stdin(Stdio::piped()).spawn().unwrap();
    let mut typed = asking.stdin.take().unwrap();
    typed.write_all(b"call.example.org\n2\n\n").await.unwrap();
    drop(typed);
    let output = soon(asking.wait_with_output()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let checked = command(&["check-config", "--config", file]).output();
    assert!(soon(checked).await.unwrap().status.success());
    let written = std::fs::read_to_string(file).unwrap();
    assert!(written.contains("access = \"invited\""), "{written}");
    // Nobody answers.
    let output = command(&["setup", "--write-only", "--file", file]).output();
    let output = soon(output).await.unwrap();
    assert!(!output.status.success());
    assert_eq!(std::fs::read_to_string(file).unwrap(), written);
}
