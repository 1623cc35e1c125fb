//! What a tab costs, and taking tabs away. Chromium only.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

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

/// What a page's main thread has worked since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MainThreadTime {
    /// All of it: scripts, layout, painting.
    pub tasks: Duration,
    /// JavaScript and WebAssembly.
    pub scripts: Duration,
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

    /// What the page's main thread has worked so far: the core's time, not that of the
    /// clock, in which other programs had their turn.
    pub async fn main_thread_time(&self) -> MainThreadTime {
        let domain = json!({ "timeDomain": "threadTicks" });
        self.tell("Performance.enable", domain).await;
        let answer = self.tell("Performance.getMetrics", json!({})).await;
        let seconds = |name: &str| {
            let mut metrics = answer["metrics"].as_array().into_iter().flatten();
            let found = metrics.find(|metric| metric["name"] == name);
            let value = found.and_then(|metric| metric["value"].as_f64());
            Duration::from_secs_f64(value.unwrap_or_else(|| panic!("no {name} in {answer}")))
        };
        MainThreadTime {
            tasks: seconds("TaskDuration"),
            scripts: seconds("ScriptDuration"),
        }
    }

    /// The longest task of the main thread in the next while; zero if all are
    /// shorter than the 50 ms from which on the browser tells (Long Tasks).
    pub async fn longest_task(&self, within: Duration) -> Duration {
        let script = "window.__longest = 0;
            new PerformanceObserver((list) => {
                for (const task of list.getEntries())
                    window.__longest = Math.max(window.__longest, task.duration);
            }).observe({ type: 'longtask' });
            return true";
        let _: bool = self.evaluate(script).await;
        sleep(within).await;
        let longest: f64 = self.evaluate("return window.__longest").await;
        Duration::from_secs_f64(longest / 1_000.0)
    }

    /// Has the browser say that the person saves data, to pages that are opened from now on.
    pub async fn save_data(&self) {
        let saves = json!({ "dataSaverEnabled": true });
        self.tell("Emulation.setDataSaverOverride", saves).await;
    }

    /// Stops the page, as a browser does with tabs that nobody looks at; its sockets stay open.
    pub async fn freeze(&self) {
        let frozen = json!({ "state": "frozen" });
        self.tell("Page.setWebLifecycleState", frozen).await;
    }

    /// Lets it go on.
    pub async fn thaw(&self) {
        let active = json!({ "state": "active" });
        self.tell("Page.setWebLifecycleState", active).await;
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
