//! What a look has shown, and what to do.

use std::fmt;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    what: &'static str,
    grade: Grade,
    text: String,
    next: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    Fine,
    /// It may be meant so.
    Doubtful,
    Failed,
}

impl Verdict {
    pub(super) fn fine(what: &'static str, text: impl Into<String>) -> Self {
        Self::new(what, Grade::Fine, text, "")
    }

    /// Perhaps nothing is wrong; if something is, this is the next step.
    pub(super) fn doubtful(
        what: &'static str,
        text: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self::new(what, Grade::Doubtful, text, next)
    }

    /// It is of no use as it is; `next` is what to do.
    pub(super) fn failed(
        what: &'static str,
        text: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self::new(what, Grade::Failed, text, next)
    }

    fn new(
        what: &'static str,
        grade: Grade,
        text: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            what,
            grade,
            text: text.into(),
            next: next.into(),
        }
    }

    pub(super) fn is_failure(&self) -> bool {
        self.grade == Grade::Failed
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Fine => "ok",
            Grade::Doubtful => "?",
            Grade::Failed => "FAILED",
        };
        write!(f, "{grade:<7} {:<12} {}", self.what, self.text)?;
        if !self.next.is_empty() {
            write!(f, "\n{:21}{}", "", self.next)?;
        }
        Ok(())
    }
}
