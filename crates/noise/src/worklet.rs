//! What assets/noise-suppressor.js calls inside of an AudioWorklet, where there is no wasm-bindgen.
#![allow(
    unsafe_code,
    reason = "JavaScript reads and writes the samples in the module's memory"
)]

use std::cell::RefCell;

use crate::{NoiseSuppressor, QUANTUM};

/// One per instance of the module, which belongs to one microphone.
struct Channel {
    suppressor: NoiseSuppressor,
    samples: [f32; QUANTUM],
}

thread_local! {
    static CHANNEL: RefCell<Box<Channel>> = RefCell::new(Box::new(Channel {
        suppressor: NoiseSuppressor::default(),
        samples: [0.0; QUANTUM],
    }));
}

/// Where the samples are written before [`process`], and read after it. It never moves.
#[unsafe(no_mangle)]
pub extern "C" fn samples() -> *const f32 {
    CHANNEL.with_borrow(|channel| channel.samples.as_ptr())
}

/// Takes the noise out of the samples.
#[unsafe(no_mangle)]
pub extern "C" fn process() {
    CHANNEL.with_borrow_mut(|channel| {
        let Channel {
            suppressor,
            samples,
        } = &mut **channel;
        suppressor.process(samples);
    });
}
