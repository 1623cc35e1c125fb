//! The numbers of the interval between two samples.

use serde::Serialize;

use crate::sample::{Counter, Route, Sample, Security, Stream};

/// One stream in one direction, over an interval. Whatever is `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// Bits of payload a second.
    pub bitrate: Option<f64>,
    /// Packets a second.
    pub packets: Option<f64>,
    /// Share of the packets that were lost, 0 to 1: of those that should have come,
    /// or what the peer's last report says of those that left, if it is none too old.
    pub loss: Option<f64>,
    /// When the peer told so of what left: in milliseconds, by the browser's clock.
    pub reported: Option<f64>,
    /// Variation of the packets' delay, in seconds.
    pub jitter: Option<f64>,
    /// How long what was played waited in the jitter buffer, in seconds.
    pub waited: Option<f64>,
    /// Share of the sound that was made up for what was missing, 0 to 1.
    pub concealed: Option<f64>,
    /// Times that the picture stood still; one counts when it is over.
    pub freezes: Option<f64>,
    /// How long it stood still, in seconds: all of a standstill when it is over, so that it
    /// may be longer than the interval.
    pub frozen: Option<f64>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// Pictures a second that were not shown.
    pub dropped: Option<f64>,
    /// Seconds of work for one picture.
    pub work: Option<f64>,
    /// Packets a second that were sent again.
    pub again: Option<f64>,
    /// Requests for packets, a second.
    pub nack: Option<f64>,
    /// Requests for whole pictures.
    pub pli: Option<f64>,
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
    /// `VP8`, `opus`.
    pub codec: Option<String>,
    /// Whether hardware does the coding.
    pub hardware: Option<bool>,
    /// What holds the encoder back: `none`, `cpu`, `bandwidth` or `other`.
    pub limitation: Option<String>,
    /// What the encoder aims at, in bits a second.
    pub target: Option<f64>,
}

/// A number of a stream; what it is says [`Flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are those of Flow")]
pub enum Number {
    Bitrate,
    Packets,
    Loss,
    Jitter,
    Waited,
    Concealed,
    Freezes,
    Frozen,
    FrameRate,
    Dropped,
    Work,
    Again,
    Nack,
    Pli,
}

/// Which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are those of Quality")]
pub enum Media {
    SoundIn,
    SoundOut,
    PictureIn,
    PictureOut,
}

/// The numbers of one interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// Sound that arrives.
    pub sound_in: Option<Flow>,
    /// Picture that arrives.
    pub picture_in: Option<Flow>,
    /// Sound that leaves.
    pub sound_out: Option<Flow>,
    /// Picture that leaves.
    pub picture_out: Option<Flow>,
    /// There and back over the route in use, in seconds.
    pub round_trip: Option<f64>,
    /// Bytes that came over the route, a second, whatever they were of.
    pub route_bytes: Option<f64>,
    /// Bits a second that all that came takes of the network: media, reports, what was sent
    /// again or to feel the way, with the headers of UDP and IP around it.
    pub whole_in: Option<f64>,
    /// The same of all that left.
    pub whole_out: Option<f64>,
    /// The route.
    pub route: Option<Route>,
    /// Sound goes twice (RED, RFC 2198): each packet brings the one before along.
    pub redundant: bool,
    /// Our camera is off: what a browser sends of it all the same is no picture.
    pub camera_off: bool,
    /// How what flows is protected.
    pub security: Security,
}

