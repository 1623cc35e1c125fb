//! Microphone and camera in a call.

use wimpex_call::{ActiveCall, Capture, MediaError};

use super::place::Place;

/// Why somebody is not heard, if the microphone is the reason.
pub fn microphone(call: &ActiveCall, place: Place) -> Option<&'static str> {
    match call.microphone {
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::App =>
        {
            Some(
                "This app gives pages no microphone, so they can’t hear you. Open the page in Safari or Chrome.",
            )
        }
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::Frame =>
        {
            Some(
                "The page around this one passes no microphone on, so they can’t hear you. Open this one in a tab of its own.",
            )
        }
        Capture::Failed(error) => Some(match error {
            MediaError::Unsupported => {
                "This browser gives pages no microphone, so they can’t hear you. Use a current Chrome, Edge, Firefox or Safari."
            }
            MediaError::NotAllowed => {
                "Your microphone is blocked, so they can’t hear you. Allow it in the address bar, then press Unmute."
            }
            MediaError::NotFound => {
                "No microphone was found, so they can’t hear you. Plug one in, then press Unmute."
            }
            MediaError::NotReadable => {
                "Your microphone is in use by another program, so they can’t hear you. Close it, then press Unmute."
            }
            MediaError::InsecureContext => {
                "They can’t hear you: browsers don’t allow a microphone on a page loaded over plain http."
            }
            MediaError::Ended => {
                "Your microphone was disconnected, so they can’t hear you. Plug it in, then press Unmute."
            }
            MediaError::Other => {
                "Your microphone couldn’t be started, so they can’t hear you. Press Unmute to try again."
            }
        }),
        Capture::Off | Capture::Asking | Capture::On => None,
    }
}

/// Why somebody is not seen, if the camera is the reason.
pub fn camera(call: &ActiveCall, place: Place) -> Option<&'static str> {
    match call.camera {
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::App =>
        {
            Some(
                "This app gives pages no camera; the call continues without it. Open the page in Safari or Chrome.",
            )
        }
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::Frame =>
        {
            Some(
                "The page around this one passes no camera on; the call continues without it. Open this one in a tab of its own.",
            )
        }
        Capture::Failed(error) => Some(match error {
            MediaError::Unsupported => {
                "This browser gives pages no camera; the call continues without it."
            }
            MediaError::NotAllowed => {
                "Your camera is blocked; the call continues without it. Allow it in the address bar, then turn it on."
            }
            MediaError::NotFound => "No camera was found; the call continues without it.",
            MediaError::NotReadable => {
                "Your camera is in use by another program; the call continues without it."
            }
            MediaError::InsecureContext => {
                "The call continues without your camera: browsers don’t allow one on a page loaded over plain http."
            }
            MediaError::Ended => "Your camera was disconnected; the call continues without it.",
            MediaError::Other => "Your camera couldn’t be started; the call continues without it.",
        }),
        Capture::Off | Capture::Asking | Capture::On => None,
    }
}
