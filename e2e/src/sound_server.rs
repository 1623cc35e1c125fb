//! A PulseAudio of our own, whose microphones and speakers are loaded and unloaded as others are
//! plugged and pulled: browsers see real devices come and go.

use std::f64::consts::TAU;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;

/// What a speaker played for a while, one channel of it.
pub struct Played(Vec<f64>);

/// Of what is recorded, in samples a second.
const RATE: u32 = 8_000;

impl Played {
    /// The root mean square, 0 to 1.
    pub fn loudness(&self) -> f64 {
        let sum: f64 = self.0.iter().map(|sample| sample * sample).sum();
        (sum / self.0.len().max(1) as f64).sqrt()
    }

    /// The amplitude of the sine of this frequency, 0 to 1 (one bin of a Fourier transform).
    pub fn amplitude(&self, hertz: f64) -> f64 {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (at, sample) in self.0.iter().enumerate() {
            let angle = TAU * hertz * at as f64 / f64::from(RATE);
            real += sample * angle.cos();
            imaginary += sample * angle.sin();
        }
        2.0 * real.hypot(imaginary) / self.0.len().max(1) as f64
    }
}

/// A running sound server with one speaker. Dropping it ends it, and all its devices with it.
pub struct SoundServer {
    // Ended before its files are removed: fields drop in this order.
    _process: Process,
    directory: TempDir,
}

/// What [`SoundServer::plug`] has loaded, to be unloaded again.
#[derive(Debug)]
pub struct PluggedDevice(String);

impl SoundServer {
    /// Why there can be none on this machine.
    pub fn missing() -> Option<&'static str> {
        let is_there = |program: &str| {
            let mut command = Command::new(program);
            command.arg("--version").stdout(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        (!is_there("pulseaudio") || !is_there("pactl")).then_some("there is no PulseAudio")
    }

    /// Starts one that nobody else uses.
    pub fn start() -> Self {
        let directory = TempDir::with_prefix("wimpex-e2e-sound-").expect("a temporary directory");
        let socket = directory.path().join("native");
        let protocol = format!(
            "module-native-protocol-unix socket={} auth-anonymous=1",
            socket.display()
        );
        let mut command = Command::new("pulseaudio");
        // No configuration: nothing moves a stream to another device when its own goes.
        command
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1"])
            .args([
                "--use-pid-file=no",
                "--log-level=info",
                "--log-target=stderr",
            ])
            .args(["-L", &protocol])
            .args([
                "-L",
                "module-null-sink sink_name=speaker sink_properties=device.description=Loudspeaker",
            ])
            .env("HOME", directory.path())
            .env("XDG_RUNTIME_DIR", directory.path());
        let mut process = Process::start("pulseaudio", &mut command);
        process.wait_for_line(|line| line.contains("Daemon startup complete").then_some(()));
        Self {
            _process: process,
            directory,
        }
    }

    /// For `PULSE_SERVER`.
    pub fn address(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("native")
    }

    /// Plugs in a microphone that hears a tone of so many hertz.
    pub fn plug(&self, name: &str, hertz: u32) -> PluggedDevice {
        let source = format!("source_name={name}");
        let frequency = format!("frequency={hertz}");
        let label = format!("source_properties=device.description={name}");
        let module = "module-sine-source";
        let index = self.control(&["load-module", module, &source, &frequency, &label]);
        PluggedDevice(index.trim().to_owned())
    }

    /// Plugs in a speaker.
    pub fn plug_speaker(&self, name: &str) -> PluggedDevice {
        let sink = format!("sink_name={name}");
        let label = format!("sink_properties=device.description={name}");
        let index = self.control(&["load-module", "module-null-sink", &sink, &label]);
        PluggedDevice(index.trim().to_owned())
    }

    /// Pulls it.
    pub fn pull(&self, device: PluggedDevice) {
        self.control(&["unload-module", &device.0]);
    }

    /// Makes a microphone the system's default.
    pub fn set_default(&self, name: &str) {
        self.control(&["set-default-source", name]);
    }

    /// How many streams are open to speakers, silent ones too.
    pub fn streams(&self) -> usize {
        self.control(&["list", "short", "sink-inputs"])
            .lines()
            .count()
    }

    /// The names of the microphones that somebody listens to.
    pub fn captured(&self) -> Vec<String> {
        let table = |what| {
            let rows = self.control(&["list", "short", what]);
            let row = |row: &str| row.split('\t').map(str::to_owned).collect::<Vec<_>>();
            rows.lines().map(row).collect::<Vec<_>>()
        };
        let (sources, outputs) = (table("sources"), table("source-outputs"));
        let named = |index: &String| sources.iter().find(|source| source[0] == *index);
        let named = outputs.iter().filter_map(|output| named(&output[1]));
        named.map(|source| source[1].clone()).collect()
    }

    /// Listens to what a speaker plays for a little more than a second.
    pub fn listen(&self, speaker: &str) -> Played {
        let mut child = Command::new("parec")
            .arg(format!("--device={speaker}.monitor"))
            .args(["--format=float32le", "--channels=1", "--latency-msec=50"])
            .arg(format!("--rate={RATE}"))
            .env("PULSE_SERVER", self.address())
            .env("HOME", self.directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("parec runs");
        let mut bytes = vec![0; RATE as usize * 4 * 6 / 5];
        let heard = child
            .stdout
            .take()
            .map(|mut out| out.read_exact(&mut bytes));
        let _ = child.kill();
        let _ = child.wait();
        // There is no such speaker at the moment.
        if !matches!(heard, Some(Ok(()))) {
            return Played(Vec::new());
        }
        let samples = bytes.chunks_exact(4);
        let samples = samples.map(|it| f64::from(f32::from_le_bytes([it[0], it[1], it[2], it[3]])));
        Played(samples.collect())
    }

    fn control(&self, words: &[&str]) -> String {
        let output = Command::new("pactl")
            .args(words)
            .env("PULSE_SERVER", self.address())
            .env("HOME", self.directory.path())
            .output()
            .expect("pactl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pactl {words:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
