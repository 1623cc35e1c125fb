//! A device that is remembered.

/// A device as it is remembered: ids change when the origin's storage is cleared, and labels
/// may be shared by two. All parts are bounded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceChoice {
    id: String,
    group: String,
    label: String,
}

/// In bytes. Browsers' ids have 40 to 64, labels rarely more than 60.
const LONGEST: usize = 160;

impl DeviceChoice {
    /// Shortened to what is remembered.
    pub fn new(id: &str, group: &str, label: &str) -> Self {
        Self {
            id: bounded(id),
            group: bounded(group),
            label: bounded(label),
        }
    }

    /// `deviceId`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `groupId`; may be empty.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// What the system calls it; may be empty.
    pub fn label(&self) -> &str {
        &self.label
    }
}

/// Without control characters, which separate the fields where it is kept.
fn bounded(text: &str) -> String {
    let mut bounded = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if bounded.len() + letter.len_utf8() > LONGEST {
            break;
        }
        bounded.push(letter);
    }
    bounded
}
