//! Reaching what web-sys does not have, by name.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A property that is there: neither missing nor undefined.
pub(super) fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined()).then_some(value)
}

/// A method, if the object has one of that name.
pub(super) fn method(object: &JsValue, name: &str) -> Option<Function> {
    property(object, name)?.dyn_into().ok()
}

/// Calls a method with one argument; `None` if there is no such method, or it throws. A
/// method without parameters ignores the argument: pass `undefined`.
pub(super) fn call(object: &JsValue, name: &str, argument: &JsValue) -> Option<JsValue> {
    method(object, name)?.call1(object, argument).ok()
}
