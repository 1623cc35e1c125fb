//! `RTCStatsReport` (<https://www.w3.org/TR/webrtc-stats/>).

use js_sys::{Array, JSON, Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The types of entries that are read (webrtc-stats, section 8); of candidates and codecs
/// only those that these name.
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

/// How many reports are read by the same ids, as long as nothing changes.
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
    /// The entries that say something of a call, as a JSON array.
    pub fn json(&mut self, report: JsValue) -> String {
        // It is maplike: a Map in all but name.
        let report = report.unchecked_into::<Map>();
        let stale = self.read.is_multiple_of(FRESH) || report.size() != self.size;
        let known = if stale { None } else { self.known(&report) };
        let kept = known.unwrap_or_else(|| {
            (self.ids, self.transports) = select(&report);
            self.size = report.size();
            self.ids.iter().map(|id| report.get(id)).collect()
        });
        self.read = self.read.wrapping_add(1);
        JSON::stringify(&kept)
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
    let (mut pairs, mut named) = (Vec::new(), Vec::new());
    report.for_each(&mut |entry, id| {
        let field = |name: &str| Reflect::get(&entry, &name.into()).ok();
        let text = |name: &str| field(name).and_then(|value| value.as_string());
        let Some(kind) = text("type").filter(|kind| READ.contains(&kind.as_str())) else {
            return;
        };
        if kind == "candidate-pair" {
            pairs.push((id, entry));
            return;
        }
        if kind == "transport" {
            transports.push(ids.len());
            named.extend(field("selectedCandidatePairId").filter(|pair| report.has(pair)));
        }
        take(report, &mut ids, &entry, id);
    });
    for (id, entry) in pairs {
        let field = |name: &str| Reflect::get(&entry, &name.into()).ok();
        // The pair in use, whatever its state: libwebrtc calls it in progress while it asks
        // the peer whether it may go on (RFC 7675), which in an outage is all the time.
        let is_used = if named.is_empty() {
            let is_selected = field("selected").is_some_and(|it| it == true);
            is_selected || field("state").is_some_and(|it| it == "succeeded")
        } else {
            named.contains(&id)
        };
        if is_used {
            take(report, &mut ids, &entry, id);
        }
    }
    (ids, transports)
}

/// Takes an entry, and those that it names.
fn take(report: &Map, ids: &mut Vec<JsValue>, entry: &JsValue, id: JsValue) {
    ids.push(id);
    let named = NAMES
        .iter()
        .filter_map(|name| Reflect::get(entry, &(*name).into()).ok());
    for id in named.filter(JsValue::is_string) {
        if !ids.contains(&id) && report.has(&id) {
            ids.push(id);
        }
    }
}
