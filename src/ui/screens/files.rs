//! Files that are sent in a call: what is shown of each, and what can be done with it.

use wimpex_call::State;
use wimpex_files::{Direction, EndReason, FileId, FileView, NamePart, Partial, Progress, limits};

use crate::session::FilesView;
use crate::ui::words::common::isolated;
use crate::ui::words::files as words;

/// What can be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// To take what is offered.
    Accept,
    /// Not to.
    Refuse,
    /// To stop for a while.
    Pause,
    /// To go on.
    Resume,
    /// To stop for good.
    Cancel,
    /// To save what has arrived.
    Save,
    /// To send once more.
    Again,
    /// To take it from the list.
    Remove,
}

impl FileAction {
    /// All of them, in the order in which they stand.
    pub const ALL: [Self; 8] = [
        Self::Accept,
        Self::Refuse,
        Self::Save,
        Self::Again,
        Self::Resume,
        Self::Pause,
        Self::Cancel,
        Self::Remove,
    ];

    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => words::ACCEPT,
            Self::Refuse => words::REFUSE,
            Self::Pause => words::PAUSE,
            Self::Resume => words::RESUME,
            Self::Cancel => words::CANCEL,
            Self::Save => words::SAVE,
            Self::Again => words::AGAIN,
            Self::Remove => words::REMOVE,
        }
    }

    /// Whether it is what most people want.
    pub fn is_first(self) -> bool {
        matches!(self, Self::Accept | Self::Save)
    }
}

/// One file on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileItem {
    /// Which.
    pub file: FileId,
    /// Under which its bytes are kept.
    pub key: FileId,
    /// Its name, with what hides in it.
    pub name: Vec<NamePart>,
    /// The same as one text, for the names of buttons.
    pub label: String,
    /// How long it is.
    pub size: String,
    /// How it stands.
    pub status: String,
    /// How fast; empty while it stands.
    pub pace: String,
    /// How much is there, from 0 to 100; `None` where that says nothing.
    pub percent: Option<u64>,
    /// What the user should know before they take or open it.
    pub warnings: Vec<String>,
    /// It did not arrive, and not by the will of anybody here.
    pub is_bad: bool,
    /// What can be done.
    pub actions: Vec<FileAction>,
    /// A picture that has arrived, and is not too large to be shown small.
    pub has_preview: bool,
}

/// The files of the call, or of the one before; `name` is the other person's.
pub fn file_items(view: &FilesView, state: State, name: &str) -> Vec<FileItem> {
    let is_over = matches!(state, State::Idle | State::Ended);
    let item =
        |(file, is_saved): &(FileView, bool)| file_item(view, file, *is_saved, is_over, name);
    view.files.iter().map(item).collect()
}

fn file_item(
    view: &FilesView,
    file: &FileView,
    is_saved: bool,
    is_over: bool,
    name: &str,
) -> FileItem {
    let is_in = file.direction == Direction::In;
    let is_done = file.progress == Progress::Done;
    let lacks_room = file.progress == Progress::Asked
        && is_in
        && view
            .room
            .is_some_and(|room| room < file.size - file.kept.min(file.size));
    let extension = file.name.extension();
    let mut warnings = Vec::new();
    if is_in {
        let said = file.name.warnings().into_iter();
        warnings.extend(said.map(|it| words::warning(it, &extension)));
    }
    if let (true, Some(room)) = (lacks_room, view.room) {
        warnings.push(words::no_room(room));
    }
    if let (true, true, Some(_)) = (is_in, is_done, &view.save_error) {
        warnings.push(words::SAVE_FAILED.to_owned());
    }
    let is_moving = file.progress == Progress::Runs;
    FileItem {
        file: file.file,
        key: file.key,
        name: file.name.parts(),
        label: file.name.shown(),
        size: words::size(file.size),
        status: words::progress(
            file.progress,
            file.direction,
            &isolated(name),
            file.kept > 0,
            is_over,
        ),
        pace: if is_moving && file.rate > 0 {
            words::pace(file.rate, file.seconds_left())
        } else {
            String::new()
        },
        percent: shows_percent(file).then(|| file.percent()),
        warnings,
        is_bad: is_bad(file.progress),
        actions: actions(file, is_saved),
        has_preview: is_in && is_done && file.name.is_image() && file.size <= limits::PREVIEW_BYTES,
    }
}

fn shows_percent(file: &FileView) -> bool {
    match file.progress {
        Progress::Runs
        | Progress::Waits
        | Progress::Paused
        | Progress::PausedByPeer
        | Progress::Away => true,
        Progress::Asked => file.kept > 0,
        Progress::Done | Progress::Ended(_) | Progress::EndedByPeer(_) => false,
    }
}

fn is_bad(progress: Progress) -> bool {
    match progress {
        Progress::Ended(reason) => !matches!(reason, EndReason::Refused | EndReason::Cancelled),
        Progress::EndedByPeer(_) => true,
        Progress::Asked
        | Progress::Waits
        | Progress::Runs
        | Progress::Paused
        | Progress::PausedByPeer
        | Progress::Away
        | Progress::Done => false,
    }
}

