//! How fast a picture begins.

/// In kilobits a second. Chromium begins with 300 and feels its way up, so that
/// the first picture, some 30 kB, takes a quarter of a second longer than it has
/// to on most networks; on a slow one, congestion control takes over within a second.
const START_BITRATE: &str = "1000";

/// The peer's description, as the browser is to read it: sending VP8 begins at
/// another bitrate. Chromium's own parameter; others ignore it.
pub fn with_start_bitrate(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len() + 64);
    for line in sdp.split_inclusive('\n') {
        out.push_str(line);
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
