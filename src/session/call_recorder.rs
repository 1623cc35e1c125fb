//! What records a call: draws its pictures as one, mixes its sounds, and writes what a
//! `MediaRecorder` makes of it, second by second. Loaded with the first recording (`super::lazy_recorder`).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStream;
use wimpex_recording::{Kind, Layout, Place, Side, Speaker, Stillness, Webm};
use wimpex_sansio::Now;

use super::event::Inbox;
use super::recording_event::{Problem, RecordCall, RecordingEvent, RecordingWish, Sources};
use super::recordings::{self, Writer};
use crate::browser::audio_mix::ChangingMix;
use crate::browser::canvas::{Canvas, Player};
use crate::browser::media_capture::stream_of;
use crate::browser::media_recorder::{BitRates, PartRecorder, RecorderEvent};
use crate::browser::{BrowserError, blob, clock, random};

/// Of a recording, and of a photo, in points.
const SIZE: (u32, u32) = (1280, 720);
const PHOTO_SIZE: (u32, u32) = (1920, 1080);
/// Frames a second, and milliseconds from one to the next.
const RATE: u32 = 25;
const EVERY: u32 = 1_000 / RATE;
/// Between two frames something else runs for so long, and for as long as drawing took.
const REST: Duration = Duration::from_millis(15);
/// It is listened who speaks each so many frames.
const LISTEN_EVERY: u32 = 4;
/// An hour is 0.7 GB, or 40 MB of sound.
const RATES: BitRates = BitRates {
    audio: 96_000,
    video: 1_500_000,
};
/// It is looked whether there is sound each so many milliseconds.
const LISTEN: u32 = 1_000;
/// A photo waits for pictures so often, each time so many milliseconds.
const LOOKS: u32 = 100;
const LOOK: u32 = 100;

const GROUND: &str = "#0e1314";
const TILE: &str = "#1d2628";
const NAME: &str = "#eef4f2";

/// Begins it.
pub(super) async fn begin(
    wish: RecordingWish,
    inbox: Inbox,
) -> Result<Box<dyn RecordCall>, Problem> {
    let kind = wish.kind;
    let begun = match kind {
        Kind::Recording => begin_recording(wish, inbox).await,
        Kind::Photo => begin_photo(wish, inbox).await,
    };
    begun.map_err(|error| problem(&error, kind))
}

async fn begin_recording(
    wish: RecordingWish,
    inbox: Inbox,
) -> Result<Box<dyn RecordCall>, BrowserError> {
    let key = new_key(wish.mime_type)?;
    let lock = recordings::lock(&key).await;
    let has_picture = wish.sources.has_video;
    let mut scene = Scene::new(SIZE, wish.names, wish.layout)?;
    scene.follow(&wish.sources);
    let scene = Rc::new(RefCell::new(scene));
    let drawn = Rc::downgrade(&scene);
    let writer = Writer::open(&key, move || {
        if let Some(scene) = drawn.upgrade() {
            scene.borrow_mut().tick();
        }
    })
    .await?;
    let tracks = {
        let mut scene = scene.borrow_mut();
        scene.draw();
        let picture = has_picture.then(|| scene.canvas.track(RATE)).transpose()?;
        [scene.mix.track(), picture]
    };
    let stream = stream_of(tracks.iter().flatten());
    let stream = stream.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    let (part, parts) = unbounded();
    let recorder = PartRecorder::start(&stream, wish.mime_type, RATES, move |event| {
        // Nobody waits for one that is over.
        let _ = part.unbounded_send(event);
    })?;
    if has_picture {
        writer.tick(EVERY);
    }
    let recorder = Rc::new(recorder);
    let (number, writing, drawn) = (wish.number, recorder.clone(), scene.clone());
    spawn_local(listen(Rc::downgrade(&scene), number, inbox.clone()));
    spawn_local(async move {
        let written = write(&key, writer, parts).await;
        writing.stop();
        drop(drawn);
        let made = match written {
            Ok(()) => Ok(()),
            // Up to there it is whole.
            Err(error) => {
                let _ = recordings::end_file(&key).await;
                Err(problem(&error, Kind::Recording))
            }
        };
        if made == Err(Problem::Empty) {
            let _ = recordings::delete_recording(&key).await;
        }
        drop(lock);
        inbox.post(RecordingEvent::Made(number, made).into());
    });
    Ok(Box::new(Recorder { recorder, scene }))
}

