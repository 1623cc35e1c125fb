//! What is remembered of devices, and how it is written.

use super::choice::DeviceChoice;
use super::device::DeviceKind;

/// The user's choices; the default is the system's devices as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceSettings {
    /// `None` is the system's default.
    pub microphone: Option<DeviceChoice>,
    /// `None` is the system's default.
    pub camera: Option<DeviceChoice>,
    /// `None` is the system's default.
    pub speaker: Option<DeviceChoice>,
    /// Suppress noise beyond what the browser does by itself.
    pub noise_suppression: bool,
    /// Blur the camera's background.
    pub background_blur: bool,
    /// The microphone is muted unless the space bar is held.
    pub push_to_talk: bool,
}

const NOISE: &str = "noise-suppression";
const BLUR: &str = "background-blur";
const PUSH_TO_TALK: &str = "push-to-talk";

impl DeviceSettings {
    /// The choice of a kind.
    pub fn choice(&self, kind: DeviceKind) -> Option<&DeviceChoice> {
        match kind {
            DeviceKind::Microphone => self.microphone.as_ref(),
            DeviceKind::Camera => self.camera.as_ref(),
            DeviceKind::Speaker => self.speaker.as_ref(),
        }
    }

    /// Sets the choice of a kind; returns what it was.
    pub fn choose(
        &mut self,
        kind: DeviceKind,
        choice: Option<DeviceChoice>,
    ) -> Option<DeviceChoice> {
        let place = match kind {
            DeviceKind::Microphone => &mut self.microphone,
            DeviceKind::Camera => &mut self.camera,
            DeviceKind::Speaker => &mut self.speaker,
        };
        std::mem::replace(place, choice)
    }

    /// One line for each choice: the W3C's name of the kind, id, group and label, with tabs
    /// between; and one for each thing that is on. At most 1.5 kB.
    pub fn encode(&self) -> String {
        let mut lines = Vec::new();
        for kind in DeviceKind::ALL {
            if let Some(choice) = self.choice(kind) {
                let fields = [kind.name(), choice.id(), choice.group(), choice.label()];
                lines.push(fields.join("\t"));
            }
        }
        for (name, is_on) in [
            (NOISE, self.noise_suppression),
            (BLUR, self.background_blur),
            (PUSH_TO_TALK, self.push_to_talk),
        ] {
            if is_on {
                lines.push(name.to_owned());
            }
        }
        lines.join("\n")
    }

    /// Reads what [`Self::encode`] wrote. What it cannot read, it leaves out: it may be of
    /// another version.
    pub fn decode(text: &str) -> Self {
        let mut settings = Self::default();
        for line in text.lines() {
            let mut fields = line.split('\t');
            let name = fields.next().unwrap_or_default();
            match name {
                NOISE => settings.noise_suppression = true,
                BLUR => settings.background_blur = true,
                PUSH_TO_TALK => settings.push_to_talk = true,
                _ => {
                    let mut field = || fields.next().unwrap_or_default();
                    let choice = DeviceChoice::new(field(), field(), field());
                    if let Some(kind) =
                        DeviceKind::from_name(name).filter(|_| !choice.id().is_empty())
                    {
                        settings.choose(kind, Some(choice));
                    }
                }
            }
        }
        settings
    }
}
