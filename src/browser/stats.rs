//! What `getStats` says, as entries whose fields can be asked for by name.

use js_sys::{Map, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// `RTCStatsReport`.
pub struct StatsReport(Vec<Entry>);

/// One of its dictionaries (webrtc-stats, section 7).
pub struct Entry(JsValue);

impl StatsReport {
    pub(super) fn new(report: JsValue) -> Self {
        let mut entries = Vec::new();
        // It is maplike: a Map in all but name.
        report
            .unchecked_into::<Map>()
            .for_each(&mut |entry, _id| entries.push(Entry(entry)));
        Self(entries)
    }

    /// All entries of a `type`.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.0
            .iter()
            .filter(move |entry| entry.text("type").as_deref() == Some(kind))
    }

    /// The entry with that `id`.
    pub fn by_id(&self, id: &str) -> Option<&Entry> {
        self.0
            .iter()
            .find(|entry| entry.text("id").as_deref() == Some(id))
    }
}

impl Entry {
    fn field(&self, name: &str) -> Option<JsValue> {
        Reflect::get(&self.0, &name.into()).ok()
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.field(name)?.as_f64()
    }

    /// A field that is a text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.as_string()
    }

    /// A field that is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.field(name)?.as_bool()
    }
}
