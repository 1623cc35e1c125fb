//! How the call fares: a sign at a glance, and all numbers in a panel.

mod cells;
mod offer;
mod sign;
mod spark;

use std::fmt::Write;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_quality::{Media, Quality, Reason};

use super::save::SaveDiagnostics;
use super::words::quality::{Direction, grade, reason, sounds};
use super::{live, use_session};
use crate::browser::navigator;
use crate::session::gauge::Shown;
use cells::{CONNECTION, ENCRYPTION, Line, PICTURE, Row, SOUND, TABLES, Table, Ways, addresses};
use spark::{Turns, spark};

pub use offer::PauseOffer;
pub use sign::QualitySign;

/// The region that **Quality** opens.
#[component]
pub fn QualityPanel(close: impl Fn() + 'static) -> impl IntoView {
    crate::ui::sheet::dress();
    let shown = use_session().view.quality;
    let no_picture = live(move || {
        shown.with(|shown| {
            shown.as_ref().is_none_or(|shown| {
                let quality = &shown.reading.quality;
                quality.picture_in.is_none() && quality.picture_out.is_none()
            })
        })
    });
    let open = RwSignal::new(false);
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let text = shown.with_untracked(|shown| {
            shown
                .as_ref()
                .map_or_else(String::new, |shown| as_text(shown))
        });
        spawn_local(async move {
            let done = navigator::copy(&text).await.is_ok();
            // The panel may be closed by then.
            let _ = copied.try_set(done);
        });
    };
    let estimate = live(move || {
        shown.with(|shown| {
            let rating = shown.as_ref().and_then(|it| it.reading.rating);
            rating.map_or_else(|| "How they sound cannot be told yet.".to_owned(), sounds)
        })
    });
    let turns = Turns::each(2);
    view! {
        <section class="panel" aria-label="Call quality">
            <header>
                <h2>"Call quality"</h2>
                <button class="quiet" on:click=copy>
                    {move || if copied.get() { "Copied" } else { "Copy" }}
                </button>
                <button class="quiet" on:click=move |_| close()>
                    "Close"
                </button>
            </header>
            {summary(Direction::Receiving)}
            {summary(Direction::Sending)}
            <p class="hint">{estimate}</p>
            {table(&SOUND, live(|| false), turns)}
            {table(&PICTURE, no_picture, turns)}
            {list("Connection", &CONNECTION, turns)}
            <details on:toggle=move |_| open.update(|open| *open = !*open)>
                <summary>"Network addresses"</summary>
                <p class="hint">{live(move || if open.get() { of_all(addresses) } else { String::new() })}</p>
            </details>
            {list("Encryption", &ENCRYPTION, turns)}
            <SaveDiagnostics />
        </section>
    }
}

/// How one direction fares, and why.
fn summary(direction: Direction) -> AnyView {
    let shown = use_session().view.quality;
    let verdict = live(move || {
        shown.with(|shown| {
            shown
                .as_ref()
                .map_or_else(Default::default, |shown| match direction {
                    Direction::Receiving => shown.reading.receiving,
                    Direction::Sending => shown.reading.sending,
                })
        })
    });
    let name = match direction {
        Direction::Receiving => "Receiving",
        Direction::Sending => "Sending",
    };
    let word = live(move || grade(verdict.get().grade).to_owned());
    let why = live(move || match verdict.get().reason {
        // The word says it.
        Reason::Measuring => String::new(),
        other => reason(direction, other).to_owned(),
    });
    view! {
        <p class="verdict" data-grade=word>
            {name}
            <b>{word}</b>
            <span>{why}</span>
        </p>
    }
    .into_any()
}

/// What is read of the last reading.
fn now(read: impl Fn(&Shown) -> String) -> String {
    let shown = use_session().view.quality;
    shown.with(|shown| shown.as_deref().map_or_else(cells::unknown, read))
}

fn of_all(read: fn(&Quality) -> String) -> String {
    now(|shown| read(&shown.reading.quality))
}

fn table(table: &'static Table, hidden: Signal<bool>, turns: Turns) -> AnyView {
    let open = RwSignal::new(false);
    // Numbers that nobody looks at are not there, and cost nothing.
    let more = move || open.get().then(|| rows(table, table.more, Turns::each(4)));
    view! {
        <table hidden=hidden>
            <thead>
                <tr>
                    <th scope="col">{table.title}</th>
                    <th scope="col">"Receiving"</th>
                    <th scope="col">"Sending"</th>
                </tr>
            </thead>
            <tbody>{rows(table, table.rows, turns)}</tbody>
        </table>
        <details hidden=hidden on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary>{format!("More numbers of {}", table.title.to_ascii_lowercase())}</summary>
            <table aria-label=table.title>
                <tbody>{more}</tbody>
            </table>
        </details>
    }
    .into_any()
}

fn rows(table: &'static Table, rows: &'static [Row], turns: Turns) -> AnyView {
    let cell = |row: &'static Row, at: usize, media: Media, other: Ways| {
        (row.ways != other).then(|| {
            let text = live(move || now(|shown| row.read(shown, media)));
            let line = row.series(media).map(|series| spark(series, turns.of(at)));
            view! { {text} {line} }.into_any()
        })
    };
    let rows = rows.iter().enumerate().map(|(at, row)| {
        view! {
            <tr>
                <th scope="row">{row.name}</th>
                <td>{cell(row, at, table.receiving, Ways::Sending)}</td>
                <td>{cell(row, at + 1, table.sending, Ways::Receiving)}</td>
            </tr>
        }
        .into_any()
    });
    rows.collect::<Vec<_>>().into_any()
}

fn list(title: &'static str, lines: &'static [Line], turns: Turns) -> AnyView {
    let lines = lines.iter().enumerate().map(|(at, line)| {
        let text = live(move || of_all(line.read));
        let drawn = line.series.map(|series| spark(series, turns.of(at)));
        view! {
            <div>
                <dt>{line.name}</dt>
                <dd>{text} {drawn}</dd>
            </div>
        }
        .into_any()
    });
    view! {
        <h3>{title}</h3>
        <dl>{lines.collect::<Vec<_>>()}</dl>
    }
    .into_any()
}

/// Everything but addresses, to be pasted somewhere.
fn as_text(shown: &Shown) -> String {
    let mut text = String::new();
    for table in TABLES {
        for row in table.rows.iter().chain(table.more) {
            let _ = write!(text, "{}, {}:", table.title, row.name);
            if row.ways != Ways::Sending {
                let _ = write!(text, " receiving {}", row.read(shown, table.receiving));
            }
            if row.ways != Ways::Receiving {
                let _ = write!(text, " sending {}", row.read(shown, table.sending));
            }
            text.push('\n');
        }
    }
    for line in CONNECTION.iter().chain(&ENCRYPTION) {
        let _ = writeln!(
            text,
            "{}: {}",
            line.name,
            (line.read)(&shown.reading.quality)
        );
    }
    text
}
