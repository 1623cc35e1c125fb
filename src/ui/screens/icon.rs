//! Which icons there are; `ui::icon` draws them.

/// An icon. The words beside it or its button's name say what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// The microphone is on.
    Microphone,
    /// The microphone is off.
    MicrophoneOff,
    /// The camera is on, or a video call.
    Camera,
    /// The camera is off.
    CameraOff,
    /// The numbers of a call.
    Chart,
    /// Ends or declines a call.
    HangUp,
    /// An audio call, or any.
    Phone,
    /// Copies a text.
    Copy,
    /// Shares a text.
    Share,
    /// It is done.
    Check,
    /// Notifications.
    Bell,
    /// Something is wrong.
    Warning,
    /// It is verified.
    Lock,
    /// It is not verified.
    Unlocked,
}

/// The icon of a kind of call.
pub fn of_call(is_video: bool) -> Icon {
    if is_video { Icon::Camera } else { Icon::Phone }
}
