//! The last two minutes of a number, as a line.

use leptos::prelude::*;
use wimpex_quality::{HISTORY_SECONDS, Series};

use crate::ui::words::whole;
use crate::ui::{signal_of, use_session};

/// The height of the drawing, in units; it is one unit wide per second.
const HEIGHT: f64 = 24.0;

/// When lines are redrawn: to spread the work, not all in the same second, and none in every
/// one.
#[derive(Clone, Copy)]
pub(super) struct Turns([Memo<u32>; 4]);

impl Turns {
    /// Redraws each line once in `readings` readings: 1, 2, 4, or a multiple of 4.
    pub(super) fn each(readings: u32) -> Self {
        let shown = use_session().view.quality;
        let number = move || shown.with(|shown| shown.as_ref().map_or(0, |shown| shown.number));
        Self([0, 1, 2, 3].map(|turn| Memo::new(move |_| (number() + turn) / readings)))
    }

    /// Changes when that line is to be redrawn.
    pub(super) fn of(self, line: usize) -> Memo<u32> {
        self.0[line % 4]
    }
}

/// The line. Its top stands for the highest value, or for `least` where all are lower, so that
/// small changes look small. Empty where nothing is known.
pub(super) fn sparkline((series, least): (Series, f64), turn: Memo<u32>) -> AnyView {
    let shown = use_session().view.quality;
    let line = signal_of(move || {
        // Not `track`: a memo that is never read is never updated.
        turn.get();
        shown.with_untracked(|shown| {
            let Some(shown) = shown else {
                return String::new();
            };
            path(shown.history.of(series), least)
        })
    });
    view! {
        <svg
            class="spark"
            viewBox=format!("0 0 {HISTORY_SECONDS} {HEIGHT}")
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path d=line />
        </svg>
    }
    .into_any()
}

/// An SVG path; the newest value is at the right edge, and what is unknown is a gap.
fn path(values: impl Iterator<Item = Option<f64>>, least: f64) -> String {
    let values: Vec<_> = values.collect();
    if values.iter().all(Option::is_none) {
        return String::new();
    }
    let top = values.iter().flatten().copied().fold(least, f64::max);
    let mut path = String::with_capacity(values.len() * 7);
    let mut pen_down = false;
    for (index, value) in values.iter().enumerate() {
        let x = HISTORY_SECONDS - values.len() + index;
        match value {
            Some(value) => {
                let y = whole((HEIGHT - 1.0) * (1.0 - value / top)).max(0);
                path.push(if pen_down { 'L' } else { 'M' });
                push(&mut path, x);
                path.push(' ');
                push(&mut path, y.unsigned_abs() as usize);
                pen_down = true;
            }
            None => pen_down = false,
        }
    }
    path
}

/// Appends a number below a thousand. Thousands of them are written per second, and the
/// standard library's formatting takes several times as long.
fn push(text: &mut String, number: usize) {
    let digit = |of: usize| char::from(b'0' + (number / of % 10) as u8);
    if number >= 100 {
        text.push(digit(100));
    }
    if number >= 10 {
        text.push(digit(10));
    }
    text.push(digit(1));
}
