//! One's link as a picture that a camera reads, and a camera that reads one.

use leptos::html::Video;
use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use wasm_bindgen_futures::spawn_local;

use crate::browser::barcode_detector::Scanner;
use crate::browser::location;
use crate::session::address;
use crate::ui::{live, use_session};

/// Light around it, in squares: four, says ISO 18004.
const QUIET: i32 = 4;

/// One's own link.
#[component]
pub fn LinkAsPicture() -> impl IntoView {
    crate::ui::sheet::dress();
    let view = use_session().view;
    let origin = location::origin();
    let link = live(move || {
        let link = |me: &Option<_>| me.as_ref().map(|me| address::link(&origin, me));
        view.me.with(link).unwrap_or_default()
    });
    let drawn = live(move || drawing(&link.get()));
    view! {
        <svg class="qr" viewBox=live(move || drawn.get().0) role="img" aria-label="Your link as a QR code">
            <path d=live(move || drawn.get().1) />
        </svg>
    }
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
pub(super) fn Scan(found: impl Fn(String) + Clone + 'static) -> impl IntoView {
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
                    let _ = error.try_set(format!("The camera cannot be used ({wrong})."));
                }
            }
            let _ = scans.try_set(false);
        });
    };
    view! {
        <button
            type="button"
            class="secondary"
            hidden=live(move || !Scanner::is_supported() || scans.get())
            on:click=start
        >
            "Scan a code"
        </button>
        <div class="scan" hidden=live(move || !scans.get())>
            <video node_ref=video autoplay muted playsinline aria-label="Camera" />
            <button type="button" class="quiet" on:click=move |_| scans.set(false)>
                "Stop scanning"
            </button>
        </div>
        <p class="field-error" role="alert">{live(move || error.get())}</p>
    }
}
