//! Streams as a `MediaRecorder` makes them, and the files that come of them.

use proptest::prelude::*;
use wimpex_recording::{Ending, Patch, Webm};

const UNKNOWN: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

fn element(id: &[u8], data: &[u8]) -> Vec<u8> {
    let size = (data.len() as u64 | 1 << 56).to_be_bytes();
    [id, &size, data].concat()
}

fn live(id: &[u8], data: &[u8]) -> Vec<u8> {
    [id, &UNKNOWN, data].concat()
}

fn block(track: u8, time: i16, is_key: bool) -> Vec<u8> {
    let [high, low] = time.to_be_bytes();
    let mut data = vec![0x80 | track, high, low, if is_key { 0x80 } else { 0 }];
    data.extend([0x1f; 40]);
    element(&[0xa3], &data)
}

fn cluster(time: u16, is_key: bool) -> Vec<u8> {
    let mut data = element(&[0xe7], &time.to_be_bytes());
    data.extend(block(1, 0, true));
    data.extend(block(2, 5, is_key));
    data.extend(block(2, 900, false));
    live(&[0x1f, 0x43, 0xb6, 0x75], &data)
}

fn head(has_video: bool) -> Vec<u8> {
    let track = |number, kind| {
        let entry = [element(&[0xd7], &[number]), element(&[0x83], &[kind])];
        element(&[0xae], &entry.concat())
    };
    let mut tracks = track(1, 2);
    if has_video {
        tracks.extend(track(2, 1));
    }
    let info = element(&[0x2a, 0xd7, 0xb1], &[0x0f, 0x42, 0x40]);
    let mut bytes = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
    bytes.extend(live(&[0x18, 0x53, 0x80, 0x67], &[]));
    bytes.extend(element(&[0x15, 0x49, 0xa9, 0x66], &info));
    bytes.extend(element(&[0x16, 0x54, 0xae, 0x6b], &tracks));
    bytes
}

/// Ten seconds of sound and pictures; a key frame each two seconds.
fn stream() -> Vec<u8> {
    let clusters = (0..10).flat_map(|second| cluster(second * 1000, second % 2 == 0));
    head(true).into_iter().chain(clusters).collect()
}

fn patch(file: &mut [u8], patches: &[Patch]) {
    for patch in patches {
        let at = usize::try_from(patch.at).expect("it is short");
        file[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
    }
}

fn finish(file: &mut Vec<u8>, ending: &Ending) {
    file.truncate(usize::try_from(ending.keep).expect("it is short"));
    file.extend(&ending.bytes);
    patch(file, &ending.patches);
}

/// What is on the disk when the stream has come in such pieces.
fn written(stream: &[u8], piece: usize) -> (Webm, Vec<u8>) {
    let (mut webm, mut file) = (Webm::new(), vec![]);
    for chunk in stream.chunks(piece) {
        let taken = webm.take(chunk).expect("it is WebM");
        file.extend(taken.bytes);
        patch(&mut file, &taken.patches);
    }
    (webm, file)
}

fn made(stream: &[u8], piece: usize) -> Vec<u8> {
    let (webm, mut file) = written(stream, piece);
    finish(&mut file, &webm.end().expect("there is something in it"));
    file
}

/// An id, where its data start, and the data.
type Element<'a> = (u32, usize, &'a [u8]);

/// Reads elements that all have a size of eight bytes, by itself.
fn elements(data: &[u8], start: usize) -> Vec<Element<'_>> {
    let (mut at, mut all) = (0, vec![]);
    while at < data.len() {
        let length = data[at].leading_zeros() as usize + 1;
        let id = data[at..at + length]
            .iter()
            .fold(0, |id, it| id << 8 | u32::from(*it));
        at += length;
        let size: [u8; 8] = data[at..at + 8].try_into().expect("eight bytes");
        let size = u64::from_be_bytes(size) ^ 1 << 56;
        at += 8;
        let end = at + usize::try_from(size).expect("a size that is known");
        all.push((id, start + at, &data[at..end]));
        at = end;
    }
    all
}

fn find<'a>(all: &[Element<'a>], id: u32) -> Element<'a> {
    *all.iter().find(|it| it.0 == id).expect("it is there")
}

fn number(data: &[u8]) -> usize {
    data.iter()
        .fold(0, |value, it| value << 8 | usize::from(*it))
}

