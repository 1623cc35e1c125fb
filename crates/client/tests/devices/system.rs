//! A made-up system with devices, and a browser and a call that use them, in virtual time.

use std::collections::VecDeque;

use wimpex_call::{MediaError, TrackKind};
use wimpex_client::devices::{
    DeviceAbilities, DeviceChoice, DeviceCommand, DeviceInput, DeviceKind, DeviceManager,
    DeviceNotice, DeviceOutput, DeviceSettings, DevicesSnapshot, MediaDeviceInfo, OpenedDevice,
};
use wimpex_sansio::{Machine, Now, outputs};

use DeviceKind::{Camera, Microphone, Speaker};
use TrackKind::{Audio, Video};

/// A machine with devices, a browser that opens them, and a call.
pub(crate) struct System {
    pub(crate) manager: DeviceManager,
    pub(crate) now: Now,
    pub(crate) devices: Vec<MediaDeviceInfo>,
    /// Those that do not open, and why.
    pub(crate) broken: Vec<(String, MediaError)>,
    /// One device of a kind at a time.
    pub(crate) one_at_a_time: bool,
    pub(crate) replace_fails: bool,
    pub(crate) sink_fails: bool,
    pub(crate) filter_fails: bool,
    /// The microphone that the browser gives where none is asked for.
    pub(crate) prompted: Option<String>,
    /// By kind: what is sent.
    pub(crate) sent: [Option<String>; 2],
    /// What was opened and is not in place yet.
    pub(crate) pending: Vec<(u32, TrackKind, String)>,
    /// Where results wait while they are held back.
    pub(crate) held: Option<VecDeque<DeviceInput>>,
    pub(crate) stored: String,
    pub(crate) log: Vec<DeviceOutput>,
}

pub(crate) fn device(kind: DeviceKind, id: &str, group: &str, label: &str) -> MediaDeviceInfo {
    MediaDeviceInfo {
        kind,
        id: id.to_owned(),
        group: group.to_owned(),
        label: label.to_owned(),
    }
}

fn index(kind: TrackKind) -> usize {
    usize::from(kind == Video)
}

impl System {
    /// A laptop and a headset, as Chromium lists them: the default is the laptop's.
    pub(crate) fn new() -> Self {
        Self::with(DeviceSettings::default())
    }

    pub(crate) fn with(settings: DeviceSettings) -> Self {
        let abilities = DeviceAbilities {
            chooses_speaker: true,
            filters_noise: false,
            tells_changes: true,
        };
        Self {
            manager: DeviceManager::new(abilities, settings),
            now: Now::ZERO,
            devices: vec![
                device(
                    Microphone,
                    "default",
                    "g-laptop",
                    "Default - Built-in microphone",
                ),
                device(Microphone, "m1", "g-laptop", "Built-in microphone"),
                device(Microphone, "m2", "g-headset", "Headset"),
                device(Camera, "c1", "g-lid", "Lid camera"),
                device(Camera, "c2", "g-desk", "Desk camera"),
                device(Speaker, "default", "g-laptop", "Default - Built-in speaker"),
                device(Speaker, "s1", "g-laptop", "Built-in speaker"),
                device(Speaker, "s2", "g-headset", "Headset"),
            ],
            broken: Vec::new(),
            one_at_a_time: false,
            replace_fails: false,
            sink_fails: false,
            filter_fails: false,
            prompted: None,
            sent: [None, None],
            pending: Vec::new(),
            held: None,
            stored: String::new(),
            log: Vec::new(),
        }
    }

    /// In a call with both devices.
    pub(crate) fn in_a_call() -> Self {
        let mut system = Self::new();
        system.capture(Audio);
        system.capture(Video);
        system
    }

