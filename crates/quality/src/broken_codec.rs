//! A video codec that this device says it has, and that does not work: hardware that delivers nothing, or
//! cannot read what comes.

use crate::interval::{IntervalStats, StreamStats};

/// How many intervals in a row say that it does not work: a key frame that was lost comes again within
/// three seconds, and hardware takes a second or two to start.
const INTERVALS: u32 = 6;
/// Below this loss, frames do not stay undecoded for want of packets.
const WHOLE: f64 = 0.05;
/// Packets a second of video that somebody sends, rather than of one that ended.
const FLOWS: f64 = 5.0;
/// Both ends always have it, in software too (RFC 7742, section 5).
const SOFTWARE: &str = "VP8";

/// Follows both directions of one connection's video.
#[derive(Clone, Debug, Default)]
pub(crate) struct BrokenCodec {
    decoding: u32,
    encoding: u32,
}

impl BrokenCodec {
    /// Takes one more interval; the codec's name, once, when it is found not to work.
    pub(crate) fn update(&mut self, interval: &IntervalStats) -> Option<String> {
        let inbound = interval.inbound_video.as_ref();
        let outbound = interval.outbound_video.as_ref();
        let fails = [
            (
                &mut self.decoding,
                inbound,
                inbound.is_some_and(is_undecoded),
            ),
            (
                &mut self.encoding,
                outbound,
                !interval.camera_off && outbound.is_some_and(is_unencoded),
            ),
        ];
        let mut broken = None;
        for (count, stream, is_failing) in fails {
            *count = if is_failing { *count + 1 } else { 0 };
            if *count == INTERVALS {
                broken = stream.and_then(|stream| stream.codec.clone());
            }
        }
        broken
    }
}

/// Its packets come, and no frame of them is seen.
fn is_undecoded(stream: &StreamStats) -> bool {
    is_of_hardware(stream)
        && stream.frames_per_second == Some(0.0)
        && stream.packet_rate.is_some_and(|rate| rate > FLOWS)
        && stream.fraction_lost.is_none_or(|lost| lost < WHOLE)
}

/// Hardware is to encode, and makes nothing of what the camera gives.
fn is_unencoded(stream: &StreamStats) -> bool {
    is_of_hardware(stream)
        && stream.power_efficient == Some(true)
        && stream.frames_per_second == Some(0.0)
        && stream.packet_rate == Some(0.0)
}

fn is_of_hardware(stream: &StreamStats) -> bool {
    stream
        .codec
        .as_deref()
        .is_some_and(|codec| codec != SOFTWARE)
}
