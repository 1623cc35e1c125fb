//! Files between two people, over a channel that breaks.

mod world;

use proptest::prelude::*;
use wimpex_files::{Direction, EndReason, Input, Progress, limits};
use wimpex_sansio::{Machine, Now, UnixTime};
use world::{Message, Person, carry, connect, content, disconnect, id, settle};

const SIZE: u64 = 5 * limits::BLOCK + 12_345;

fn pair() -> (Person, Person) {
    let (mut alice, mut bob) = (Person::new(), Person::new());
    connect(&mut alice, &mut bob);
    (alice, bob)
}

#[test]
fn nothing_comes_that_was_not_asked_for() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a.zip", content(1, SIZE));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.view(file).progress, Progress::Asked);
    assert_eq!(bob.view(file).direction, Direction::In);
    assert!(bob.disk.is_empty());
    bob.input(Input::Accept(file));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.view(file).progress, Progress::Done);
    assert_eq!(alice.view(file).progress, Progress::Done);
    assert_eq!(bob.disk[&file], content(1, SIZE));
    assert!(bob.remembered[&file].is_complete);
}

#[test]
fn several_go_at_once_both_ways_and_one_may_be_empty() {
    let (mut alice, mut bob) = pair();
    let sizes = [0, 1, limits::BLOCK, limits::BLOCK + 1, SIZE];
    for (number, size) in (1..).zip(sizes) {
        alice.sends(number, "a", content(number, size));
        bob.sends(100 + number, "b", content(number, size));
    }
    settle(&mut alice, &mut bob);
    for number in 1..=5 {
        bob.input(Input::Accept(id(number)));
        alice.input(Input::Accept(id(100 + number)));
    }
    settle(&mut alice, &mut bob);
    for (number, size) in (1..).zip(sizes) {
        assert_eq!(bob.disk[&id(number)], content(number, size));
        assert_eq!(alice.disk[&id(100 + number)], content(number, size));
    }
    assert!(!alice.files.is_busy() && !bob.files.is_busy());
}

#[test]
fn refused_is_refused_over_every_connection() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Cancel(file));
    assert_eq!(bob.view(file).progress, Progress::Ended(EndReason::Refused));
    // It is lost on its way.
    disconnect(&mut alice, &mut bob);
    connect(&mut alice, &mut bob);
    settle(&mut alice, &mut bob);
    let refused = Progress::EndedByPeer(EndReason::Refused);
    assert_eq!(alice.view(file).progress, refused);
    assert!(alice.sources.is_empty());
}

#[test]
fn either_may_cancel_in_the_middle_and_another_file_goes_on() {
    for by_receiver in [true, false] {
        let (mut alice, mut bob) = pair();
        let first = alice.sends(1, "a", content(1, 20 * SIZE));
        let second = alice.sends(2, "b", content(2, SIZE));
        settle(&mut alice, &mut bob);
        bob.input(Input::Accept(first));
        bob.input(Input::Accept(second));
        carry(&mut alice, &mut bob, 60);
        assert!(bob.view(first).kept > 0);
        let who = if by_receiver { &mut bob } else { &mut alice };
        who.input(Input::Cancel(first));
        settle(&mut alice, &mut bob);
        let (cancelled, by_peer) = (
            Progress::Ended(EndReason::Cancelled),
            Progress::EndedByPeer(EndReason::Cancelled),
        );
        let [here, there] = if by_receiver {
            [&bob, &alice]
        } else {
            [&alice, &bob]
        };
        assert_eq!(here.view(first).progress, cancelled);
        assert_eq!(there.view(first).progress, by_peer);
        assert_eq!(bob.disk.contains_key(&first), !by_receiver);
        assert_eq!(bob.disk[&second], content(2, SIZE));
    }
}

#[test]
fn a_pause_lets_others_pass_and_survives_a_connection() {
    let (mut alice, mut bob) = pair();
    let first = alice.sends(1, "a", content(1, 20 * SIZE));
    let second = alice.sends(2, "b", content(2, SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(first));
    carry(&mut alice, &mut bob, 60);
    bob.input(Input::Pause(first, true));
    bob.input(Input::Accept(second));
    settle(&mut alice, &mut bob);
    assert_eq!(alice.view(first).progress, Progress::PausedByPeer);
    assert_eq!(bob.view(first).progress, Progress::Paused);
    assert_eq!(bob.view(second).progress, Progress::Done);
    disconnect(&mut alice, &mut bob);
    assert_eq!(alice.view(first).progress, Progress::Away);
    connect(&mut alice, &mut bob);
    settle(&mut alice, &mut bob);
    assert_eq!(alice.view(first).progress, Progress::PausedByPeer);
    alice.input(Input::Pause(first, true));
    bob.input(Input::Pause(first, false));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.view(first).progress, Progress::PausedByPeer);
    alice.input(Input::Pause(first, false));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.disk[&first], content(1, 20 * SIZE));
}

