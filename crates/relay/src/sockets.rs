//! The listening sockets: opened here, or by another process that had them before.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use socket2::{Protocol, Type};

use crate::ports;
use crate::start_error::StartError;

/// Bytes that may wait in the kernel, each way: packets of all clients come to one socket while
/// this process has no turn, and leave by it.
const BUFFER: usize = 4 << 20;

/// Sockets that are open already, each with the address that was asked for.
#[derive(Debug, Default)]
pub struct Sockets {
    /// For UDP; several of one address share what comes (`SO_REUSEPORT`).
    pub udp: Vec<(SocketAddr, UdpSocket)>,
    /// For TCP, at the same port.
    pub tcp: Vec<(SocketAddr, TcpListener)>,
    /// For TLS.
    pub tls: Vec<(SocketAddr, TcpListener)>,
}

impl Sockets {
    /// For UDP and TCP at the same port, also if the system chooses it; so many for UDP if they
    /// are opened here. Another program that has the port is found by TCP, since UDP shares it.
    pub(crate) fn both(
        &mut self,
        address: SocketAddr,
        shards: usize,
    ) -> Result<(Vec<UdpSocket>, TcpListener), StartError> {
        const TRIES: usize = 20;
        let (udp, tcp) = (
            take_all(&mut self.udp, address),
            take(&mut self.tcp, address),
        );
        let bind_shards = |at: SocketAddr| (0..shards).map(|_| bind_udp(at)).collect();
        match (udp, tcp) {
            (udp, Some(tcp)) if !udp.is_empty() => return Ok((udp, tcp)),
            (_, Some(tcp)) => {
                let at = tcp.local_addr().map_err(listening(address, "TCP"))?;
                let udp: io::Result<_> = bind_shards(at);
                return Ok((udp.map_err(listening(address, "UDP"))?, tcp));
            }
            (udp, None) if !udp.is_empty() => {
                let at = udp.first().map_or(Ok(address), UdpSocket::local_addr);
                let at = at.map_err(listening(address, "UDP"))?;
                return Ok((udp, bind_tcp(at).map_err(listening(address, "TCP"))?));
            }
            (_, None) => {}
        }
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            let tcp = bind_tcp(address).map_err(listening(address, "TCP"))?;
            let chosen = tcp.local_addr().map_err(listening(address, "TCP"))?;
            match bind_shards(chosen) {
                Ok(udp) => return Ok((udp, tcp)),
                Err(error) if tries == 0 => return Err(listening(address, "UDP")(error)),
                Err(_) => {}
            }
        }
    }

    pub(crate) fn tls(&mut self, address: SocketAddr) -> Result<TcpListener, StartError> {
        match take(&mut self.tls, address) {
            Some(listener) => Ok(listener),
            None => bind_tcp(address).map_err(listening(address, "TLS")),
        }
    }
}

fn take<T>(sockets: &mut Vec<(SocketAddr, T)>, address: SocketAddr) -> Option<T> {
    let place = sockets.iter().position(|(asked, _)| *asked == address)?;
    Some(sockets.swap_remove(place).1)
}

fn take_all<T>(sockets: &mut Vec<(SocketAddr, T)>, address: SocketAddr) -> Vec<T> {
    let all = sockets.extract_if(.., |(asked, _)| *asked == address);
    all.map(|(_, socket)| socket).collect()
}

fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = ports::socket(address, Type::DGRAM, Protocol::UDP)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    // The system may grant less.
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    Ok(socket.into())
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = ports::socket(address, Type::STREAM, Protocol::TCP)?;
    // A restart must not wait for the connections of before to be forgotten.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

fn listening(address: SocketAddr, what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |error| StartError::Listen {
        address,
        what,
        error,
    }
}
