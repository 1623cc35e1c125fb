//! The relay that this process brings, or tells clients of: opened by itself or by another process
//! before it.

#[cfg(unix)]
use std::io;
use std::sync::Arc;

use tokio_rustls::rustls;
use tracing::{info, warn};
use wimpex_relay::Relay;

use crate::certificates::Certificates;
use crate::config::{Config, Role};
use crate::error::StartError;
use crate::inherited::Inherited;
use crate::own_address::OwnAddress;
use crate::{tls, turn};

pub(crate) fn turns_config(
    certificates: Option<&Certificates>,
) -> Result<Option<Arc<rustls::ServerConfig>>, StartError> {
    let store = certificates.map(Certificates::store);
    Ok(store.map(tls::turns_config).transpose()?)
}

/// The relay of a server that does everything, and what clients are told of it,
/// or of the one that runs elsewhere.
pub(crate) fn relay_beside(
    config: &Config,
    key: &[u8],
    certificates: Option<&Certificates>,
    inherited: &mut Inherited,
) -> Result<(Option<Relay>, Option<OwnAddress>), StartError> {
    if !turn::is_wanted(config) {
        return Ok((None, None));
    }
    let asked_for = config.turn.turn == Some(true);
    let told = match turn::relay_config(config, key, turns_config(certificates)?) {
        Ok(told) => told,
        Err(reason) if asked_for => return Err(StartError::Ice(reason)),
        Err(reason) => {
            warn!(reason, "no STUN and TURN");
            return Ok((None, None));
        }
    };
    if config.role != Role::All {
        let tls = told
            .tls
            .as_ref()
            .map_or(Vec::new(), |tls| tls.listen.clone());
        let listen = told.listen.clone();
        return Ok((None, Some(OwnAddress::new(told, listen, tls))));
    }
    match open_relay(&told, inherited) {
        Ok(relay) => {
            let (listen, tls) = (relay.addresses(), relay.tls_addresses());
            Ok((Some(relay), Some(OwnAddress::new(told, listen, tls))))
        }
        Err(error) if asked_for => Err(error),
        // Most calls find a direct way; a port that is taken is no reason to
        // have none at all.
        Err(error) => {
            warn!(%error, "no STUN and TURN");
            Ok((None, None))
        }
    }
}

pub(crate) fn open_relay(
    config: &wimpex_relay::Config,
    inherited: &mut Inherited,
) -> Result<Relay, StartError> {
    let mut open = inherited.take_relays(config);
    let relay = Relay::bind_or_take(config.clone(), &mut open)?;
    let public: Vec<_> = config.relays.iter().map(|relay| relay.public).collect();
    info!(
        listen = ?relay.addresses(),
        tls = ?relay.tls_addresses(),
        ?public,
        "STUN and TURN; if others reach this host under another address, say --turn-public-ip"
    );
    Ok(relay)
}

/// Adds what a relay listens on, and what says that a folder with certificates is taken.
#[cfg(unix)]
pub(crate) fn share_relay(
    relay: Option<&Relay>,
    certificates: Option<&Certificates>,
    things: &mut Inherited,
) -> io::Result<()> {
    if let Some(relay) = relay {
        things.add_relays(relay.sockets()?);
    }
    if let Some(lock) = certificates.and_then(Certificates::lock) {
        things.locks.push(lock.share()?);
    }
    Ok(())
}
