//! Using a page with pointer and keys.

use std::path::Path;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::elements::Element;
use serde_json::json;

use crate::page::{Page, Role, short};
use crate::wait::{now_millis, wait_until};

impl Page {
    /// Clicks where the thing is, while hidden controls are kept from hiding. Waits until it is enabled,
    /// for the driver would click it all the same, and nothing would come of it.
    pub async fn click(&self, role: Role, name: &str) {
        wait_until(&format!("a click on {role:?} {name:?}"), async || {
            self.keep_awake().await;
            let element = self.look(role, name).await?;
            if !element.is_enabled().await.unwrap_or(false) {
                return Err("it is disabled".to_owned());
            }
            element.click().await.map_err(|error| short(&error))
        })
        .await;
    }

    /// Clicks things of this name on both pages at the same moment, however long the drivers take to
    /// find them.
    pub async fn click_together(pages: [&Page; 2], role: Role, name: &str) {
        let [one, other] = pages;
        let found = tokio::join!(one.find(role, name), other.find(role, name));
        // One command to each driver is left to do.
        let due = now_millis() + 2_000;
        tokio::join!(one.click_at(&found.0, due), other.click_at(&found.1, due));
    }

    /// `due` in milliseconds since 1970.
    async fn click_at(&self, element: &Element, due: u64) {
        let element = serde_json::to_value(element).expect("an element reference");
        let script = "const [thing, due] = arguments;
            setTimeout(() => thing.click(), due - Date.now()); return due - Date.now();";
        let left = self.client.execute(script, vec![element, json!(due)]).await;
        let left = left.ok().and_then(|left| left.as_i64()).unwrap_or(-1);
        assert!(
            left > 0,
            "too slow to click at the same moment: {left} ms left"
        );
    }

    /// Replaces what stands in a textbox.
    pub async fn fill(&self, name: &str, text: &str) {
        wait_until(&format!("typing into {name:?}"), async || {
            let element = self.look(Role::Textbox, name).await?;
            element.clear().await.map_err(|error| short(&error))?;
            element.send_keys(text).await.map_err(|error| short(&error))
        })
        .await;
    }

    /// Puts a text into a textbox as pasting does, at once.
    pub async fn paste(&self, name: &str, text: &str) {
        let script = "const [box, text] = arguments; box.focus(); box.value = text;
            box.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));";
        wait_until(&format!("pasting into {name:?}"), async || {
            let element = self.look(Role::Textbox, name).await?;
            let element = serde_json::to_value(&element).expect("an element reference");
            let pasted = self
                .client
                .execute(script, vec![element, json!(text)])
                .await;
            pasted.map(drop).map_err(|error| short(&error))
        })
        .await;
    }

    /// Drops a file of this machine's disk on the page's `main`; a script finds it as `window.__dropped`.
    pub async fn drop_file(&self, path: &Path) {
        let make = "const input = document.createElement('input');
            input.type = 'file';
            document.body.append(input);
            return input";
        self.focus().await;
        let made = self.client.execute(make, vec![]).await.expect("an input");
        let input = self.element(&made).expect("an element");
        let path = path.to_str().expect("a path of letters");
        input.send_keys(path).await.expect("choosing a file");
        let drop = "const [input] = arguments;
            const file = window.__dropped = input.files[0];
            input.remove();
            const data = new DataTransfer();
            data.items.add(file);
            document.querySelector('main').dispatchEvent(
                new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))";
        self.client
            .execute(drop, vec![made])
            .await
            .expect("dropping it");
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: char) {
        self.keys(&[KeyAction::Down { value: key }, KeyAction::Up { value: key }])
            .await;
    }

    /// Presses a key and holds it until [`Self::let_go`].
    pub async fn hold(&self, key: char) {
        self.keys(&[KeyAction::Down { value: key }]).await;
    }

    /// Lets go of a key.
    pub async fn let_go(&self, key: char) {
        self.keys(&[KeyAction::Up { value: key }]).await;
    }

    async fn keys(&self, actions: &[KeyAction]) {
        self.focus().await;
        let mut keys = KeyActions::new("keys".to_owned());
        for action in actions {
            keys = keys.then(action.clone());
        }
        self.client
            .perform_actions(keys)
            .await
            .expect("pressing a key");
    }

    /// Whether a click in the middle of the thing would reach it.
    pub async fn is_within_reach(&self, role: Role, name: &str) -> Result<bool, String> {
        let element = self.look(role, name).await?;
        let element = serde_json::to_value(&element).expect("an element reference");
        let script = "const [thing] = arguments;
            const box = thing.getBoundingClientRect();
            return thing.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));";
        let reached = self.client.execute(script, vec![element]).await;
        let reached = reached.map_err(|error| short(&error))?;
        reached.as_bool().ok_or_else(|| "no answer".to_owned())
    }

    /// Keeps controls from hiding for some seconds, as a restless pointer does.
    /// Done in the page, since on a loaded machine they would be gone again
    /// before the driver's next command.
    pub async fn keep_awake(&self) {
        self.focus().await;
        let script = "clearInterval(window.__restless);
            const until = performance.now() + 8000;
            const move = () => {
                document.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
                if (performance.now() > until) clearInterval(window.__restless);
            };
            window.__restless = setInterval(move, 250);
            move();";
        // A page on its way out takes no script; the next step will tell.
        let _ = self.client.execute(script, vec![]).await;
    }

    /// Really moves the pointer a little, which brings hidden controls back.
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
