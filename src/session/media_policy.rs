//! How media is sent: which codecs, in which order, and how a description is changed
//! before the browser gets it. Decisions only; the adapters carry them out.
//!
//! Each side puts the codecs that it decodes in hardware before the others in its
//! description. The other side uses the first of these that it encodes in hardware; where
//! there is none, both use VP8, the middle between quality and load (docs/quality.md).

use crate::browser::media_capabilities::{self, CodecUse, VideoConfiguration};
use crate::browser::media_capture::VideoConstraints;

/// The video codecs that browsers have, by the subtype of their media type (RFC 6838).
const CODECS: [&str; 4] = ["VP8", "VP9", "H264", "AV1"];

/// Every browser has it, in software too (RFC 7742, section 5).
const EVERYWHERE: &str = "VP8";

/// Some of the video codecs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codecs(u8);

impl Codecs {
    /// These and the one of this name: `VP8`, `VP9`, `H264` or `AV1`. Another name adds
    /// nothing.
    pub fn with(self, name: &str) -> Self {
        Self(self.0 | bit(name))
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        CODECS.into_iter().filter(|name| self.has(name)).collect()
    }

    fn has(self, name: &str) -> bool {
        self.0 & bit(name) != 0
    }
}

fn bit(name: &str) -> u8 {
    let known = CODECS.iter().position(|codec| *codec == name);
    known.map_or(0, |at| 1 << at)
}

/// What this device does in hardware, as far as the browser says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Of what it sends.
    pub encodes: Codecs,
    /// Of what it receives.
    pub decodes: Codecs,
    /// What it says it does, and was found not to do in a call.
    pub broken: Codecs,
}

/// What the camera is asked for.
pub const CAMERA: VideoConstraints = VideoConstraints {
    width: 1280,
    height: 720,
    frame_rate: 30,
    facing_mode: None,
};

/// What a call's video is at most.
const VIDEO: VideoConfiguration = VideoConfiguration {
    width: CAMERA.width,
    height: CAMERA.height,
    bitrate: 1_500_000,
    framerate: CAMERA.frame_rate,
};

impl Hardware {
    /// From the next negotiation on, this codec is neither sent nor received.
    pub fn give_up(&mut self, codec: &str) {
        if codec != EVERYWHERE {
            self.broken = self.broken.with(codec);
        }
    }

    /// Asks the browser; nothing where it does not know.
    pub async fn of_this_device() -> Self {
        let mut hardware = Self::default();
        for (direction, found) in [
            (CodecUse::Encoding, &mut hardware.encodes),
            (CodecUse::Decoding, &mut hardware.decodes),
        ] {
            for name in CODECS {
                if media_capabilities::is_power_efficient(direction, name, VIDEO).await {
                    *found = found.with(name);
                }
            }
        }
        hardware
    }
}

/// In kilobits a second. Chromium begins with 300 and feels its way up, so that
/// the first frame, some 30 kB, takes a quarter of a second longer than it has
/// to on most networks; on a slow one, congestion control takes over within a second.
const START_BITRATE: &str = "1000";

