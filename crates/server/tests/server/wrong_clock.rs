//! A server whose clock is wrong, and the certificate authority: what counts and what does not is said
//! in words that name the clock, and nobody is asked again and again.
//!
//! The clock is libfaketime's, of the Debian package faketime, which `cargo xtask setup --tests`
//! installs. Where it is missing these tests say so and pass.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::acme::{DAYS, Looks, Pebble, Place};
use crate::support::{free_address, soon};
use crate::tls_support::{NAME, folder};

fn faked_clock() -> Option<PathBuf> {
    let found = std::fs::read_dir("/usr/lib")
        .ok()?
        .flatten()
        .find_map(|entry| {
            let library = entry.path().join("faketime/libfaketime.so.1");
            library.is_file().then_some(library)
        });
    if found.is_none() {
        eprintln!("SKIPPED: faketime is missing; cargo xtask setup --tests installs it");
    }
    found
}

struct Running {
    log: Lines<BufReader<ChildStderr>>,
    _child: Child,
    _folder: tempfile::TempDir,
}

/// A server whose clock is so far away, and that gets its certificates there.
fn server(place: &Place, library: &PathBuf, offset: &str, looks: [u16; 2]) -> Running {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
    command
        .env_clear()
        .env("LD_PRELOAD", library)
        .env("FAKETIME", offset);
    // How long something takes is not the question.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command.arg(format!("--domain={NAME}"));
    let [https, http] = looks;
    command.arg(format!("--https-listen=127.0.0.1:{https}"));
    command.arg(format!("--redirect-listen=127.0.0.1:{http}"));
    command.arg(format!(
        "--acme-directory=https://localhost:{}/dir",
        place.port
    ));
    command.arg(format!("--acme-root={}", place.root().display()));
    command.arg(format!(
        "--state-dir={}",
        folder.path().join("state").display()
    ));
    command
        .arg("--turn=false")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let log = BufReader::new(child.stderr.take().unwrap()).lines();
    Running {
        log,
        _child: child,
        _folder: folder,
    }
}

impl Running {
    /// The first line of its log with these words.
    async fn says(&mut self, words: &str) -> String {
        let said = async {
            let mut all = Vec::new();
            loop {
                match self.log.next_line().await.unwrap() {
                    Some(line) if line.contains(words) => return line,
                    Some(line) => all.push(line),
                    None => panic!("{words} is not in {all:#?}"),
                }
            }
        };
        soon(said).await
    }
}

#[tokio::test]
async fn a_new_certificate_that_does_not_count_here_names_the_clock() {
    let Some(library) = faked_clock() else {
        return;
    };
    // It has ended, or has not begun, by this server's clock.
    for offset in ["+400d", "-400d"] {
        let looks = [free_address().port(), free_address().port()];
        let [https, http] = looks;
        let seen = Looks {
            https,
            http,
            seconds: 90 * DAYS,
        };
        let Some(pebble) = Pebble::start(Place::new(), seen).await else {
            return;
        };
        let mut running = server(&pebble.place, &library, offset, looks);
        let line = running.says("does not count at this system's time").await;
        assert!(line.contains("is its clock right?"), "{line}");
        // Whose clock is right gets in.
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], https));
        let shown = pebble.trusting().await.certificate(address, NAME).await;
        assert!(shown.is_some(), "{offset}");
    }
}

#[tokio::test]
async fn an_authority_that_does_not_count_here_names_the_clock() {
    let Some(library) = faked_clock() else {
        return;
    };
    for offset in ["+400d", "-400d"] {
        let looks = [free_address().port(), free_address().port()];
        let [https, http] = looks;
        let seen = Looks {
            https,
            http,
            seconds: 90 * DAYS,
        };
        // Its own https is good for a month around now.
        let Some(pebble) = Pebble::start(Place::for_a_month(), seen).await else {
            return;
        };
        let mut running = server(&pebble.place, &library, offset, looks);
        let line = running.says("no certificate, so no https").await;
        assert!(
            line.contains("is the clock of this system right?"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_certificate_of_ones_own_that_has_ended_is_told() {
    let Some(library) = faked_clock() else {
        return;
    };
    let (place, folder) = (Place::for_a_month(), folder());
    for (offset, is_told) in [("+0d", false), ("+400d", true), ("-400d", true)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wimpex-server"));
        command
            .env_clear()
            .env("LD_PRELOAD", &library)
            .env("FAKETIME", offset)
            .args(["--https-listen=127.0.0.1:0", "--turn=false", "--tls-cert"])
            .arg(place.file("cert.pem"))
            .arg("--tls-key")
            .arg(place.file("key.pem"))
            .arg("--state-dir")
            .arg(folder.path().join("state"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = false;
        let until_served = async {
            while let Some(line) = log.next_line().await.unwrap() {
                told |= line.contains("does not count at this system's time");
                if line.contains("page loaded") || line.contains("no page to serve") {
                    return;
                }
            }
            panic!("the log ends");
        };
        soon(until_served).await;
        assert_eq!(told, is_told, "{offset}");
    }
}
