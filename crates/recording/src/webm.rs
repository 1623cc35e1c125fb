//! [`Webm`]: makes a stream of WebM into a file that can be sought in.

use crate::ebml::{self, Header, Unread};

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const SEEK: u32 = 0x4dbb;
const SEEK_ID: u32 = 0x53ab;
const SEEK_POSITION: u32 = 0x53ac;
const INFO: u32 = 0x1549_a966;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const TRACK_TYPE: u32 = 0x83;
const VIDEO: u64 = 1;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const CUES: u32 = 0x1c53_bb6b;
const CUE_POINT: u32 = 0xbb;
const CUE_TIME: u32 = 0xb3;
const CUE_TRACK_POSITIONS: u32 = 0xb7;
const CUE_TRACK: u32 = 0xf7;
const CUE_CLUSTER_POSITION: u32 = 0xf1;
const VOID: u32 = 0xec;
const CRC_32: u32 = 0xbf;

/// Bytes that are kept free at the start of the segment, for a SeekHead of three entries (138 bytes).
const RESERVED: u64 = 160;

/// The most that a head element (EBML, Info, Tracks) has; browsers write a few hundred bytes.
const HEAD_BYTES: u64 = 1 << 20;

/// The most of a block that is looked at: track, time and flags.
const BLOCK_HEAD: usize = 8 + 2 + 1;

/// A cue is kept for no more than one cluster in that many ticks (milliseconds, as browsers count):
/// 3,600 an hour, 16 bytes each.
const CUE_EVERY: u64 = 1_000;

/// Goes through a WebM stream (RFC 9559) as `MediaRecorder` makes it, without a duration, cues or
/// sizes, and makes it a file that has them. It keeps what must be known at the end, never the
/// media.
///
/// What it gives goes through it unchanged, so a file that was left unfinished is finished by
/// giving it to a new one: only the patches and the ending are of use then.
///
/// ```
/// # use wimpex_recording::Webm;
/// # fn chunks() -> Vec<Vec<u8>> { Vec::new() }
/// let mut webm = Webm::new();
/// for chunk in chunks() {
///     let taken = webm.take(&chunk).expect("WebM");
///     // Append `taken.bytes`, then write each of `taken.patches` in its place.
/// }
/// if let Some(ending) = webm.end() {
///     // Cut the file to `ending.keep` bytes, append `ending.bytes`, then patch.
/// }
/// ```
#[derive(Debug, Default)]
pub struct Webm {
    /// What has come and waits for more, of a head or the start of a block.
    pending: Vec<u8>,
    /// Bytes of an element that go by unseen, or that are dropped.
    passing: u64,
    dropping: u64,
    /// The length of the file so far.
    written: u64,
    /// Up to here all elements are whole.
    whole: u64,
    /// Where the latest BlockGroup ends.
    group_end: u64,
    /// Where the segment's data start: all positions are counted from there.
    segment: Option<u64>,
    info: Option<u64>,
    /// Where the value of Duration is.
    duration_at: u64,
    tracks: Option<u64>,
    video: Option<u64>,
    first_track: u64,
    cluster: Option<Cluster>,
    cues: Vec<Cue>,
    /// The latest time of a block, in ticks; `None` before the first.
    latest: Option<u64>,
}

/// The cluster that is being written.
#[derive(Debug)]
struct Cluster {
    /// Where it starts.
    at: u64,
    timestamp: u64,
    /// A cue for it has been made, or was found not to be needed.
    is_settled: bool,
}

/// Where one can begin to play.
#[derive(Clone, Copy, Debug)]
struct Cue {
    time: u64,
    /// From the segment's start.
    position: u64,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// To be appended to the file.
    pub bytes: Vec<u8>,
    /// To be written after that, in place of what is there.
    pub patches: Vec<Patch>,
}

/// Bytes in place of others in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where, from the file's start.
    pub at: u64,
    /// What is to be there.
    pub bytes: Vec<u8>,
}

/// What makes the file whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The file is cut to this length: what comes after it is part of an element only.
    pub keep: u64,
    /// Then these are appended.
    pub bytes: Vec<u8>,
    /// Then these are written in place.
    pub patches: Vec<Patch>,
}

