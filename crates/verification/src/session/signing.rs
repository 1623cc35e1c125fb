//! What one says in a call: signed once, said again in the same words, and anew when that
//! would count as too old.

use std::time::Duration;

use wimpex_identity::{Nonce, UnsignedMessage, VerifyError};
use wimpex_protocol::Sec;
use wimpex_sansio::UnixTime;

use super::{Session, Stage};

/// What is to become of a description that is to leave.
#[derive(Debug)]
pub(crate) enum Saying {
    /// It goes as it is: there is nobody to prove it to.
    Plain,
    /// It goes with the proof that it had before.
    Again,
    /// It is signed.
    Anew(UnsignedMessage),
}

/// After so long, what is said within a call once more is signed anew:
/// its proof is about to count as too old ([`wimpex_identity::FRESHNESS`]). Not sooner,
/// for an answer to the proof before may still be on its way. No page keeps one longer
/// than half a minute.
const ANEW_AFTER: Duration = Duration::from_secs(40);
/// And the offer that rings, which cannot be signed anew, for its answers would not be
/// to the same, is not said any more after so long.
const RINGS_FOR: Duration = Duration::from_secs(50);

impl Session {
    /// The proof that went with what was said last.
    pub(crate) fn proof(&self) -> Option<Sec> {
        self.said.as_ref().and_then(|((_, sec), _)| sec.clone())
    }

    /// It goes with this proof.
    pub(crate) fn proved(&mut self, sdp: &str, sec: &Sec) {
        if let Some(((said, proof), _)) = &mut self.said
            && said == sdp
        {
            *proof = Some(sec.clone());
        }
    }

    /// How long ago this description was signed, if it was said last.
    fn said_for(&self, sdp: &str, now: UnixTime) -> Option<Duration> {
        let ((said, _), at) = self.said.as_ref()?;
        (said == sdp).then(|| now.abs_diff(*at))
    }

    /// Another offer within the call, or the last one again.
    pub(crate) fn offer(&mut self, sdp: &str, now: UnixTime) -> Result<Saying, VerifyError> {
        if matches!(self.stage, Stage::Plain) {
            return Ok(Saying::Plain);
        }
        match (self.said_for(sdp, now), self.agreed()) {
            (Some(age), Some(_)) if age < ANEW_AFTER => Ok(Saying::Again),
            (Some(age), None) if age < RINGS_FOR => Ok(Saying::Again),
            (_, Some(agreed)) => {
                let draft = agreed.offer(sdp, now)?;
                self.said = Some(((sdp.to_owned(), None), now));
                Ok(Saying::Anew(draft))
            }
            (_, None) => Err(VerifyError::OutOfOrder),
        }
    }

    /// An answer, the first or one within the call, or the last one again.
    pub(crate) fn answer(
        &mut self,
        sdp: &str,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<Saying, VerifyError> {
        if matches!(self.stage, Stage::Plain) {
            return Ok(Saying::Plain);
        }
        // An offer that was signed anew is answered anew, if in the same words.
        if self.asked.is_none() && self.said_for(sdp, now).is_some() {
            return Ok(Saying::Again);
        }
        self.said = Some(((sdp.to_owned(), None), now));
        if let Stage::Heard(callee) = self.take_heard() {
            let (waiting, draft) = callee.answer(sdp, nonce, now)?;
            self.stage = Stage::Answered(waiting);
            return Ok(Saying::Anew(draft));
        }
        let asked = self.asked.take().ok_or(VerifyError::Unasked)?;
        let agreed = self.agreed().ok_or(VerifyError::OutOfOrder)?;
        agreed.answer(&asked, sdp, now).map(Saying::Anew)
    }

    /// The stage, if it is that of an offer that is to be answered.
    fn take_heard(&mut self) -> Stage {
        match self.stage {
            Stage::Heard(_) => std::mem::replace(&mut self.stage, Stage::Between),
            _ => Stage::Between,
        }
    }
}
