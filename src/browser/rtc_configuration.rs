//! `RTCConfiguration` (<https://www.w3.org/TR/webrtc/#dom-rtcconfiguration>).

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{RtcBundlePolicy, RtcConfiguration, RtcIceTransportPolicy};
use wimpex_webrtc::IceServer;

use super::BrowserError;
use super::rtc_certificate::Certificate;

/// Makes one. With `relay_only`, only candidates of a relay are used
/// (`iceTransportPolicy`): the peer learns its address, and none of ours. The browser makes a
/// certificate of its own where none is given.
pub(super) fn configuration(
    servers: &[IceServer],
    relay_only: bool,
    certificate: Option<&Certificate>,
) -> Result<RtcConfiguration, BrowserError> {
    let configuration = RtcConfiguration::new();
    // Every browser sends all of a call over one transport. Said from the start, it
    // saves the candidates of the others, each some milliseconds of the peer's.
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    if relay_only {
        configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
    }
    if let Some(certificate) = certificate {
        let certificates = Array::of1(certificate.js());
        Reflect::set(&configuration, &"certificates".into(), &certificates)?;
    }
    configuration.set_ice_servers(&ice_servers(servers)?);
    Ok(configuration)
}

fn ice_servers(servers: &[IceServer]) -> Result<JsValue, BrowserError> {
    let list = Array::new();
    for server in servers {
        let entry = Object::new();
        let urls: Array = server
            .urls
            .iter()
            .map(|url| JsValue::from_str(url))
            .collect();
        Reflect::set(&entry, &"urls".into(), &urls)?;
        for (name, value) in [
            ("username", &server.username),
            ("credential", &server.credential),
        ] {
            if let Some(value) = value {
                Reflect::set(&entry, &name.into(), &value.into())?;
            }
        }
        list.push(&entry);
    }
    Ok(list.into())
}
