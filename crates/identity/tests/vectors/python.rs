//! Runs the second implementation.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::file;

/// Debian's own is the one that Debian's `python3-cryptography` is for.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

fn python() -> &'static str {
    let can = |python: &&str| {
        let probe = Command::new(python)
            .args([
                "-c",
                "import cryptography.hazmat.primitives.asymmetric.ed25519",
            ])
            .output();
        probe.is_ok_and(|output| output.status.success())
    };
    PYTHONS.into_iter().find(can).expect(
        "the second implementation needs Python with its package cryptography; on Debian: \
         apt-get install python3-cryptography",
    )
}

fn check(vectors: &Path) -> Output {
    Command::new(python())
        .arg(file("tests/vectors/check.py"))
        .arg(vectors)
        .arg(file("../../docs/protocol.md"))
        .output()
        .unwrap()
}

#[test]
fn second_implementation_agrees() {
    let output = check(&file("vectors/identity.json"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "{said}{complained}");
}

/// So that it is no implementation that says yes to everything.
#[test]
fn second_implementation_detects_wrong_digits() {
    let text = fs::read_to_string(file("vectors/identity.json")).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for field in [
        "userId",
        "publicKey",
        "signature",
        "commitment",
        "message",
        "hash",
        "sec",
        "sasDigest",
        "timestamp",
        "callId",
        "sdp",
        "callerNonce",
        "calleeFingerprint",
        "callType",
    ] {
        let at = text.find(&format!("\"{field}\": ")).unwrap() + field.len() + 5;
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let wrong = folder.join(format!("wrong-{field}.json"));
        fs::write(&wrong, bytes).unwrap();
        let complained = String::from_utf8(check(&wrong).stderr).unwrap();
        assert!(
            complained.contains("the file says"),
            "{field}: {complained}"
        );
    }
}
