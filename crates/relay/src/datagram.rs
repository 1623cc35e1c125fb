//! Datagrams that have come, and runs of them that leave together.

use std::net::SocketAddr;

use crate::wire;

/// Linux takes no more segments at once (`UDP_MAX_SEGMENTS`).
const RUN_DATAGRAMS: usize = 64;
/// With headers of IPv6 and UDP it must be less than 65,536.
const RUN_BYTES: usize = 65_000;
/// One that has come, or what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datagram<'a> {
    pub(crate) from: SocketAddr,
    pub(crate) bytes: &'a [u8],
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It has left, or is lost, as a single one would be.
    Done,
    /// The system cannot send this one at once: it is too long for the way that it takes.
    NotThisOne,
    /// The system, or the device on the way, cannot do that at all.
    NeverInRuns,
}

/// Hands over what came together, sender by sender. Each one's datagrams stay in their order.
pub(crate) fn by_sender(
    datagrams: &mut [Datagram<'_>],
    handle: &mut impl FnMut(SocketAddr, &[Datagram<'_>]),
) {
    datagrams.sort_by_key(|datagram| datagram.from);
    for of_one in datagrams.chunk_by(|one, next| one.from == next.from) {
        if let [first, ..] = of_one {
            handle(first.from, of_one);
        }
    }
}

/// Pieces that can leave at once: all of the same size but for the last, which may be shorter.
pub(crate) fn runs<'s, 'a>(
    mut datagrams: &'s [Datagram<'a>],
) -> impl Iterator<Item = &'s [Datagram<'a>]> {
    std::iter::from_fn(move || {
        let length = first_run(datagrams)?;
        let (run, rest) = datagrams.split_at(length);
        datagrams = rest;
        Some(run)
    })
}

/// How many of these are the first run.
fn first_run(datagrams: &[Datagram<'_>]) -> Option<usize> {
    let size = datagrams.first()?.bytes.len();
    // There is no segment without a byte.
    if size == 0 {
        return Some(1);
    }
    let most = (RUN_BYTES / (wire::CHANNEL_HEADER + size)).clamp(1, RUN_DATAGRAMS);
    let same = datagrams.iter().take(most);
    let same = same.take_while(|datagram| datagram.bytes.len() == size);
    let count = same.count();
    let has_shorter = count < most
        && datagrams
            .get(count)
            .is_some_and(|last| (1..size).contains(&last.bytes.len()));
    Some(count + usize::from(has_shorter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    /// Datagrams of these lengths, and the lengths of the runs that they are.
    fn runs_of(lengths: &[usize]) -> Vec<Vec<usize>> {
        let bytes = vec![0; 70_000];
        let datagrams: Vec<Datagram<'_>> = lengths
            .iter()
            .map(|length| Datagram {
                from: from(1),
                bytes: &bytes[..*length],
            })
            .collect();
        let lengths = |run: &[Datagram<'_>]| run.iter().map(|it| it.bytes.len()).collect();
        runs(&datagrams).map(lengths).collect()
    }

    #[test]
    fn a_run_is_of_one_size_but_for_a_shorter_last() {
        assert_eq!(runs_of(&[]), Vec::<Vec<usize>>::new());
        assert_eq!(runs_of(&[5]), [[5]]);
        assert_eq!(runs_of(&[5, 5, 5]), [[5, 5, 5]]);
        assert_eq!(runs_of(&[5, 5, 3]), [[5, 5, 3]]);
        // After the shorter one another begins, and before a longer one.
        assert_eq!(runs_of(&[5, 3, 5]), [vec![5, 3], vec![5]]);
        assert_eq!(runs_of(&[3, 5, 5]), [vec![3], vec![5, 5]]);
        assert_eq!(runs_of(&[5, 3, 3]), [vec![5, 3], vec![3]]);
        assert_eq!(runs_of(&[5, 4, 3, 2]), [vec![5, 4], vec![3, 2]]);
        // Nothing at all is a datagram, too, but no segment.
        assert_eq!(runs_of(&[0, 0, 5, 0]), [vec![0], vec![0], vec![5], vec![0]]);
    }

    #[test]
    fn a_run_is_as_long_as_the_system_takes() {
        let counts = |lengths: &[usize]| -> Vec<usize> {
            let all = runs_of(lengths);
            assert_eq!(all.concat(), lengths, "all of them, in their order");
            all.iter().map(Vec::len).collect()
        };
        assert_eq!(counts(&[100; 150]), [64, 64, 22]);
        assert_eq!(counts(&[1_200; 70]), [53, 17]);
        assert_eq!(counts(&[9_000; 9]), [7, 2]);
        // A shorter one is one more, too.
        let mut lengths = vec![100; 64];
        lengths.push(50);
        assert_eq!(counts(&lengths), [64, 1]);
        lengths.remove(0);
        assert_eq!(counts(&lengths), [64]);
        assert_eq!(counts(&[65_507, 65_507, 8]), [1, 1, 1]);
    }

    #[test]
    fn each_sender_keeps_its_order() {
        let bytes: Vec<u8> = (0..9).collect();
        let ports = [7, 9, 7, 8, 9, 7, 7, 8, 9];
        let mut datagrams: Vec<Datagram<'_>> = bytes
            .chunks(1)
            .zip(ports)
            .map(|(bytes, port)| Datagram {
                from: from(port),
                bytes,
            })
            .collect();
        let mut handed = Vec::new();
        by_sender(&mut datagrams, &mut |sender, datagrams: &[Datagram<'_>]| {
            let of_one: Vec<u8> = datagrams.iter().flat_map(|it| it.bytes.to_vec()).collect();
            handed.push((sender.port(), of_one));
        });
        let expected = [(7, vec![0, 2, 5, 6]), (8, vec![3, 7]), (9, vec![1, 4, 8])];
        assert_eq!(handed, expected);
    }
}
