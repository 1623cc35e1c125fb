//! What is asked of the browser through the peer's description.

use super::codecs::{Codecs, first_choice};

/// In kilobits a second. Chromium begins with 300 and feels its way up, so that
/// the first picture, some 30 kB, takes a quarter of a second longer than it has
/// to on most networks; on a slow one, congestion control takes over within a second.
const START_BITRATE: &str = "1000";

/// The peer's description, as the browser is to read it. Sending VP8 begins at another
/// bitrate: Chromium's own parameter; others ignore it. And where nobody speaks, Opus
/// sends next to nothing (`usedtx`, RFC 7587, section 6.1), which leaves the way to the
/// picture; in-band FEC is on in every browser already. The codecs are in the order in
/// which we are to send them, of which we encode `encodes` in hardware.
pub fn with_wishes(sdp: &str, encodes: Codecs) -> String {
    let mut out = String::with_capacity(sdp.len() + 64);
    let mut rest = sdp;
    for line in sdp.split_inclusive('\n') {
        rest = &rest[line.len()..];
        if line.starts_with("m=") {
            let section = rest.split("\nm=").next().unwrap_or_default();
            let line = line.trim_end();
            out.push_str(
                first_choice(line, section, encodes)
                    .as_deref()
                    .unwrap_or(line),
            );
            out.push_str("\r\n");
            continue;
        }
        match line.split_once("useinbandfec=1") {
            Some((before, after)) if !line.contains("usedtx") => {
                for part in [before, "useinbandfec=1;usedtx=1", after] {
                    out.push_str(part);
                }
            }
            _ => out.push_str(line),
        }
        let payload = line
            .trim_end()
            .strip_prefix("a=rtpmap:")
            .and_then(|map| map.strip_suffix(" VP8/90000"));
        if let Some(payload) = payload {
            for part in [
                "a=fmtp:",
                payload,
                " x-google-start-bitrate=",
                START_BITRATE,
                "\r\n",
            ] {
                out.push_str(part);
            }
        }
    }
    out
}
