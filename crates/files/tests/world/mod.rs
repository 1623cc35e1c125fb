//! Two people with a disk each, and a channel between them that may break at any moment.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, VecDeque};

use wimpex_files::{
    Chain, Digest, FileId, FileName, FileView, Files, Input, NewFile, Offer, Output, Partial,
    StoreError, limits,
};
use wimpex_sansio::{Machine, Now, UnixTime};

/// One message of the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Bytes(Vec<u8>),
}

pub fn id(number: u8) -> FileId {
    FileId::from_random([number; 16])
}

/// No SHA-256, but as good as one where nobody attacks it.
pub fn digest(parts: &[&[u8]]) -> Digest {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for word in parts.iter().flat_map(|it| it.chunks(8)) {
        let mut padded = [0; 8];
        padded[..word.len()].copy_from_slice(word);
        hash = (hash ^ u64::from_le_bytes(padded)).wrapping_mul(0x100_0000_01b3) ^ hash >> 29;
    }
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&hash.to_be_bytes());
    bytes[8..16].copy_from_slice(
        &parts
            .iter()
            .map(|it| it.len() as u64)
            .sum::<u64>()
            .to_be_bytes(),
    );
    Digest::from_bytes(bytes)
}

pub fn chain(content: &[u8]) -> Chain {
    let mut chain = Chain::START;
    for block in content.chunks(limits::BLOCK as usize) {
        let (before, of_block) = (chain.digest().encode(), digest(&[block]).encode());
        chain = Chain::new(digest(&[before.as_bytes(), of_block.as_bytes()]));
    }
    chain
}

