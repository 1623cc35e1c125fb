//! The configuration out of flags, environment and a file, and everything that can be wrong with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wimpex-server"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// What `check-config` says of a file, line by line, without the file's folder.
fn check(file: &Path, environment: &[(&str, &str)]) -> (bool, Vec<String>) {
    let output = run(
        &["check-config", "--config", file.to_str().unwrap()],
        environment,
    );
    let folder = format!("{}/", file.parent().unwrap().display());
    let said = String::from_utf8(output.stderr).unwrap();
    let lines = said.lines().map(|line| line.replace(&folder, ""));
    (output.status.success(), lines.collect())
}

#[test]
fn twenty_faults_are_told_at_once_with_their_places() {
    let folder = Folder::new();
    folder.file("key.pem", "my diary");
    folder.file("not-a-folder", "");
    let path = |name: &str| folder.0.path().join(name).display().to_string();
    let text = format!(
        r#"listen = "localhost"
turn_listen = ["0.0.0.0:3478"]
lisen = "127.0.0.1:80"
role = "boss"
trusted-proxy = ["10.0.0.0/8", "10.0.0.0/99"]
max-connections = -5
ping-seconds = "soon"
turn = "perhaps"
origin = ["https://a.example", "https://b.example"]
allow-origin = ["*", "https://call.example.org"]
stun-url = ["stun.example.org"]
turn-url = "turn:turn.example.org"
turn-relay-ports = "9-1"
domain = "https://call.example.org"
https-listen = "127.0.0.1:8443"
tls-cert = "{cert}"
tls-key = "{key}"
page-dir = "{file}"
acme-directory = "http://ca.example/"
turn-ttl-seconds = 0
log-format = 1979-05-27
what-is-this = true
metrics-listen = "127.0.0.1:8443"
[limits]
max-frame-bytes = 5
"#,
        cert = path("none.pem"),
        key = path("key.pem"),
        file = path("not-a-folder"),
    );
    let file = folder.file("server.toml", &text);
    let (is_fine, said) = check(
        &file,
        &[("WIMPEX_QUEUE_BYTES", "many"), ("WIMPEX_LISTN", "x")],
    );
    assert!(!is_fine);
    let expected = [
        (
            "server.toml:1:10: listen",
            "\"localhost\" makes no sense here: invalid socket address syntax; it looks like 0.0.0.0:443",
        ),
        ("server.toml:2:1: ", "did you mean \"turn-listen\"?"),
        ("server.toml:3:1: ", "did you mean \"listen\"?"),
        (
            "server.toml:4:8: role",
            "it is one of: all, signaling, turn",
        ),
        ("server.toml:5:32: trusted-proxy", "10.0.0.0/99"),
        (
            "server.toml:6:19: max-connections",
            "it looks like a whole number",
        ),
        ("server.toml:7:16: ping-seconds", "soon"),
        ("server.toml:8:8: turn", "perhaps"),
        ("server.toml:9:10: origin", "not a list"),
        ("server.toml:10:1: allow-origin", "\"*\" is not an origin"),
        (
            "server.toml:11:1: stun-url",
            "must look like stun:HOST:PORT",
        ),
        ("server.toml:12:1: turn-url", "it needs turn-secret"),
        ("server.toml:13:20: turn-relay-ports", "49152-65535"),
        ("server.toml:14:10: domain", "not a name in DNS"),
        ("server.toml:16:1: tls-cert", "none.pem"),
        ("server.toml:18:1: page-dir", "is not a folder"),
        ("server.toml:19:1: acme-directory", "not an https URL"),
        ("server.toml:20:1: turn-ttl-seconds", "never count"),
        ("server.toml:21:14: ", "it takes a text"),
        (
            "server.toml:22:1: ",
            "there is no setting \"what-is-this\"; --help lists all",
        ),
        (
            "server.toml:23:1: metrics-listen",
            "taken already, by https-listen",
        ),
        ("server.toml:24:2: ", "there are no sections"),
        (
            "environment variable WIMPEX_LISTN: ",
            "did you mean WIMPEX_LISTEN?",
        ),
        (
            "environment variable WIMPEX_QUEUE_BYTES: ",
            "\"many\" makes no sense here",
        ),
    ];
    for (place, text) in expected {
        let told = said
            .iter()
            .any(|line| line.starts_with(place) && line.contains(text));
        assert!(told, "{place} {text}\n{said:#?}");
    }
    assert_eq!(said.len(), expected.len() + 1, "{said:#?}");
    assert_eq!(
        said[expected.len()],
        format!("{} faults in the configuration.", expected.len())
    );
}