#[test]
fn a_reloaded_receiver_goes_on_and_a_reloaded_sender_chooses_again() {
    let (mut alice, mut bob) = pair();
    let whole = content(1, 20 * SIZE);
    let file = alice.sends(1, "a", whole.clone());
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    carry(&mut alice, &mut bob, 200);
    disconnect(&mut alice, &mut bob);
    bob.reload();
    // Half of a block more is on the disk than was ever acknowledged.
    let kept = bob.disk[&file].len();
    bob.disk
        .get_mut(&file)
        .expect("it is there")
        .extend([0; 99]);
    connect(&mut alice, &mut bob);
    carry(&mut alice, &mut bob, 20);
    let at = bob.view(file).kept;
    assert!(at >= kept as u64 && at < whole.len() as u64, "{at}");
    disconnect(&mut alice, &mut bob);
    // The same file has another id now, and the user is asked once more.
    alice.reload();
    connect(&mut alice, &mut bob);
    let again = alice.sends(2, "a", whole.clone());
    settle(&mut alice, &mut bob);
    disconnect(&mut alice, &mut bob);
    bob.reload();
    connect(&mut alice, &mut bob);
    settle(&mut alice, &mut bob);
    assert_eq!(bob.view(again).progress, Progress::Asked);
    assert!(bob.view(again).kept >= at);
    bob.input(Input::Accept(again));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.disk[&file], whole);
    assert_eq!(alice.view(again).progress, Progress::Done);
}

#[test]
fn what_only_pretends_to_be_the_same_file_begins_anew() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, 20 * SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    carry(&mut alice, &mut bob, 200);
    disconnect(&mut alice, &mut bob);
    alice.reload();
    bob.reload();
    connect(&mut alice, &mut bob);
    // Of the same name, size and time.
    let other = alice.sends(2, "a", content(9, 20 * SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(other));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.disk[&file], content(9, 20 * SIZE));
    assert_eq!(bob.view(other).progress, Progress::Done);
}

#[test]
fn another_file_under_the_id_of_one_that_is_kept_harms_none() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    settle(&mut alice, &mut bob);
    disconnect(&mut alice, &mut bob);
    alice.reload();
    bob.reload();
    connect(&mut alice, &mut bob);
    alice.sends(1, "b", content(2, 99));
    settle(&mut alice, &mut bob);
    let failed = Progress::EndedByPeer(EndReason::Failed);
    assert_eq!(alice.view(file).progress, failed);
    bob.input(Input::Cancel(file));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.disk[&file], content(1, SIZE));
}

/// Each time it might be read, and hashed, as a whole.
#[test]
fn whoever_wants_a_file_again_and_again_gets_it_no_more() {
    let mut files = wimpex_files::Files::new();
    let wall = UnixTime::from_millis(0);
    files.handle(Input::Opened, Now::ZERO);
    files.handle(
        Input::Send(vec![wimpex_files::NewFile {
            file: id(1),
            name: wimpex_files::FileName::parse("a"),
            size: SIZE,
            modified: 1,
        }]),
        Now::ZERO,
    );
    let (file, chain) = (id(1).encode(), "1".repeat(64));
    let mut compared = 0;
    for _ in 0..1_000 {
        let text = format!(
            r#"{{"type":"want","file":"{file}","from":{SIZE},"chain":"{chain}","paused":false}}"#
        );
        files.handle(Input::Text { text, wall }, Now::ZERO);
        while let Some(output) = files.poll_output() {
            compared += u32::from(matches!(output, wimpex_files::Output::Compare { .. }));
        }
    }
    assert_eq!(compared, limits::WANTS);
    let failed = Progress::Ended(EndReason::Failed);
    assert_eq!(files.view()[0].progress, failed);
}

