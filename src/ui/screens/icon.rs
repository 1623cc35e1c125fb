//! The icons: strokes on a grid of 24, drawn for this page; `ui::icon` shows them.

/// An icon. The words beside it or its button's name say what it means. No enum: those that are
/// shown only later are then not among the first bytes that are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(&'static str);

impl Icon {
    /// The microphone is on.
    pub const MICROPHONE: Self = Self(
        "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
    );
    /// The microphone is off.
    pub const MICROPHONE_OFF: Self = Self(
        "M15 9.5V6a3 3 0 0 0-5.8-1.1M9 9v3a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.4 12.5l.1-1M12 18v3M4 4l16 16",
    );
    /// The camera is on, or a video call.
    pub const CAMERA: Self = Self(
        "M4.5 6.5h9a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5zM15 11l6-3.5v9L15 13",
    );
    /// The camera is off.
    pub const CAMERA_OFF: Self = Self(
        "M10 6.5h3.5A1.5 1.5 0 0 1 15 8v3l6-3.5v9l-3.5-2M15 15v1a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5H6M4 4l16 16",
    );
    /// From the front camera to the back one, or back.
    pub const SWITCH_CAMERA: Self = Self(
        "M4 8.5A1.5 1.5 0 0 1 5.5 7H8l1.5-2h5L16 7h2.5A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5zM9 13a3 3 0 0 1 5.3-1.9M15 13a3 3 0 0 1-5.3 1.9M14.5 9v2.2h-2.2M9.5 17v-2.2h2.2",
    );
    /// Changes a text.
    pub const EDIT: Self = Self("M5 19l1-4L16 5l3 3L9 18zM14 7l3 3");
    /// The numbers of a call.
    pub const CHART: Self = Self("M4 20h16M7 16v-4M12 16V6M17 16v-7");
    /// Microphone, camera and speaker: sliders.
    pub const DEVICES: Self = Self(
        "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h7M15 17h5M15 5a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM9 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM13 15a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
    );
    /// On the whole screen.
    pub const FULL_SCREEN: Self = Self("M4 9V4.5h5M15 4.5h5V9M20 15v4.5h-5M9 19.5H4V15");
    /// In a window on top of others.
    pub const TOP_WINDOW: Self = Self("M4 5h16v14H4zM12.5 12.5H18V17h-5.5z");
    /// A screen that is shown.
    pub const SCREEN: Self =
        Self("M4 5.5h16v10.5H4zM9 20h6M12 16v4M12 13V8.5M9.8 10.5L12 8.3l2.2 2.2");
    /// A pointer.
    pub const POINT: Self = Self("M6 4l12 6.5-5 1.7-2.3 5zM13 12.5l4.5 5.5");
    /// Captions.
    pub const CAPTIONS: Self = Self("M4 6h16v12H4zM7.5 11h4M14 11h2.5M7.5 14.5h2.5M12.5 14.5h4");
    /// The chat of a call.
    pub const CHAT: Self = Self(
        "M5.5 5h13A1.5 1.5 0 0 1 20 6.5v8a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 4v-4h-1A1.5 1.5 0 0 1 4 14.5v-8A1.5 1.5 0 0 1 5.5 5zM8 9h8M8 12.5h5",
    );
    /// A file: a paper clip.
    pub const FILE: Self = Self(
        "M8.5 12.5l6-6a2.8 2.8 0 0 1 4 4l-8 8a4.6 4.6 0 0 1-6.5-6.5l7-7M8.5 12.5a1.3 1.3 0 0 0 1.9 1.9l5-5",
    );
    /// Records.
    pub const RECORD: Self =
        Self("M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z");
    /// Takes a photo.
    pub const PHOTO: Self = Self(
        "M5.5 7H8l1.5-2h5L16 7h2.5A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5v-9A1.5 1.5 0 0 1 5.5 7zM12 9.5a3.25 3.25 0 1 1 0 6.5 3.25 3.25 0 0 1 0-6.5z",
    );
    /// Ends or declines a call.
    pub const HANG_UP: Self =
        Self("M4 14.5c4.6-4.3 11.4-4.3 16 0l-2.2 2.3-3.2-1.4v-2.6a11 11 0 0 0-5.2 0v2.6l-3.2 1.4z");
    /// Puts on hold.
    pub const PAUSE: Self = Self("M9 6v12M15 6v12");
    /// Goes on.
    pub const PLAY: Self = Self("M8 5.5v13l10.5-6.5z");
    /// An audio call, or any.
    pub const PHONE: Self = Self(
        "M6.5 4l3 .5 1.2 4-2 1.8a12 12 0 0 0 5 5l1.8-2 4 1.2.5 3c0 1-.8 1.8-1.8 1.7C11 18.7 5.3 13 4.8 5.8 4.7 4.8 5.5 4 6.5 4z",
    );
    /// Copies a text.
    pub const COPY: Self = Self("M9 9h10v11H9zM15 9V4H5v11h4");
    /// Shares a text.
    pub const SHARE: Self = Self("M12 15V4M8 7.5l4-4 4 4M5 12v7.5h14V12");
    /// It is done.
    pub const CHECK: Self = Self("M5 12.5l4.5 4.5L19 7.5");
    /// Notifications.
    pub const BELL: Self = Self(
        "M6 16.5c1-1 1.5-2.5 1.5-5.5a4.5 4.5 0 0 1 9 0c0 3 .5 4.5 1.5 5.5zM10 19.5a2 2 0 0 0 4 0",
    );
    /// Something is wrong.
    pub const WARNING: Self = Self("M12 4l9 16H3zM12 10v4.5M12 17v.5");
    /// It is verified.
    pub const LOCK: Self = Self("M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3");
    /// It is not verified.
    pub const UNLOCKED: Self = Self("M6 11h12v9H6zM8.5 11V7a3.5 3.5 0 0 1 6.8-1.2");

    /// The `d` of its path (SVG 2, section 9.3).
    pub fn path(self) -> &'static str {
        self.0
    }
}

/// The icon of a kind of call.
pub fn of_call(is_video: bool) -> Icon {
    if is_video { Icon::CAMERA } else { Icon::PHONE }
}
