//! One tab: finding things by role and accessible name, and using them.
//! It must not know what the things are for.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, error::CmdError};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser_options::BrowserKind;
use crate::command::{browser_log, computed_label, devtools};
use crate::probe::{self, FrameGaps, MediaTotals, Milestones, Route, Snapshot};
use crate::wait::wait_until;

const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The things that match a selector and are neither hidden nor left out.
const RENDERED: &str = "[...document.querySelectorAll(arguments[0])].filter((thing) =>
    thing.checkVisibility({ visibilityProperty: true }) && !thing.closest('[inert]'))";

/// WAI-ARIA roles, and `Video`, which has none but has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `button`
    Button,
    /// `checkbox`
    Checkbox,
    /// `combobox`
    Combobox,
    /// `meter`
    Meter,
    /// `textbox`
    Textbox,
    /// `alertdialog`
    AlertDialog,
    /// `dialog`
    Dialog,
    /// `timer`
    Timer,
    /// `status`
    Status,
    /// `alert`
    Alert,
    /// `region`
    Region,
    /// `heading`
    Heading,
    /// A `video` element.
    Video,
}

impl Role {
    /// What may have the role, explicitly or by HTML's own semantics.
    fn selector(self) -> &'static str {
        match self {
            Self::Button => "button, [role=button], input[type=submit], input[type=button]",
            Self::Checkbox => "input[type=checkbox], [role=checkbox]",
            Self::Combobox => "select, [role=combobox]",
            Self::Meter => "[role=meter], meter",
            Self::Textbox => {
                "input:not([type]), input[type=text], input[type=url], textarea, [role=textbox]"
            }
            Self::Dialog => "dialog:not([role])",
            Self::AlertDialog => "[role=alertdialog]",
            Self::Timer => "[role=timer]",
            Self::Status => "[role=status], output",
            Self::Alert => "[role=alert]",
            Self::Region => "[role=region], section",
            Self::Heading => "h1, h2, h3, h4, [role=heading]",
            Self::Video => "video",
        }
    }
}

/// One tab of a browser. Clones are the same tab.
#[derive(Clone)]
pub struct Page {
    pub(crate) client: Client,
    kind: BrowserKind,
    pub(crate) window: WindowHandle,
    pub(crate) pointer_at: Cell<u8>,
    /// The browser is not as it was, and of no use to another scenario.
    pub(crate) altered: Arc<AtomicBool>,
}

impl Page {
    pub(crate) fn new(
        client: Client,
        kind: BrowserKind,
        window: WindowHandle,
        altered: Arc<AtomicBool>,
    ) -> Self {
        Self {
            client,
            kind,
            window,
            pointer_at: Cell::new(0),
            altered,
        }
    }

    /// Which browser it is in.
    pub fn kind(&self) -> BrowserKind {
        self.kind
    }

    /// Opens an address.
    pub async fn goto(&self, url: &str) {
        self.focus().await;
        self.client
            .goto(url)
            .await
            .unwrap_or_else(|e| panic!("opening {url}: {e}"));
        self.insert_probe().await;
    }

    /// Goes on in the page's first frame, until something else is opened.
    pub async fn enter_frame(&self) {
        self.focus().await;
        self.client.enter_frame(0).await.expect("a frame");
        // Its site, and so its process, may be another one than its page's.
        self.client
            .execute(probe::SCRIPT, vec![])
            .await
            .expect("the probe");
    }

    /// Loads the page again, or throws it away in the middle of whatever it does.
    pub async fn reload(&self) {
        self.focus().await;
        self.client.refresh().await.expect("reloading");
        self.insert_probe().await;
    }

    /// Crashes the tab; Chromium only. Another tab has to be there, for nothing can be asked of
    /// this one afterwards.
    pub async fn crash(&self) {
        self.focus().await;
        // It is never answered.
        let crash = devtools(&self.client, "Page.crash", json!({}));
        let _ = tokio::time::timeout(Duration::from_secs(3), crash).await;
    }

    /// The address.
    pub async fn url(&self) -> String {
        self.focus().await;
        self.client
            .current_url()
            .await
            .expect("the address")
            .to_string()
    }

    /// The title.
    pub async fn title(&self) -> String {
        self.focus().await;
        self.client.title().await.unwrap_or_default()
    }

