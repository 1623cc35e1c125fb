//! CSSOM: style sheets that the program adds
//! (<https://www.w3.org/TR/cssom-1/#dom-documentorshadowroot-adoptedstylesheets>).

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CssStyleSheet;

use super::window::document;

/// Adds to the document's style through `adoptedStyleSheets`, which the
/// Content-Security-Policy allows to the page's own program.
pub fn adopt(text: &str) {
    let added = || -> Result<(), JsValue> {
        let sheet = CssStyleSheet::new()?;
        sheet.replace_sync(text)?;
        let name = "adoptedStyleSheets".into();
        let known: Array = Reflect::get(&document(), &name)?.unchecked_into();
        Reflect::set(&document(), &name, &known.concat(&Array::of1(&sheet)))?;
        Ok(())
    };
    // A browser without them shows the same in its own style.
    let _ = added();
}