#[test]
fn a_file_has_its_duration_and_places_to_begin_at() {
    let file = made(&stream(), 100);
    let top = elements(&file, 0);
    assert_eq!(top.len(), 2, "a head and a segment");
    let (_, start, data) = find(&top, 0x1853_8067);
    assert_eq!(start + data.len(), file.len());
    let segment = elements(data, start);

    let (_, at, info) = find(&segment, 0x1549_a966);
    let (_, _, duration) = find(&elements(info, at), 0x4489);
    let duration = f64::from_be_bytes(duration.try_into().expect("eight bytes"));
    assert!((duration - 9_900.0).abs() < 0.5, "{duration}");

    let (_, at, cues) = find(&segment, 0x1c53_bb6b);
    let mut times = vec![];
    for (_, at, point) in elements(cues, at) {
        let point = elements(point, at);
        times.push(number(find(&point, 0xb3).2));
        let (_, at, positions) = find(&point, 0xb7);
        let positions = elements(positions, at);
        assert_eq!(number(find(&positions, 0xf7).2), 2);
        let at = start + number(find(&positions, 0xf1).2);
        assert_eq!(file[at..at + 4], [0x1f, 0x43, 0xb6, 0x75]);
    }
    assert_eq!(times, [5, 2005, 4005, 6005, 8005], "key frames only");

    let (_, at, seeks) = find(&segment, 0x114d_9b74);
    for (_, at, seek) in elements(seeks, at) {
        let seek = elements(seek, at);
        let id = find(&seek, 0x53ab).2;
        let at = start + number(find(&seek, 0x53ac).2);
        assert_eq!(&file[at..at + 4], id);
    }
}

#[test]
fn one_without_pictures_can_be_sought_in() {
    let sound: Vec<u8> = (0..4)
        .flat_map(|second: u16| {
            let mut data = element(&[0xe7], &(second * 1000).to_be_bytes());
            data.extend(block(1, 0, true));
            live(&[0x1f, 0x43, 0xb6, 0x75], &data)
        })
        .collect();
    let file = made(&[head(false), sound].concat(), 7);
    let top = elements(&file, 0);
    let (_, start, data) = find(&top, 0x1853_8067);
    let segment = elements(data, start);
    let (_, at, cues) = find(&segment, 0x1c53_bb6b);
    assert_eq!(elements(cues, at).len(), 4);
}

#[test]
fn nothing_comes_of_nothing() {
    assert_eq!(Webm::new().end(), None);
    let (webm, _) = written(&head(true), 50);
    assert_eq!(webm.end(), None);
}

#[test]
fn what_is_no_webm_is_refused() {
    assert!(Webm::new().take(b"\0\0\0\x18ftypmp42").is_err());
    assert!(Webm::new().take(&cluster(0, true)).is_err());
}

#[test]
fn what_is_kept_does_not_grow_with_the_media() {
    let mut webm = Webm::new();
    webm.take(&head(true)).expect("it is WebM");
    // 64 MiB in one block: all of it goes by.
    let size = (64_u64 << 20 | 1 << 56).to_be_bytes();
    webm.take(&live(&[0x1f, 0x43, 0xb6, 0x75], &element(&[0xe7], &[0])))
        .expect("it is WebM");
    webm.take(&[&[0xa3][..], &size, &[0x82, 0, 0, 0x80]].concat())
        .expect("it is WebM");
    let chunk = vec![7; 1 << 20];
    for _ in 0..63 {
        let taken = webm.take(&chunk).expect("it is WebM");
        assert!(taken.bytes.len() <= chunk.len() + 16);
    }
    assert!(format!("{webm:?}").len() < 1000, "{webm:?}");
}

proptest! {
    #[test]
    fn where_it_is_cut_makes_no_difference(piece in 1_usize..4000) {
        prop_assert_eq!(made(&stream(), piece), made(&stream(), usize::MAX));
    }

    /// What a crash leaves is ended by who finds it, as if it had been stopped there.
    #[test]
    fn a_file_that_was_left_is_ended_later(cut in 600_usize..2700, piece in 1_usize..600) {
        let (webm, file) = written(&stream()[..cut.min(stream().len())], 97);
        let mut whole = file.clone();
        if let Some(ending) = webm.end() {
            finish(&mut whole, &ending);
            let (again, mut found) = written(&file, piece);
            finish(&mut found, &again.end().expect("as before"));
            prop_assert_eq!(&found, &whole);
            // It is a file like any other.
            let top = elements(&found, 0);
            prop_assert_eq!(top.len(), 2);
        }
    }

    #[test]
    fn nothing_that_comes_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0_usize..600) {
        let mut stream = stream();
        let at = at.min(stream.len());
        stream.splice(at..(at + bytes.len()).min(stream.len()), bytes);
        let mut webm = Webm::new();
        let _ = webm.take(&stream);
        let _ = webm.end();
    }
}
