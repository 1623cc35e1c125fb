//! How the call fares: a sign at a glance, and all numbers in a panel.

mod cells;
mod offer;
mod sign;
mod spark;

use std::fmt::Write;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_quality::{Grade, Quality};

use super::save::SaveDiagnostics;
use super::words::quality::{Direction, grade, reason, sounds};
use super::{live, use_session};
use crate::browser::window;
use cells::{CONNECTION, ENCRYPTION, PICTURE, Row, SOUND, addresses};
use spark::spark;

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
                .map_or_else(String::new, |shown| as_text(&shown.reading.quality))
        });
        spawn_local(async move {
            let done = window::copy(&text).await.is_ok();
            // The panel may be closed by then.
            let _ = copied.try_set(done);
        });
    };
    let estimate = live(move || {
        shown.with(|shown| {
            let estimate = shown.as_ref().and_then(|it| sounds(&it.reading.quality));
            estimate.unwrap_or_else(|| "How they sound cannot be told yet.".to_owned())
        })
    });
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
            {table("Sound", &SOUND, live(|| false))}
            {table("Picture", &PICTURE, no_picture)}
            {list("Connection", &CONNECTION)}
            <details on:toggle=move |_| open.update(|open| *open = !*open)>
                <summary>"Network addresses"</summary>
                <p class="hint">{live(move || if open.get() { read(addresses) } else { String::new() })}</p>
            </details>
            {list("Encryption", &ENCRYPTION)}
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
    let why = live(move || match verdict.get().grade {
        Grade::Unknown => String::new(),
        _ => reason(direction, verdict.get().reason).to_owned(),
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

/// The current value of a cell.
fn read(read: fn(&Quality) -> String) -> String {
    let shown = use_session().view.quality;
    shown.with(|shown| {
        shown
            .as_ref()
            .map_or_else(cells::unknown, |shown| read(&shown.reading.quality))
    })
}

fn table(title: &'static str, rows: &'static [Row], hidden: Signal<bool>) -> AnyView {
    let cell = |cell: &'static Option<cells::Cell>| {
        cell.as_ref().map(|cell| {
            let text = live(move || read(cell.read));
            view! { {text} {cell.series.map(|(series, least)| spark(series, least))} }.into_any()
        })
    };
    let rows = rows.iter().map(|row| {
        view! {
            <tr>
                <th scope="row">{row.name}</th>
                <td>{cell(&row.arrives)}</td>
                <td>{cell(&row.leaves)}</td>
            </tr>
        }
        .into_any()
    });
    view! {
        <table hidden=hidden>
            <thead>
                <tr>
                    <th scope="col">{title}</th>
                    <th scope="col">"Receiving"</th>
                    <th scope="col">"Sending"</th>
                </tr>
            </thead>
            <tbody>{rows.collect::<Vec<_>>()}</tbody>
        </table>
    }
    .into_any()
}

fn list(title: &'static str, lines: &'static [cells::Line]) -> AnyView {
    let lines = lines.iter().map(|line| {
        let text = live(move || read(line.cell.read));
        let drawn = line.cell.series.map(|(series, least)| spark(series, least));
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
fn as_text(quality: &Quality) -> String {
    let mut text = String::new();
    for (title, rows) in [("Sound", &SOUND[..]), ("Picture", &PICTURE[..])] {
        for row in rows {
            let of = |cell: &Option<cells::Cell>| cell.as_ref().map(|cell| (cell.read)(quality));
            let _ = write!(text, "{title}, {}:", row.name);
            if let Some(arrives) = of(&row.arrives) {
                let _ = write!(text, " receiving {arrives}");
            }
            if let Some(leaves) = of(&row.leaves) {
                let _ = write!(text, " sending {leaves}");
            }
            text.push('\n');
        }
    }
    for line in CONNECTION.iter().chain(&ENCRYPTION) {
        let _ = writeln!(text, "{}: {}", line.name, (line.cell.read)(quality));
    }
    text
}
