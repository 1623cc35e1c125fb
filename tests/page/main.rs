//! The page's adapters and components, in a real browser with a fake camera.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

mod adapters;
mod certificates;
mod components;
mod contacts;
mod keys;
mod peers;
mod quality;
mod trust;
