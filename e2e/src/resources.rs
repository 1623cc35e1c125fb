//! What a tab costs, and taking tabs away. Chromium only.

use serde_json::{Value, json};

use crate::command::devtools;
use crate::page::Page;

/// What a page holds after everything that can be collected was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Bytes of JavaScript objects.
    pub heap: u64,
    /// Bytes of WebAssembly's memory, which never shrinks.
    pub wasm: u64,
    /// Event listeners, the probe's own few among them.
    pub listeners: u64,
    /// DOM nodes, attached or not.
    pub nodes: u64,
    /// Tracks that have not ended.
    pub live_tracks: u64,
    /// Peer connections that are not closed.
    pub connections: u64,
}

impl Page {
    /// Collects garbage, and says what is left.
    pub async fn resources(&self) -> Resources {
        let now = self.snapshot().await;
        let _: bool = self.probe("forget").await;
        self.tell("Performance.enable", json!({})).await;
        // What one collection finalises, the next one can free.
        for _ in 0..3 {
            self.tell("HeapProfiler.collectGarbage", json!({})).await;
        }
        let answer = self.tell("Performance.getMetrics", json!({})).await;
        let metric = |name: &str| {
            let all = answer["metrics"].as_array().into_iter().flatten();
            let found = all.clone().find(|metric| metric["name"] == name);
            let value = found.and_then(|metric| metric["value"].as_f64());
            value.unwrap_or_else(|| panic!("no {name} in {answer}")) as u64
        };
        Resources {
            heap: metric("JSHeapUsedSize"),
            wasm: self.probe("wasmBytes").await,
            listeners: metric("JSEventListeners"),
            nodes: metric("Nodes"),
            live_tracks: now.live_tracks.into(),
            connections: now.connections_open.into(),
        }
    }

    /// Seconds that the page's main thread has worked so far.
    pub async fn busy_seconds(&self) -> f64 {
        self.tell("Performance.enable", json!({})).await;
        let answer = self.tell("Performance.getMetrics", json!({})).await;
        let metrics = answer["metrics"].as_array().into_iter().flatten();
        let mut named = metrics.filter(|metric| metric["name"] == "TaskDuration");
        let found = named.next().and_then(|metric| metric["value"].as_f64());
        found.unwrap_or_else(|| panic!("no TaskDuration in {answer}"))
    }

    /// Closes the tab, as its cross does.
    pub async fn close(&self) {
        self.focus().await;
        self.client.close_window().await.expect("closing a tab");
    }

    async fn tell(&self, command: &str, parameters: Value) -> Value {
        self.focus().await;
        let answer = devtools(&self.client, command, parameters).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}
