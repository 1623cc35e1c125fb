//! What `getStats` says, as text.

use js_sys::{Array, JSON, Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The kinds of entries that are read as they are (webrtc-stats, section 8); of
/// candidates and codecs only those that these name.
const READ: [&str; 6] = [
    "inbound-rtp",
    "outbound-rtp",
    "remote-inbound-rtp",
    "transport",
    "certificate",
    "candidate-pair",
];

/// Fields in which these name others.
const NAMES: [&str; 3] = ["codecId", "localCandidateId", "remoteCandidateId"];

/// So many reports are read by the same ids, if nothing has changed.
const FRESH: u32 = 10;

/// Reads the reports of one connection.
///
/// A report has some hundred entries, and a browser makes an object of each that is
/// looked at: most of them codecs and candidates that are not in use. Those that
/// matter have the same ids from report to report, so that the others need not be
/// looked at each second.
#[derive(Default)]
pub struct Reader {
    ids: Vec<JsValue>,
    /// Which of them name the pair in use.
    transports: Vec<usize>,
    size: u32,
    read: u32,
}

impl Reader {
    /// The entries of an `RTCStatsReport` that say something of a call, as JSON.
    pub fn json(&mut self, report: JsValue) -> String {
        // It is maplike: a Map in all but name.
        let report = report.unchecked_into::<Map>();
        let stale = self.read.is_multiple_of(FRESH) || report.size() != self.size;
        let mut kept = if stale { None } else { self.known(&report) };
        if kept.is_none() {
            (self.ids, self.transports) = select(&report);
            self.size = report.size();
            kept = self.known(&report);
        }
        self.read = self.read.wrapping_add(1);
        JSON::stringify(&kept.unwrap_or_default())
            .map(String::from)
            .unwrap_or_else(|_| "[]".to_owned())
    }

    /// The entries with the known ids; none if one of them is gone, or names another
    /// pair as the one in use.
    fn known(&self, report: &Map) -> Option<Array> {
        let kept = Array::new();
        for (at, id) in self.ids.iter().enumerate() {
            let entry = report.get(id);
            if entry.is_undefined() {
                return None;
            }
            if self.transports.contains(&at) {
                let pair = Reflect::get(&entry, &"selectedCandidatePairId".into()).ok();
                if pair.is_some_and(|pair| pair.is_string() && !self.ids.contains(&pair)) {
                    return None;
                }
            }
            kept.push(&entry);
        }
        Some(kept)
    }
}

/// The ids of the entries that matter, and which of them are transports'.
fn select(report: &Map) -> (Vec<JsValue>, Vec<usize>) {
    let (mut ids, mut transports) = (Vec::new(), Vec::new());
    report.for_each(&mut |entry, id| {
        let field = |name: &str| Reflect::get(&entry, &name.into()).ok();
        let text = |name: &str| field(name).and_then(|value| value.as_string());
        let read = text("type").is_some_and(|kind| {
            let used = || text("state").is_some_and(|state| state == "succeeded");
            READ.contains(&kind.as_str()) && (kind != "candidate-pair" || used())
        });
        if read {
            if text("type").is_some_and(|kind| kind == "transport") {
                transports.push(ids.len());
            }
            ids.push(id);
            let named = NAMES.iter().filter_map(|name| field(name));
            for id in named.filter(JsValue::is_string).collect::<Vec<_>>() {
                if !ids.contains(&id) && report.has(&id) {
                    ids.push(id);
                }
            }
        }
    });
    (ids, transports)
}