/// It is no WebM, or none that a browser writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Whether a file that a [`Webm`] has written is ended, by its first [`WHOLE_BYTES`] or more.
pub fn is_whole(head: &[u8]) -> bool {
    let segment = || {
        let first = ebml::header(head).ok().filter(|it| it.id == EBML)?;
        let at = usize::try_from(first.size?).ok()?;
        let rest = head.get(first.length.checked_add(at)?..)?;
        let segment = ebml::header(rest).ok().filter(|it| it.id == SEGMENT)?;
        segment.size
    };
    segment().is_some()
}

/// See [`is_whole`]; browsers' first element has some forty.
pub const WHOLE_BYTES: u64 = 4_096;

impl Webm {
    /// For a new file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream, which may be cut anywhere.
    ///
    /// # Errors
    /// It is no WebM, and this is of no more use. What was written until then is ended by giving it
    /// to a new one.
    pub fn take(&mut self, chunk: &[u8]) -> Result<Taken, Broken> {
        let mut taken = Taken::default();
        let mut rest = chunk;
        loop {
            rest = self.pass(rest, &mut taken);
            if rest.is_empty() {
                return Ok(taken);
            }
            // Little is needed at a time, of a chunk that may have megabytes.
            let before = self.pending.len();
            let wanted = self.wanted()?.saturating_sub(before);
            let more = rest.get(..wanted.min(rest.len())).unwrap_or_default();
            self.pending.extend(more);
            rest = rest.get(more.len()..).unwrap_or_default();
            match self.element(&mut taken) {
                Ok(()) | Err(Unread::Short) => {}
                Err(Unread::Broken) => return Err(Broken),
            }
        }
    }

    /// What is to be done for the file to be whole; `None` if there is nothing in it to be played.
    pub fn end(mut self) -> Option<Ending> {
        let segment = self.segment?;
        let (info, tracks, latest) = (self.info?, self.tracks?, self.latest?);
        let keep = self.whole;
        self.cues.retain(|cue| cue.position < keep - segment);
        let mut patches: Vec<_> = self.close_cluster(keep).into_iter().collect();
        let bytes = self.cues();
        let size = keep + bytes.len() as u64 - segment;
        patches.push(Patch {
            at: segment,
            bytes: seek_head(&[(INFO, info), (TRACKS, tracks), (CUES, keep - segment)]),
        });
        // Exact for 285,000 years.
        let duration = latest as f64;
        patches.push(Patch {
            at: self.duration_at,
            bytes: duration.to_be_bytes().to_vec(),
        });
        // The last: it tells that all of it is done.
        patches.push(Patch {
            at: segment - 8,
            bytes: ebml::size_bytes(size).to_vec(),
        });
        Some(Ending {
            keep,
            bytes,
            patches,
        })
    }

