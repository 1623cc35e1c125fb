//! Two ends and a connection between them that breaks at any moment.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use std::collections::VecDeque;

use proptest::prelude::*;
use wimpex_stream::{AckOutOfRange, Arrival, Receiver, Sender};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Send,
    Deliver,
    Acknowledge,
    /// Everything in flight is lost, both ways; a new connection takes over.
    Break,
}

#[derive(Default)]
struct Line {
    sender: Sender<u32>,
    receiver: Receiver,
    frames: VecDeque<(u64, u32)>,
    acks: VecDeque<u64>,
    written: u32,
    read: Vec<u32>,
}

impl Line {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Send => {
                self.written += 1;
                let seq = self.sender.push(self.written);
                self.frames.push_back((seq, self.written));
            }
            Step::Deliver => {
                if let Some((seq, frame)) = self.frames.pop_front() {
                    match self.receiver.arrive(seq) {
                        Arrival::New => self.read.push(frame),
                        Arrival::Repeated => {}
                        Arrival::Gap => panic!("{seq} came too early"),
                    }
                    if self.receiver.unacked() >= 4 {
                        self.acks.push_back(self.receiver.ack());
                    }
                }
            }
            Step::Acknowledge => {
                if let Some(received) = self.acks.pop_front() {
                    assert!(self.sender.acknowledge(received).is_ok());
                }
            }
            Step::Break => {
                self.frames.clear();
                self.acks.clear();
                assert!(self.sender.acknowledge(self.receiver.ack()).is_ok());
                self.frames = self
                    .sender
                    .unacked()
                    .map(|(seq, frame)| (seq, *frame))
                    .collect();
            }
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Send),
        4 => Just(Step::Deliver),
        2 => Just(Step::Acknowledge),
        1 => Just(Step::Break),
    ]
}

proptest! {
    #[test]
    fn everything_arrives_once_and_in_order(steps in prop::collection::vec(step(), 0..200)) {
        let mut line = Line::default();
        for step in &steps {
            line.step(step);
            prop_assert!(line.read.iter().copied().eq(1..=line.read.len() as u32));
        }
        line.step(&Step::Break);
        while !line.frames.is_empty() {
            line.step(&Step::Deliver);
        }
        prop_assert_eq!(line.read.len() as u32, line.written);
        line.step(&Step::Break);
        prop_assert!(line.sender.is_empty());
    }
}

#[test]
fn an_ack_of_a_frame_never_sent_is_out_of_range() {
    let mut sender = Sender::default();
    sender.push("a");
    assert_eq!(sender.acknowledge(2).err(), Some(AckOutOfRange));
    assert_eq!(sender.acknowledge(1).unwrap().collect::<Vec<_>>(), ["a"]);
    assert_eq!(sender.acknowledge(0).unwrap().count(), 0, "old news");
    assert_eq!(sender.acknowledge(u64::MAX).err(), Some(AckOutOfRange));
}

#[test]
fn a_gap_changes_nothing() {
    let mut receiver = Receiver::default();
    assert_eq!(receiver.arrive(1), Arrival::New);
    assert_eq!(receiver.arrive(3), Arrival::Gap);
    assert_eq!(receiver.arrive(u64::MAX), Arrival::Gap);
    assert_eq!(receiver.arrive(1), Arrival::Repeated);
    assert_eq!(receiver.arrive(0), Arrival::Repeated);
    assert_eq!(receiver.arrive(2), Arrival::New);
    assert_eq!((receiver.received(), receiver.unacked()), (2, 2));
    assert_eq!((receiver.ack(), receiver.unacked()), (2, 0));
}
