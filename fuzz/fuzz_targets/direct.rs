//! Whatever a peer sends over the stream channel, frame by frame: no panic, what can be read says
//! the same when it is written and read again, and what is kept and answered stays bounded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wimpex_direct::{Direct, Frame, Input, Output, StreamId, limits, parts};
use wimpex_sansio::{Machine, Now, UnixTime};

fuzz_target!(|text: &str| {
    let stream = StreamId::parse("fuzz").expect("letters are an id");
    let mut direct = Direct::new(stream);
    let wall = UnixTime::from_millis(0);
    direct.handle(Input::Opened, Now::ZERO);
    direct.handle(Input::InSight(true), Now::ZERO);
    direct.handle(Input::ReadCaptions(true), Now::ZERO);
    direct.handle(Input::CanCaption(true), Now::ZERO);
    // Each line of the bytes is a frame; some of them come after the first hello.
    let hello = r#"{"type":"hello","version":1,"features":["chat","recording"],"stream":"peer"}"#;
    for frame in std::iter::once(hello).chain(text.lines()) {
        if let Ok(read) = Frame::decode(frame) {
            assert_eq!(Frame::decode(&read.encode()), Ok(read));
        }
        let text = frame.to_owned();
        direct.handle(Input::Received { text, wall }, Now::ZERO);
        let mut answers = 0;
        while let Some(output) = direct.poll_output() {
            if let Output::Transmit(frame) = output {
                assert!(frame.len() <= limits::FRAME_BYTES);
                answers += 1;
            }
        }
        assert!(answers <= 3, "{answers} answers to one frame");
    }
    assert!(direct.captions().iter().count() <= limits::CAPTIONS);
    let chat = direct.chat();
    assert!(chat.lines.len() <= limits::LINES);
    for line in &chat.lines {
        let length = parts(line.text.as_str())
            .iter()
            .map(|part| match part {
                wimpex_direct::Part::Text(text) | wimpex_direct::Part::Link(text) => text.len(),
            })
            .sum::<usize>();
        assert_eq!(length, line.text.as_str().len());
    }
});
