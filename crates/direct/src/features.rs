//! What a page can do beside sound and video.

/// One thing that both pages must be able to do before either offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Lines of text, both ways.
    Chat,
    /// Shows where the peer points at the screen that is shown.
    Point,
    /// Writes down what its user says, for a peer that asks for it.
    Captions,
    /// Files, over a channel of their own (`crates/files`).
    Files,
    /// Asks before it records the call or takes a photo of it, and tells its user when the peer
    /// does (`crates/recording`).
    Recording,
}

impl Feature {
    /// All that this version knows.
    pub const ALL: [Self; 5] = [
        Self::Chat,
        Self::Point,
        Self::Captions,
        Self::Files,
        Self::Recording,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Point => "point",
            Self::Captions => "captions",
            Self::Files => "files",
            Self::Recording => "recording",
        }
    }
}

/// Which features a page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features(u8);

impl Features {
    /// Whether that is among them.
    pub fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }

    /// The same, and that one.
    #[must_use]
    pub fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u8)
    }

    /// Those that this version knows of these names; others are of later versions.
    pub(crate) fn named<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let known = |name| Feature::ALL.into_iter().find(|it| it.name() == name);
        names.filter_map(known).fold(Self::default(), Self::with)
    }

    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let those = Feature::ALL.into_iter().filter(move |it| self.has(*it));
        those.map(Feature::name)
    }
}
