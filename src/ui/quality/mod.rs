//! The quality of the call: an indicator at a glance, and all numbers in a panel.

mod layout;
mod pause_offer;
mod sign;
mod sparkline;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_quality::{IntervalStats, Reason, StreamKind};

use super::save::SaveDiagnostics;
use super::words::quality::{Direction, direction, grade, reason, sounds};
use super::words::quality_panel as words;
use super::{signal_of, use_session};
use crate::browser::navigator;
use crate::session::stats::QualitySnapshot;
use layout::{
    AUDIO, CONNECTION, Directions, ENCRYPTION, Line, Row, SCREEN, TABLES, Table, VIDEO, addresses,
};
use sparkline::{Turns, sparkline};

pub use pause_offer::PauseOffer;
pub use sign::QualitySign;

/// The region that **Quality** opens.
#[component]
pub fn QualityPanel(close: impl Fn() + 'static) -> impl IntoView {
    crate::ui::styles::attach_styles();
    let shown = use_session().view.quality;
    let no_screen = signal_of(move || {
        shown.with(|shown| {
            let stats = shown.as_ref().map(|shown| &shown.reading.interval);
            stats.is_none_or(|stats| !SCREEN.is_shown(stats))
        })
    });
    let no_video = signal_of(move || {
        shown.with(|shown| {
            shown.as_ref().is_none_or(|shown| {
                let quality = &shown.reading.interval;
                quality.inbound_video.is_none() && quality.outbound_video.is_none()
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
    let estimate = signal_of(move || {
        shown.with(|shown| {
            let rating = shown.as_ref().and_then(|it| it.reading.rating);
            rating.map_or_else(|| words::NO_RATING.to_owned(), sounds)
        })
    });
    let turns = Turns::each(2);
    view! {
        <section class="panel" aria-label=words::TITLE>
            <header>
                <h2>{words::TITLE}</h2>
                <button class="quiet" on:click=copy>
                    {move || if copied.get() { words::COPIED } else { words::COPY }}
                </button>
                <button class="quiet" on:click=move |_| close()>
                    {words::CLOSE}
                </button>
            </header>
            {summary(Direction::Receiving)}
            {summary(Direction::Sending)}
            <p class="hint">{estimate}</p>
            {table(&AUDIO, signal_of(|| false), turns)}
            {table(&VIDEO, no_video, turns)}
            {table(&SCREEN, no_screen, turns)}
            {list(words::CONNECTION, &CONNECTION, turns)}
            <details on:toggle=move |_| open.update(|open| *open = !*open)>
                <summary>{words::NETWORK_ADDRESSES}</summary>
                <p class="hint">{signal_of(move || if open.get() { of_all(addresses) } else { String::new() })}</p>
            </details>
            {list(words::ENCRYPTION, &ENCRYPTION, turns)}
            <SaveDiagnostics />
        </section>
    }
}

/// The grade of one direction, and why.
fn summary(which: Direction) -> AnyView {
    let shown = use_session().view.quality;
    let assessed = signal_of(move || {
        shown.with(|shown| {
            shown
                .as_ref()
                .map_or_else(Default::default, |shown| match which {
                    Direction::Receiving => shown.reading.receiving,
                    Direction::Sending => shown.reading.sending,
                })
        })
    });
    let code = signal_of(move || assessed.get().grade.code().to_owned());
    let word = signal_of(move || grade(assessed.get().grade).to_owned());
    let why = signal_of(move || match assessed.get().reason {
        // The word says it.
        Reason::Measuring => String::new(),
        other => reason(which, other).to_owned(),
    });
    view! {
        <p class="verdict" data-grade=code>
            {direction(which)}
            <b>{word}</b>
            <span>{why}</span>
        </p>
    }
    .into_any()
}

/// What the last reading says.
fn now(read: impl Fn(&QualitySnapshot) -> String) -> String {
    let shown = use_session().view.quality;
    shown.with(|shown| shown.as_deref().map_or_else(words::unknown, read))
}

fn of_all(read: fn(&IntervalStats) -> String) -> String {
    now(|shown| read(&shown.reading.interval))
}

fn table(table: &'static Table, hidden: Signal<bool>, turns: Turns) -> AnyView {
    let open = RwSignal::new(false);
    // Rows that nobody looks at are not rendered, and cost nothing.
    let more = move || open.get().then(|| rows(table, table.more, Turns::each(4)));
    view! {
        <table hidden=hidden>
            <thead>
                <tr>
                    <th scope="col">{table.title}</th>
                    <th scope="col">{direction(Direction::Receiving)}</th>
                    <th scope="col">{direction(Direction::Sending)}</th>
                </tr>
            </thead>
            <tbody>{rows(table, table.rows, turns)}</tbody>
        </table>
        <details hidden=hidden on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary>{table.more_title}</summary>
            <table aria-label=table.title>
                <tbody>{more}</tbody>
            </table>
        </details>
    }
    .into_any()
}

fn rows(table: &'static Table, rows: &'static [Row], turns: Turns) -> AnyView {
    let cell = |row: &'static Row, at: usize, kind: StreamKind, other: Directions| {
        (row.directions != other).then(|| {
            let text = signal_of(move || now(|shown| row.read(shown, kind)));
            let line = row
                .series(kind)
                .map(|series| sparkline(series, turns.of(at)));
            view! { {text} {line} }.into_any()
        })
    };
    let rows = rows.iter().enumerate().map(|(at, row)| {
        view! {
            <tr>
                <th scope="row">{row.label}</th>
                <td>{cell(row, at, table.receiving, Directions::Sending)}</td>
                <td>{cell(row, at + 1, table.sending, Directions::Receiving)}</td>
            </tr>
        }
        .into_any()
    });
    rows.collect::<Vec<_>>().into_any()
}

fn list(title: &'static str, lines: &'static [Line], turns: Turns) -> AnyView {
    let lines = lines.iter().enumerate().map(|(at, line)| {
        let text = signal_of(move || of_all(line.read));
        let drawn = line.series.map(|series| sparkline(series, turns.of(at)));
        view! {
            <div>
                <dt>{line.label}</dt>
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

/// Everything but addresses, for the clipboard.
fn as_text(shown: &QualitySnapshot) -> String {
    let mut text = String::new();
    let is_shown = |table: &&Table| table.is_shown(&shown.reading.interval);
    for table in TABLES.into_iter().filter(is_shown) {
        for row in table.rows.iter().chain(table.more) {
            let read = |kind, other| (row.directions != other).then(|| row.read(shown, kind));
            text += &words::row_as_text(
                table.title,
                row.label,
                read(table.receiving, Directions::Sending),
                read(table.sending, Directions::Receiving),
            );
        }
    }
    for line in CONNECTION.iter().chain(&ENCRYPTION) {
        text += &words::line_as_text(line.label, &(line.read)(&shown.reading.interval));
    }
    text
}
