//! The files that the user and others send each other: drives a `wimpex_files::Files` for each
//! person over the channels of their calls' connections, reads and hashes what is sent, and has a
//! worker keep what comes. Loaded with the call; the worker with the first file.

use std::collections::BTreeMap;
use std::sync::Arc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use leptos::prelude::{RwSignal, Set, WithUntracked};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use wimpex_call::{CallSnapshot, PeerConnectionId};
use wimpex_files::{
    Chain, Digest, FileId, FileName, Files, Input, NewFile, Output, Partial, PathSample,
    StoreError, limits,
};
use wimpex_protocol::UserId;
use wimpex_sansio::{Machine, UnixTime};

use super::connection::Connection;
use super::event::{Event, Inbox};
use super::files_database;
use super::files_event::{FilesEvent, FilesView};
use super::signals::Signals;
use crate::browser::file_store::{self, FileStore, StoreEvent, StoreOutcome};
use crate::browser::{BrowserError, clock, file_pick, random, web_crypto};

/// What has changed is shown so often, in milliseconds: a fast file has hundreds of blocks a second.
const SHOW_EVERY: u32 = 250;

/// People whose files are remembered as long as the page is open.
const REMEMBERED: usize = 8;

pub(super) struct FilesSession {
    inbox: Inbox,
    people: Vec<Person>,
    /// Whom the user sees, or has seen last.
    seen: Option<UserId>,
    shown: Option<RwSignal<Arc<FilesView>>>,
    refresh: Option<Timeout>,
    store: Option<FileStore>,
    /// What the user sends.
    sources: BTreeMap<FileId, File>,
    /// Blocks that were read, by where they begin.
    blocks: BTreeMap<(FileId, u64), Uint8Array>,
    /// What the user has saved.
    saved: Vec<FileId>,
    save_error: Option<String>,
    room: Option<u64>,
    is_clean: bool,
}

/// Those of one person.
struct Person {
    peer: UserId,
    files: Files,
    /// Whose channel is used.
    connection: Option<PeerConnectionId>,
    is_open: bool,
    /// The peer's page does files.
    is_greeted: bool,
    /// Parts of the block that comes.
    parts: Array,
    timer: Option<Timeout>,
}

