//! Which browser is started, and in what it differs from one that has and allows everything.

use std::path::PathBuf;

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserKind {
    /// Chromium, by chromedriver.
    Chromium,
    /// Firefox, by geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, by WebKitWebDriver, on a screen of Xvfb. Debian builds it without
    /// WebRTC.
    WebKit,
}

impl BrowserKind {
    /// Its name in the scenarios' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }
}

/// What differs from a browser that has and allows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowserOptions {
    /// Takes any certificate; Chromium only.
    pub any_certificate: bool,
    /// The person has blocked the camera.
    pub deny_camera: bool,
    /// Frames of other sites have no process of their own, whose elements chromedriver loses.
    pub frames_in_process: bool,
    /// What it calls itself, instead of what it is.
    pub user_agent: Option<String>,
    /// The person has chosen letters of twice the size. Chromium only.
    pub large_text: bool,
    /// It has three of each device instead of one. Chromium only.
    pub several_devices: bool,
    /// What its microphone hears, over and over: a WAV file. Chromium only.
    pub microphone_file: Option<PathBuf>,
    /// The title of the tab that the person chooses to share, with its sound. Chromium only.
    pub shared_tab: Option<String>,
    /// The person has blocked the microphone.
    pub deny_microphone: bool,
    /// A host name and the loopback address that it leads to. It does not count as
    /// this machine, so its pages are no secure context. Chromium only.
    pub host_on_loopback: Option<(String, String)>,
    /// The person has blocked all cookies, and with them whatever a page may keep.
    pub keeps_nothing: bool,
    /// The network namespace that it runs in.
    pub namespace: Option<String>,
    /// SHA-256 of the public key of a certificate authority that is trusted beside the system's,
    /// in base64; Chromium only.
    pub trusted_key: Option<String>,
    /// The sound server whose devices it has, for `PULSE_SERVER`; then it has no camera.
    pub sound_server: Option<String>,
    /// Where its push service is, and notices are allowed; Firefox only, whose push service is a
    /// preference.
    pub push_server: Option<String>,
    /// Counts as secure, though it is plain http.
    pub trusted_origin: Option<String>,
}

impl BrowserOptions {
    pub(crate) fn denies_something(&self) -> bool {
        self.deny_camera || self.deny_microphone
    }
}
