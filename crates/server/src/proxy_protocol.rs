//! The PROXY protocol, versions 1 and 2, by which a proxy says before a connection for whom it
//! speaks: <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ppp::{HeaderResult, PartialResult, v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What every header of version 2 begins with (section 2.2), and no longer than the shortest
/// of version 1.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Of version 2, with its signature: version and command, family, length.
const FIXED: usize = 16;
/// The longest line of version 1 (section 2.1).
const LINE: usize = 107;
/// Whatever else a header of version 2 may hold; the specification asks for 216 at least.
const MOST: usize = 4096;

/// Reads the header, and no byte more: who the proxy speaks for, or `None` if for itself.
///
/// # Errors
/// If it is none, or the connection ends.
pub(crate) async fn read<S>(stream: &mut S) -> io::Result<Option<SocketAddr>>
where
    S: AsyncRead + Unpin,
{
    let mut header = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE {
        header.resize(FIXED, 0);
        stream.read_exact(&mut header[SIGNATURE.len()..]).await?;
        let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
        if length > MOST {
            return Err(wrong());
        }
        header.resize(FIXED + length, 0);
        stream.read_exact(&mut header[FIXED..]).await?;
    } else if header.starts_with(b"PROXY ") {
        while !header.ends_with(b"\r\n") {
            if header.len() == LINE {
                return Err(wrong());
            }
            header.push(stream.read_u8().await?);
        }
    } else {
        return Err(wrong());
    }
    let parsed = HeaderResult::parse(&header);
    if parsed.is_incomplete() {
        return Err(wrong());
    }
    match parsed {
        HeaderResult::V1(Ok(header)) => Ok(match header.addresses {
            v1::Addresses::Unknown => None,
            v1::Addresses::Tcp4(it) => Some((IpAddr::V4(it.source_address), it.source_port)),
            v1::Addresses::Tcp6(it) => Some((IpAddr::V6(it.source_address), it.source_port)),
        }
        .map(Into::into)),
        HeaderResult::V2(Ok(header)) if header.command == v2::Command::Proxy => {
            Ok(match header.addresses {
                v2::Addresses::IPv4(it) => Some((IpAddr::V4(it.source_address), it.source_port)),
                v2::Addresses::IPv6(it) => Some((IpAddr::V6(it.source_address), it.source_port)),
                v2::Addresses::Unspecified | v2::Addresses::Unix(_) => None,
            }
            .map(Into::into))
        }
        // The proxy looks for itself whether we are there.
        HeaderResult::V2(Ok(_)) => Ok(None),
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => Err(wrong()),
    }
}

fn wrong() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "no header of the PROXY protocol",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read, and what is left for TLS or HTTP.
    async fn read_all(bytes: &[u8]) -> (io::Result<Option<SocketAddr>>, Vec<u8>) {
        let mut stream = bytes;
        let result = read(&mut stream).await;
        (result, stream.to_vec())
    }

    fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let mut header = SIGNATURE.to_vec();
        header.extend([0x20 | command, family]);
        header.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        header.extend(body);
        header
    }

    #[tokio::test]
    async fn both_versions_say_who_comes_and_take_no_byte_more() {
        let four = b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 443\r\n".to_vec();
        let six = b"PROXY TCP6 2001:db8::7 2001:db8::1 51234 443\r\n".to_vec();
        let binary = version_2(1, 0x11, &[203, 0, 113, 7, 192, 0, 2, 1, 0xc8, 0x22, 1, 187]);
        for (header, expected) in [
            (four, Some("203.0.113.7:51234")),
            (six, Some("[2001:db8::7]:51234")),
            (binary, Some("203.0.113.7:51234")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (version_2(0, 0, &[]), None),
            (version_2(0, 0, &[9; 40]), None),
        ] {
            let bytes = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
            let (read, left) = read_all(&bytes).await;
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(read.unwrap(), expected, "{header:?}");
            assert_eq!(left, b"GET / HTTP/1.1\r\n");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        for wrong in [
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            b"PROXY TCP4 203.0.113.7 192.0.2.1 51234\r\n".to_vec(),
            [b"PROXY TCP4 ".to_vec(), vec![b'9'; 200]].concat(),
            b"PROXY TCP4 203.0".to_vec(),
            version_2(1, 0x11, &[203, 0, 113]),
            version_2(1, 0x11, &[0; MOST + 1]),
            SIGNATURE.to_vec(),
            Vec::new(),
        ] {
            assert!(read_all(&wrong).await.0.is_err(), "{wrong:?}");
        }
    }
}
