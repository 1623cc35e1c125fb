//! What browsers tell of visitors who could not connect, if the host wants to hear of it:
//! Reporting API (<https://www.w3.org/TR/reporting-1/>) and Network Error Logging
//! (<https://www.w3.org/TR/network-error-logging/>).
//!
//! Anybody can post anything: what comes is bounded in size and number, its words are looked up
//! among those of the standards, and nothing else of it is kept or logged.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use tracing::warn;
use wimpex_sansio::Now;

use crate::config::BasePath;
use crate::origin::Origin;

/// Where they are posted to.
pub(crate) const PATH: &str = "/reports";
/// Of one request.
pub(crate) const BYTES: usize = 32 * 1024;
/// Reports of one request that are looked at.
const MANY: usize = 20;
/// How often there is a line in the log.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// The headers by which a document asks for them.
pub(crate) fn headers(own: Option<&Origin>, base: &BasePath) -> Vec<(HeaderName, HeaderValue)> {
    let origin = own.map(Origin::to_string).unwrap_or_default();
    let base = base.as_str();
    let texts = [
        ("reporting-endpoints", format!("default=\"{base}{PATH}\"")),
        // Network Error Logging still goes by the older header, and over https alone.
        (
            "report-to",
            format!(
                r#"{{"group":"default","max_age":86400,"endpoints":[{{"url":"{origin}{base}{PATH}"}}]}}"#
            ),
        ),
        (
            "nel",
            r#"{"report_to":"default","max_age":86400}"#.to_owned(),
        ),
    ];
    let headers = texts.into_iter().map(|(name, text)| {
        Some((
            HeaderName::from_static(name),
            HeaderValue::try_from(text).ok()?,
        ))
    });
    headers.flatten().collect()
}

/// When there was a line in the log last, and what has come since.
#[derive(Default)]
pub(crate) struct ReportLog(Mutex<Untold>);

#[derive(Default)]
struct Untold {
    told_at: Option<Now>,
    count: u64,
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    body: ReportBody,
}

#[derive(Default, Deserialize)]
struct ReportBody {
    /// Of Network Error Logging (section 6), such as `tcp.timed_out`.
    #[serde(rename = "type", default)]
    network_error: String,
    #[serde(rename = "effectiveDirective", default)]
    directive: String,
}

/// Reads what a browser has posted: of each report what it is, and what of it.
///
/// # Errors
/// If it is no list of reports.
pub(crate) fn read(bytes: &[u8]) -> serde_json::Result<Vec<(&'static str, &'static str)>> {
    let reports: Vec<Report> = serde_json::from_slice(bytes)?;
    Ok(reports.iter().take(MANY).map(known).collect())
}

/// What it is, and what of it, in words of ours: anybody can write anything.
fn known(report: &Report) -> (&'static str, &'static str) {
    let among = |words: &[&'static str], text: &str| {
        let found = words.iter().find(|word| **word == text);
        found.copied().unwrap_or("other")
    };
    match &*report.kind {
        "network-error" => {
            let phase = report.body.network_error.split('.').next();
            let phases = [
                "dns",
                "tcp",
                "tls",
                "http",
                "h2",
                "h3",
                "abandoned",
                "unknown",
            ];
            ("network-error", among(&phases, phase.unwrap_or_default()))
        }
        "csp-violation" => {
            let directives = [
                "script-src",
                "script-src-elem",
                "style-src",
                "style-src-elem",
                "style-src-attr",
                "img-src",
                "media-src",
                "connect-src",
                "worker-src",
                "frame-ancestors",
                "require-trusted-types-for",
                "trusted-types",
            ];
            ("csp-violation", among(&directives, &report.body.directive))
        }
        "crash" => ("crash", "other"),
        _ => ("other", "other"),
    }
}

impl ReportLog {
    /// Once a minute.
    pub(crate) fn tell(&self, kind: &'static str, detail: &'static str, now: Now) {
        let mut untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = untold.told_at.map(|at| now.since(at));
        if since.is_some_and(|since| since < LINE_EVERY) {
            untold.count += 1;
            return;
        }
        untold.told_at = Some(now);
        let more = std::mem::take(&mut untold.count);
        drop(untold);
        warn!(
            kind,
            detail, more, "a browser reports that something failed"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (&'static str, &'static str) {
        let read = read(format!("[{text}]").as_bytes()).unwrap();
        read[0]
    }

    #[test]
    fn a_report_becomes_words_of_ours() {
        // As in Network Error Logging, section 7.1.
        let error = r#"{"age": 0, "type": "network-error", "url": "https://www.example.com/",
            "body": {"sampling_fraction": 1.0, "server_ip": "123.45.67.8", "protocol": "h2",
            "method": "GET", "status_code": 200, "elapsed_time": 823, "phase": "connection",
            "type": "tcp.timed_out"}}"#;
        assert_eq!(one(error), ("network-error", "tcp"));
        let violation =
            r#"{"type": "csp-violation", "body": {"effectiveDirective": "script-src-elem"}}"#;
        assert_eq!(one(violation), ("csp-violation", "script-src-elem"));
        for strange in [
            r#"{"type": "<script>"}"#,
            r#"{"type": "network-error", "body": {"type": "alice"}}"#,
            r#"{"type": "csp-violation"}"#,
        ] {
            assert_eq!(one(strange).1, "other");
        }
    }
}
