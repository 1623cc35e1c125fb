//! A call whose page was left, and what the next page of this device needs to go on with it.

use std::time::Duration;

use wimpex_call::KeptCall;
use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallRinging, CallType, DeviceId, DirectMessage, Envelope,
    Signal, UserId,
};
use wimpex_sansio::{Now, UnixTime};
use wimpex_verification::KeptHandshake;

use crate::signaling::{LeftSession, ResumeToken};

/// The first line of the text: of a page that writes it otherwise, nothing is read.
const VERSION: &str = "wimpex-left-call-1";

/// What is kept of a call while it goes on, beside the certificate that DTLS uses, which only the
/// browser can keep. To be forgotten with the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftCall {
    /// The call itself.
    pub call: KeptCall,
    /// What both sides have signed.
    pub handshake: KeptHandshake,
    /// The page's device.
    pub session: LeftSession,
    /// The user has opened the peer's link, so that they mean this very id.
    pub opened: bool,
    /// Whether both sides saw the same SAS, if they have compared it.
    pub compared: Option<bool>,
    /// When it was kept last.
    pub at: UnixTime,
}

/// What it takes to return to a call ([`LeftCall::return_to_call`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReturnToCall {
    /// The call, which goes on over another connection.
    pub call: KeptCall,
    /// What the page before has signed and verified.
    pub handshake: KeptHandshake,
    /// The peer's link was opened in the page before.
    pub opened: bool,
    /// What came of comparing the SAS, which is the same one as before.
    pub compared: Option<bool>,
}

/// The user of this page is asked whether to return to a call. The peer's page may have been left
/// too, and ask its user the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AskedToReturn {
    peer: UserId,
    call: CallId,
    until: Now,
}

impl AskedToReturn {
    /// By what the peer is told: that its user is asked, or that they do not return.
    pub(crate) fn by(message: &Envelope, now: Now) -> Option<Self> {
        let Signal::CallRinging(ringing) = &message.signal else {
            return None;
        };
        Some(Self {
            peer: message.to_id.clone(),
            call: ringing.call_id.clone(),
            until: now + wimpex_call::limits::RETURN,
        })
    }

    /// Whether this is to wait for the user, rather than be told that there is no such call: the
    /// peer is back or still leaves, and repeats its offer until there is an answer. That the call
    /// is over is for everybody.
    pub(crate) fn is_to_wait(&self, from: &UserId, signal: &Signal, now: Now) -> bool {
        let is_about_it = *from == self.peer && signal.call_id() == Some(&self.call);
        let waits = match signal {
            Signal::CallRinging(_) | Signal::CallOffer(_) | Signal::CallAnswer(_) => true,
            Signal::CallEnd(end) => end.reason == CallEndReason::MayReturn,
            Signal::CallConfirm(_) | Signal::CallReject(_) | Signal::IceCandidate(_) => false,
        };
        is_about_it && waits && now < self.until
    }
}

impl LeftCall {
    /// How long the user may still return; `None` if it is too late, or if the clock was set back
    /// meanwhile.
    pub fn time_left(&self, now: UnixTime) -> Option<Duration> {
        let age = now.as_millis().checked_sub(self.at.as_millis())?;
        let left = wimpex_call::limits::RETURN.checked_sub(Duration::from_millis(age))?;
        (!left.is_zero()).then_some(left)
    }

    /// Tells the peer that the page is back, and asks its user.
    pub fn ask(&self) -> Envelope {
        let silently = false;
        let call_id = self.call.call_id.clone();
        self.tell(Signal::CallRinging(CallRinging { call_id, silently }))
    }

    /// Tells the peer that the user does not return.
    pub fn hang_up(&self) -> Envelope {
        let reason = CallEndReason::Ended;
        let call_id = self.call.call_id.clone();
        self.tell(Signal::CallEnd(CallEnd { call_id, reason }))
    }

    fn tell(&self, signal: Signal) -> Envelope {
        Envelope {
            to_id: self.call.peer.clone(),
            to_device: Some(self.call.peer_device.clone()),
            from_id: None,
            from_device: None,
            signal,
        }
    }

    /// What the client needs to go on with the call.
    pub fn return_to_call(mut self, wall: UnixTime) -> ReturnToCall {
        let away = wall.abs_diff(self.at);
        self.call.duration += away;
        ReturnToCall {
            opened: self.opened,
            compared: self.compared,
            handshake: self.handshake,
            call: self.call,
        }
    }

    /// As a text, to be read by [`LeftCall::decode`]. It holds the resume token, a secret.
    pub fn encode(&self) -> String {
        let Self {
            call,
            handshake,
            session,
            opened,
            compared,
            at,
        } = self;
        let session_hash = call
            .peer_session
            .map_or("-".to_owned(), |it| it.to_string());
        let flags: String = [
            call.is_caller,
            call.call_type == CallType::Video,
            call.has_video,
            call.muted,
            call.camera,
            *opened,
            compared.is_some(),
            *compared == Some(true),
        ]
        .map(|is_so| if is_so { '1' } else { '0' })
        .into_iter()
        .collect();
        [
            VERSION,
            &at.as_millis().to_string(),
            &handshake.encode(),
            session.device.as_str(),
            session.token.user.as_str(),
            &session.token.token,
            call.peer_device.as_str(),
            &session_hash,
            &flags,
            &call.duration.as_millis().to_string(),
            &DirectMessage::MediaState(call.peer_media.clone()).encode(),
            // A name has no line breaks.
            call.peer_name.as_deref().unwrap_or_default(),
        ]
        .join("\n")
    }