    /// Makes it the tab that commands of this browser go to.
    pub async fn focus(&self) {
        if self.client.window().await.ok().as_ref() != Some(&self.window) {
            self.client
                .switch_to_window(self.window.clone())
                .await
                .expect("its tab is open");
        }
    }

    /// Waits for the thing with this role and name to be there and visible.
    pub async fn find(&self, role: Role, name: &str) -> Element {
        wait_until(&format!("{role:?} {name:?}"), async || {
            self.look(role, name).await
        })
        .await
    }

    /// The thing, if it is there and visible now.
    pub async fn find_now(&self, role: Role, name: &str) -> Option<Element> {
        self.look(role, name).await.ok()
    }

    /// Waits until no visible thing has this role and name.
    pub async fn wait_until_gone(&self, role: Role, name: &str) {
        let what = format!("{role:?} {name:?} to go");
        wait_until(&what, async || match self.look(role, name).await {
            Ok(_) => Err("it is still there".to_owned()),
            Err(_) => Ok(()),
        })
        .await;
    }

    /// What stands in a textbox.
    pub async fn value(&self, name: &str) -> String {
        wait_until(&format!("what stands in {name:?}"), async || {
            let element = self.look(Role::Textbox, name).await?;
            // It may be replaced by another one in between.
            let value = element.prop("value").await;
            value
                .map(Option::unwrap_or_default)
                .map_err(|error| short(&error))
        })
        .await
    }

    /// The texts of all rendered things of a role, as they are read out: also of
    /// those that are faded out while nobody moves.
    pub async fn texts(&self, role: Role) -> Vec<String> {
        self.focus().await;
        let script = format!("return {RENDERED}.map((thing) => thing.innerText)");
        let texts = self
            .client
            .execute(&script, vec![json!(role.selector())])
            .await;
        texts
            .ok()
            .and_then(|texts| serde_json::from_value(texts).ok())
            .unwrap_or_default()
    }

