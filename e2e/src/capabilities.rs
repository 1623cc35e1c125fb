//! How each browser is told to run without a screen, with a fake camera and microphone.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::browser_options::{BrowserKind, BrowserOptions};

/// The capabilities of a new session.
pub(crate) fn capabilities(
    kind: BrowserKind,
    options: &BrowserOptions,
    profile: &Path,
) -> Map<String, Value> {
    let value = match kind {
        BrowserKind::Chromium => chromium(options, profile),
        BrowserKind::Firefox => firefox(options, profile),
        BrowserKind::WebKit => webkit(),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The script in a profile that starts Chromium with its standard error in a file:
/// chromedriver throws it away, and a tab that crashes says why nowhere else.
const LAUNCHER: &str = "launch-chromium";
/// That file, beside it.
const STDERR: &str = "stderr.log";

/// Writes the script. Errors are those of the file system.
pub(crate) fn write_launcher(profile: &Path) -> io::Result<()> {
    let chromium = std::env::var("WIMPEX_CHROMIUM");
    let chromium = chromium.unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let stderr = profile.join(STDERR);
    let script = format!(
        "#!/bin/sh\nexec '{chromium}' \"$@\" 2>'{}'\n",
        stderr.display()
    );
    let launcher = profile.join(LAUNCHER);
    fs::write(&launcher, script)?;
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755))
}

/// The last of what Chromium has said of errors; not that this machine has no sound card.
pub(crate) fn last_words(profile: &Path) -> String {
    let said = fs::read(profile.join(STDERR)).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let is_of_machine = |line: &&str| {
        ["ALSA", "alsa", "crashpad"]
            .iter()
            .any(|it| line.contains(it))
    };
    let lines: Vec<&str> = said.lines().filter(|line| !is_of_machine(line)).collect();
    lines[lines.len().saturating_sub(30)..].join("\n  ")
}

fn chromium(options: &BrowserOptions, profile: &Path) -> Value {
    let mut args = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-default-apps".to_owned(),
        "--disable-extensions".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-breakpad".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        "--enable-logging=stderr".to_owned(),
        // Errors and worse.
        "--log-level=2".to_owned(),
        "--no-first-run".to_owned(),
        "--window-size=1100,800".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    // The faked prompt says yes to everything, so it would hide a denial.
    if let Some(title) = &options.shared_tab {
        // The faked prompt would show a faked screen. A permission that is given needs none.
        args.push(format!("--auto-select-tab-capture-source-by-title={title}"));
        args.push("--autoplay-policy=no-user-gesture-required".to_owned());
    } else if !options.denies_something() {
        args.push("--use-fake-ui-for-media-stream".to_owned());
    }
    if options.several_devices {
        args.push("--use-fake-device-for-media-stream=device-count=3".to_owned());
    } else if options.sound_server.is_none() {
        args.push("--use-fake-device-for-media-stream".to_owned());
    }
    if options.sound_server.is_none() {
        args.push("--mute-audio".to_owned());
    }
    if let Some(file) = &options.microphone_file {
        args.push(format!(
            "--use-file-for-fake-audio-capture={}",
            file.display()
        ));
    }
    if options.frames_in_process {
        args.push("--disable-site-isolation-trials".to_owned());
        args.push("--disable-features=IsolateOrigins,site-per-process".to_owned());
    }
    if let Some(agent) = &options.user_agent {
        args.push(format!("--user-agent={agent}"));
    }
    if options.any_certificate {
        args.push("--ignore-certificate-errors".to_owned());
    }
    if let Some(key) = &options.trusted_key {
        args.push(format!("--ignore-certificate-errors-spki-list={key}"));
    }
    if let Some((host, address)) = &options.host_on_loopback {
        // With the dot too: so WebRTC asks for the names of STUN and TURN.
        args.push(format!(
            "--host-resolver-rules=MAP {host} {address}, MAP {host}. {address}"
        ));
    }
    if let Some(origin) = &options.trusted_origin {
        args.push(format!(
            "--unsafely-treat-insecure-origin-as-secure={origin}"
        ));
    }
    // Content settings: 1 allows, 2 blocks.
    let setting = |denied: bool| if denied { 2 } else { 1 };
    json!({
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": profile.join(LAUNCHER),
            "args": args,
            "prefs": {
                "profile.default_content_setting_values.media_stream_camera": setting(options.deny_camera),
                "profile.default_content_setting_values.media_stream_mic": setting(options.deny_microphone),
                "profile.default_content_setting_values.cookies": setting(options.keeps_nothing),
                "download.default_directory": profile.display().to_string(),
                "webkit.webprefs.default_font_size": if options.large_text { 32 } else { 16 },
            },
        },
    })
}

fn webkit() -> Value {
    let program = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
    json!({
        "webkitgtk:browserOptions": {
            "binary": std::env::var("WIMPEX_WEBKIT").unwrap_or_else(|_| program.to_owned()),
            "args": ["--automation"],
        },
    })
}

fn firefox(options: &BrowserOptions, profile: &Path) -> Value {
    let mut capabilities = plain_firefox(options, profile);
    if let Some(agent) = &options.user_agent {
        capabilities["moz:firefoxOptions"]["prefs"]["general.useragent.override"] = json!(agent);
    }
    if let Some(server) = &options.push_server {
        let prefs = &mut capabilities["moz:firefoxOptions"]["prefs"];
        prefs["dom.push.serverURL"] = json!(server);
        // Without TLS, since no preference names a root for it.
        prefs["dom.push.testing.allowInsecureServerURL"] = json!(true);
        // The driver turns it off.
        prefs["dom.push.connection.enabled"] = json!(true);
        prefs["permissions.default.desktop-notification"] = json!(1);
        // There is no desktop here that would show a notice: the browser does it by itself.
        prefs["alerts.useSystemBackend"] = json!(false);
    }
    capabilities
}

fn plain_firefox(options: &BrowserOptions, profile: &Path) -> Value {
    // Permissions: 1 allows, 2 denies.
    let setting = |denied: bool| if denied { 2 } else { 1 };
    json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "binary": std::env::var("WIMPEX_FIREFOX").unwrap_or_else(|_| "/usr/bin/firefox-esr".to_owned()),
            "args": ["-headless", "-width", "1100", "-height", "800"],
            "prefs": {
                "media.navigator.streams.fake": options.sound_server.is_none(),
                "media.navigator.permission.disabled": !options.denies_something(),
                "permissions.default.camera": setting(options.deny_camera),
                "permissions.default.microphone": setting(options.deny_microphone),
                "media.devices.insecure.enabled": options.trusted_origin.is_some(),
                "media.getusermedia.insecure.enabled": options.trusted_origin.is_some(),
                // 2 blocks all cookies, 5 is what Firefox does unasked.
                "network.cookie.cookieBehavior": if options.keeps_nothing { 2 } else { 5 },
                "media.autoplay.default": 0,
                // 2: there.
                "browser.download.folderList": 2,
                "browser.download.dir": profile.display().to_string(),
                "app.update.auto": false,
                "datareporting.policy.dataSubmissionEnabled": false,
                // Host candidates as they are: two processes on one machine
                // without a multicast resolver find each other.
                "media.peerconnection.ice.obfuscate_host_addresses": false,
                "media.peerconnection.ice.loopback": true,
            },
        },
    })
}
