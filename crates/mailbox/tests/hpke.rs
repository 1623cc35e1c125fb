//! RFC 9180, appendix A.1.1: the key schedule, and what it opens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes128Gcm, Nonce};
use wimpex_mailbox::key_schedule;
use x25519_dalek::{PublicKey, StaticSecret};

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn hex32(text: &str) -> [u8; 32] {
    hex(text).try_into().unwrap()
}

const SENDER: &str = "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736";
const ENC: &str = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
const RECEIVER: &str = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
const RECEIVER_KEY: &str = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";

#[test]
fn both_sides_get_the_key_and_nonce_of_the_rfc() {
    let sides = [(SENDER, RECEIVER_KEY), (RECEIVER, ENC)];
    for (private, public) in sides {
        let secret = StaticSecret::from(hex32(private));
        let secret = secret.diffie_hellman(&PublicKey::from(hex32(public)));
        let made = key_schedule(
            secret.as_bytes(),
            &hex32(ENC),
            &hex32(RECEIVER_KEY),
            &hex(INFO),
        );
        let made = made.unwrap();
        assert_eq!(made.key[..], hex("4531685d41d65f03dc48f6b8302c05b0"));
        assert_eq!(made.nonce[..], hex("56d890e5accaaf011cff4b7d"));
    }
}

#[test]
fn what_the_rfc_has_sealed_opens() {
    let secret = StaticSecret::from(hex32(RECEIVER));
    let secret = secret.diffie_hellman(&PublicKey::from(hex32(ENC)));
    let made = key_schedule(
        secret.as_bytes(),
        &hex32(ENC),
        &hex32(RECEIVER_KEY),
        &hex(INFO),
    );
    let made = made.unwrap();
    let sealed = hex(
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
    );
    let payload = Payload {
        msg: &sealed,
        aad: b"Count-0",
    };
    let opened = Aes128Gcm::new(&made.key.into())
        .decrypt(&Nonce::from(made.nonce), payload)
        .unwrap();
    assert_eq!(opened, b"Beauty is truth, truth beauty");
}

#[test]
fn a_key_of_small_order_seals_nothing() {
    let secret = StaticSecret::from(hex32(SENDER)).diffie_hellman(&PublicKey::from([0; 32]));
    assert_eq!(
        key_schedule(secret.as_bytes(), &hex32(ENC), &[0; 32], b""),
        None
    );
}