impl Quality {
    /// The interval between two samples of one connection, `before` the older.
    pub fn between(before: &Sample, after: &Sample) -> Self {
        let seconds = growth(before.at, after.at).unwrap_or(0.0);
        let flow = |before: &Option<Stream>, after: &Option<Stream>, arrives| {
            let after = after.as_ref()?;
            Some(Flow::between(before.as_ref(), after, seconds, arrives))
        };
        let reported = |stream: &Option<Stream>, flow: Option<Flow>| {
            let is_fresh = stream
                .as_ref()
                .is_some_and(|stream| is_fresh(stream, after));
            flow.map(|flow| Flow {
                loss: flow.loss.filter(|_| is_fresh),
                ..flow
            })
        };
        let route = after.route.as_ref();
        let route_before = before
            .route
            .as_ref()
            .filter(|before| route.is_some_and(|after| after.id == before.id));
        let grown = |of: fn(&Route) -> Option<f64>| {
            ratio(growth(route_before.and_then(of), of(route?))?, seconds)
        };
        let sound_in = flow(&before.sound_in, &after.sound_in, true);
        let picture_in = flow(&before.picture_in, &after.picture_in, true);
        let sound_out = reported(
            &after.sound_out,
            flow(&before.sound_out, &after.sound_out, false),
        );
        let picture_out = reported(
            &after.picture_out,
            flow(&before.picture_out, &after.picture_out, false),
        );
        let header = route.map_or(IPV4 + UDP, headers);
        // Without a count of all packets, that of the media's is nearly as good, and the
        // other way's requests for what was lost, which are some dozen a second on a way
        // that loses much.
        let whole = |bytes: Option<f64>,
                     packets: Option<f64>,
                     flows: [&Option<Flow>; 2],
                     other: [&Option<Flow>; 2]| {
            let requests = || other.into_iter().flatten().filter_map(|flow| flow.nack);
            let told = || Some(each(flows, |flow| flow.packets)? + requests().sum::<f64>());
            let packets = packets.or_else(told)?;
            Some((bytes? + packets * header) * 8.0)
        };
        let route_bytes = grown(|route| route.bytes_in);
        Self {
            // Firefox 140 does not tell it of the route. What the peer reports went there and
            // back as well.
            round_trip: route
                .and_then(|route| round_trip(route_before, route))
                .or_else(|| reported_round_trip([&after.sound_out, &after.picture_out])),
            route_bytes,
            whole_in: whole(
                route_bytes,
                grown(|route| route.packets_in),
                [&sound_in, &picture_in],
                [&sound_out, &picture_out],
            ),
            whole_out: whole(
                grown(|route| route.bytes_out),
                grown(|route| route.packets_out),
                [&sound_out, &picture_out],
                [&sound_in, &picture_in],
            ),
            sound_in,
            picture_in,
            sound_out,
            picture_out,
            route: route.cloned(),
            redundant: after.redundant,
            camera_off: after.camera_off,
            security: after.security.clone(),
        }
    }

    /// The share of what arrives that was not there to be heard.
    ///
    /// Of sound that goes twice it is what the browser had to make up, if that is less
    /// than what was lost.
    pub fn missing_in(&self, lost: f64) -> f64 {
        let made_up = self.sound_in.as_ref().and_then(|sound| sound.concealed);
        match made_up {
            Some(made_up) if self.redundant => lost.min(made_up),
            _ => lost,
        }
    }

    /// The same of what leaves. What the peer had to make up nobody tells: of sound
    /// that goes twice, half of what is lost is taken to be, since losses come in runs.
    pub fn missing_out(&self, lost: f64) -> f64 {
        if self.redundant { lost / 2.0 } else { lost }
    }

    /// Bits a second that arrive, sound and picture together.
    pub fn bitrate_in(&self) -> Option<f64> {
        each([&self.sound_in, &self.picture_in], |flow| flow.bitrate)
    }

    /// Bits a second that leave, sound and picture together.
    pub fn bitrate_out(&self) -> Option<f64> {
        each([&self.sound_out, &self.picture_out], |flow| flow.bitrate)
    }
}

impl Quality {
    /// One of its streams.
    pub fn flow(&self, media: Media) -> Option<&Flow> {
        match media {
            Media::SoundIn => &self.sound_in,
            Media::SoundOut => &self.sound_out,
            Media::PictureIn => &self.picture_in,
            Media::PictureOut => &self.picture_out,
        }
        .as_ref()
    }
}

impl Flow {
    /// One of its numbers.
    pub fn number(&self, number: Number) -> Option<f64> {
        match number {
            Number::Bitrate => self.bitrate,
            Number::Packets => self.packets,
            Number::Loss => self.loss,
            Number::Jitter => self.jitter,
            Number::Waited => self.waited,
            Number::Concealed => self.concealed,
            Number::Freezes => self.freezes,
            Number::Frozen => self.frozen,
            Number::FrameRate => self.frame_rate,
            Number::Dropped => self.dropped,
            Number::Work => self.work,
            Number::Again => self.again,
            Number::Nack => self.nack,
            Number::Pli => self.pli,
        }
    }

