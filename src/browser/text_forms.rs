//! Normal forms and case mappings of texts (ECMA-262, `String.prototype`): the browser has the tables.

use js_sys::JsString;

/// The compatibility decomposition (UAX #15, NFKD).
pub fn nfkd(text: &str) -> String {
    JsString::from(text).normalize("NFKD").into()
}

/// In small letters, whatever the language.
pub fn lowercase(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// In capital letters, whatever the language.
pub fn uppercase(text: &str) -> String {
    JsString::from(text).to_upper_case().into()
}