fn actions(file: &FileView, is_saved: bool) -> Vec<FileAction> {
    use FileAction::{Accept, Again, Cancel, Pause, Refuse, Remove, Resume, Save};
    match (file.progress, file.direction) {
        (Progress::Asked, Direction::In) => vec![Accept, Refuse],
        (Progress::Asked, Direction::Out) => vec![Cancel],
        (Progress::Waits | Progress::Runs | Progress::PausedByPeer | Progress::Away, _) => {
            vec![Pause, Cancel]
        }
        (Progress::Paused, _) => vec![Resume, Cancel],
        (Progress::Done, Direction::In) if is_saved => vec![Save, Remove],
        (Progress::Done, Direction::In) => vec![Save, Remove],
        (Progress::Done, Direction::Out) => vec![Remove],
        (Progress::Ended(_) | Progress::EndedByPeer(_), Direction::Out) => vec![Again, Remove],
        (Progress::Ended(_) | Progress::EndedByPeer(_), Direction::In) => vec![Remove],
    }
}

/// What is told when it changes.
pub fn files_summary(view: &FilesView, name: &str) -> String {
    let count =
        |is: &dyn Fn(&FileView) -> bool| view.files.iter().filter(|(file, _)| is(file)).count();
    let asked = count(&|it| it.direction == Direction::In && it.progress == Progress::Asked);
    let moving = count(&|it| matches!(it.progress, Progress::Runs | Progress::Waits));
    let arrived = count(&|it| it.direction == Direction::In && it.progress == Progress::Done);
    words::summary(asked, moving, arrived, &isolated(name))
}

/// A file that came in an earlier call, as it is listed at home.
pub fn unsaved_line(file: &Partial) -> (String, String) {
    (file.name.shown(), words::size(file.size))
}

#[cfg(test)]
mod tests {
    use wimpex_files::FileName;

    use super::*;

    fn file(direction: Direction, progress: Progress) -> FileView {
        let file = FileId::from_random([1; 16]);
        FileView {
            file,
            key: file,
            direction,
            name: FileName::parse("plan.pdf"),
            size: 10_000_000,
            progress,
            kept: 4_000_000,
            rate: 2_000_000,
        }
    }

    fn item(file: FileView) -> FileItem {
        let view = FilesView {
            peer: None,
            is_offered: true,
            files: vec![(file, false)],
            room: Some(1_000_000),
            save_error: None,
        };
        let mut items = file_items(&view, State::Connected, "Bob");
        items.remove(0)
    }

    #[test]
    fn what_moves_says_how_fast_and_for_how_long() {
        let item = item(file(Direction::In, Progress::Runs));
        assert_eq!(item.status, "Receiving");
        assert_eq!(item.pace, "2.0 MB/s, 3 seconds left");
        assert_eq!(item.percent, Some(40));
        assert_eq!(item.actions, [FileAction::Pause, FileAction::Cancel]);
    }

    #[test]
    fn whoever_is_asked_knows_what_they_are_asked() {
        let mut offered = file(Direction::In, Progress::Asked);
        offered.kept = 0;
        offered.name = FileName::parse("cat.jpg .exe");
        let item = item(offered);
        assert_eq!(item.actions, [FileAction::Accept, FileAction::Refuse]);
        assert_eq!(item.size, "10.0 MB");
        assert_eq!(item.warnings.len(), 2, "{:?}", item.warnings);
        assert!(item.warnings[0].contains(".exe"));
        assert!(item.warnings[1].contains("1.0 MB"), "{:?}", item.warnings);
        assert_eq!(item.percent, None);
    }

    #[test]
    fn every_state_has_words_and_a_way_on() {
        let reasons = [
            EndReason::Refused,
            EndReason::Cancelled,
            EndReason::NoRoom,
            EndReason::CannotStore,
            EndReason::CannotRead,
            EndReason::Failed,
        ];
        let mut all = vec![
            Progress::Asked,
            Progress::Waits,
            Progress::Runs,
            Progress::Paused,
            Progress::PausedByPeer,
            Progress::Away,
            Progress::Done,
        ];
        all.extend(reasons.map(Progress::Ended));
        all.extend(reasons.map(Progress::EndedByPeer));
        for progress in all {
            for direction in [Direction::In, Direction::Out] {
                let item = item(file(direction, progress));
                assert!(!item.status.is_empty() && !item.actions.is_empty());
            }
        }
    }

    #[test]
    fn a_picture_is_previewed_once_it_is_here() {
        let picture = |name, progress, size| {
            let mut file = file(Direction::In, progress);
            file.name = FileName::parse(name);
            file.size = size;
            item(file).has_preview
        };
        assert!(picture("a.png", Progress::Done, 1_000));
        assert!(!picture("a.png", Progress::Runs, 1_000));
        assert!(!picture("a.svg", Progress::Done, 1_000));
        assert!(!picture("a.png", Progress::Done, limits::PREVIEW_BYTES + 1));
    }

    #[test]
    fn the_summary_tells_what_waits_first() {
        let mut view = FilesView::default();
        assert_eq!(files_summary(&view, "Bob"), "");
        view.files
            .push((file(Direction::In, Progress::Done), false));
        assert!(files_summary(&view, "Bob").contains("arrived"));
        view.files
            .push((file(Direction::Out, Progress::Runs), false));
        assert!(files_summary(&view, "Bob").contains("on its way"));
        view.files
            .push((file(Direction::In, Progress::Asked), false));
        assert!(files_summary(&view, "Bob").contains("wants to send you a file"));
    }

    #[test]
    fn lengths_are_written_as_systems_do() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (2_400_000, "2.4 MB"),
            (2_147_483_648, "2.15 GB"),
        ] {
            assert_eq!(words::size(bytes), text);
        }
    }
}
