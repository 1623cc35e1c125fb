//! What the session loads later (`crate::chunk`): the call machine and the verifier, what
//! calls need of the browser, contacts, the check, and the diagnostics.

use futures_util::future::LocalBoxFuture;
use wimpex_call::CallMachine;
use wimpex_client::{ContactWrite, HttpAnswer, Loaded};
use wimpex_contacts::Contacts;
use wimpex_identity::SignatureClaim;
use wimpex_verification::Verifier;

use super::call_effects::CallEffects;
use super::event::{BoxedCalls, Inbox, RunCall};
use super::signals::Signals;
use super::{check, contact_database, diagnostics};
use crate::browser::rtc_certificate::Certificate;
use crate::browser::{BrowserError, location, web_crypto};
use crate::chunk::lazy;
use wimpex_webrtc::IceServer;

lazy! {
    /// What runs calls: peer connections and media, and the certificate of the first call.
    in calls, call_effects(inbox: Inbox, signals: Signals) -> LocalBoxFuture<'static, Box<dyn RunCall>> {
        Box::pin(async move {
            // A browser that makes none has its connections make their own.
            let certificate = Certificate::generate().await.ok();
            let effects = CallEffects::new(inbox, signals, certificate);
            Box::new(effects) as Box<dyn RunCall>
        })
    }
}

lazy! {
    /// What runs calls, and signs and verifies their signals.
    in ring, calls() -> BoxedCalls {
        Loaded {
            verifier: Box::new(Verifier::default()),
            calls: Box::new(CallMachine::new()),
        }
    }
}

lazy! {
    /// Whether a signature is valid; a browser that cannot tell has not said yes.
    in ring, check_signature(claim: SignatureClaim) -> LocalBoxFuture<'static, bool> {
        Box::pin(async move {
            let checked = web_crypto::verify(
                claim.key.as_bytes(),
                claim.signature.as_bytes(),
                &claim.message,
            );
            checked.await.unwrap_or(false)
        })
    }
}

lazy! {
    /// Reads contacts and past calls; `None` if the browser keeps none.
    in ring, read_contacts() -> LocalBoxFuture<'static, Option<Contacts>> {
        Box::pin(async { contact_database::read().await.ok() })
    }
}

lazy! {
    /// Writes contacts and past calls; says whether the browser kept them.
    in ring, write_contacts(writes: Vec<ContactWrite>) -> LocalBoxFuture<'static, bool> {
        Box::pin(async { contact_database::write(writes).await.is_ok() })
    }
}

lazy! {
    /// Forgets everything of this origin.
    in extras, forget_everything() -> LocalBoxFuture<'static, Result<(), BrowserError>> {
        Box::pin(contact_database::forget_everything())
    }
}

lazy! {
    /// Saves what happened into a file.
    in extras, save_diagnostics(signals: Signals) -> () {
        diagnostics::save(signals);
    }
}

lazy! {
    /// Asks the server whether it is there for pages of this origin, which browsers do not say
    /// of themselves with a GET.
    in extras, probe_http() -> LocalBoxFuture<'static, HttpAnswer> {
        Box::pin(async {
            let probe = gloo_net::http::Request::get(&location::below_base("/healthz"));
            match probe.query([("origin", location::origin())]).send().await {
                Ok(answer) if answer.ok() => HttpAnswer::Healthy,
                Ok(answer) if answer.status() == 421 => HttpAnswer::Misdirected,
                Ok(_) | Err(_) => HttpAnswer::None,
            }
        })
    }
}

lazy! {
    /// The check itself.
    in extras, run_check(servers: Vec<IceServer>, online: bool, inbox: Inbox) -> LocalBoxFuture<'static, ()> {
        Box::pin(check::run(servers, online, inbox))
    }
}
