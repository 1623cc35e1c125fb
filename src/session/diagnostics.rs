//! The record of a session, for `Save diagnostics` and for `?debug`. Loaded when it is wanted
//! (`crate::lazy`).

use leptos::prelude::*;
use wimpex_quality::saved_reading;
use wimpex_record::Record;
use wimpex_sansio::Now;

use super::signals::Signals;
use crate::browser::{file, navigator};

/// What has gone through the call machine so far, and how the calls were, without anything
/// private. `None` when the page is going away.
pub(crate) fn record(view: Signals) -> Option<Record> {
    let browser = navigator::user_agent();
    let readings = view
        .readings
        .try_with_value(|readings| {
            let readings = readings.iter();
            readings
                .map(|(at, reading)| saved_reading(at.since(Now::ZERO), reading))
                .collect()
        })
        .unwrap_or_default();
    view.recorder.try_update_value(|recorder| {
        recorder.shorten();
        let (ring, notes) = (recorder.ring, recorder.notes());
        let (kept, dropped, memory) = recorder.kept();
        Record::new(kept, dropped, memory, notes, ring, browser, readings)
    })
}

/// Offers the record as a download.
pub(crate) fn save(view: Signals) {
    let text = record(view).and_then(|record| serde_json::to_string_pretty(&record).ok());
    if let Some(text) = text {
        file::save("wimpex-diagnostics.json", &text);
    }
}
