//! Who is in the stories.

use wimpex_identity::PublicKey;
use wimpex_protocol::{Name, UserId};

pub const ALICE: usize = 0;
pub const BOB: usize = 1;
pub const CAROL: usize = 2;

pub fn public_key(person: usize) -> PublicKey {
    PublicKey::from_bytes([person as u8 + 1; 32])
}

pub fn user(person: usize) -> UserId {
    public_key(person).user_id()
}

pub fn name(person: usize) -> Name {
    Name::parse(["Alice", "Bob", "Carol"][person]).unwrap()
}