    fn between(before: Option<&Stream>, after: &Stream, seconds: f64, arrives: bool) -> Self {
        use Counter::{
            Again, Bytes, Concealed, Dropped, Emitted, Frames, FreezeTime, Freezes, Nack, Packets,
            Pli, Samples, Waited, Worked,
        };
        let before = before.filter(|before| before.ssrc == after.ssrc);
        let grown = |counter| growth(before?.count(counter), after.count(counter));
        let rate = |counter| ratio(grown(counter)?, seconds);
        let share = |part, of| ratio(grown(part)?, grown(of)?);
        Self {
            bitrate: rate(Bytes).map(|bytes| bytes * 8.0),
            packets: rate(Packets),
            loss: if arrives {
                before.and_then(|before| loss(before, after))
            } else {
                after.peer_loss
            },
            reported: after.reported.filter(|_| !arrives),
            jitter: after.jitter.filter(|jitter| *jitter >= 0.0),
            waited: share(Waited, Emitted),
            concealed: share(Concealed, Samples).map(|share| share.min(1.0)),
            freezes: grown(Freezes),
            frozen: grown(FreezeTime),
            frame_rate: rate(Frames),
            dropped: rate(Dropped),
            work: share(Worked, Frames),
            again: rate(Again),
            nack: rate(Nack),
            pli: grown(Pli),
            resolution: after.resolution,
            codec: after.codec.clone(),
            hardware: after.hardware,
            limitation: after.limitation.clone(),
            target: after.target,
        }
    }
}

/// A report of the peer's that is older than this many seconds says nothing of now. Sound's
/// come every five seconds or so, and may come late or be lost.
const OLD: f64 = 10.0;

/// Whether the peer has reported of that stream lately.
pub(crate) fn is_fresh(stream: &Stream, now: &Sample) -> bool {
    let age = |reported: f64| now.at.map(|at| at - reported / 1_000.0);
    stream.reported.and_then(age).is_some_and(|age| age <= OLD)
}

/// How much a counter grew; unknown if it is missing, odd, or went back.
pub(crate) fn growth(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    let growth = after? - before?;
    (growth.is_finite() && growth >= 0.0).then_some(growth)
}

pub(crate) fn ratio(part: f64, of: f64) -> Option<f64> {
    let ratio = part / of;
    ratio.is_finite().then_some(ratio)
}

/// Lost packets of the interval. When late packets come in, the browser takes
/// them off its count; such an interval lost nothing. What came again is counted as
/// received (webrtc-stats, section 8.2), and came in the place of a lost one.
fn loss(before: &Stream, after: &Stream) -> Option<f64> {
    let lost = (after.count(Counter::Lost)? - before.count(Counter::Lost)?).max(0.0);
    let came = growth(
        before.count(Counter::Packets),
        after.count(Counter::Packets),
    )?;
    let again = growth(before.count(Counter::Again), after.count(Counter::Again));
    ratio(lost, lost + (came - again.unwrap_or(0.0)).max(0.0))
}

/// The mean of the interval's answers; without any, the last one known.
fn round_trip(before: Option<&Route>, after: &Route) -> Option<f64> {
    let mean = before.and_then(|before| {
        ratio(
            growth(before.total_round_trip, after.total_round_trip)?,
            growth(before.responses, after.responses)?,
        )
    });
    mean.or(after.current_round_trip)
        .filter(|time| *time >= 0.0)
}

/// The shorter of those that the peer's reports tell of sound and picture.
fn reported_round_trip(streams: [&Option<Stream>; 2]) -> Option<f64> {
    let told = streams.into_iter().flatten();
    told.filter_map(|stream| stream.round_trip)
        .filter(|time| *time >= 0.0)
        .reduce(f64::min)
}

/// The sum over those streams that are there; unknown if one of them is.
fn each(streams: [&Option<Flow>; 2], of: fn(&Flow) -> Option<f64>) -> Option<f64> {
    let mut there = streams.into_iter().flatten().map(of).peekable();
    there.peek()?;
    there.sum()
}

/// Bytes of a header without options (RFC 791, RFC 8200, RFC 768).
const IPV4: f64 = 20.0;
const IPV6: f64 = 40.0;
const UDP: f64 = 8.0;

/// What the network adds to each packet of a route.
fn headers(route: &Route) -> f64 {
    let is_v6 = [&route.local, &route.remote]
        .into_iter()
        .filter_map(|end| end.address.as_ref())
        .any(|address| address.contains(':'));
    UDP + if is_v6 { IPV6 } else { IPV4 }
}