/// Tells when the browser mixes nothing of it, and when it does again, until it is over.
async fn listen(scene: Weak<RefCell<Scene>>, number: u32, inbox: Inbox) {
    let mut stillness = Stillness::default();
    let mut was_still = false;
    loop {
        TimeoutFuture::new(LISTEN).await;
        let Some(scene) = scene.upgrade() else { return };
        let is_still = stillness.look(scene.borrow().mix.current_time());
        if is_still != was_still {
            was_still = is_still;
            inbox.post(RecordingEvent::Silent(number, is_still).into());
        }
    }
}

/// Writes what comes, until nothing does.
async fn write(
    key: &str,
    mut writer: Writer,
    mut parts: UnboundedReceiver<RecorderEvent>,
) -> Result<(), BrowserError> {
    let mut webm = key.ends_with(".webm").then(Webm::new);
    while let Some(RecorderEvent::Part(part)) = parts.next().await {
        let bytes = blob::bytes(&part).await?.to_vec();
        match &mut webm {
            Some(webm) => {
                let taken = webm.take(&bytes);
                let taken = taken.map_err(|_| BrowserError::named("EncodingError"))?;
                writer.append(&taken.bytes).await?;
                for patch in taken.patches {
                    writer.patch(patch.at, &patch.bytes).await?;
                }
            }
            None => writer.append(&bytes).await?,
        }
    }
    match webm.map(Webm::end) {
        Some(Some(ending)) => writer.end(ending).await?,
        Some(None) => return Err(BrowserError::named("EmptyError")),
        None => {}
    }
    writer.close().await
}

async fn begin_photo(
    wish: RecordingWish,
    inbox: Inbox,
) -> Result<Box<dyn RecordCall>, BrowserError> {
    let key = new_key(wish.mime_type)?;
    let mut scene = Scene::new(PHOTO_SIZE, wish.names, Layout::Both)?;
    scene.follow(&wish.sources);
    let (number, mime_type) = (wish.number, wish.mime_type);
    let is_stopped = Rc::new(Cell::new(false));
    let photo = Photo(is_stopped.clone());
    spawn_local(async move {
        let made = take_photo(&key, scene, mime_type, &is_stopped).await;
        let made = made.map_err(|error| problem(&error, Kind::Photo));
        inbox.post(RecordingEvent::Made(number, made).into());
    });
    Ok(Box::new(photo))
}

async fn take_photo(
    key: &str,
    mut scene: Scene,
    mime_type: &str,
    is_stopped: &Cell<bool>,
) -> Result<(), BrowserError> {
    let lock = recordings::lock(key).await;
    for _ in 0..LOOKS {
        if scene.has_all() {
            break;
        }
        TimeoutFuture::new(LOOK).await;
    }
    // The peer does not agree any more.
    if is_stopped.get() {
        return Err(BrowserError::named("EmptyError"));
    }
    scene.draw();
    let picture = scene.canvas.blob(mime_type).await?;
    let bytes = blob::bytes(&picture).await?.to_vec();
    let mut writer = Writer::open(key, || ()).await?;
    writer.append(&bytes).await?;
    writer.close().await?;
    drop(lock);
    Ok(())
}

fn new_key(mime_type: &str) -> Result<String, BrowserError> {
    let bytes: [u8; 4] = random::bytes()?;
    Ok(recordings::new_key(u32::from_be_bytes(bytes), mime_type))
}

fn problem(error: &BrowserError, kind: Kind) -> Problem {
    match &error.name[..] {
        "QuotaExceededError" => Problem::NoRoom,
        "EmptyError" => Problem::Empty,
        "SecurityError" | "NoModificationAllowedError" | "NotAllowedError" | "TypeError" => {
            Problem::CannotKeep
        }
        _ => Problem::CannotRecord(kind),
    }
}

/// See the module.
struct Recorder {
    recorder: Rc<PartRecorder>,
    scene: Rc<RefCell<Scene>>,
}

impl RecordCall for Recorder {
    fn follow(&mut self, sources: &Sources) {
        self.scene.borrow_mut().follow(sources);
    }

    fn show(&mut self, layout: Layout) {
        self.scene.borrow_mut().layout = layout;
    }

    fn stop(&mut self) {
        self.recorder.stop();
    }
}

