//! The device that a page is shown on, as Chromium emulates it, and what axe-core finds there.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::browser_options::BrowserKind;
use crate::command::devtools;
use crate::page::Page;

/// WCAG 2.2 AA, and what axe-core calls best practices.
/// After what fades in has: half of it has half of its contrast.
const AUDIT: &str = "const ends = document.getAnimations()
    .filter((it) => it.playState === 'running' && it.effect.getComputedTiming().endTime < Infinity)
    .map((it) => it.finished.catch(() => {}));
return Promise.all(ends).then(() => axe.run(document, {
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    rules: { 'label-content-name-mismatch': { enabled: true } },
    resultTypes: ['violations'],
})).then(({ violations }) => violations.map(({ id, nodes }) =>
    id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join('; ')));";

impl Page {
    /// A window of that size, in CSS pixels, and the colours that the person likes (`light` or
    /// `dark`). Nothing moves by itself. Other browsers than Chromium only get a window of about that
    /// size.
    pub async fn show_on(&self, width: u32, height: u32, colours: &str) {
        if self.kind() != BrowserKind::Chromium {
            self.altered.store(true, Ordering::Relaxed);
            self.focus().await;
            let sized = self.client.set_window_rect(0, 0, width, height).await;
            return sized.expect("a window of another size");
        }
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.alter("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": colours },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.alter("Emulation.setEmulatedMedia", media).await;
    }

    /// What of the screen a notch and the like take, in CSS pixels. Only in Chromium.
    pub async fn set_safe_area(&self, top: u32, right: u32, bottom: u32, left: u32) {
        let insets =
            json!({ "insets": { "top": top, "right": right, "bottom": bottom, "left": left } });
        self.alter("Emulation.setSafeAreaInsetsOverride", insets)
            .await;
    }

    /// Runs a script in each document of this tab before its own. Only in Chromium.
    pub async fn before_each_load(&self, script: &str) {
        let source = json!({ "source": script });
        self.alter("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
    }

    /// What axe-core, whose text this is, finds wrong with what is shown now.
    pub async fn accessibility_violations(&self, axe: &str) -> Vec<String> {
        let is_here: bool = self.evaluate("return 'axe' in window").await;
        if !is_here {
            let _: Value = self.evaluate(axe).await;
        }
        self.evaluate(AUDIT).await
    }

    /// Saves what is shown, for somebody to look at.
    pub async fn save_screenshot(&self, file: &PathBuf) {
        self.focus().await;
        let png = self.client.screenshot().await.expect("a screenshot");
        std::fs::write(file, png).expect("a place for screenshots");
    }

    async fn alter(&self, command: &str, parameters: Value) {
        self.altered.store(true, Ordering::Relaxed);
        self.focus().await;
        devtools(&self.client, command, parameters)
            .await
            .unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}
