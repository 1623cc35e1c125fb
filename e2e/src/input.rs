//! Using a page with pointer and keys.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use serde_json::json;

use crate::page::{Page, Role, short};
use crate::wait::eventually;

impl Page {
    /// Clicks as a person does: moves the pointer, which brings hidden controls
    /// back, and clicks where the thing is.
    pub async fn click(&self, role: Role, name: &str) {
        eventually(&format!("a click on {role:?} {name:?}"), async || {
            let element = self.look(role, name).await?;
            // Last, since looking takes long on a loaded machine.
            self.wake().await;
            element.click().await.map_err(|error| short(&error))
        })
        .await;
    }

    /// Clicks a thing at the moment that is `delay` from now, however long the
    /// drivers take: with it, people in two browsers click at the same time.
    pub async fn click_later(&self, role: Role, name: &str, delay: Duration) {
        let due = SystemTime::now() + delay;
        let due = due
            .duration_since(UNIX_EPOCH)
            .expect("a clock after 1970")
            .as_millis();
        let element = self.find(role, name).await;
        let element = serde_json::to_value(&element).expect("an element reference");
        let script = "const [thing, due] = arguments;
            setTimeout(() => thing.click(), due - Date.now()); return due - Date.now();";
        let left = self
            .client
            .execute(script, vec![element, json!(due as u64)])
            .await;
        let left = left.ok().and_then(|left| left.as_i64()).unwrap_or(-1);
        assert!(
            left > 0,
            "too slow to click at the same moment: {left} ms left"
        );
    }

    /// Replaces what stands in a textbox.
    pub async fn fill(&self, name: &str, text: &str) {
        eventually(&format!("typing into {name:?}"), async || {
            let element = self.look(Role::Textbox, name).await?;
            element.clear().await.map_err(|error| short(&error))?;
            element.send_keys(text).await.map_err(|error| short(&error))
        })
        .await;
    }

    /// Puts a text into a textbox as pasting does, at once.
    pub async fn paste(&self, name: &str, text: &str) {
        let element = self.find(Role::Textbox, name).await;
        let script = "const [box, text] = arguments; box.focus(); box.value = text;
            box.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));";
        let element = serde_json::to_value(&element).expect("an element reference");
        self.client
            .execute(script, vec![element, json!(text)])
            .await
            .expect("pasting");
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: char) {
        self.focus().await;
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client
            .perform_actions(keys)
            .await
            .expect("pressing a key");
    }

    /// Moves the pointer a little, so that hidden controls come back.
    pub async fn wake(&self) {
        self.focus().await;
        let step = (self.pointer_at.get() + 1) % 20;
        self.pointer_at.set(step);
        let moves = MouseActions::new("mouse".to_owned()).then(PointerAction::MoveTo {
            duration: Some(Duration::ZERO),
            x: 300.0 + 3.0 * f64::from(step),
            y: 300.0,
        });
        // A page on its way out takes no pointer; the next step will tell.
        let _ = self.client.perform_actions(moves).await;
    }
}
