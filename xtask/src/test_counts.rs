//! Counts tests from the lines that libtest and wasm-bindgen-test print.

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TestCounts {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed, and parts that did not get as far as their tests.
    pub(crate) failed: usize,
}

impl TestCounts {
    /// Adds what a line says, if it is one such as
    /// `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colors(line);
        let Some((_, counts)) = line.split_once("test result: ") else {
            return;
        };
        self.passed += count(counts, "passed");
        self.failed += count(counts, "failed");
    }

    /// Adds those of another part.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn count(counts: &str, what: &str) -> usize {
    let mut words = counts
        .split([' ', ';', '.'])
        .filter(|word| !word.is_empty());
    let mut before = "";
    words
        .find_map(|word| {
            let found = (word == what).then(|| before.parse().ok());
            before = word;
            found
        })
        .flatten()
        .unwrap_or(0)
}

fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> (usize, usize) {
        let mut counts = TestCounts::default();
        for line in lines {
            counts.read(line);
        }
        (counts.passed, counts.failed)
    }

    #[test]
    fn results_are_added_up() {
        let counted = of(&[
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 12 passed; 4 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        ]);
        assert_eq!(counted, (15, 4));
    }

    #[test]
    fn wasm_bindgen_and_colors_are_understood() {
        let counted = of(&[
            "test result: \u{1b}[32mok\u{1b}[0m. 2 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.02s",
        ]);
        assert_eq!(counted, (2, 0));
    }

    #[test]
    fn other_lines_count_for_nothing() {
        assert_eq!(
            of(&["test 5 passed; 5 failed", "test result: strange", ""]),
            (0, 0)
        );
    }
}