#[test]
fn broken_lines_do_not_hide_the_others() {
    let folder = Folder::new();
    let file = folder.file(
        "server.toml",
        "listen = 127.0.0.1:80\nping-seconds = 10\nping-seconds = 11\nrole = \"boss\"\norigin = \"\n",
    );
    let (_, said) = check(&file, &[]);
    for place in [
        "server.toml:1:",
        "server.toml:3:1:",
        "server.toml:4:8:",
        "server.toml:5:",
    ] {
        assert!(
            said.iter().any(|line| line.starts_with(place)),
            "{place} {said:#?}"
        );
    }
}

#[test]
fn a_server_does_not_start_with_faults_in_its_file() {
    let folder = Folder::new();
    let file = folder.file("server.toml", "lisen = \"x\"\nrole = \"boss\"\n");
    let output = run(&["--config", file.to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("server.toml:1:1") && said.contains("server.toml:2:8"),
        "{said}"
    );
    let output = run(&["--config", "/nowhere/server.toml"], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("/nowhere/server.toml: cannot read it"),
        "{said}"
    );
}

/// Told by a fault that only the value that counts has.
#[test]
fn flags_go_before_environment_before_file() {
    let folder = Folder::new();
    let file = folder.file(
        "server.toml",
        "origin = \"file\"\nallow-origin = [\"one\", \"two\"]\n",
    );
    let file = file.to_str().unwrap();
    let said = |arguments: &[&str], environment: &[(&str, &str)]| {
        let arguments = [arguments, &["check-config"]].concat();
        String::from_utf8(run(&arguments, environment).stderr).unwrap()
    };
    let in_file = said(&["--config", file], &[]);
    assert!(
        in_file.contains("server.toml:1:1: origin: \"file\" is not an origin"),
        "{in_file}"
    );
    assert!(
        in_file.contains("\"one\"") && in_file.contains("\"two\""),
        "{in_file}"
    );
    let both = said(
        &[],
        &[("WIMPEX_CONFIG", file), ("WIMPEX_ORIGIN", "environment")],
    );
    assert!(
        both.contains("environment variable WIMPEX_ORIGIN: origin: \"environment\""),
        "{both}"
    );
    assert!(
        both.contains("\"two\"") && !both.contains("\"file\""),
        "{both}"
    );
    let all = said(
        &["--config", file, "--origin", "flag", "--allow-origin=three"],
        &[("WIMPEX_ORIGIN", "environment")],
    );
    assert!(all.contains("--origin: origin: \"flag\""), "{all}");
    assert!(
        all.contains("\"three\"") && !all.contains("\"two\""),
        "{all}"
    );
}

#[test]
fn the_example_has_every_setting_and_no_fault() {
    let output = run(&["example-config"], &[]);
    let example = String::from_utf8(output.stdout).unwrap();
    let folder = Folder::new();
    let (is_fine, said) = check(&folder.file("as-it-is.toml", &example), &[]);
    assert!(is_fine, "{said:?}");
    // With every default written out it is what it is without.
    let is_default =
        |line: &str| line.starts_with('#') && !line.starts_with("# ") && !line.starts_with("##");
    let placeholder = |line: &str| {
        let value = line.split_once(" = ").map_or("", |(_, value)| value);
        value.starts_with('"') && value.to_uppercase() == value
    };
    let spelt: String = example
        .lines()
        .filter(|line| is_default(line) && !placeholder(line))
        .map(|line| format!("{}\n", &line[1..]))
        .collect();
    let (is_fine, said) = check(&folder.file("spelt-out.toml", &spelt), &[]);
    assert!(is_fine, "{said:?}\n{spelt}");
    let help = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    for flag in help
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("--"))
    {
        let key: String = flag
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        if ["config", "help", "version"].contains(&&*key) {
            continue;
        }
        assert!(example.contains(&format!("#{key} = ")), "{key}");
    }
}

#[test]
fn manual_and_completions_know_every_setting() {
    let help = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    let flags: Vec<String> = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--"))
        .map(|line| {
            line.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect()
        })
        .collect();
    assert!(flags.len() > 40, "{flags:?}");
    for arguments in [
        &["man"][..],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let output = run(arguments, &[]);
        assert!(output.status.success(), "{arguments:?}");
        let text = String::from_utf8(output.stdout)
            .unwrap()
            .replace("\\-", "-");
        for flag in &flags {
            assert!(text.contains(flag.as_str()), "{arguments:?} {flag}");
        }
    }
}