/// It is over in a moment, and what is seen is what was seen when it began.
struct Photo(Rc<Cell<bool>>);

impl RecordCall for Photo {
    fn follow(&mut self, _: &Sources) {}

    fn show(&mut self, _: Layout) {}

    fn stop(&mut self) {
        self.0.set(true);
    }
}

/// What is seen and heard.
struct Scene {
    size: (f64, f64),
    canvas: Canvas,
    mix: ChangingMix,
    own: Tile,
    peer: Tile,
    screen: Option<Player>,
    layout: Layout,
    speaker: Speaker,
    speaks: Side,
    drawn: u32,
    /// It is not drawn before: a device that is busy has other things to do as well.
    rests_until: Now,
}

/// One person.
struct Tile {
    name: String,
    player: Option<Player>,
}

impl Scene {
    fn new(
        (width, height): (u32, u32),
        [own, peer]: [String; 2],
        layout: Layout,
    ) -> Result<Self, BrowserError> {
        let tile = |name| Tile { name, player: None };
        Ok(Self {
            size: (f64::from(width), f64::from(height)),
            canvas: Canvas::new(width, height)?,
            mix: ChangingMix::new(3)?,
            own: tile(own),
            peer: tile(peer),
            screen: None,
            layout,
            speaker: Speaker::default(),
            speaks: Side::Peer,
            drawn: 0,
            rests_until: Now::ZERO,
        })
    }

    fn follow(&mut self, sources: &Sources) {
        follow(&mut self.own.player, sources.own.as_ref());
        follow(&mut self.peer.player, sources.peer.as_ref());
        follow(&mut self.screen, sources.screen.as_ref());
        for (at, track) in sources.sounds.iter().enumerate() {
            // What cannot be heard is silent; the others go on.
            let _ = self.mix.set(at, track.as_ref());
        }
    }

    /// Whether every picture is there.
    fn has_all(&self) -> bool {
        let all = [&self.own.player, &self.peer.player, &self.screen];
        let mut all = all.into_iter().flatten();
        all.all(|it| it.size().is_some())
    }

    /// Draws, if it is not behind: ticks wait in a queue meanwhile, and before them what was written.
    fn tick(&mut self) {
        let began = clock::now();
        if began < self.rests_until {
            return;
        }
        self.draw();
        let ended = clock::now();
        self.rests_until = ended + ended.since(began).max(REST);
    }

    fn draw(&mut self) {
        self.drawn = self.drawn.wrapping_add(1);
        if self.layout == Layout::Speaker && self.drawn.is_multiple_of(LISTEN_EVERY) {
            let (own, peer) = (self.mix.level(0), self.mix.level(1));
            self.speaks = self.speaker.hear(own, peer, clock::now());
        }
        let (width, height) = self.size;
        let screen = self.screen.as_ref().and_then(Player::size);
        let places = self
            .layout
            .places(self.speaks, screen.is_some(), width, height);
        self.canvas.fill([0.0, 0.0, width, height], GROUND);
        for (tile, place) in [(&self.own, places.own), (&self.peer, places.peer)] {
            if let Some(place) = place {
                self.draw_tile(tile, place);
            }
        }
        if let (Some(screen), Some(size), Some(place)) = (&self.screen, screen, places.screen) {
            let place = place.contain(size.0, size.1);
            self.canvas.picture(screen, rectangle(place));
        }
    }

    fn draw_tile(&self, tile: &Tile, place: Place) {
        let player = tile.player.as_ref();
        match player.and_then(|it| Some((it, it.size()?))) {
            Some((player, (width, height))) => {
                let place = place.contain(width, height);
                self.canvas.picture(player, rectangle(place));
            }
            None => {
                let place = rectangle(place.contain(16.0, 9.0));
                self.canvas.fill(place, TILE);
                let [_, _, _, height] = place;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a size in points"
                )]
                let letters = (height / 10.0) as u32;
                self.canvas.text(&tile.name, place, letters, NAME);
            }
        }
    }
}

fn follow(player: &mut Option<Player>, stream: Option<&MediaStream>) {
    let id = stream.map(MediaStream::id);
    if player.as_ref().map(Player::stream) != id.as_deref() {
        // Without it there is a name.
        *player = stream.and_then(|stream| Player::new(stream).ok());
    }
}

fn rectangle(place: Place) -> [f64; 4] {
    [place.x, place.y, place.width, place.height]
}
