//! What a file is called: shown for what it is, and saved as what it is shown.

use std::fmt;

use crate::limits;

/// The name that a sender gives a file. It may be made to deceive; [`FileName::parts`] shows what is
/// really in it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// A piece of a name as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePart {
    /// Characters as they are.
    Text(String),
    /// Stands for a character that would not be seen, or would move others.
    Mark(String),
}

/// What is to be said of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameWarning {
    /// It has characters that are not seen, or that turn the direction of others.
    Hidden,
    /// It pretends by an earlier extension to be something else than its last one says.
    DoubleExtension,
    /// Whoever opens it runs it.
    Program,
}

/// What systems run, or hand to what runs it, when it is opened.
const PROGRAMS: &str = " action apk app appimage appref-ms application bat bin cmd com command \
    cpl deb desktop dll dmg docm dotm exe gadget hta htm html img inf ins iso jar js jse ksh lnk mht \
    mhtml mjs msc msi msix msp mst osx pif pkg potm ppam ppsm pptm prg ps1 ps2 psm1 py pyw rb reg rpm \
    run scf scr sct sh shb shs svg sys url vb vbe vbs vhd vhdx workflow ws wsf wsh xbap xht xhtml xlam \
    xll xlsm xltm ";

/// What people take for a document when it stands before the last extension.
const DOCUMENTS: &str = " 7z aac avi avif bmp csv doc docx epub flac gif heic jpeg jpg key m4a m4v md \
    mkv mov mp3 mp4 mpeg numbers odp ods odt ogg opus pages pdf png ppt pptx rar rtf tif tiff txt wav \
    webm webp wma wmv xls xlsx xml zip ";

/// Devices of Windows, which no file can be called.
const DEVICES: &str = " aux con nul prn ";

impl FileName {
    /// Takes what came from a peer or a system: the last part of a path, and at most
    /// [`limits::NAME_CHARS`] characters: of a longer one the extension stays.
    pub fn parse(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let count = last.chars().count();
        if count <= limits::NAME_CHARS {
            return Self(last.to_owned());
        }
        let extension = last.rsplit_once('.').map_or("", |(_, extension)| extension);
        let extension = if extension.chars().count() <= 16 {
            extension
        } else {
            ""
        };
        let kept = limits::NAME_CHARS - extension.chars().count() - 2;
        let begin: String = last.chars().take(kept).collect();
        let dot = if extension.is_empty() { "" } else { "." };
        Self(format!("{begin}…{dot}{extension}"))
    }

    /// As it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in pieces: whatever hides or moves something is a piece of its own.
    pub fn parts(&self) -> Vec<NamePart> {
        let mut parts: Vec<NamePart> = Vec::new();
        let last = self.0.chars().count().saturating_sub(1);
        let mut before = None;
        for (at, character) in self.0.chars().enumerate() {
            let is_lone_space = character == ' ' && at > 0 && at < last && before != Some(' ');
            before = Some(character);
            if is_lone_space || !is_hidden(character) {
                match parts.last_mut() {
                    Some(NamePart::Text(text)) => text.push(character),
                    Some(NamePart::Mark(_)) | None => parts.push(NamePart::Text(character.into())),
                }
            } else if character.is_whitespace() && !character.is_control() {
                parts.push(NamePart::Mark("␣".to_owned()));
            } else {
                parts.push(NamePart::Mark(format!("U+{:04X}", u32::from(character))));
            }
        }
        parts
    }

    /// The name as one text, with the same pieces.
    pub fn shown(&self) -> String {
        let piece = |part| match part {
            NamePart::Text(text) => text,
            NamePart::Mark(mark) => format!("[{mark}]"),
        };
        self.parts().into_iter().map(piece).collect()
    }

    /// The extension that systems go by, in lower case: what follows the last full stop, without
    /// what is not seen in it. Empty if there is none.
    pub fn extension(&self) -> String {
        let name = self.saved();
        match name.rsplit_once('.') {
            Some((before, extension)) if !before.is_empty() => extension.to_ascii_lowercase(),
            Some(_) | None => String::new(),
        }
    }

    /// What is to be said of it.
    pub fn warnings(&self) -> Vec<NameWarning> {
        let mut warnings = Vec::new();
        if self
            .parts()
            .iter()
            .any(|part| matches!(part, NamePart::Mark(_)))
        {
            warnings.push(NameWarning::Hidden);
        }
        let extension = self.extension();
        if is_among(PROGRAMS, &extension) {
            let saved = self.saved();
            let mut pieces = saved.rsplit('.').skip(1);
            let pretends = |piece: &str| is_among(DOCUMENTS, &piece.trim().to_ascii_lowercase());
            // The first piece is no extension.
            let inner = saved.split('.').count().saturating_sub(2);
            let is_double = pieces.by_ref().take(inner).any(pretends);
            warnings.push(if is_double {
                NameWarning::DoubleExtension
            } else {
                NameWarning::Program
            });
        }
        warnings
    }

    /// What it is saved as: without what is not seen, without what systems do not allow in a name
    /// or take for something else, and never empty.
    pub fn saved(&self) -> String {
        let mut name = String::new();
        for character in self.0.chars() {
            let next = match character {
                '<' | '>' | ':' | '"' | '|' | '?' | '*' | '%' => '_',
                it if it.is_whitespace() && !it.is_control() => ' ',
                it if is_hidden(it) => continue,
                it => it,
            };
            if next != ' ' || !name.ends_with(' ') {
                name.push(next);
            }
        }
        // Systems drop these, or hide what begins with them.
        let name = name.trim_matches([' ', '.']).to_owned();
        let stem = name.split('.').next().unwrap_or_default().trim();
        let stem = stem.to_ascii_lowercase();
        let is_port = matches!(stem.strip_prefix("com").or(stem.strip_prefix("lpt")), Some(number) if number.len() == 1);
        match name.is_empty() {
            true => "file".to_owned(),
            false if is_port || is_among(DEVICES, &stem) => format!("_{name}"),
            false => name,
        }
    }

    /// Whether a picture can be expected in it, by its extension: one that browsers decode, and
    /// that is nothing but points.
    pub fn is_image(&self) -> bool {
        is_among(" avif bmp gif jpeg jpg png webp ", &self.extension())
    }
}

fn is_among(list: &str, word: &str) -> bool {
    !word.is_empty() && !word.contains(' ') && list.contains(&[" ", word, " "].concat())
}

/// Controls, spaces other than a single one between two words, and what is not drawn or turns what
/// is around it (UAX 9; `Default_Ignorable_Code_Point`).
fn is_hidden(character: char) -> bool {
    let ignorable = matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    );
    ignorable || character.is_control() || character.is_whitespace()
}

/// Names of files are nobody else's business.
impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileName({} bytes)", self.0.len())
    }
}