    pub(crate) fn input(&mut self, input: DeviceInput) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.manager.handle(input, self.now);
            let asked: Vec<_> = outputs(&mut self.manager).collect();
            for output in asked {
                self.log.push(output.clone());
                let answers = self.run(output);
                match &mut self.held {
                    Some(held) => held.extend(answers),
                    None => inputs.extend(answers),
                }
            }
        }
    }

    fn run(&mut self, output: DeviceOutput) -> Vec<DeviceInput> {
        match output {
            DeviceOutput::Enumerate(request) => {
                vec![DeviceInput::Enumerated(request, self.devices.clone())]
            }
            DeviceOutput::Open {
                request,
                kind,
                device,
            } => {
                let result = self.open(kind, device.as_deref());
                if let Ok(opened) = &result {
                    let id = opened.device.id().to_owned();
                    self.pending.push((request.0, kind, id));
                }
                vec![DeviceInput::Opened {
                    request,
                    kind,
                    result,
                }]
            }
            DeviceOutput::OpenPreview {
                request,
                microphone,
                camera,
            } => [(Audio, microphone), (Video, camera)]
                .into_iter()
                .filter_map(|(kind, wish)| {
                    let wish = wish?;
                    let result = self
                        .open(kind, wish.as_deref())
                        .or_else(|error| match error {
                            MediaError::NotFound => self.open(kind, None),
                            error => Err(error),
                        });
                    if let Ok(opened) = &result {
                        let id = opened.device.id().to_owned();
                        self.pending.push((request.0, kind, id));
                    }
                    Some(DeviceInput::Opened {
                        request,
                        kind,
                        result,
                    })
                })
                .collect(),
            DeviceOutput::Install { request, kind } => {
                let at = self
                    .pending
                    .iter()
                    .position(|(of, its, _)| *of == request.0 && *its == kind);
                let (.., id) = self.pending.remove(at.expect("it was opened"));
                let done = !self.replace_fails;
                if done {
                    self.sent[index(kind)] = Some(id);
                }
                vec![DeviceInput::Installed {
                    request,
                    kind,
                    done,
                }]
            }
            DeviceOutput::Discard { request, kind } => {
                self.pending
                    .retain(|(of, its, _)| (*of, *its) != (request.0, kind));
                Vec::new()
            }
            DeviceOutput::Release(kind) | DeviceOutput::StopPreview(kind) => {
                self.sent[index(kind)] = None;
                Vec::new()
            }
            DeviceOutput::SetSpeaker(request, _) => {
                let result = if self.sink_fails {
                    Err(MediaError::NotAllowed)
                } else {
                    Ok(())
                };
                vec![DeviceInput::SpeakerSet(request, result)]
            }
            DeviceOutput::SetNoiseSuppression { request, .. } => {
                vec![DeviceInput::NoiseSuppressionSet(
                    request,
                    !self.filter_fails,
                )]
            }
            DeviceOutput::SetBackgroundBlur(request, _) => {
                vec![DeviceInput::BackgroundBlurSet(request, !self.filter_fails)]
            }
            DeviceOutput::SetMuted(muted) => vec![DeviceInput::Muted(muted)],
            DeviceOutput::CameraOff => vec![DeviceInput::CallCaptures(Video, None)],
            // As the call machine does: it asks for the device again.
            DeviceOutput::CallReturned(kind) => {
                let id = self.manager.preferred(kind);
                let opened = self.open(kind, id.as_deref()).ok();
                self.sent[index(kind)] = opened.as_ref().map(|it| it.device.id().to_owned());
                vec![DeviceInput::CallCaptures(kind, opened)]
            }
            DeviceOutput::Store(text) => {
                self.stored = text;
                Vec::new()
            }
            DeviceOutput::TestSpeaker
            | DeviceOutput::CallLost(..)
            | DeviceOutput::Meter(_)
            | DeviceOutput::Changed => Vec::new(),
        }
    }

    fn open(&self, kind: TrackKind, id: Option<&str>) -> Result<OpenedDevice, MediaError> {
        let of_kind = || self.devices.iter().filter(|it| it.kind == kind.into());
        let found = match id.or(self.prompted.as_deref().filter(|_| kind == Audio)) {
            None => of_kind().next(),
            Some(id) => of_kind().find(|it| it.id == id),
        };
        let found = found.ok_or(MediaError::NotFound)?;
        if let Some((_, error)) = self.broken.iter().find(|(id, _)| *id == found.id) {
            return Err(*error);
        }
        if self.one_at_a_time && self.sent[index(kind)].is_some() {
            return Err(MediaError::NotReadable);
        }
        Ok(OpenedDevice {
            device: DeviceChoice::from(found),
            can_blur: found.id == "c2",
            can_isolate_voice: found.id != "m3",
        })
    }

    /// The call captures, as `preferred` says.
    pub(crate) fn capture(&mut self, kind: TrackKind) {
        let id = self.manager.preferred(kind);
        let opened = self
            .open(kind, id.as_deref())
            .or_else(|_| self.open(kind, None))
            .expect("there is one");
        self.sent[index(kind)] = Some(opened.device.id().to_owned());
        self.input(DeviceInput::CallCaptures(kind, Some(opened)));
    }

    pub(crate) fn command(&mut self, command: DeviceCommand) {
        self.input(DeviceInput::Command(command));
    }

    pub(crate) fn choose(&mut self, kind: DeviceKind, id: &str) {
        self.command(DeviceCommand::Choose(kind, id.to_owned()));
    }

    /// A piece of hardware goes: its tracks end, and the list changes.
    pub(crate) fn unplug(&mut self, group: &str) -> Vec<MediaDeviceInfo> {
        let ids: Vec<_> = self.of_group(group).map(|it| it.id.clone()).collect();
        let gone = self.of_group(group).cloned().collect();
        // Chromium's default stands for another one then.
        for at in 0..self.devices.len() {
            if self.devices[at].id == "default" && self.devices[at].group == group {
                let kind = self.devices[at].kind;
                let next = self
                    .devices
                    .iter()
                    .find(|it| it.kind == kind && it.id != "default" && it.group != group);
                let next = next.expect("another").group.clone();
                self.devices[at].group = next;
            }
        }
        self.devices.retain(|it| it.group != group);
        self.input(DeviceInput::DevicesChanged);
        for kind in [Audio, Video] {
            let sent = self.sent[index(kind)].clone();
            let was_default = sent.as_deref() == Some("default") && group == "g-laptop";
            if was_default || sent.is_some_and(|sent| ids.contains(&sent)) {
                self.sent[index(kind)] = None;
                self.input(DeviceInput::TrackEnded(kind));
            }
        }
        self.settle();
        gone
    }

    pub(crate) fn of_group(&self, group: &str) -> impl Iterator<Item = &MediaDeviceInfo> {
        let is_it = move |it: &&MediaDeviceInfo| it.group == group && it.id != "default";
        self.devices.iter().filter(is_it)
    }

    pub(crate) fn plug(&mut self, devices: Vec<MediaDeviceInfo>) {
        self.devices.extend(devices);
        self.input(DeviceInput::DevicesChanged);
        self.settle();
    }

    /// Lets the deadline come, if there is one.
    pub(crate) fn settle(&mut self) {
        if let Some(at) = self.manager.poll_timeout() {
            self.now = at;
            self.input(DeviceInput::Timeout);
        }
    }

    pub(crate) fn snapshot(&self) -> DevicesSnapshot {
        self.manager.snapshot()
    }

    pub(crate) fn notice(&self) -> Option<DeviceNotice> {
        self.snapshot().notice
    }

    pub(crate) fn sent(&self, kind: TrackKind) -> Option<&str> {
        self.sent[index(kind)].as_deref()
    }

    pub(crate) fn count(&self, is_it: fn(&DeviceOutput) -> bool) -> usize {
        self.log.iter().filter(|output| is_it(output)).count()
    }
}

pub(crate) fn opens(output: &DeviceOutput) -> bool {
    matches!(
        output,
        DeviceOutput::Open { .. } | DeviceOutput::OpenPreview { .. }
    )
}