    /// All text that is visible.
    pub async fn visible_text(&self) -> String {
        self.focus().await;
        let text = self
            .client
            .execute("return document.body?.innerText ?? ''", vec![])
            .await;
        text.ok()
            .and_then(|t| t.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Waits until the visible text has one of `parts`, in any case of letters.
    pub async fn wait_for_text(&self, parts: &[&str]) {
        wait_until(&format!("one of {parts:?} on the page"), async || {
            let text = self.visible_text().await.to_lowercase();
            let found = parts.iter().any(|part| text.contains(&part.to_lowercase()));
            found.then_some(()).ok_or_else(|| format!("{text:?}"))
        })
        .await;
    }

    /// What the page holds and did.
    pub async fn snapshot(&self) -> Snapshot {
        self.probe("snapshot").await
    }

    /// Sums of `getStats`.
    pub async fn media(&self) -> MediaTotals {
        self.probe("media").await
    }

    /// The path in use, once there is one.
    pub async fn route(&self) -> Option<Route> {
        self.probe("route").await
    }

    /// When it was clicked, and when the first remote frame was presented.
    pub async fn milestones(&self) -> Milestones {
        self.probe("milestones").await
    }

    /// Frames of the remote video since the last time; counting begins with the first
    /// call.
    pub async fn frame_gaps(&self) -> FrameGaps {
        self.probe("frameGaps").await
    }

    /// Two reports of the open connection's statistics, some seconds apart, without
    /// addresses, and what they say.
    pub async fn golden(&self) -> serde_json::Value {
        self.probe("golden").await
    }

    /// All errors on the console so far: the page's own, and in Chromium also the
    /// browser's (failed requests, blocked resources).
    pub async fn console_errors(&self) -> Vec<String> {
        let mut errors = self.snapshot().await.errors;
        if self.kind == BrowserKind::Chromium {
            for entry in browser_log(&self.client).await.unwrap_or_default() {
                if entry["level"] == "SEVERE" {
                    errors.push(entry["message"].as_str().unwrap_or_default().to_owned());
                }
            }
        }
        errors
    }

    /// Runs a script in the page and reads what it returns; a promise is awaited.
    pub async fn evaluate<T: DeserializeOwned>(&self, script: &str) -> T {
        let value = self.try_evaluate(script).await;
        value.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// [`Self::evaluate`] where a script may fail for now, as in a page that is about to be another one.
    pub async fn try_evaluate<T: DeserializeOwned>(&self, script: &str) -> Result<T, String> {
        self.focus().await;
        let value = self.client.execute(script, vec![]).await;
        let value = value.map_err(|error| short(&error))?;
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    /// A command of the Chrome DevTools Protocol; Chromium only.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.focus().await;
        // What it set stays with the tab: addresses that are blocked, media that are emulated.
        self.altered.store(true, Ordering::Relaxed);
        let done = devtools(&self.client, command, parameters).await;
        done.unwrap_or_else(|error| panic!("{command}: {}", short(&error)))
    }

    /// For a person who looks at a failure: where, what, which errors.
    pub(crate) async fn report(&self, screenshot: &Path) -> String {
        // It may be closed, or its whole browser.
        let window = self.client.switch_to_window(self.window.clone());
        if let Err(error) = window.await {
            return format!("  {}", short(&error));
        }
        let url = self
            .client
            .current_url()
            .await
            .map(|u| u.to_string())
            .unwrap_or_default();
        let text = self.visible_text().await;
        let state = "const now = window.__probe?.snapshot();
            return now && { ...now, 
                sent: now.sent.map((sent) => sent.type).join(' '),
                received: now.received.map((received) => received.type).join(' ') };";
        let state = match self.client.execute(state, vec![]).await {
            Ok(state) => state.to_string(),
            Err(error) => short(&error),
        };
        let loaded = "return performance.getEntriesByType('resource').map((loaded) =>
                `${loaded.name.split('/').pop()} ${loaded.responseStatus} ${loaded.startTime | 0}+${loaded.duration | 0}`
            ).join(', ');";
        let loaded = match self.client.execute(loaded, vec![]).await {
            Ok(loaded) => loaded.to_string(),
            Err(error) => short(&error),
        };
        let picture = match self.client.screenshot().await {
            Ok(png) if std::fs::write(screenshot, &png).is_ok() => screenshot.display().to_string(),
            _ => "none".to_owned(),
        };
        format!(
            "  at {url}\n  text: {text:?}\n  state: {state}\n  loaded: {loaded}\n  screenshot: {picture}"
        )
    }

    pub(crate) async fn probe<T: DeserializeOwned>(&self, part: &str) -> T {
        // The page may have loaded itself anew.
        let again = match self.kind {
            BrowserKind::Chromium => "",
            BrowserKind::Firefox | BrowserKind::WebKit => probe::SCRIPT,
        };
        self.evaluate(&format!("{again}\nreturn window.__probe.{part}()"))
            .await
    }

    async fn insert_probe(&self) {
        if self.kind != BrowserKind::Chromium {
            // The page may load itself anew just then.
            wait_until("the probe", async || {
                let inserted = self.client.execute(probe::SCRIPT, vec![]).await;
                inserted.map(drop).map_err(|error| short(&error))
            })
            .await;
        }
    }

    pub(crate) async fn look(&self, role: Role, name: &str) -> Result<Element, String> {
        let mut others = Vec::new();
        for element in self.candidates(role).await.map_err(|error| short(&error))? {
            let label = computed_label(&self.client, &element.element_id())
                .await
                .map_err(|error| short(&error))?;
            if label == name {
                return Ok(element);
            }
            others.push(label);
        }
        Err(format!("there are only {others:?}"))
    }

    async fn candidates(&self, role: Role) -> Result<Vec<Element>, CmdError> {
        self.focus().await;
        let found = self
            .client
            .execute(&format!("return {RENDERED}"), vec![json!(role.selector())])
            .await?;
        let references = found.as_array().cloned().unwrap_or_default();
        Ok(references
            .iter()
            .filter_map(|value| self.element(value))
            .collect())
    }

    pub(crate) fn element(&self, reference: &Value) -> Option<Element> {
        let id = reference.get(ELEMENT_KEY)?.as_str()?.to_owned();
        Some(Element::from_element_id(
            self.client.clone(),
            ElementRef::from(id),
        ))
    }
}

/// The first line: drivers add stack traces.
pub(crate) fn short(error: &CmdError) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
