//! What records a call, which is loaded later than the call (`crate::chunk`). Apart from `super::lazy`,
//! which has what runs a call: that asks for this.

use futures_util::future::LocalBoxFuture;

use super::call_recorder;
use super::event::Inbox;
use super::recording_event::{Problem, RecordCall, RecordingWish};
use crate::chunk::lazy;

lazy! {
    /// Begins to record a call, or takes a photo of it; what comes of it is posted.
    in extras, begin(wish: RecordingWish, inbox: Inbox) -> LocalBoxFuture<'static, Result<Box<dyn RecordCall>, Problem>> {
        Box::pin(call_recorder::begin(wish, inbox))
    }
}
