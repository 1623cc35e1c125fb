//! The configuration file and the unit.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The one that packages have.
const UNIT: &str = include_str!("../../../../packaging/wimpex-server.service");
/// The group that it wants, in the same packages.
const GROUP: &str = include_str!("../../../../packaging/sysusers.conf");
/// Where packages, and hosts, put it.
const UNITS: [&str; 3] = [
    "/usr/lib/systemd/system/wimpex-server.service",
    "/lib/systemd/system/wimpex-server.service",
    "/etc/systemd/system/wimpex-server.service",
];

/// Writes the file as a whole; returns where the one is that was there, if it said something else.
pub(super) fn write_config(path: &Path, text: &str) -> io::Result<Option<PathBuf>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let before = match fs::read_to_string(path) {
        Ok(before) if before == text => return Ok(None),
        Ok(_) => {
            let beside = free_name(path);
            fs::copy(path, &beside)?;
            Some(beside)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    // The server's own user reads it; there is no secret in it.
    #[cfg(unix)]
    fs::set_permissions(
        file.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o644),
    )?;
    file.persist(path)?;
    Ok(before)
}

/// What was there before is never written over.
fn free_name(path: &Path) -> PathBuf {
    let named = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(match number {
            0 => ".before-setup".to_owned(),
            number => format!(".before-setup.{number}"),
        });
        PathBuf::from(name)
    };
    let mut number = 0;
    while named(number).exists() {
        number += 1;
    }
    named(number)
}

/// Writes the unit and makes its group, if no package has brought it; returns where.
pub(super) fn write_unit(config: &Path) -> io::Result<Option<PathBuf>> {
    if UNITS.iter().any(|path| Path::new(path).exists()) {
        return Ok(None);
    }
    let group = Path::new("/etc/sysusers.d/wimpex-server.conf");
    fs::create_dir_all(group.parent().unwrap_or(group))?;
    fs::write(group, GROUP)?;
    let made = Command::new("systemd-sysusers").arg(group).status()?;
    if !made.success() {
        return Err(io::Error::other("systemd-sysusers has not made its group"));
    }
    let path = PathBuf::from("/etc/systemd/system/wimpex-server.service");
    fs::write(&path, unit(&env::current_exe()?, config))?;
    Ok(Some(path))
}

/// For a program and a file that are elsewhere than where packages have them.
fn unit(program: &Path, config: &Path) -> String {
    let start = format!(
        "ExecStart={} --config {}",
        program.display(),
        config.display()
    );
    let lines = UNIT.lines().map(|line| {
        if line.starts_with("ExecStart=") {
            start.as_str()
        } else {
            line
        }
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etc/server.toml");
        assert_eq!(write_config(&path, "a = 1\n").unwrap(), None);
        assert_eq!(write_config(&path, "a = 1\n").unwrap(), None);
        let first = write_config(&path, "a = 2\n").unwrap().unwrap();
        let second = write_config(&path, "a = 3\n").unwrap().unwrap();
        assert_eq!(fs::read_to_string(first).unwrap(), "a = 1\n");
        assert_eq!(fs::read_to_string(second).unwrap(), "a = 2\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a = 3\n");
    }

    #[test]
    fn the_unit_starts_the_program_that_wrote_it() {
        let unit = unit(Path::new("/opt/wimpex-server"), Path::new("/etc/w.toml"));
        let start = "\nExecStart=/opt/wimpex-server --config /etc/w.toml\n";
        assert_eq!(unit.matches(start).count(), 1, "{unit}");
        assert_eq!(unit.matches("ExecStart=").count(), 1);
        assert_eq!(unit.lines().count(), UNIT.lines().count());
    }
}
