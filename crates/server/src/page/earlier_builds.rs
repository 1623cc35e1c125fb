//! What pages of earlier builds load later: kept in the state folder, and served for a day after
//! another build took their place. A page may be open for weeks before it needs them.
//!
//! They are in the state folder rather than in the program: what a host served before is known to
//! that host alone, who may have left out ten builds or have gone back one, and a package, a
//! container with a volume and a folder of one's own (`--page-dir`) all have such a folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tracing::{info, warn};

use super::asset::Asset;
use super::files::{assets, read_folder};

/// For so long after it was replaced.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// So many at most, the latest: who builds all day long must not fill the disk.
const MOST_BUILDS: usize = 4;
/// In the state folder; in it, each build has a folder of its own.
const FOLDER: &str = "pages";
/// In the folder of a build: when another one took its place, in seconds since 1970.
const REPLACED: &str = ".replaced";

/// The files of one earlier build.
pub(super) struct EarlierBuild {
    until: SystemTime,
    assets: HashMap<String, Asset>,
}

impl EarlierBuild {
    /// A file of it, if its time is not over.
    pub(super) fn asset(&self, name: &str, now: SystemTime) -> Option<&Asset> {
        self.assets.get(name).filter(|_| now < self.until)
    }
}

/// Keeps the files of this build for when it will be replaced, and gives those of the builds before
/// it. A folder that cannot be used is no reason not to start. Nobody's day begins or ends by it: the
/// process may be one that comes to nothing.
pub(super) fn keep<'a>(
    state: &Path,
    build: &str,
    files: impl Iterator<Item = (&'a String, &'a Bytes)>,
    now: SystemTime,
) -> Vec<EarlierBuild> {
    let folder = state.join(FOLDER);
    if let Err(error) = write(&folder, build, files) {
        warn!(path = %folder.display(), %error,
            "cannot keep the page: after an upgrade, pages that are open may lack parts");
    }
    let earlier = read(&folder, build, now).unwrap_or_default();
    if !earlier.is_empty() {
        let files: usize = earlier.iter().map(|it| it.assets.len()).sum();
        info!(
            builds = earlier.len(),
            files, "earlier builds of the page are served for a day"
        );
    }
    earlier
}

/// A build is there with all its files or not at all: its folder gets its name last.
fn write<'a>(
    folder: &Path,
    build: &str,
    files: impl Iterator<Item = (&'a String, &'a Bytes)>,
) -> io::Result<()> {
    let own = folder.join(build);
    if own.is_dir() {
        return Ok(());
    }
    let beside = folder.join(format!(".{build}"));
    for (name, content) in files {
        let path = beside.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&beside))?;
        fs::write(path, content)?;
    }
    match fs::rename(&beside, &own) {
        // Another process was faster; its copy is as good.
        Err(_) if own.is_dir() => fs::remove_dir_all(&beside),
        renamed => renamed,
    }
}

/// This build is the present one from now on: the day of the one before it begins, and what has had
/// its time is deleted.
pub(super) fn settle(state: &Path, build: &str, now: SystemTime) {
    let folder = state.join(FOLDER);
    // A host that has gone back to it.
    let _ = fs::remove_file(folder.join(build).join(REPLACED));
    for (place, earlier) in noted(&folder, build, now).into_iter().flatten().enumerate() {
        if earlier.until <= now || place >= MOST_BUILDS {
            // Next time, if not now.
            let _ = fs::remove_dir_all(&earlier.path);
        } else if !earlier.is_noted
            && let Err(error) = note(&earlier.path, now)
        {
            warn!(build = earlier.name, %error, "cannot note that a build of the page was replaced");
        }
    }
}

fn read(folder: &Path, build: &str, now: SystemTime) -> io::Result<Vec<EarlierBuild>> {
    let mut builds = Vec::new();
    for earlier in noted(folder, build, now)?.into_iter().take(MOST_BUILDS) {
        if earlier.until <= now {
            continue;
        }
        match read_folder(&earlier.path) {
            Ok(files) => builds.push(EarlierBuild {
                until: earlier.until,
                assets: assets(files),
            }),
            Err((_, error)) => {
                warn!(build = earlier.name, %error, "cannot read an earlier build of the page");
            }
        }
    }
    Ok(builds)
}

/// What is known of an earlier build without its files.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Noted {
    until: SystemTime,
    name: String,
    path: PathBuf,
    /// When it was replaced is written down.
    is_noted: bool,
}

/// All but this one, the latest first.
fn noted(folder: &Path, build: &str, now: SystemTime) -> io::Result<Vec<Noted>> {
    let mut builds = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| *name != build && !name.starts_with('.')) else {
            continue;
        };
        match replaced(&path, now) {
            Ok(at) => builds.push(Noted {
                until: at.unwrap_or(now) + KEPT,
                name: name.to_owned(),
                is_noted: at.is_some(),
                path,
            }),
            Err(error) => warn!(build = name, %error, "cannot read an earlier build of the page"),
        }
    }
    builds.sort_by(|a, b| b.cmp(a));
    Ok(builds)
}

