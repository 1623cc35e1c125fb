//! Random ids and challenges, from the system.

use data_encoding::Encoding;
use wimpex_identity::Challenge;
use wimpex_protocol::{DeviceId, UserId};

/// Random bytes from the system.
///
/// # Errors
/// If the system has none to give, which no program can mend.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// For `hello`, and for the login that answers it.
pub(crate) fn challenge() -> Result<Challenge, getrandom::Error> {
    bytes().map(Challenge::from_bytes)
}

/// The id of a new guest: 120 random bits, so that it can be neither guessed
/// nor chosen.
pub(crate) fn guest_id() -> Result<UserId, getrandom::Error> {
    let text = format!("guest-{}", base32().encode(&bytes::<15>()?));
    Ok(UserId::parse(text).expect("30 letters, digits and one dash are an id"))
}

/// The id of a new device.
pub(crate) fn device_id() -> Result<DeviceId, getrandom::Error> {
    let text = format!("d-{}", base32().encode(&bytes::<15>()?));
    Ok(DeviceId::parse(text).expect("26 letters, digits and one dash are an id"))
}

/// What the session ids of one run of the server begin with.
pub(crate) fn run_id() -> Result<String, getrandom::Error> {
    Ok(format!("s-{}", base32().encode(&bytes::<10>()?)))
}

/// RFC 4648 base32 in small letters: ids are read aloud and typed.
fn base32() -> Encoding {
    let mut specification = data_encoding::Specification::new();
    specification
        .symbols
        .push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification
        .encoding()
        .expect("32 different symbols are an encoding")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_form_and_differ() {
        let guest = guest_id().unwrap();
        assert_eq!(guest.as_str().len(), "guest-".len() + 24);
        assert!(guest.as_str().starts_with("guest-"));
        assert_ne!(guest, guest_id().unwrap());
        assert!(device_id().unwrap().as_str().starts_with("d-"));
        assert_eq!(challenge().unwrap().encode().len(), 43);
        assert_ne!(challenge().unwrap(), challenge().unwrap());
    }
}
