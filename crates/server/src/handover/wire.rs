//! What the two processes say to each other: texts of JSON with their length before them, and
//! files, each with one byte.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use crate::inherited::{Asked, Inherited};

/// Of what is said here.
pub(super) const VERSION: u32 = 1;
/// Everything but the sessions is short.
const SHORT_BYTES: usize = 256 * 1024;
/// A host does not have more ports than this for us.
const MOST_FILES: usize = 1024;

/// The new process's first word.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) version: u32,
    pub(super) process: u32,
}

/// And the answer to it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// What the files are that follow.
    Files { process: u32, labels: Vec<Label> },
    /// Only a version that is not spoken here.
    Version(u32),
}

/// The new process's second and third word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Progress {
    /// It has everything but the sessions.
    Ready,
    /// It goes on with them.
    Serving,
}

/// What a file is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Label {
    Tcp(Asked),
    Udp(Asked),
    Lock(PathBuf),
}

pub(super) async fn write(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    write_bytes(stream, &serde_json::to_vec(message)?).await
}

pub(super) async fn read<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<T> {
    let bytes = read_bytes(stream, SHORT_BYTES).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

pub(super) async fn write_bytes(stream: &mut UnixStream, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| too_long())?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await
}

pub(super) async fn read_bytes(stream: &mut UnixStream, most: usize) -> io::Result<Vec<u8>> {
    let length = usize::try_from(stream.read_u32().await?).map_err(|_| too_long())?;
    if length > most {
        return Err(too_long());
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Says what there is, and sends it; it stays open here too.
pub(super) async fn send(stream: &mut UnixStream, things: &Inherited) -> io::Result<()> {
    let tcp = things.tcp.iter();
    let udp = things.udp.iter();
    let locks = things.locks.iter();
    let all: Vec<(Label, BorrowedFd<'_>)> = tcp
        .map(|(asked, listener)| (Label::Tcp(*asked), listener.as_fd()))
        .chain(udp.map(|(asked, socket)| (Label::Udp(*asked), socket.as_fd())))
        .chain(locks.map(|(path, file)| (Label::Lock(path.clone()), file.as_fd())))
        .collect();
    let (labels, files): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let process = std::process::id();
    write(stream, &Answer::Files { process, labels }).await?;
    for file in files {
        let send = || {
            let files = [file];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            ancillary.push(SendAncillaryMessage::ScmRights(&files));
            let byte = [IoSlice::new(&[0])];
            sendmsg(stream.as_fd(), &byte, &mut ancillary, SendFlags::NOSIGNAL)?;
            Ok(())
        };
        stream.async_io(Interest::WRITABLE, send).await?;
    }
    Ok(())
}

/// Takes what was said to follow.
pub(super) async fn receive(stream: &mut UnixStream, labels: Vec<Label>) -> io::Result<Inherited> {
    if labels.len() > MOST_FILES {
        return Err(too_long());
    }
    let mut things = Inherited::default();
    for label in labels {
        let file = stream
            .async_io(Interest::READABLE, || receive_one(stream.as_fd()))
            .await?;
        match label {
            Label::Tcp(asked) => things.tcp.push((asked, file.into())),
            Label::Udp(asked) => things.udp.push((asked, file.into())),
            Label::Lock(path) => things.locks.push((path, file.into())),
        }
    }
    Ok(things)
}

fn receive_one(stream: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut bytes = [IoSliceMut::new(&mut byte)];
    // So that children of this process do not have it.
    let flags = RecvFlags::CMSG_CLOEXEC;
    recvmsg(stream, &mut bytes, &mut ancillary, flags)?;
    let mut files = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    let missing = || io::Error::new(io::ErrorKind::InvalidData, "a file is missing");
    files.next().ok_or_else(missing)
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is too long")
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::inherited::Purpose;

    #[tokio::test]
    async fn sockets_arrive_as_what_they_are() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked {
            purpose: Some(Purpose::Http),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let there = Inherited {
            tcp: vec![(asked, listener)],
            udp: vec![(asked, socket)],
            locks: vec![(PathBuf::from("/x"), tempfile::tempfile().unwrap())],
        };
        let (mut here, mut far) = UnixStream::pair().unwrap();
        send(&mut far, &there).await.unwrap();
        let answer: Answer = read(&mut here).await.unwrap();
        let Answer::Files { labels, process } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(process, std::process::id());
        let mut came = receive(&mut here, labels).await.unwrap();
        drop(there);
        let wrong = came.take_tcp(Purpose::Https, asked.address);
        assert!(wrong.is_none());
        let same = came.take_tcp(Purpose::Http, asked.address).unwrap();
        assert_eq!(same.local_addr().unwrap(), address);
        assert_eq!(came.udp.len(), 1);
        assert!(came.take_lock("/x".as_ref()).is_some());
    }

    #[tokio::test]
    async fn what_is_too_long_is_not_read() {
        let (mut here, mut far) = UnixStream::pair().unwrap();
        far.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        let read = read_bytes(&mut here, SHORT_BYTES).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
