//! The own link as a QR code, and a camera that reads one.

use leptos::html::Video;
use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use wasm_bindgen_futures::spawn_local;

use crate::browser::barcode_detector::Scanner;
use crate::browser::location;
use crate::ui::screens::home::own_link;
use crate::ui::{signal_of, use_session, words};

/// Light around it, in squares: four, says ISO 18004.
const QUIET: i32 = 4;

/// One's own link.
#[component]
pub fn LinkQrCode() -> impl IntoView {
    crate::ui::styles::attach_styles();
    let view = use_session().view;
    let home = location::home();
    let drawn = signal_of(move || drawing(&view.me.with(|me| own_link(me.as_ref(), &home).link)));
    view! {
        <svg class="qr" viewBox=signal_of(move || drawn.get().0) role="img" aria-label=words::home::QR_CODE_LABEL>
            <path d=signal_of(move || drawn.get().1) />
        </svg>
    }
}

/// A link of somebody's own.
pub(super) fn qr_code(text: Signal<String>, label: Signal<String>) -> AnyView {
    let drawn = signal_of(move || text.with(|text| drawing(text)));
    view! {
        <svg class="qr" viewBox=signal_of(move || drawn.get().0) role="img" aria-label=label>
            <path d=signal_of(move || drawn.get().1) />
        </svg>
    }
    .into_any()
}

/// The view box, and a square for each dark one.
fn drawing(text: &str) -> (String, String) {
    // Only what is too long for the largest code cannot be one.
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return Default::default();
    };
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path += &format!("M{x} {y}h1v1h-1z");
        }
    }
    let size = code.size() + 2 * QUIET;
    (format!("-{QUIET} -{QUIET} {size} {size}"), path)
}

/// Reads a link with the camera, where the browser can (`BarcodeDetector`).
#[component]
pub(super) fn ScanButton(found: impl Fn(String) + Clone + 'static) -> impl IntoView {
    let scans = RwSignal::new(false);
    let error = RwSignal::new(String::new());
    let video = NodeRef::<Video>::new();
    let start = move |_| {
        scans.set(true);
        error.set(String::new());
        let found = found.clone();
        spawn_local(async move {
            let goes_on = move || scans.try_get_untracked() == Some(true);
            let read = match (Scanner::start().await, video.try_get_untracked().flatten()) {
                (Ok(scanner), Some(video)) => {
                    video.set_src_object(Some(scanner.stream()));
                    scanner.read(&video, goes_on).await
                }
                (Ok(_), None) => Ok(None),
                (Err(error), _) => Err(error),
            };
            match read {
                Ok(Some(text)) => found(text),
                Ok(None) => {}
                Err(wrong) => {
                    let _ = error.try_set(words::contacts::scanner_error(&wrong.name));
                }
            }
            let _ = scans.try_set(false);
        });
    };
    view! {
        <button
            type="button"
            class="secondary"
            hidden=signal_of(move || !Scanner::is_supported() || scans.get())
            on:click=start
        >
            {words::contacts::SCAN}
        </button>
        <div class="scan" hidden=signal_of(move || !scans.get())>
            <video node_ref=video autoplay muted playsinline aria-label=words::contacts::SCANNER_LABEL />
            <button type="button" class="quiet" on:click=move |_| scans.set(false)>
                {words::contacts::STOP_SCANNING}
            </button>
        </div>
        <p class="field-error" role="alert">{signal_of(move || error.get())}</p>
    }
}
