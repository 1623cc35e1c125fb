//! A person at our page, in a browser. They find things by accessible name only.

use std::time::Duration;

use crate::page::{Page, Role};
use crate::probe::MediaTotals;
use crate::wait::{wait_until, wait_until_within};

/// `callType` of a call (docs/protocol.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Audio and video.
    Video,
    /// Audio only.
    Audio,
}

/// A person at our page, in a browser.
#[derive(Clone)]
pub struct Peer {
    /// Their tab.
    pub page: Page,
    /// The name they go by.
    pub name: String,
    base_url: String,
}

impl Peer {
    /// A peer with an empty tab. `base_url` is where they open the page.
    pub fn new(page: Page, name: &str, base_url: &str) -> Self {
        Self {
            page,
            name: name.to_owned(),
            base_url: base_url.to_owned(),
        }
    }

    /// Opens the page for the first time and says who they are.
    pub async fn open(&self) {
        self.open_at("/").await;
    }

    /// The same at another path, as by somebody's link.
    pub async fn open_at(&self, path: &str) {
        self.visit(path).await;
        self.enter_name().await;
        self.at_home().await;
    }

    /// Says who they are.
    pub async fn enter_name(&self) {
        self.page.fill("Your name", &self.name).await;
        self.page.click(Role::Button, "Continue").await;
    }

    /// Opens a path of the page and does nothing there.
    pub async fn visit(&self, path: &str) {
        self.page.goto(&format!("{}{path}", self.base_url)).await;
    }

    /// Waits until the home screen is there and logged in.
    pub async fn at_home(&self) {
        self.link().await;
    }

    /// Their call link.
    pub async fn link(&self) -> String {
        wait_until("a link to share", async || {
            let link = self.page.value("Your link").await;
            if link.contains("/u/") {
                Ok(link)
            } else {
                Err(format!("{link:?}"))
            }
        })
        .await
    }