    /// Lets what is of no interest by.
    fn pass<'a>(&mut self, bytes: &'a [u8], taken: &mut Taken) -> &'a [u8] {
        let (dropped, bytes) = bytes.split_at(within(self.dropping, bytes));
        self.dropping -= dropped.len() as u64;
        let (passed, bytes) = bytes.split_at(within(self.passing, bytes));
        self.write(passed, taken);
        self.passing -= passed.len() as u64;
        if !passed.is_empty() && self.passing == 0 {
            self.settle();
        }
        bytes
    }

    /// How many bytes must be pending for something to be seen in them.
    fn wanted(&self) -> Result<usize, Broken> {
        let header = match ebml::header(&self.pending) {
            Ok(header) => header,
            // One at a time: the header of what comes next may not be taken with this one.
            Err(Unread::Short) => return Ok(self.pending.len() + 1),
            Err(Unread::Broken) => return Err(Broken),
        };
        let size = match (header.id, header.size) {
            (EBML | INFO | TRACKS | TIMESTAMP, Some(size)) if size <= HEAD_BYTES => size,
            (EBML | INFO | TRACKS | TIMESTAMP, _) => return Err(Broken),
            (SIMPLE_BLOCK | BLOCK, Some(size)) => size.min(BLOCK_HEAD as u64),
            _ => 0,
        };
        Ok(header.length + usize::try_from(size).map_err(|_| Broken)?)
    }

    /// Takes the element at the start of what is pending, as soon as there is enough of it.
    fn element(&mut self, taken: &mut Taken) -> Result<(), Unread> {
        let header = ebml::header(&self.pending)?;
        let wanted = self.wanted().map_err(|Broken| Unread::Broken)?;
        if self.pending.len() < wanted {
            return Err(Unread::Short);
        }
        let pending = std::mem::take(&mut self.pending);
        let data = pending.get(header.length..).unwrap_or_default();
        match header.id {
            // Each of them once, and none within another.
            EBML | SEGMENT if self.segment.is_some() => return Err(Unread::Broken),
            INFO if self.info.is_some() => return Err(Unread::Broken),
            TRACKS if self.tracks.is_some() => return Err(Unread::Broken),
            INFO | TRACKS | CLUSTER if self.written < self.group_end => return Err(Unread::Broken),
            EBML => self.keep(&pending, taken),
            SEGMENT => self.start_segment(taken),
            _ if self.segment.is_none() => return Err(Unread::Broken),
            INFO => self.take_info(data, taken),
            TRACKS => self.take_tracks(&pending, data, taken),
            CLUSTER => self.start_cluster(taken),
            TIMESTAMP => {
                let timestamp = ebml::unsigned(data).ok_or(Unread::Broken)?;
                let cluster = self.cluster.as_mut().ok_or(Unread::Broken)?;
                cluster.timestamp = timestamp;
                self.keep(&pending, taken);
            }
            SIMPLE_BLOCK | BLOCK => {
                self.block(header.id, data)?;
                self.keep_and_pass(header, &pending, taken)?;
            }
            // Its elements are looked at as if they were the cluster's.
            BLOCK_GROUP if self.cluster.is_none() => return Err(Unread::Broken),
            BLOCK_GROUP => {
                self.write(&pending, taken);
                let size = header.size.ok_or(Unread::Broken)?;
                self.group_end = self.written.checked_add(size).ok_or(Unread::Broken)?;
            }
            // Without it, the group would have another size.
            VOID | CRC_32 if self.written < self.group_end => {
                self.keep_and_pass(header, &pending, taken)?;
            }
            // They would be wrong here: there is room for ours, and cues come at the end.
            SEEK_HEAD | CUES | VOID | CRC_32 => {
                self.dropping = header.size.ok_or(Unread::Broken)?
            }
            _ => self.keep_and_pass(header, &pending, taken)?,
        }
        Ok(())
    }

    fn start_segment(&mut self, taken: &mut Taken) {
        self.write(&ebml::id_bytes(SEGMENT), taken);
        self.write(&ebml::UNKNOWN, taken);
        self.segment = Some(self.written);
        self.keep(&void(RESERVED), taken);
    }

    /// The same with a duration, which is patched at the end.
    fn take_info(&mut self, data: &[u8], taken: &mut Taken) {
        self.info = Some(self.position());
        let mut own = ebml::element(DURATION, &0_f64.to_be_bytes());
        let value = own.len() - 8;
        for (header, child) in ebml::children(data) {
            if !matches!(header.id, DURATION | VOID | CRC_32) {
                own.extend(ebml::element(header.id, child));
            }
        }
        self.duration_at = self.written + (4 + 8 + value) as u64;
        self.keep(&ebml::element(INFO, &own), taken);
    }

    fn take_tracks(&mut self, element: &[u8], data: &[u8], taken: &mut Taken) {
        self.tracks = Some(self.position());
        for (_, entry) in ebml::children(data).filter(|(it, _)| it.id == TRACK_ENTRY) {
            let find = |id| {
                let mut all = ebml::children(entry);
                let found = all.find(|(it, _)| it.id == id);
                found.and_then(|(_, value)| ebml::unsigned(value))
            };
            let number = find(TRACK_NUMBER).unwrap_or_default();
            if self.first_track == 0 {
                self.first_track = number;
            }
            if find(TRACK_TYPE) == Some(VIDEO) {
                self.video.get_or_insert(number);
            }
        }
        self.keep(element, taken);
    }

    fn start_cluster(&mut self, taken: &mut Taken) {
        let patch = self.close_cluster(self.written);
        taken.patches.extend(patch);
        self.cluster = Some(Cluster {
            at: self.written,
            timestamp: 0,
            is_settled: false,
        });
        self.write(&ebml::id_bytes(CLUSTER), taken);
        // Without anything in it, it is nothing that is kept.
        self.write(&ebml::UNKNOWN, taken);
    }

    /// The size of the cluster that ends there.
    fn close_cluster(&mut self, end: u64) -> Option<Patch> {
        let cluster = self.cluster.take()?;
        let data = cluster.at + 4 + 8;
        let size = end.checked_sub(data)?;
        Some(Patch {
            at: cluster.at + 4,
            bytes: ebml::size_bytes(size).to_vec(),
        })
    }

    fn block(&mut self, id: u32, data: &[u8]) -> Result<(), Unread> {
        let broken = Unread::Broken;
        let (track, length) = ebml::vint(data).map_err(|_| broken)?;
        let &[high, low, flags] = data.get(length..length + 3).ok_or(broken)? else {
            return Err(broken);
        };
        let position = self.cluster.as_ref().map(|it| self.within_segment(it.at));
        let cluster = self.cluster.as_mut().ok_or(broken)?;
        let offset = i64::from(i16::from_be_bytes([high, low]));
        let time = cluster.timestamp.saturating_add_signed(offset);
        self.latest = Some(self.latest.unwrap_or_default().max(time));
        let leads = self.video.is_none_or(|video| track == Some(video));
        if leads && !cluster.is_settled {
            cluster.is_settled = true;
            // A picture that needs the ones before it is no place to begin at. That of a group
            // has no flag.
            let is_key = self.video.is_none() || (id == SIMPLE_BLOCK && flags & 0x80 != 0);
            let last = self.cues.last();
            let is_due = last.is_none_or(|it| time.saturating_sub(it.time) >= CUE_EVERY);
            if is_key && is_due {
                let position = position.unwrap_or_default();
                self.cues.push(Cue { time, position });
            }
        }
        Ok(())
    }

    fn cues(&self) -> Vec<u8> {
        let track = self.video.unwrap_or(self.first_track);
        let point = |cue: &Cue| {
            let mut positions = ebml::number(CUE_TRACK, track);
            positions.extend(ebml::number(CUE_CLUSTER_POSITION, cue.position));
            let mut point = ebml::number(CUE_TIME, cue.time);
            point.extend(ebml::element(CUE_TRACK_POSITIONS, &positions));
            ebml::element(CUE_POINT, &point)
        };
        let points: Vec<_> = self.cues.iter().flat_map(point).collect();
        ebml::element(CUES, &points)
    }

    fn keep_and_pass(
        &mut self,
        header: Header,
        seen: &[u8],
        taken: &mut Taken,
    ) -> Result<(), Unread> {
        let size = header.size.ok_or(Unread::Broken)?;
        let seen_data = (seen.len() - header.length) as u64;
        self.passing = size.checked_sub(seen_data).ok_or(Unread::Broken)?;
        self.write(seen, taken);
        if self.passing == 0 {
            self.settle();
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8], taken: &mut Taken) {
        self.write(bytes, taken);
        self.settle();
    }

    /// An element is whole that is within no group, or that ends one.
    fn settle(&mut self) {
        if self.written >= self.group_end {
            self.whole = self.written;
        }
    }

    fn write(&mut self, bytes: &[u8], taken: &mut Taken) {
        taken.bytes.extend(bytes);
        self.written += bytes.len() as u64;
    }

    fn position(&self) -> u64 {
        self.within_segment(self.written)
    }

    fn within_segment(&self, at: u64) -> u64 {
        at - self.segment.unwrap_or_default()
    }
}

/// How many of these bytes belong to something of which that many are left.
fn within(left: u64, bytes: &[u8]) -> usize {
    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
}

/// In the place that was kept free, which it fills.
fn seek_head(entries: &[(u32, u64)]) -> Vec<u8> {
    let seek = |(id, position): &(u32, u64)| {
        let mut seek = ebml::element(SEEK_ID, &ebml::id_bytes(*id));
        seek.extend(ebml::number(SEEK_POSITION, *position));
        ebml::element(SEEK, &seek)
    };
    let entries: Vec<_> = entries.iter().flat_map(seek).collect();
    let mut bytes = ebml::element(SEEK_HEAD, &entries);
    bytes.extend(void(RESERVED - bytes.len() as u64));
    bytes
}

/// Nothing, in that many bytes: at least nine.
fn void(length: u64) -> Vec<u8> {
    let data = usize::try_from(length.saturating_sub(9)).unwrap_or_default();
    ebml::element(VOID, &vec![0; data])
}