#[test]
fn a_block_that_comes_broken_comes_again_but_not_for_ever() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, SIZE));
    settle(&mut alice, &mut bob);
    bob.damage = true;
    bob.input(Input::Accept(file));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.disk[&file], content(1, SIZE));
    let file = alice.sends(2, "b", content(1, SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    for _ in 0..10_000 {
        bob.damage = true;
        carry(&mut alice, &mut bob, 1);
    }
    let failed = Progress::EndedByPeer(EndReason::Failed);
    assert_eq!(alice.view(file).progress, failed);
}

#[test]
fn a_full_disk_is_said_and_can_be_mended() {
    let (mut alice, mut bob) = pair();
    bob.space = 3 * limits::BLOCK as usize;
    let file = alice.sends(1, "a", content(1, SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    settle(&mut alice, &mut bob);
    let full = Progress::EndedByPeer(EndReason::NoRoom);
    assert_eq!(alice.view(file).progress, full);
    assert_eq!(bob.view(file).progress, Progress::Ended(EndReason::NoRoom));
    bob.space = usize::MAX;
    let again = alice.sends(2, "a", content(1, SIZE));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.view(again).kept, 3 * limits::BLOCK);
    bob.input(Input::Accept(again));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.disk[&file], content(1, SIZE));
}

#[test]
fn a_file_that_changes_is_not_sent_on() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, 40 * SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    carry(&mut alice, &mut bob, 60);
    alice.input(Input::CannotRead(file));
    settle(&mut alice, &mut bob);
    let gone = Progress::EndedByPeer(EndReason::CannotRead);
    assert_eq!(bob.view(file).progress, gone);
}

/// Browsers read and hash several blocks side by side.
#[test]
fn blocks_that_are_read_in_another_order_go_in_theirs() {
    let (mut alice, mut bob) = pair();
    alice.reads_backwards = true;
    let file = alice.sends(1, "a", content(1, 4 * SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    settle(&mut alice, &mut bob);
    assert_eq!(bob.view(file).progress, Progress::Done);
    assert_eq!(bob.disk[&file], content(1, 4 * SIZE));
}

#[test]
fn the_sender_never_runs_far_ahead_of_the_disk() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, 4 * limits::WINDOW));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    // What says that something is kept does not come back.
    let mut ahead = 0;
    for _ in 0..100_000 {
        let Some(message) = bob.out.pop_front() else {
            break;
        };
        let is_have = matches!(&message, Message::Text(text) if text.contains("\"have\""));
        if !is_have {
            alice.receives(message);
        }
    }
    for _ in 0..100_000 {
        alice.input(Input::Timeout);
        while let Some(message) = alice.out.pop_front() {
            if let Message::Bytes(bytes) = message {
                ahead += bytes.len() as u64;
            }
        }
    }
    assert!(
        (limits::WINDOW..=limits::WINDOW + limits::BLOCK).contains(&ahead),
        "{ahead}"
    );
}

