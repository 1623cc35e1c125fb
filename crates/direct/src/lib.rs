//! What the two pages of a call exchange beside the media, over a data channel of its own and
//! without the server: which features each has, chat, where they point, captions, and who may record
//! whom.
//!
//! The channel goes with its peer connection, and a call may have several of those, one after the
//! other. So whatever must not be lost or repeated is numbered ([`wimpex_stream`]), and each
//! connection begins with a [`Hello`] that says what has arrived so far. Everything that comes is
//! parsed as hostile: [`limits`] has the bounds. docs/protocol.md, "The stream channel", is the
//! specification.
//!
//! ```
//! use wimpex_direct::{Direct, Input, LineText, Output, StreamId};
//! use wimpex_sansio::{Machine, Now, UnixTime};
//!
//! let id = |text| StreamId::parse(text).expect("a letter is an id");
//! let (mut alice, mut bob) = (Direct::new(id("a")), Direct::new(id("b")));
//! let (now, wall) = (Now::ZERO, UnixTime::from_millis(0));
//! let text = LineText::parse("Hello!").expect("not empty");
//! alice.handle(Input::Say { text, wall }, now);
//! alice.handle(Input::Opened, now);
//! bob.handle(Input::Opened, now);
//! loop {
//!     let (mut said, mut answered) = (Vec::new(), Vec::new());
//!     while let Some(output) = alice.poll_output() {
//!         if let Output::Transmit(text) = output {
//!             said.push(text);
//!         }
//!     }
//!     while let Some(output) = bob.poll_output() {
//!         if let Output::Transmit(text) = output {
//!             answered.push(text);
//!         }
//!     }
//!     if said.is_empty() && answered.is_empty() {
//!         break;
//!     }
//!     for text in said {
//!         bob.handle(Input::Received { text, wall }, now);
//!     }
//!     for text in answered {
//!         alice.handle(Input::Received { text, wall }, now);
//!     }
//! }
//! assert_eq!(bob.chat().lines[0].text.as_str(), "Hello!");
//! ```

mod caption;
mod features;
mod frame;
mod history;
pub mod limits;
mod link;
mod live;
mod machine;
mod position;
mod rate;
mod sending;
mod stream_id;
mod text;

pub use caption::{Caption, Captions};
pub use features::{Feature, Features};
pub use frame::{Frame, Hello, Known, Message, Unreadable};
pub use history::{Author, Chat, Line, Mark};
pub use link::{Part, parts};
pub use machine::{Direct, Input, Output};
pub use position::{Pointer, Position};
pub use stream_id::StreamId;
pub use text::{LineText, TextError};
