//! The three questions.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

use crate::config::{AccessPolicy, Domain, InvalidDomain};

/// What the host wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    /// `None`: on this machine only, or behind a proxy.
    pub(super) domain: Option<Domain>,
    pub(super) access: AccessPolicy,
    pub(super) email: Option<String>,
}

impl Answers {
    /// Asks until each answer makes sense.
    ///
    /// # Errors
    /// If input ends before, or cannot be read.
    pub(super) fn ask(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<Self> {
        let domain = ask(
            input,
            output,
            "1. The name of this server in DNS, such as call.example.org\n   (empty: none; it serves \
             this machine, or a proxy that ends https):",
            |text| match text {
                "" => Ok(None),
                text => text
                    .parse()
                    .map(Some)
                    .map_err(|error: InvalidDomain| error.to_string()),
            },
        )?;
        let access = ask(
            input,
            output,
            "2. Who may use it: everybody who knows the address (1), or whom you invite (2)? [1]",
            |text| match text {
                "" | "1" => Ok(AccessPolicy::Open),
                "2" => Ok(AccessPolicy::Invited),
                _ => Err("Type 1 or 2.".to_owned()),
            },
        )?;
        let email = ask(
            input,
            output,
            "3. Where the certificate authority may write to, if something is about the certificate\n   \
             (an email address; empty: nowhere):",
            |text| match text {
                "" => Ok(None),
                text if is_email(text) => Ok(Some(text.to_owned())),
                _ => Err("That is no email address.".to_owned()),
            },
        )?;
        Ok(Self {
            domain,
            access,
            email,
        })
    }

    /// As the configuration file has it.
    pub(super) fn to_toml(&self) -> String {
        let mut text = "# Written by wimpex-server setup. What else can be set: wimpex-server example-config\n".to_owned();
        if let Some(domain) = &self.domain {
            let _ = writeln!(text, "domain = [\"{domain}\"]");
        }
        if self.access == AccessPolicy::Invited {
            text.push_str("access = \"invited\"\n");
        }
        // It has neither quotes nor backslashes.
        if let Some(email) = &self.email {
            let _ = writeln!(text, "acme-email = \"{email}\"");
        }
        text
    }
}

fn ask<T>(
    input: &mut impl BufRead,
    output: &mut impl Write,
    question: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> io::Result<T> {
    loop {
        let Some(text) = line(input, output, question)? else {
            let text = "there was no answer";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        };
        match read(&text) {
            Ok(answer) => return Ok(answer),
            Err(why) => writeln!(output, "   {why}")?,
        }
    }
}

/// A line that somebody types; `None` at the end of input.
fn line(
    input: &mut impl BufRead,
    output: &mut impl Write,
    question: &str,
) -> io::Result<Option<String>> {
    write!(output, "{question} ")?;
    output.flush()?;
    let mut line = String::new();
    let length = input.read_line(&mut line)?;
    Ok((length > 0).then(|| line.trim().to_owned()))
}

fn is_email(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(typed: &str) -> (io::Result<Answers>, String) {
        let mut said = Vec::new();
        let answers = Answers::ask(&mut typed.as_bytes(), &mut said);
        (answers, String::from_utf8(said).unwrap())
    }

    #[test]
    fn three_answers_make_a_file() {
        let (answers, _) = asked("Call.example.org\n2\nhost@example.org\n");
        let text = answers.unwrap().to_toml();
        let settings: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            settings,
            [
                "domain = [\"call.example.org\"]",
                "access = \"invited\"",
                "acme-email = \"host@example.org\""
            ]
        );
        let (answers, _) = asked("\n\n\n");
        assert_eq!(answers.unwrap().to_toml().lines().count(), 1);
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_asked_for_again() {
        let typed = "https://call.example.org\ncall.example.org\nall\n1\nme\nme@\"x.org\n\n";
        let (answers, said) = asked(typed);
        assert_eq!(answers.unwrap().email, None);
        for why in ["not a name in DNS", "Type 1 or 2", "no email address"] {
            assert!(said.contains(why), "{said}");
        }
        assert!(asked("call.example.org\n").0.is_err());
    }
}
