//! One step of the machine, and what else is noted between the steps.

use serde::{Deserialize, Serialize};
use wimpex_call::{Input, State};
use wimpex_protocol::{Answer, Offer, Sdp, Signal};
use wimpex_sansio::Now;

/// One input, and what came of it. The page has the names of outputs at hand, a file
/// has its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<Name = String> {
    /// When the machine took the input.
    pub at: Now,
    /// The input, redacted in a file, and [`abridged`] in a page.
    pub input: Input,
    /// What the machine asked for: see [`wimpex_call::Output::name`].
    pub outputs: Vec<Name>,
    /// The state after it.
    pub state: State,
}

/// Something that browser or server did, in words and without anything private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When it did so, on the same clock as the entries.
    pub at: Now,
    /// What it did.
    pub text: String,
}

/// How much of a description is kept, in bytes: its origin line is in it, whose session
/// and version tell it from all others (RFC 8866, section 5.2).
const ORIGIN: usize = 64;

/// The input as a page that is open for days can keep it: of a description only as much
/// as identifies it, and neither name nor proof.
pub fn abridged(input: &Input) -> Input {
    let mut input = input.clone();
    match &mut input {
        Input::LocalOffer { sdp, .. } | Input::LocalAnswer { sdp, .. } => *sdp = origin(sdp),
        Input::Signal { signal, .. } => match signal {
            Signal::CallOffer(offer) => {
                offer.offer = Offer::new(origin(&offer.offer.sdp));
                offer.from_username = None;
                offer.sec = None;
            }
            Signal::CallAnswer(answer) => {
                answer.answer = Answer::new(origin(&answer.answer.sdp));
                answer.sec = None;
            }
            _ => {}
        },
        _ => {}
    }
    input
}

fn origin(sdp: &Sdp) -> Sdp {
    Sdp(sdp.0.get(..ORIGIN).unwrap_or(&sdp.0).to_owned())
}