/// A peer that floods somebody whose disk never comes to it.
#[test]
fn whoever_runs_ahead_is_stopped() {
    let mut files = wimpex_files::Files::new();
    let wall = UnixTime::from_millis(0);
    let text = |text: String| Input::Text { text, wall };
    files.handle(Input::Kept(Vec::new()), Now::ZERO);
    files.handle(Input::Opened, Now::ZERO);
    let file = id(1).encode();
    let offer =
        format!(r#"{{"type":"offer","file":"{file}","name":"a","size":9000000000,"modified":1}}"#);
    files.handle(text(offer), Now::ZERO);
    files.handle(Input::Accept(id(1)), Now::ZERO);
    let (bytes, chain) = (0, wimpex_files::Chain::START);
    files.handle(
        Input::StoreOpened {
            file: id(1),
            bytes,
            chain,
        },
        Now::ZERO,
    );
    let mut stored = 0;
    for block in 0..1_000 {
        let (at, sha) = (block * limits::BLOCK, "0".repeat(64));
        let announce = format!(
            r#"{{"type":"block","file":"{file}","at":{at},"bytes":{},"sha256":"{sha}"}}"#,
            limits::BLOCK
        );
        files.handle(text(announce), Now::ZERO);
        files.handle(Input::Bytes(limits::BLOCK), Now::ZERO);
        while let Some(output) = files.poll_output() {
            stored += u64::from(matches!(output, wimpex_files::Output::Store { .. }));
        }
    }
    assert!(
        stored * limits::BLOCK <= limits::WINDOW + 2 * limits::BLOCK,
        "{stored}"
    );
    let failed = Progress::Ended(EndReason::Failed);
    assert_eq!(files.view()[0].progress, failed);
}

#[test]
fn a_block_that_is_longer_than_announced_ends_the_file() {
    let (mut alice, mut bob) = pair();
    let file = alice.sends(1, "a", content(1, SIZE));
    settle(&mut alice, &mut bob);
    bob.input(Input::Accept(file));
    carry(&mut alice, &mut bob, 4);
    bob.receives(Message::Bytes(vec![0; 1 << 20]));
    assert_eq!(bob.view(file).progress, Progress::Ended(EndReason::Failed));
}

#[test]
fn the_list_and_the_questions_are_bounded() {
    let (mut alice, mut bob) = pair();
    for number in 1..=200 {
        alice.sends(number, "a", Vec::new());
    }
    settle(&mut alice, &mut bob);
    assert_eq!(alice.files.view().len(), limits::LISTED);
    let asked = bob.files.view();
    assert_eq!(asked.len(), limits::ASKED);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// The channel breaks wherever it likes, pages are loaded anew, and in the end both have the
    /// same.
    #[test]
    fn a_file_arrives_however_often_the_channel_breaks(
        size in 0..6 * limits::BLOCK,
        breaks in prop::collection::vec((1..80_usize, 0..3_u8), 0..12),
    ) {
        let (mut alice, mut bob) = pair();
        let whole = content(3, size);
        let file = alice.sends(1, "a", whole.clone());
        settle(&mut alice, &mut bob);
        bob.input(Input::Accept(file));
        for (messages, kind) in breaks {
            carry(&mut alice, &mut bob, messages);
            disconnect(&mut alice, &mut bob);
            if kind == 1 {
                bob.reload();
            }
            connect(&mut alice, &mut bob);
        }
        settle(&mut alice, &mut bob);
        prop_assert_eq!(alice.view(file).progress, Progress::Done);
        prop_assert_eq!(&bob.disk[&file], &whole);
    }

    /// Messages of a real exchange, repeated, left out and mixed: nobody panics, and what is kept is
    /// never something else.
    #[test]
    fn a_channel_that_lies_breaks_nothing(
        steps in prop::collection::vec((0..5_u8, 0..40_usize), 1..200),
    ) {
        let (mut alice, mut bob) = pair();
        let whole = content(3, 3 * limits::BLOCK + 5);
        let file = alice.sends(1, "a", whole.clone());
        settle(&mut alice, &mut bob);
        bob.input(Input::Accept(file));
        let mut seen: Vec<(bool, Message)> = Vec::new();
        for (kind, at) in steps {
            match kind {
                0 | 1 => if let Some(message) = alice.out.pop_front() {
                    seen.push((true, message.clone()));
                    bob.receives(message);
                },
                2 => if let Some(message) = bob.out.pop_front() {
                    seen.push((false, message.clone()));
                    alice.receives(message);
                },
                3 => if let Some((to_bob, message)) = seen.get(at % seen.len().max(1)).cloned() {
                    if to_bob { bob.receives(message) } else { alice.receives(message) }
                },
                _ => { alice.out.pop_front(); }
            }
        }
        let disk = bob.disk.get(&file).cloned().unwrap_or_default();
        prop_assert!(whole.starts_with(&disk));
        if bob.view(file).progress == Progress::Done {
            prop_assert_eq!(disk, whole);
        }
    }

    /// Whatever a peer writes.
    #[test]
    fn texts_of_any_kind_are_taken(
        texts in prop::collection::vec(
            (0..9_usize, "[0-9a-f]{0,2}", any::<i64>(), any::<i64>(), "\\PC{0,20}"), 1..60),
    ) {
        let mut bob = Person::new();
        bob.files.handle(Input::Opened, Now::ZERO);
        let names = ["offer", "want", "block", "have", "anew", "pause", "done", "end", "other"];
        for (kind, end, first, second, name) in texts {
            let file = format!("{end:0>32}");
            let sha = "0".repeat(64);
            let text = format!(
                r#"{{"type":"{}","file":"{file}","name":{name:?},"size":{first},"modified":{second},
                "from":{first},"chain":"{sha}","at":{first},"bytes":{second},"sha256":"{sha}","reason":"{end}"}}"#,
                names[kind]
            );
            bob.receives(Message::Text(text));
            for view in bob.files.view() {
                bob.input(Input::Accept(view.file));
            }
            bob.receives(Message::Bytes(vec![0; second.unsigned_abs() as usize % 70_000]));
        }
        prop_assert!(bob.files.view().len() <= limits::LISTED);
    }
}
