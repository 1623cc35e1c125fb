//! What is said of microphone and camera.

use wimpex_call::{ActiveCall, Capture, MediaError};

/// Why somebody is not heard, if the microphone is the reason.
pub fn microphone(call: &ActiveCall) -> Option<&'static str> {
    match call.microphone {
        Capture::Failed(error) => Some(match error {
            MediaError::NotAllowed => {
                "Your microphone is blocked, so they cannot hear you. Allow it in the address bar, then press Unmute."
            }
            MediaError::NotFound => {
                "No microphone was found, so they cannot hear you. Plug one in, then press Unmute."
            }
            MediaError::NotReadable => {
                "Your microphone is in use by another program, so they cannot hear you. Close it, then press Unmute."
            }
            MediaError::InsecureContext => {
                "They cannot hear you: browsers give no microphone to a page that came over plain http."
            }
            MediaError::Ended => {
                "Your microphone is gone, so they cannot hear you. Plug it in, then press Unmute."
            }
            MediaError::Other => {
                "Your microphone could not be started, so they cannot hear you. Press Unmute to try again."
            }
        }),
        Capture::Off | Capture::Asking | Capture::On => None,
    }
}

/// Why somebody is not seen, if the camera is the reason.
pub fn camera(call: &ActiveCall) -> Option<&'static str> {
    match call.camera {
        Capture::Failed(error) => Some(match error {
            MediaError::NotAllowed => {
                "Your camera is blocked; the call goes on without it. Allow it in the address bar, then turn it on."
            }
            MediaError::NotFound => "No camera was found; the call goes on without it.",
            MediaError::NotReadable => {
                "Your camera is in use by another program; the call goes on without it."
            }
            MediaError::InsecureContext => {
                "The call goes on without your camera: browsers give none to a page that came over plain http."
            }
            MediaError::Ended => "Your camera is gone; the call goes on without it.",
            MediaError::Other => "Your camera could not be started; the call goes on without it.",
        }),
        Capture::Off | Capture::Asking | Capture::On => None,
    }
}