    /// Reads what [`LeftCall::encode`] has written; `None` if it is something else.
    pub fn decode(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        if lines.next()? != VERSION {
            return None;
        }
        let at = UnixTime::from_millis(lines.next()?.parse().ok()?);
        let handshake = KeptHandshake::parse(lines.next()?)?;
        let session = LeftSession {
            device: DeviceId::parse(lines.next()?).ok()?,
            token: ResumeToken {
                user: UserId::parse(lines.next()?).ok()?,
                token: lines.next()?.to_owned(),
            },
        };
        let peer_device = DeviceId::parse(lines.next()?).ok()?;
        let peer_session = match lines.next()? {
            "-" => None,
            hash => Some(hash.parse().ok()?),
        };
        let flags = lines.next()?.as_bytes();
        let &[
            is_caller,
            is_video,
            has_video,
            muted,
            camera,
            opened,
            ref comparison @ ..,
        ] = flags
        else {
            return None;
        };
        let compared = match comparison {
            // Of a page that did not write it.
            [] | [b'0', _] => None,
            [_, same] => Some(*same == b'1'),
            _ => return None,
        };
        let is_so = |flag: u8| flag == b'1';
        let duration = Duration::from_millis(lines.next()?.parse().ok()?);
        let Ok(DirectMessage::MediaState(peer_media)) = DirectMessage::decode(lines.next()?) else {
            return None;
        };
        let peer_name = Some(lines.next()?.to_owned()).filter(|name| !name.is_empty());
        let key = handshake.key();
        Some(Self {
            call: KeptCall {
                call_id: key.call_id,
                peer: key.peer,
                peer_device,
                peer_name,
                peer_session,
                peer_media,
                call_type: if is_so(is_video) {
                    CallType::Video
                } else {
                    CallType::Audio
                },
                is_caller: is_so(is_caller),
                has_video: is_so(has_video),
                duration,
                muted: is_so(muted),
                camera: is_so(camera),
            },
            handshake,
            session,
            opened: is_so(opened),
            compared,
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use wimpex_protocol::{CallId, MediaFlag, MediaState};

    use super::*;

    fn left() -> LeftCall {
        let hash = "ab".repeat(32);
        let handshake = format!(
            "d-bob-1 4611 call_1 video guest-alice guest-bob {hash} {hash} 00010203040506 {hash} 5 6"
        );
        let call_id = CallId::parse("call_1").unwrap();
        LeftCall {
            call: KeptCall {
                peer: UserId::parse("guest-bob").unwrap(),
                peer_device: DeviceId::parse("d-bob-1").unwrap(),
                peer_name: Some("Bob of \u{1f3e0}".to_owned()),
                peer_session: Some(u64::MAX),
                peer_media: MediaState::new(call_id.clone()).with(MediaFlag::AwaitsReturn, true),
                call_id,
                call_type: CallType::Video,
                is_caller: true,
                has_video: true,
                duration: Duration::from_millis(90_500),
                muted: true,
                camera: false,
            },
            handshake: KeptHandshake::parse(&handshake).unwrap(),
            session: LeftSession {
                device: DeviceId::parse("d-alice-1").unwrap(),
                token: ResumeToken {
                    user: UserId::parse("guest-alice").unwrap(),
                    token: "a token".to_owned(),
                },
            },
            opened: true,
            compared: Some(true),
            at: UnixTime::from_millis(1_700_000_000_000),
        }
    }

    #[test]
    fn what_was_kept_is_what_there_was() {
        assert_eq!(LeftCall::decode(&left().encode()), Some(left()));
        let mut other = left();
        other.call.peer_name = None;
        other.call.peer_session = None;
        other.call.is_caller = false;
        other.opened = false;
        for compared in [None, Some(false)] {
            other.compared = compared;
            assert_eq!(LeftCall::decode(&other.encode()), Some(other.clone()));
        }
        // As a page before has written it.
        other.compared = None;
        let text = other.encode().replace("01110000", "011100");
        assert_eq!(LeftCall::decode(&text), Some(other));
    }

    #[test]
    fn a_text_of_another_kind_is_none() {
        assert_eq!(LeftCall::decode(""), None);
        let text = left().encode();
        let lines = text.split('\n').count();
        for line in 0..lines {
            let spoilt: Vec<&str> = text
                .split('\n')
                .enumerate()
                .map(|(at, text)| if at == line { "\u{0}" } else { text })
                .collect();
            // A name and a token may be anything.
            let may_be_anything = matches!(line, 5 | 11);
            assert_eq!(
                LeftCall::decode(&spoilt.join("\n")).is_some(),
                may_be_anything,
                "{line}"
            );
        }
    }

    #[test]
    fn the_user_may_return_for_half_a_minute() {
        let left = left();
        let after = |seconds: i64| {
            let at = left
                .at
                .as_millis()
                .checked_add_signed(seconds * 1000)
                .unwrap();
            left.time_left(UnixTime::from_millis(at))
        };
        assert_eq!(after(0), Some(Duration::from_secs(30)));
        assert_eq!(after(29), Some(Duration::from_secs(1)));
        assert_eq!(after(30), None);
        assert_eq!(after(31), None);
        assert_eq!(after(-1), None);
    }

    #[test]
    fn the_time_of_the_call_goes_on_while_its_page_is_away() {
        let wall = UnixTime::from_millis(left().at.as_millis() + 4_500);
        let returned = left().return_to_call(wall);
        assert_eq!(returned.call.duration, Duration::from_millis(95_000));
        assert!(returned.call.muted && returned.opened);
    }
}
