//! Whatever stands in a frame: no panic, and what can be read says the same
//! when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wimpex_protocol::{ClientMessage, ServerMessage};

fuzz_target!(|frame: &str| {
    if let Ok(message) = ClientMessage::decode(frame) {
        let again = ClientMessage::decode(&message.encode());
        assert_eq!(again.ok(), Some(message));
    }
    if let Ok(message) = ServerMessage::decode(frame) {
        let again = ServerMessage::decode(&message.encode());
        assert_eq!(again.ok(), Some(message));
    }
});
