//! Whatever a peer sends over the files channel, text by text: no panic, what can be read says the
//! same when it is written and read again, and what is listed and answered stays bounded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wimpex_files::{Chain, FileName, Files, Frame, Input, Output, limits};
use wimpex_sansio::{Machine, Now, UnixTime};

fuzz_target!(|text: &str| {
    let wall = UnixTime::from_millis(0);
    let mut files = Files::new();
    files.handle(Input::Kept(Vec::new()), Now::ZERO);
    files.handle(Input::Opened, Now::ZERO);
    for line in text.lines() {
        let name = FileName::parse(line);
        assert!(name.as_str().chars().count() <= limits::NAME_CHARS);
        assert!(!name.saved().is_empty() && !name.saved().contains(['/', '\\', '\0']));
        let _ = (name.shown(), name.warnings());
        // A line that begins with a digit is a binary message of so many bytes.
        if let Ok(bytes) = line.parse() {
            files.handle(Input::Bytes(bytes), Now::ZERO);
        } else {
            if let Ok(read) = Frame::decode(line) {
                assert_eq!(Frame::decode(&read.encode()), Ok(read));
            }
            let text = line.to_owned();
            files.handle(Input::Text { text, wall }, Now::ZERO);
        }
        let mut opened = Vec::new();
        let mut answers = 0;
        while let Some(output) = files.poll_output() {
            match output {
                Output::Transmit(text) => {
                    assert!(text.len() <= limits::FRAME_BYTES);
                    answers += 1;
                }
                Output::Open { file, .. } => opened.push(file),
                _ => {}
            }
        }
        assert!(answers <= 2, "{answers} answers to one text");
        for file in opened {
            let (bytes, chain) = (0, Chain::START);
            files.handle(Input::StoreOpened { file, bytes, chain }, Now::ZERO);
        }
        let listed = files.view();
        assert!(listed.len() <= limits::LISTED);
        for file in listed {
            files.handle(Input::Accept(file.file), Now::ZERO);
        }
    }
});
