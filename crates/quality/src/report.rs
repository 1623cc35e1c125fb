//! One `getStats`, as JSON.

use serde_json::{Map, Value};

/// `RTCStatsReport`: its dictionaries in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report(Vec<Entry>);

/// One dictionary (webrtc-stats, section 7). A field that is missing, or not of the
/// kind that is asked for, is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry(Map<String, Value>);

impl Report {
    /// Reads the JSON of a list of dictionaries. What is no dictionary is left out.
    ///
    /// # Errors
    /// Where the text is no JSON, or no list.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let list: Vec<Value> = serde_json::from_str(json)?;
        let entries = list.into_iter().filter_map(|value| match value {
            Value::Object(fields) => Some(Entry(fields)),
            _ => None,
        });
        Ok(Self(entries.collect()))
    }

    /// All entries of a `type`.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.0
            .iter()
            .filter(move |entry| entry.text("type") == Some(kind))
    }

    /// The entry with that `id`.
    pub fn by_id(&self, id: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.text("id") == Some(id))
    }
}

impl Entry {
    /// A field that is a number. JSON knows neither NaN nor infinity.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// A field that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A field that is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }
}
