//! How each browser is told to run without a screen, with a fake camera and microphone.

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
        BrowserKind::Firefox => firefox(options),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
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
        "--mute-audio".to_owned(),
        "--no-first-run".to_owned(),
        "--use-fake-device-for-media-stream".to_owned(),
        "--window-size=1100,800".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    // The faked prompt says yes to everything, so it would hide a denial.
    if !options.denies_something() {
        args.push("--use-fake-ui-for-media-stream".to_owned());
    }
    if options.any_certificate {
        args.push("--ignore-certificate-errors".to_owned());
    }
    if let Some(key) = &options.trusted_key {
        args.push(format!("--ignore-certificate-errors-spki-list={key}"));
    }
    if let Some((host, address)) = &options.host_on_loopback {
        args.push(format!("--host-resolver-rules=MAP {host} {address}"));
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
            "binary": std::env::var("WIMPEX_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "args": args,
            "prefs": {
                "profile.default_content_setting_values.media_stream_camera": setting(options.deny_camera),
                "profile.default_content_setting_values.media_stream_mic": setting(options.deny_microphone),
                "profile.default_content_setting_values.cookies": setting(options.keeps_nothing),
            },
        },
    })
}

fn firefox(options: &BrowserOptions) -> Value {
    // Permissions: 1 allows, 2 denies.
    let setting = |denied: bool| if denied { 2 } else { 1 };
    json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "binary": std::env::var("WIMPEX_FIREFOX").unwrap_or_else(|_| "/usr/bin/firefox-esr".to_owned()),
            "args": ["-headless", "-width", "1100", "-height", "800"],
            "prefs": {
                "media.navigator.streams.fake": true,
                "media.navigator.permission.disabled": !options.denies_something(),
                "permissions.default.camera": setting(options.deny_camera),
                "permissions.default.microphone": setting(options.deny_microphone),
                "media.devices.insecure.enabled": options.trusted_origin.is_some(),
                "media.getusermedia.insecure.enabled": options.trusted_origin.is_some(),
                // 2 blocks all cookies, 5 is what Firefox does unasked.
                "network.cookie.cookieBehavior": if options.keeps_nothing { 2 } else { 5 },
                "media.autoplay.default": 0,
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