/// Bytes that differ from place to place.
pub fn content(seed: u8, size: u64) -> Vec<u8> {
    let mut all = Vec::new();
    for word in 0..size.div_ceil(8) {
        let value = (word + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(seed);
        all.extend(value.to_le_bytes());
    }
    all.truncate(size as usize);
    all
}

pub struct Person {
    pub files: Files,
    /// What they send.
    pub sources: BTreeMap<FileId, Vec<u8>>,
    /// What they have kept, by key.
    pub disk: BTreeMap<FileId, Vec<u8>>,
    pub remembered: BTreeMap<FileId, Partial>,
    open: BTreeMap<FileId, FileId>,
    collected: Vec<u8>,
    arriving: VecDeque<Vec<u8>>,
    pub out: VecDeque<Message>,
    /// Bytes that their device keeps at the most.
    pub space: usize,
    /// The next block that comes is damaged on the way to the disk.
    pub damage: bool,
    /// Of blocks that are read at once, their device is done with the last one first.
    pub reads_backwards: bool,
    pub most_unkept: u64,
}

impl Person {
    pub fn new() -> Self {
        let mut files = Files::new();
        files.handle(Input::Kept(Vec::new()), Now::ZERO);
        Self {
            files,
            sources: BTreeMap::new(),
            disk: BTreeMap::new(),
            remembered: BTreeMap::new(),
            open: BTreeMap::new(),
            collected: Vec::new(),
            arriving: VecDeque::new(),
            out: VecDeque::new(),
            space: usize::MAX,
            damage: false,
            reads_backwards: false,
            most_unkept: 0,
        }
    }

    /// The page is loaded anew: what was in its memory is gone.
    pub fn reload(&mut self) {
        let kept = self.remembered.values().map(|partial| {
            let bytes = self.disk.get(&partial.key).map_or(0, Vec::len) as u64;
            (partial.clone(), bytes / limits::BLOCK * limits::BLOCK)
        });
        let kept = kept.collect();
        self.files = Files::new();
        self.open.clear();
        self.sources.clear();
        self.out.clear();
        self.files.handle(Input::Kept(kept), Now::ZERO);
    }

    pub fn sends(&mut self, number: u8, name: &str, content: Vec<u8>) -> FileId {
        let file = id(number);
        let new = NewFile {
            file,
            name: FileName::parse(name),
            size: content.len() as u64,
            modified: 7,
        };
        self.sources.insert(file, content);
        self.input(Input::Send(vec![new]));
        file
    }

    pub fn view(&self, file: FileId) -> FileView {
        let mut all = self.files.view().into_iter();
        all.find(|it| it.file == file).expect("it is listed")
    }

    pub fn receives(&mut self, message: Message) {
        match message {
            Message::Text(text) => {
                let wall = UnixTime::from_millis(1);
                self.input(Input::Text { text, wall });
            }
            Message::Bytes(bytes) => {
                let count = bytes.len() as u64;
                self.arriving.push_back(bytes);
                self.input(Input::Bytes(count));
                self.arriving.clear();
            }
        }
    }

    pub fn input(&mut self, input: Input) {
        self.files.handle(Input::Room(1 << 20), Now::ZERO);
        let mut next = VecDeque::from([input]);
        while let Some(input) = next.pop_front() {
            self.files.handle(input, Now::ZERO);
            while let Some(output) = self.files.poll_output() {
                match self.run(output) {
                    Some(read @ Input::BlockRead { .. }) if self.reads_backwards => {
                        next.push_front(read);
                    }
                    input => next.extend(input),
                }
            }
        }
    }

    fn run(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Transmit(text) => self.out.push_back(Message::Text(text)),
            Output::Chunk {
                file,
                block,
                from,
                bytes,
            } => {
                let begin = (block + from) as usize;
                let part = &self.sources[&file][begin..begin + bytes as usize];
                self.out.push_back(Message::Bytes(part.to_vec()));
            }
            Output::Read { file, at, bytes } => {
                let Some(source) = self.sources.get(&file) else {
                    return Some(Input::CannotRead(file));
                };
                let block = &source[at as usize..(at + bytes) as usize];
                let digest = digest(&[block]);
                return Some(Input::BlockRead { file, at, digest });
            }
            Output::Compare {
                file,
                bytes,
                chain: of,
            } => {
                let is_same = chain(&self.sources[&file][..bytes as usize]) == of;
                return Some(Input::Compared {
                    file,
                    bytes,
                    is_same,
                });
            }
            Output::Collect => {
                let part = self.arriving.pop_front().expect("one has come");
                self.collected.extend(part);
            }
            Output::Drop => self.collected.clear(),
            Output::Store {
                file,
                at,
                digest: of,
            } => {
                let mut block = std::mem::take(&mut self.collected);
                if std::mem::take(&mut self.damage) {
                    block[0] ^= 1;
                }
                let disk = self.disk.get_mut(&self.open[&file]).expect("it is open");
                if digest(&[&block]) != of || at != disk.len() as u64 {
                    return Some(Input::Broken { file });
                }
                if disk.len() + block.len() > self.space {
                    return Some(Input::CannotStore(file, StoreError::NoRoom));
                }
                disk.extend(block);
                let bytes = disk.len() as u64;
                return Some(Input::Stored { file, bytes });
            }
            Output::Open { file, key, at_most } => {
                let disk = self.disk.entry(key).or_default();
                let kept = (disk.len() as u64).min(at_most);
                let is_whole = kept == at_most;
                let kept = if is_whole {
                    kept
                } else {
                    kept / limits::BLOCK * limits::BLOCK
                };
                disk.truncate(kept as usize);
                self.open.insert(file, key);
                let chain = chain(disk);
                return Some(Input::StoreOpened {
                    file,
                    bytes: kept,
                    chain,
                });
            }
            Output::Close(file) => {
                self.open.remove(&file);
            }
            Output::Delete(key) => {
                self.disk.remove(&key);
                self.remembered.remove(&key);
            }
            Output::Remember {
                key,
                offer,
                is_complete,
                wall,
            } => {
                let Offer {
                    name,
                    size,
                    modified,
                    ..
                } = offer;
                let partial = Partial {
                    key,
                    from: "peer".to_owned(),
                    name,
                    size,
                    modified,
                    at: wall,
                    is_complete,
                };
                assert_eq!(Partial::decode(&partial.encode()), Some(partial.clone()));
                self.remembered.insert(key, partial);
            }
            Output::Forget(file) => {
                self.sources.remove(&file);
            }
            Output::Release { .. } | Output::Noted(_) | Output::Changed => {}
        }
        None
    }
}

/// Both of them get the channel.
pub fn connect(alice: &mut Person, bob: &mut Person) {
    alice.out.clear();
    bob.out.clear();
    for it in [alice, bob] {
        // On a path this short nothing is paced.
        it.files.handle(Input::Opened, Now::ZERO);
        let sample = wimpex_files::PathSample {
            round_trip_time: Some(0.001),
            ..wimpex_files::PathSample::default()
        };
        it.input(Input::Path(sample));
    }
}

/// The channel breaks at both ends; what was on its way is lost.
pub fn disconnect(alice: &mut Person, bob: &mut Person) {
    for it in [alice, bob] {
        it.input(Input::Closed);
        it.out.clear();
    }
}

/// Carries up to so many messages; whether there were fewer.
pub fn carry(alice: &mut Person, bob: &mut Person, most: usize) -> bool {
    for _ in 0..most {
        if let Some(message) = alice.out.pop_front() {
            bob.receives(message);
        } else if let Some(message) = bob.out.pop_front() {
            alice.receives(message);
        } else {
            // The buffer is empty.
            let before = (alice.out.len(), bob.out.len());
            alice.input(Input::Timeout);
            bob.input(Input::Timeout);
            if before == (alice.out.len(), bob.out.len()) {
                return true;
            }
        }
    }
    false
}

pub fn settle(alice: &mut Person, bob: &mut Person) {
    assert!(carry(alice, bob, 1_000_000), "they never come to rest");
}