impl FilesSession {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            people: Vec::new(),
            seen: None,
            shown: None,
            refresh: None,
            store: None,
            sources: BTreeMap::new(),
            blocks: BTreeMap::new(),
            saved: Vec::new(),
            save_error: None,
            room: None,
            is_clean: false,
        }
    }

    /// Whose files are shown.
    pub(super) fn follow(&mut self, calls: &CallSnapshot) {
        let seen = calls.call.as_ref().map(|call| &call.peer);
        if let Some(seen) = seen.filter(|seen| self.seen.as_ref() != Some(*seen)) {
            self.seen = Some(seen.clone());
            self.show();
        }
    }

    /// A connection is being made, with whom the calls say.
    pub(super) fn connect(
        &mut self,
        connection: PeerConnectionId,
        calls: &CallSnapshot,
        connections: &[Connection],
    ) {
        let all = [&calls.call, &calls.waiting, &calls.held];
        let mut all = all.into_iter().flatten();
        let Some(call) = all.find(|call| call.connection == connection) else {
            return;
        };
        let at = self.person(&call.peer);
        let person = &mut self.people[at];
        person.connection = Some(connection);
        (person.is_open, person.is_greeted) = (false, false);
        self.run(at, Input::Closed, connections);
    }

    fn person(&mut self, peer: &UserId) -> usize {
        if let Some(at) = self.people.iter().position(|it| it.peer == *peer) {
            return at;
        }
        // Whoever has no call is forgotten first; what was not finished is kept (files_database.rs).
        if self.people.len() >= REMEMBERED
            && let Some(at) = self.people.iter().position(|it| it.connection.is_none())
        {
            for file in self.people.remove(at).files.view() {
                self.sources.remove(&file.file);
            }
        }
        self.people.push(Person {
            peer: peer.clone(),
            files: Files::new(),
            connection: None,
            is_open: false,
            is_greeted: false,
            parts: Array::new(),
            timer: None,
        });
        let clean = !std::mem::replace(&mut self.is_clean, true);
        let (inbox, peer) = (self.inbox.clone(), peer.clone());
        spawn_local(async move {
            if clean {
                files_database::clean(UnixTime::from_millis(clock::wall_millis())).await;
            }
            let kept = files_database::of(&peer).await;
            inbox.post(FilesEvent::Kept(peer, kept).into());
        });
        self.people.len() - 1
    }

    /// The connection is closed; another one may follow.
    pub(super) fn disconnect(&mut self, connection: PeerConnectionId, connections: &[Connection]) {
        if let Some(at) = self.on(connection) {
            let person = &mut self.people[at];
            person.connection = None;
            (person.is_open, person.is_greeted) = (false, false);
            self.run(at, Input::Closed, connections);
            self.show();
        }
    }

    /// The page at the other end does files.
    pub(super) fn greeted(&mut self, connection: PeerConnectionId, connections: &[Connection]) {
        if let Some(at) = self.on(connection)
            && !std::mem::replace(&mut self.people[at].is_greeted, true)
        {
            self.begin(at, connections);
        }
    }

    /// Once the channel is open, and both do files.
    fn begin(&mut self, at: usize, connections: &[Connection]) {
        let person = &self.people[at];
        if person.is_open && person.is_greeted {
            self.run(at, Input::Opened, connections);
            self.show();
        }
    }

    fn on(&self, connection: PeerConnectionId) -> Option<usize> {
        let mut people = self.people.iter();
        people.position(|it| it.connection == Some(connection))
    }

    fn seen(&self) -> Option<usize> {
        let seen = self.seen.as_ref()?;
        self.people.iter().position(|it| it.peer == *seen)
    }

    /// Who sends or receives it.
    fn of(&self, file: FileId) -> Option<usize> {
        let has = |it: &Person| it.files.view().iter().any(|view| view.file == file);
        self.people.iter().position(has)
    }

    /// What the media of a call say of its path.
    pub(super) fn measured(
        &mut self,
        connection: PeerConnectionId,
        signals: Signals,
        connections: &[Connection],
    ) {
        let sample = signals.quality.with_untracked(|quality| {
            let stats = &quality.as_ref()?.reading.interval;
            let audio = stats.outbound_audio.as_ref();
            let pair = stats.candidate_pair.as_ref();
            Some(PathSample {
                round_trip_time: stats.round_trip_time,
                fraction_lost: audio.and_then(|audio| audio.fraction_lost),
                estimate: pair.and_then(|pair| pair.available_outgoing_bitrate),
                media: stats.outbound_media_bitrate(),
            })
        });
        if let (Some(at), Some(sample)) = (self.on(connection), sample) {
            self.run(at, Input::Path(sample), connections);
        }
    }

    pub(super) fn handle(&mut self, event: FilesEvent, connections: &[Connection]) {
        let wall = UnixTime::from_millis(clock::wall_millis());
        let (at, input) = match event {
            FilesEvent::Show(signal) => {
                self.shown = Some(signal);
                return self.show();
            }
            FilesEvent::Refresh => {
                self.refresh = None;
                return self.show();
            }
            FilesEvent::Room(room) => {
                self.room = room;
                return self.show();
            }
            FilesEvent::Send(peer, files) => {
                // Whom the user sees may be somebody else by now.
                if let Some(at) = self.people.iter().position(|it| it.peer == peer) {
                    self.send(at, files, connections);
                }
                return;
            }
            FilesEvent::Again(file) => {
                let again = self.sources.get(&file).cloned();
                if let (Some(again), Some(at)) = (again, self.of(file)) {
                    self.run(at, Input::Remove(file), connections);
                    self.sources.remove(&file);
                    self.send(at, vec![again], connections);
                }
                return;
            }
            FilesEvent::Accept(file) => (self.of(file), Input::Accept(file)),
            FilesEvent::Cancel(file) => (self.of(file), Input::Cancel(file)),
            FilesEvent::Pause(file, paused) => (self.of(file), Input::Pause(file, paused)),
            FilesEvent::Remove(file) => {
                self.sources.remove(&file);
                (self.of(file), Input::Remove(file))
            }
            FilesEvent::Save(file) => return self.save(file),
            FilesEvent::Saved(file, saved) => {
                self.save_error = saved.as_ref().err().map(|error| error.name.clone());
                if saved.is_ok() {
                    self.saved.push(file);
                }
                return self.show();
            }
            FilesEvent::Opened(id) => {
                if let Some(at) = self.on(id) {
                    self.people[at].is_open = true;
                    self.begin(at, connections);
                }
                return;
            }
            FilesEvent::Text(id, text) => (self.on(id), Input::Text { text, wall }),
            FilesEvent::Bytes(id, bytes) => return self.bytes(id, bytes, connections),
            // There is room, which is said before each input.
            FilesEvent::Low(id) => (self.on(id), Input::Timeout),
            FilesEvent::Timeout(peer) => {
                let at = self.people.iter().position(|it| it.peer == peer);
                (at, Input::Timeout)
            }
            FilesEvent::Kept(peer, kept) => {
                let at = self.people.iter().position(|it| it.peer == peer);
                (at, Input::Kept(kept))
            }
            FilesEvent::Read { file, at, read } => match read {
                Ok((bytes, digest)) => {
                    self.blocks.insert((file, at), bytes);
                    (self.of(file), Input::BlockRead { file, at, digest })
                }
                Err(_) => (self.of(file), Input::CannotRead(file)),
            },
            FilesEvent::Compared {
                file,
                bytes,
                is_same,
            } => match is_same {
                Ok(is_same) => {
                    let compared = Input::Compared {
                        file,
                        bytes,
                        is_same,
                    };
                    (self.of(file), compared)
                }
                Err(_) => (self.of(file), Input::CannotRead(file)),
            },
            FilesEvent::Store(event) => return self.stored(event, connections),
        };
        if let Some(at) = at {
            self.run(at, input, connections);
        }
    }

    fn send(&mut self, at: usize, files: Vec<File>, connections: &[Connection]) {
        let mut new = Vec::new();
        for source in files {
            // A browser without random numbers makes no connections either.
            let Ok(bytes) = random::bytes() else { return };
            let file = FileId::from_random(bytes);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a length, and a time of this century"
            )]
            let (size, modified) = (source.size() as u64, source.last_modified() as u64);
            new.push(NewFile {
                file,
                name: FileName::parse(&source.name()),
                size,
                modified,
            });
            self.sources.insert(file, source);
        }
        self.run(at, Input::Send(new), connections);
    }

    fn save(&mut self, file: FileId) {
        let Some(at) = self.of(file) else { return };
        let files = self.people[at].files.view();
        let Some(view) = files.into_iter().find(|it| it.file == file) else {
            return;
        };
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let saved = async {
                let path = [&files_database::folder()[..], &view.key.encode()];
                let kept = file_store::file(path).await?;
                file_pick::save(&kept, &view.name.saved())
            };
            inbox.post(FilesEvent::Saved(file, saved.await).into());
        });
    }

    fn bytes(&mut self, id: PeerConnectionId, bytes: ArrayBuffer, connections: &[Connection]) {
        let Some(at) = self.on(id) else { return };
        let length = u64::from(bytes.byte_length());
        let parts = self.people[at].parts.length();
        self.people[at].parts.push(&bytes);
        self.run(at, Input::Bytes(length), connections);
        // Nobody wanted it.
        let person = &self.people[at];
        if person.parts.length() > parts && !person.files.is_collecting() {
            person.parts.set_length(0);
        }
    }

    fn stored(&mut self, event: StoreEvent, connections: &[Connection]) {
        let Some(file) = FileId::parse(&event.file) else {
            // The worker itself is of no use: whatever is open cannot go on.
            self.store = None;
            let receiving = self.people.iter().flat_map(|it| it.files.view());
            for file in receiving.map(|it| it.file).collect::<Vec<_>>() {
                if let Some(at) = self.of(file) {
                    let failed = Input::CannotStore(file, StoreError::Other);
                    self.run(at, failed, connections);
                }
            }
            return;
        };
        let input = match event.outcome {
            StoreOutcome::Opened { bytes, chain } => match Digest::parse(&chain) {
                Some(chain) => Input::StoreOpened {
                    file,
                    bytes,
                    chain: Chain::new(chain),
                },
                None => Input::CannotStore(file, StoreError::Other),
            },
            StoreOutcome::Stored(bytes) => Input::Stored { file, bytes },
            StoreOutcome::Broken => Input::Broken { file },
            // Nobody has asked for that here.
            StoreOutcome::Ticked => return,
            StoreOutcome::Failed(error) => {
                let error = match &error[..] {
                    "QuotaExceededError" => StoreError::NoRoom,
                    _ => StoreError::Other,
                };
                Input::CannotStore(file, error)
            }
        };
        if let Some(at) = self.of(file) {
            self.run(at, input, connections);
        }
    }

    fn run(&mut self, at: usize, input: Input, connections: &[Connection]) {
        let now = clock::now();
        let person = &mut self.people[at];
        let connection = person.connection;
        let open = connections.iter().find(|it| Some(it.id) == connection);
        // A channel that opens now is not in use before both have said so.
        let room = open.map(|open| Input::Room(open.room_for_files()));
        for input in room.into_iter().chain([input]) {
            self.people[at].files.handle(input, now);
            while let Some(output) = self.people[at].files.poll_output() {
                self.carry_out(at, output, open);
            }
        }
        let person = &mut self.people[at];
        person.timer = person.files.poll_timeout().map(|due| {
            let millis = u32::try_from(due.since(now).as_millis()).unwrap_or(u32::MAX);
            let (inbox, peer) = (self.inbox.clone(), person.peer.clone());
            Timeout::new(millis, move || inbox.post(FilesEvent::Timeout(peer).into()))
        });
    }

    fn carry_out(&mut self, at: usize, output: Output, open: Option<&Connection>) {
        match output {
            Output::Transmit(text) => {
                if let Some(open) = open {
                    open.send_file_text(&text);
                }
            }
            Output::Chunk {
                file,
                block,
                from,
                bytes,
            } => {
                if let (Some(open), Some(block)) = (open, self.blocks.get(&(file, block))) {
                    // A block has less than 2^32 bytes.
                    let from = from as u32;
                    open.send_file_bytes(&block.subarray(from, from + bytes as u32));
                }
            }
            Output::Read { file, at, bytes } => self.read(file, at, bytes),
            Output::Compare { file, bytes, chain } => self.compare(file, bytes, chain),
            Output::Release { file, from, until } => {
                self.blocks
                    .retain(|(of, at), _| *of != file || !(from..until).contains(at));
            }
            // Its place is at the end of the parts already.
            Output::Collect => {}
            Output::Drop => self.people[at].parts.set_length(0),
            Output::Store {
                file,
                at: begin,
                digest,
            } => {
                let parts = std::mem::replace(&mut self.people[at].parts, Array::new());
                if let Some(store) = &self.store {
                    store.store(&file.encode(), begin, &parts, &digest.encode());
                }
            }
            Output::Open { file, key, at_most } => self.open(file, key, at_most),
            Output::Close(file) => {
                if let Some(store) = &self.store {
                    store.close(&file.encode());
                }
            }
            Output::Delete(key) => self.delete(key),
            Output::Remember {
                key,
                offer,
                is_complete,
                wall,
            } => {
                let partial = Partial {
                    key,
                    from: self.people[at].peer.as_str().to_owned(),
                    name: offer.name,
                    size: offer.size,
                    modified: offer.modified,
                    at: wall,
                    is_complete,
                };
                spawn_local(async move {
                    // Then it cannot go on after the page is closed, and is cleaned away.
                    let _ = files_database::remember(&partial).await;
                });
            }
            // What did not arrive may be sent once more, as long as it is listed.
            Output::Forget(_) => {}
            Output::Noted(what) => {
                let inbox = self.inbox.clone();
                spawn_local(async move {
                    inbox.post(FilesEvent::Room(file_store::room().await).into());
                });
                let note = wimpex_client::Input::Note(what.to_owned());
                self.inbox.post(Event::Client(note));
            }
            Output::Changed => self.show_soon(),
        }
    }

    fn read(&self, file: FileId, at: u64, bytes: u64) {
        let Some(source) = self.sources.get(&file).cloned() else {
            let read = Err(BrowserError::named("NotFoundError"));
            return self.inbox.post(FilesEvent::Read { file, at, read }.into());
        };
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let read = file_pick::read(&source, at, bytes).await;
            let read = read.map(|(bytes, digest)| (bytes, Digest::from_bytes(digest)));
            inbox.post(FilesEvent::Read { file, at, read }.into());
        });
    }

    fn compare(&self, file: FileId, bytes: u64, chain: Chain) {
        let source = self.sources.get(&file).cloned();
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let is_same = match source {
                Some(source) => chain_of(&source, bytes).await.map(|found| found == chain),
                None => Err(BrowserError::named("NotFoundError")),
            };
            let compared = FilesEvent::Compared {
                file,
                bytes,
                is_same,
            };
            inbox.post(compared.into());
        });
    }

    fn open(&mut self, file: FileId, key: FileId, at_most: u64) {
        if self.store.is_none() {
            let inbox = self.inbox.clone();
            let report = move |event| inbox.post(FilesEvent::Store(event).into());
            self.store = FileStore::start(report).ok();
        }
        let name = file.encode();
        let Some(store) = &self.store else {
            let outcome = StoreOutcome::Failed("NotSupportedError".to_owned());
            let failed = StoreEvent {
                file: name,
                outcome,
            };
            return self.inbox.post(FilesEvent::Store(failed).into());
        };
        let path = [&files_database::folder()[..], &key.encode()];
        store.open(&name, path, at_most, limits::BLOCK);
    }

    fn delete(&self, key: FileId) {
        // After whatever it still writes there.
        if let Some(store) = &self.store {
            store.delete([&files_database::folder(), &key.encode()]);
        }
        spawn_local(async move {
            // What cannot be deleted is cleaned away some day.
            let _ = files_database::delete(key).await;
        });
    }

    fn show_soon(&mut self) {
        let inbox = &self.inbox;
        let refresh = || {
            let inbox = inbox.clone();
            Timeout::new(SHOW_EVERY, move || inbox.post(FilesEvent::Refresh.into()))
        };
        self.refresh.get_or_insert_with(refresh);
    }

    fn show(&self) {
        let Some(shown) = self.shown else { return };
        let person = self.seen().map(|at| &self.people[at]);
        let view = person.map(|person| FilesView {
            peer: Some(person.peer.clone()),
            is_offered: person.is_open && person.is_greeted,
            files: person
                .files
                .view()
                .into_iter()
                .map(|file| {
                    let is_saved = self.saved.contains(&file.file);
                    (file, is_saved)
                })
                .collect(),
            room: self.room,
            save_error: self.save_error.clone(),
        });
        // The screen may be gone.
        let _ = shown.try_set(Arc::new(view.unwrap_or_default()));
    }
}

/// What the first bytes of a file are.
async fn chain_of(source: &File, bytes: u64) -> Result<Chain, BrowserError> {
    let mut chain = Chain::START;
    let mut at = 0;
    while at < bytes {
        let length = limits::BLOCK.min(bytes - at);
        let (_, digest) = file_pick::read(source, at, length).await?;
        let both = [chain.digest().to_bytes(), digest].concat();
        chain = Chain::new(Digest::from_bytes(web_crypto::sha256(&both).await?));
        at += length;
    }
    Ok(chain)
}
