//! What packages bring along: the unit, the alerts, the dashboard.
//!
//! systemd-analyze and promtool look at them, where these are installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn packaging(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packaging")
        .join(file)
}

/// What a program prints, if it is here.
fn checked(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            Some((output.status.success(), text))
        }
        Err(_) => {
            eprintln!("SKIPPED: {program} is missing; cargo xtask setup --tests installs it");
            None
        }
    }
}

#[test]
fn the_unit_gives_away_nothing_that_it_need_not() {
    // An absolute path, since there is no such program where this runs.
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("wimpex-server.service");
    std::fs::copy(packaging("wimpex-server.service"), &unit).unwrap();
    let unit = unit.display().to_string();
    let arguments = ["security", "--offline=true", "--threshold=15", &unit];
    let Some((is_low, text)) = checked("systemd-analyze", &arguments) else {
        return;
    };
    assert!(is_low, "{text}");
}

#[test]
fn the_unit_s_group_is_made() {
    let unit = std::fs::read_to_string(packaging("wimpex-server.service")).unwrap();
    assert!(unit.contains("\nSupplementaryGroups=wimpex\n"));
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    let arguments = [
        format!("--root={}", root.path().display()),
        packaging("sysusers.conf").display().to_string(),
    ];
    let arguments = arguments.each_ref().map(String::as_str);
    let Some((is_made, text)) = checked("systemd-sysusers", &arguments) else {
        return;
    };
    assert!(is_made, "{text}");
    let groups = std::fs::read_to_string(root.path().join("etc/group")).unwrap();
    assert!(groups.starts_with("wimpex:"), "{groups}");
}

/// An upgrade neither stops nor restarts the server, and a removal stops it.
#[test]
fn the_package_s_scripts_take_over_and_stop() {
    for (script, command) in [
        (
            "postinst",
            "systemd-sysusers /usr/share/wimpex-server/sysusers.conf",
        ),
        ("postinst", "-s USR2 kill wimpex-server.service"),
        ("prerm", "deb-systemd-invoke stop wimpex-server.service"),
    ] {
        let path = packaging(script);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\n#DEBHELPER#\n"), "{script}");
        assert!(text.contains(command), "{script}");
        let (is_shell, said) = checked("sh", &["-n", &path.display().to_string()]).unwrap();
        assert!(is_shell, "{said}");
    }
}

#[test]
fn the_alerts_can_be_read_by_prometheus() {
    let rules = packaging("prometheus-rules.yml").display().to_string();
    let Some((is_fine, text)) = checked("promtool", &["check", "rules", &rules]) else {
        return;
    };
    assert!(is_fine, "{text}");
}

/// The measurements that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("wimpex_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned())
        .collect()
}

#[test]
fn alerts_and_dashboard_name_what_there_is() {
    let rules = std::fs::read_to_string(packaging("prometheus-rules.yml")).unwrap();
    let dashboard = std::fs::read_to_string(packaging("grafana-dashboard.json")).unwrap();
    let parsed: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(parsed["panels"].as_array().unwrap().len() > 10);
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hosting.md");
    let document = std::fs::read_to_string(document).unwrap();
    for name in named(&rules).union(&named(&dashboard)) {
        let short = name.trim_start_matches("wimpex_");
        assert!(document.contains(short), "{name} is in no document");
    }
}