    /// Their id: the last part of the link.
    pub async fn id(&self) -> String {
        let link = self.link().await;
        link.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Calls a link or id.
    pub async fn call(&self, whom: &str, kind: CallKind) {
        self.enter_callee(whom).await;
        self.press_call(kind).await;
    }

    /// Puts a link or id into the field.
    pub async fn enter_callee(&self, whom: &str) {
        self.page.fill("Call link or ID", whom).await;
    }

    /// Presses the button that calls who is in the field.
    pub async fn press_call(&self, kind: CallKind) {
        let button = match kind {
            CallKind::Video => "Video call",
            CallKind::Audio => "Audio call",
        };
        self.page.click(Role::Button, button).await;
    }

    /// Waits for the prompt, and returns its text.
    pub async fn is_called(&self) -> String {
        wait_until("the prompt of an incoming call", async || {
            let prompts = self.page.texts(Role::AlertDialog).await;
            prompts
                .into_iter()
                .find(|text| !text.is_empty())
                .ok_or_else(|| "no alertdialog with words".to_owned())
        })
        .await
    }

    /// Waits until there has been a prompt, which may be gone by now: for calls that ring for a few seconds.
    pub async fn was_called(&self) {
        wait_until("a prompt, gone or not", async || {
            let prompts = self.page.snapshot().await.prompts;
            (!prompts.is_empty())
                .then_some(())
                .ok_or_else(|| "none".to_owned())
        })
        .await;
    }

    /// Waits until the prompt is gone.
    pub async fn prompt_is_gone(&self, within: Duration) {
        wait_until_within(within, "the prompt to go", async || {
            match self.page.texts(Role::AlertDialog).await.first() {
                None => Ok(()),
                Some(prompt) => Err(format!("{prompt:?}")),
            }
        })
        .await;
    }

    /// Accepts the call.
    pub async fn accept(&self) {
        self.page.click(Role::Button, "Accept").await;
    }

    /// Accepts the call without sending video.
    pub async fn accept_without_camera(&self) {
        self.page.click(Role::Button, "Accept without camera").await;
    }

    /// Declines the call.
    pub async fn decline(&self) {
        self.page.click(Role::Button, "Decline").await;
    }

    /// Gives up calling.
    pub async fn cancel(&self) {
        self.page.click(Role::Button, "Cancel").await;
    }

    /// Hangs up.
    pub async fn end(&self) {
        self.page.click(Role::Button, "End call").await;
    }

    /// Waits until the call screen says that it is connected.
    pub async fn is_connected(&self) {
        self.status_says("Connected").await;
    }

    /// Waits until the connection's state has these words in it.
    pub async fn status_says(&self, words: &str) {
        wait_until(&format!("the status {words:?}"), async || {
            let texts = self.page.texts(Role::Status).await;
            let found = texts.iter().any(|text| text.contains(words));
            found.then_some(()).ok_or_else(|| format!("{texts:?}"))
        })
        .await;
    }

    /// The timer's text: mm:ss.
    pub async fn timer(&self) -> String {
        wait_until("the timer", async || {
            let texts = self.page.texts(Role::Timer).await;
            texts
                .into_iter()
                .next()
                .ok_or_else(|| "no timer".to_owned())
        })
        .await
    }

    /// Waits for the end screen with one of these words on it.
    pub async fn call_is_over(&self, words: &[&str]) {
        self.call_is_over_within(crate::WAIT_TIMEOUT, words).await;
    }

    /// [`Peer::call_is_over`] where a time is promised.
    pub async fn call_is_over_within(&self, time: Duration, words: &[&str]) {
        wait_until_within(
            time,
            &format!("the end screen with one of {words:?}"),
            async || {
                let text = self.page.visible_text().await;
                if self
                    .page
                    .find_now(Role::Button, "Back to home")
                    .await
                    .is_none()
                {
                    return Err(format!("no button \"Back to home\"; {text:?}"));
                }
                let lower = text.to_lowercase();
                let found = words
                    .iter()
                    .any(|word| lower.contains(&word.to_lowercase()));
                found.then_some(()).ok_or(format!("{text:?}"))
            },
        )
        .await;
    }

    /// Leaves the end screen.
    pub async fn back_home(&self) {
        self.page.click(Role::Button, "Back to home").await;
        self.at_home().await;
    }

    /// Waits until video frames arrive and are decoded.
    pub async fn sees(&self) {
        self.grows("decoded frames", |media| media.frames_decoded as f64)
            .await;
    }

    /// Waits until audio arrives that is not silence.
    pub async fn hears(&self) {
        self.grows("received audio", |media| media.audio_energy)
            .await;
    }

    /// Waits until a number of `getStats` has grown, in two steps, from where it is.
    pub async fn grows(&self, what: &str, number: fn(&MediaTotals) -> f64) {
        let mut last = number(&self.page.media().await);
        for _ in 0..2 {
            last = wait_until(&format!("more {what} at {}", self.name), async || {
                let now = number(&self.page.media().await);
                if now > last {
                    Ok(now)
                } else {
                    Err(format!("it stays {now}"))
                }
            })
            .await;
        }
    }

    /// Waits until no track is live and no peer connection is open, and then
    /// demands that nothing was complained about on the console.
    pub async fn left_nothing(&self) {
        self.left_nothing_but(&[]).await;
    }

    /// [`Peer::left_nothing`], except for console errors with one of these parts.
    pub async fn left_nothing_but(&self, excepted: &[&str]) {
        wait_until("no live track and no open connection", async || {
            let now = self.page.snapshot().await;
            if now.live_tracks == 0 && now.connections_open == 0 {
                return Ok(());
            }
            Err(format!(
                "{} tracks, {} connections",
                now.live_tracks, now.connections_open
            ))
        })
        .await;
        let errors: Vec<String> = self
            .page
            .console_errors()
            .await
            .into_iter()
            .filter(|error| !excepted.iter().any(|part| error.contains(part)))
            .collect();
        assert!(
            errors.is_empty(),
            "{} has errors on the console: {errors:#?}",
            self.name
        );
    }
}
