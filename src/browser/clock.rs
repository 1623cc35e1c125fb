//! The browser's two clocks, `Performance` and `Date`.

use wimpex_sansio::Now;

use super::window::window;

/// Milliseconds since the page was opened, rounded down, on a clock that never goes back
/// (`performance.now()`, <https://www.w3.org/TR/hr-time/>).
pub fn now() -> Now {
    let millis = window()
        .performance()
        .map_or(0.0, |performance| performance.now());
    Now::from_millis(millis as u64)
}

/// Microseconds since the page was opened, as exactly as the browser tells.
pub fn now_micros() -> u64 {
    let millis = window()
        .performance()
        .map_or(0.0, |performance| performance.now());
    (millis * 1_000.0) as u64
}

/// Milliseconds since the Unix epoch, by this device's clock (`Date.now()`), which may be
/// wrong, and may be set back.
pub fn wall_millis() -> u64 {
    js_sys::Date::now() as u64
}

/// A moment in milliseconds since the Unix epoch, in the user's language and time zone:
/// date, hour and minute (`Date.toLocaleString`).
pub fn local_time(millis: u64) -> String {
    formatted(millis, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

/// The same, of a moment that is near: hour and minute.
pub fn time_of_day(millis: u64) -> String {
    formatted(millis, &[("timeStyle", "short")])
}

/// The same as a part of a file's name, which sorts by time: `2026-11-27 22.35.04`.
pub fn file_time(millis: u64) -> String {
    let date = js_sys::Date::new(&(millis as f64).into());
    format!(
        "{}-{:02}-{:02} {:02}.{:02}.{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds()
    )
}

/// The next moment at which clocks here show that hour, in milliseconds since the Unix epoch; and
/// whether that is tomorrow. Days on which the clocks change have more or fewer hours.
pub fn next_hour(hour: u32) -> (u64, bool) {
    let date = js_sys::Date::new_0();
    let now = date.get_time();
    let today = date.get_date();
    date.set_hours(hour);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0);
    if date.get_time() <= now {
        date.set_date(today + 1);
    }
    (date.get_time() as u64, date.get_date() != today)
}

/// Whether that moment is today, by the clocks here.
pub fn is_today(millis: u64) -> bool {
    let date = js_sys::Date::new(&(millis as f64).into());
    date.to_date_string() == js_sys::Date::new_0().to_date_string()
}

fn formatted(millis: u64, styles: &[(&str, &str)]) -> String {
    let options = js_sys::Object::new();
    for (name, style) in styles {
        // A new object takes what it is given.
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &(*style).into());
    }
    let date = js_sys::Date::new(&(millis as f64).into());
    date.to_locale_string("default", &options).into()
}
