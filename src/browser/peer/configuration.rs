//! `RTCConfiguration`.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{RtcBundlePolicy, RtcConfiguration, RtcIceTransportPolicy};
use wimpex_webrtc::IceServer;

use super::codecs::Hardware;
use crate::browser::BrowserError;

/// Which paths and codecs may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Only paths through a relay: the peer learns its address, and none of ours
    /// (`RTCConfiguration.iceTransportPolicy`).
    pub relay_only: bool,
    /// Codecs that are preferred.
    pub hardware: Hardware,
}

pub(super) fn configuration(
    servers: &[IceServer],
    policy: Policy,
) -> Result<RtcConfiguration, BrowserError> {
    let configuration = RtcConfiguration::new();
    // Every browser sends all of a call over one transport. Said from the start, it
    // saves the candidates of the others, each some milliseconds of the peer's.
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    if policy.relay_only {
        configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
    }
    configuration.set_ice_servers(&ice_servers(servers)?);
    Ok(configuration)
}

fn ice_servers(servers: &[IceServer]) -> Result<JsValue, BrowserError> {
    let list = Array::new();
    for server in servers {
        let entry = js_sys::Object::new();
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
