//! Which certificate each call uses: another one for each, so that nobody can tell that two calls
//! are of one person, and the same for all connections of a call, by which verification knows them
//! again.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{CallSnapshot, PeerConnectionId};
use wimpex_protocol::CallId;

use crate::browser::rtc_certificate::Certificate;

/// So often the one for the next call is looked at, in milliseconds: a page may be open for months.
const LOOKED_AT_EVERY: u32 = 60 * 60 * 1000;
/// What a certificate has left when a call begins, in milliseconds: the call may need it for as long.
const LEFT_FOR_A_CALL: u64 = 7 * 24 * 60 * 60 * 1000;

/// See the module.
pub struct CallCertificates {
    /// For the next call, if that is one that goes on.
    kept: Option<Certificate>,
    /// For the next call that begins.
    spare: Rc<RefCell<Option<Certificate>>>,
    /// Of those that there are; without one the browser has made its own.
    in_use: Vec<(CallId, Option<Certificate>)>,
    _look: Interval,
}

impl CallCertificates {
    /// With one for the first call, if the browser makes any.
    pub fn new(spare: Option<Certificate>) -> Self {
        let spare = Rc::new(RefCell::new(spare));
        let looked_at = Rc::clone(&spare);
        Self {
            kept: None,
            spare,
            in_use: Vec::new(),
            _look: Interval::new(LOOKED_AT_EVERY, move || {
                spawn_local(renew(Rc::clone(&looked_at)));
            }),
        }
    }

    /// Makes another for the next call, if the one for it does not last for a call any more.
    pub fn renewed(&self) -> impl Future<Output = ()> + use<> {
        renew(Rc::clone(&self.spare))
    }

    /// That of the call which has this connection.
    pub fn of(
        &mut self,
        connection: PeerConnectionId,
        calls: &CallSnapshot,
    ) -> Option<Certificate> {
        let all = [&calls.call, &calls.waiting, &calls.held];
        let mut all = all.into_iter().flatten();
        self.in_use
            .retain(|(id, _)| all.clone().any(|call| call.call_id == *id));
        let id = &all.find(|call| call.connection == connection)?.call_id;
        let known = self.in_use.iter().find(|(of, _)| of == id);
        let certificate = match known {
            Some((_, certificate)) => certificate.clone(),
            None => {
                let spare = || self.spare.borrow_mut().take();
                let certificate = self.kept.take().or_else(spare);
                spawn_local(self.renewed());
                self.in_use.push((id.clone(), certificate.clone()));
                certificate
            }
        };
        certificate.filter(Certificate::is_valid)
    }

    /// That of the call which the user sees.
    pub(super) fn seen(&self, calls: &CallSnapshot) -> Option<&Certificate> {
        let id = &calls.call.as_ref()?.call_id;
        let (_, certificate) = self.in_use.iter().find(|(of, _)| of == id)?;
        certificate.as_ref()
    }

    /// The next call is one that goes on, with the certificate that it has.
    pub(super) fn use_next(&mut self, certificate: Certificate) {
        self.kept = Some(certificate);
    }
}

async fn renew(spare: Rc<RefCell<Option<Certificate>>>) {
    let lasts = |spare: &Option<Certificate>| {
        let spare = spare.as_ref();
        spare.is_some_and(|spare| spare.lasts_for(LEFT_FOR_A_CALL))
    };
    if lasts(&spare.borrow()) {
        return;
    }
    if let Ok(made) = Certificate::generate().await {
        *spare.borrow_mut() = Some(made);
    }
}
