//! The record, for `Save diagnostics` and for who debugs. Loaded when it is wanted (`super::lazy`).

use leptos::prelude::*;
use wimpex_record::Record;

use super::View;
use super::gauge::line;
use crate::browser::{file, navigator};

/// What went through the call machine until now.
pub(crate) fn record(view: View) -> Option<Record> {
    let browser = navigator::user_agent();
    let readings = view
        .readings
        .try_with_value(|readings| {
            let readings = readings.iter();
            readings.map(|(at, reading)| line(*at, reading)).collect()
        })
        .unwrap_or_default();
    view.recorder.try_update_value(|recorder| {
        recorder.shorten();
        let (ring, notes) = (recorder.ring, recorder.notes());
        let (kept, dropped, start) = recorder.kept();
        Record::new(
            kept,
            dropped,
            start.as_ref(),
            notes,
            ring,
            browser,
            readings,
        )
    })
}

/// Writes the record into a file of the person's.
pub(crate) fn save(view: View) {
    let text = record(view).and_then(|record| serde_json::to_string_pretty(&record).ok());
    if let Some(text) = text {
        file::save("wimpex-diagnostics.json", &text);
    }
}
