//! What `getStats` says, as text.

use js_sys::{Array, JSON, Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The kinds of entries that anybody reads (webrtc-stats, section 8). A call of some
/// minutes has hundreds of others: candidates and pairs that are not in use.
const READ: [&str; 9] = [
    "inbound-rtp",
    "outbound-rtp",
    "remote-inbound-rtp",
    "codec",
    "transport",
    "certificate",
    "candidate-pair",
    "local-candidate",
    "remote-candidate",
];

/// The entries of an `RTCStatsReport` that say something of a call, as JSON.
pub fn json(report: JsValue) -> String {
    let kept = Array::new();
    // It is maplike: a Map in all but name.
    report.unchecked_into::<Map>().for_each(&mut |entry, _id| {
        let field = |name: &str| Reflect::get(&entry, &name.into()).ok();
        let text = |name: &str| field(name).and_then(|value| value.as_string());
        let read = text("type").is_some_and(|kind| {
            let used = || text("state").is_some_and(|state| state == "succeeded");
            READ.contains(&kind.as_str()) && (kind != "candidate-pair" || used())
        });
        if read {
            kept.push(&entry);
        }
    });
    JSON::stringify(&kept)
        .map(String::from)
        .unwrap_or_else(|_| "[]".to_owned())
}