/// The remote description, as the browser is to read it. Sending VP8 begins at another
/// bitrate: Chromium's own parameter; others ignore it. And where nobody speaks, Opus
/// sends next to nothing (`usedtx`, RFC 7587, section 6.1), which leaves the bandwidth to
/// the video; in-band FEC is on in every browser already. The codecs are in the order in
/// which we are to send them, of which we encode `encodes` in hardware.
pub fn remote_description(sdp: &str, encodes: Codecs) -> String {
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

/// A line `m=` of the remote description with the codec first that we are to send.
/// Audio goes as RED (RFC 2198) where it is known: each packet repeats the one before,
/// so that a lost one is not missed.
fn first_choice(line: &str, section: &str, encodes: Codecs) -> Option<String> {
    let plain = if line.starts_with("m=audio") {
        "red"
    } else {
        "VP8"
    };
    let formats = line.match_indices(' ').nth(2)?.0 + 1;
    let (head, payloads) = line.split_at(formats);
    let first = payloads.split(' ').find(|payload| {
        let map = ["a=rtpmap:", payload, " "].concat();
        let codec = section.find(&map).map(|at| &section[at + map.len()..]);
        let codec = codec.and_then(|codec| codec.split('/').next());
        codec.is_some_and(|codec| codec == plain || encodes.has(codec))
    })?;
    let mut chosen = [head, first].concat();
    for payload in payloads.split(' ').filter(|payload| *payload != first) {
        chosen.push(' ');
        chosen.push_str(payload);
    }
    Some(chosen)
}

/// Whether audio is sent as RED: both descriptions have it.
pub fn uses_red(local: &str, remote: &str) -> bool {
    [local, remote].iter().all(|sdp| sdp.contains(" red/48000"))
}

/// Whether the answer to this offer is sent at once, but applied only with the first
/// remote candidate.
///
/// Firefox (seen in 153) gives a connection up when five seconds after its answer
/// no remote candidate has come, and one that was given up before it ever
/// connected sends no media after a restart either, though it says that it is
/// connected. The peer's candidates come only when it has our answer, which a
/// network that is away for a moment delays. So there our answer is made, and
/// sent, but becomes the local description only when the first candidate shows that the
/// peer has it.
pub fn holds_answer(offer: &str, user_agent: &str) -> bool {
    let has_candidates = offer.contains("a=candidate:");
    !has_candidates && user_agent.contains("Firefox/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_vp8_begins_faster_and_nothing_else_changes() {
        let sdp = "v=0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n\
                   a=fmtp:97 apt=96\r\na=rtpmap:111 opus/48000/2\r\n";
        let faster = changed(sdp);
        let added = "a=fmtp:96 x-google-start-bitrate=1000\r\n";
        assert_eq!(faster.replace(added, ""), sdp);
        assert_eq!(faster.matches(added).count(), 1);
        assert!(faster.contains(&format!("VP8/90000\r\n{added}")));
        assert_eq!(changed("garbage"), "garbage");
        let opus = "a=fmtp:111 minptime=10;useinbandfec=1\r\n";
        let quiet = "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n";
        assert_eq!(changed(opus), quiet);
        assert_eq!(changed(quiet), quiet);
    }

    fn changed(sdp: &str) -> String {
        remote_description(sdp, Codecs::default())
    }

    const BOTH: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9\r\na=rtpmap:111 opus/48000/2\r\n\
        a=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 45 102 96 116\r\na=rtpmap:45 AV1/90000\r\n\
        a=rtpmap:102 H264/90000\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:116 red/90000\r\n";

    #[test]
    fn audio_goes_as_red_where_the_peer_has_it() {
        let sdp = changed(BOTH);
        assert!(
            sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9\r\n"),
            "{sdp}"
        );
        let without = BOTH.replace("a=rtpmap:63 red/48000/2\r\n", "");
        assert!(changed(&without).contains("SAVPF 111 63 9\r\n"));
        // The RED of video is not that of audio.
        let without = BOTH.replace("a=rtpmap:63 ", "a=rtpmap:64 ");
        assert!(changed(&without).contains("SAVPF 111 63 9\r\n"));
    }

    #[test]
    fn video_codec_is_in_hardware_on_both_ends_or_vp8() {
        let video = |encodes: Codecs| {
            let sdp = remote_description(BOTH, encodes);
            let (_, video) = sdp.split_once("m=video 9 UDP/TLS/RTP/SAVPF ").unwrap();
            video.split("\r\n").next().unwrap().to_owned()
        };
        let none = Codecs::default();
        assert_eq!(video(none), "96 45 102 116");
        assert_eq!(video(none.with("H264")), "102 45 96 116");
        assert_eq!(video(none.with("H264").with("AV1")), "45 102 96 116");
        // What the peer has not put before VP8 it does not have in hardware.
        assert_eq!(video(none.with("VP9")), "96 45 102 116");
        assert_eq!(video(none.with("no such codec")), "96 45 102 116");
        let cut = "m=video 9\r\nm=audio\r\nm=\r\n";
        assert_eq!(remote_description(cut, none), cut);
    }

    /// Field report 34: what was found broken is not preferred again, in this call or the next.
    #[test]
    fn report_34_a_broken_codec_is_refused() {
        let none = Codecs::default();
        let mut hardware = Hardware {
            encodes: none.with("H264"),
            decodes: none.with("H264"),
            broken: none,
        };
        assert!(hardware.broken.names().is_empty());
        hardware.give_up("H264");
        assert_eq!(hardware.broken.names(), ["H264"]);
        // VP8 is what all have; without it there would be no video at all.
        hardware.give_up("VP8");
        assert_eq!(hardware.broken.names(), ["H264"]);
    }

    #[test]
    fn codecs_are_known_by_name() {
        let none = Codecs::default();
        assert!(none.names().is_empty());
        let two = none.with("AV1").with("VP9").with("no such codec");
        assert_eq!(two.names(), ["VP9", "AV1"]);
    }

    #[test]
    fn red_is_used_if_both_descriptions_have_it() {
        let without = BOTH.replace("red/48000", "RED/48000");
        assert!(uses_red(BOTH, BOTH));
        assert!(!uses_red(BOTH, &without) && !uses_red(&without, BOTH));
    }

    #[test]
    fn only_firefox_holds_an_answer() {
        let (firefox, chromium) = (
            "Gecko/20100101 Firefox/153.0",
            "AppleWebKit/537.36 Chrome/150",
        );
        let restart = format!("{BOTH}a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
        assert!(holds_answer(BOTH, firefox));
        assert!(!holds_answer(&restart, firefox));
        assert!(!holds_answer(BOTH, chromium));
    }
}