/// When another build took its place, if that was noted.
fn replaced(build: &Path, now: SystemTime) -> io::Result<Option<SystemTime>> {
    let noted = match fs::read_to_string(build.join(REPLACED)) {
        Ok(text) => text.trim().parse().ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let noted = noted.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    // A clock that was wrong then does not make a day longer.
    Ok(noted.filter(|at| *at <= now))
}

fn note(build: &Path, now: SystemTime) -> io::Result<()> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    fs::write(build.join(REPLACED), format!("{seconds}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = KEPT;

    fn files(names: &[&str]) -> HashMap<String, Bytes> {
        let file = |name: &&str| ((*name).to_owned(), Bytes::from((*name).to_owned()));
        names.iter().map(file).collect()
    }

    fn names(earlier: &[EarlierBuild], now: SystemTime) -> Vec<String> {
        let all = ["a.js", "b.js", "c.js"];
        let has = |name: &&&str| earlier.iter().any(|it| it.asset(name, now).is_some());
        all.iter()
            .filter(has)
            .map(|name| (*name).to_owned())
            .collect()
    }

    #[test]
    fn a_replaced_build_stays_for_a_day() {
        let state = tempfile::tempdir().unwrap();
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        let start = |build: &str, file: &str, now| {
            let earlier = keep(state.path(), build, files(&[file]).iter(), now);
            settle(state.path(), build, now);
            earlier
        };
        assert!(start("a", "a.js", at(0)).is_empty());
        // It is the present one for ten days, however often the server starts.
        assert!(start("a", "a.js", at(0) + 10 * DAY).is_empty());
        let upgraded = at(10) + 10 * DAY;
        let earlier = start("b", "b.js", upgraded);
        assert_eq!(names(&earlier, upgraded), ["a.js"]);
        // It ends while the server runs, too.
        assert!(names(&earlier, upgraded + DAY).is_empty());
        let earlier = start("b", "b.js", upgraded + DAY / 2);
        assert_eq!(names(&earlier, upgraded + DAY / 2), ["a.js"]);
        // Two upgrades in a day; the day of the first counts from its own.
        let earlier = start("c", "c.js", upgraded + DAY / 2);
        assert_eq!(names(&earlier, upgraded + DAY / 2), ["a.js", "b.js"]);
        let earlier = start("c", "c.js", upgraded + DAY);
        assert_eq!(names(&earlier, upgraded + DAY), ["b.js"]);
        assert!(!state.path().join(FOLDER).join("a").exists());
        // Back to the build before.
        let earlier = start("b", "b.js", upgraded + DAY);
        assert_eq!(names(&earlier, upgraded + DAY), ["c.js"]);
        assert!(!state.path().join(FOLDER).join("b").join(REPLACED).exists());
    }

    #[test]
    fn a_process_that_comes_to_nothing_begins_nobody_s_day() {
        let state = tempfile::tempdir().unwrap();
        let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let come =
            |build: &str, file: &str, now| keep(state.path(), build, files(&[file]).iter(), now);
        come("a", "a.js", start);
        settle(state.path(), "a", start);
        // The first that is to take its place does not, and the second does.
        assert_eq!(
            names(&come("b", "b.js", start + DAY), start + DAY),
            ["a.js"]
        );
        let replaced = start + 3 * DAY;
        let earlier = come("b", "b.js", replaced);
        settle(state.path(), "b", replaced);
        let still = replaced + DAY / 2;
        assert_eq!(names(&earlier, still), ["a.js"]);
        assert_eq!(names(&come("b", "b.js", still), still), ["a.js"]);
    }

    #[test]
    fn only_the_latest_of_many_builds_are_kept() {
        let state = tempfile::tempdir().unwrap();
        for number in 0..10 {
            let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000 + number);
            let earlier = keep(
                state.path(),
                &format!("b{number}"),
                files(&["a.js"]).iter(),
                now,
            );
            assert!(earlier.len() <= MOST_BUILDS);
            settle(state.path(), &format!("b{number}"), now);
        }
        let kept = fs::read_dir(state.path().join(FOLDER)).unwrap().count();
        assert_eq!(kept, MOST_BUILDS + 1);
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_no_reason_not_to_start() {
        let state = tempfile::NamedTempFile::new().unwrap();
        let now = SystemTime::now();
        assert!(keep(state.path(), "a", files(&["a.js"]).iter(), now).is_empty());
    }

    #[test]
    fn a_build_that_was_half_written_is_none() {
        let state = tempfile::tempdir().unwrap();
        let half = state.path().join(FOLDER).join(".a");
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join("a.js"), "half").unwrap();
        let earlier = keep(
            state.path(),
            "b",
            files(&["b.js"]).iter(),
            SystemTime::now(),
        );
        assert!(earlier.is_empty());
    }
}
