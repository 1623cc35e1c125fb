//! A PulseAudio of our own, whose microphones and speakers are loaded and unloaded as others are
//! plugged and pulled: browsers see real devices come and go.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;

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

    /// Pulls it.
    pub fn pull(&self, device: PluggedDevice) {
        self.control(&["unload-module", &device.0]);
    }

    /// Makes a microphone the system's default.
    pub fn set_default(&self, name: &str) {
        self.control(&["set-default-source", name]);
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
