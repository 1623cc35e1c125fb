//! What goes into the client and what comes out.

use wimpex_call::{PeerConnectionId, PeerConnectionState};
use wimpex_contacts::Contacts;
use wimpex_identity::{Signature, SignatureClaim};
use wimpex_protocol::{Envelope, IceServer, UserId};
use wimpex_sansio::UnixTime;
use wimpex_verification::{RemoteCertificate, RequestId};

use crate::audience::Audience;
use crate::check::{Check, CheckResult};
use crate::command::Command;
use crate::contact_store::ContactsRead;
use crate::contact_write::ContactWrite;
use crate::left_call::ReturnToCall;
use crate::signaling::{KeyOwner, LeftSession, ResumeToken, SocketEvent, SocketId};
use crate::view::Part;

/// What the server says over http, where no WebSocket comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpAnswer {
    /// Nothing, or nothing that makes sense.
    None,
    /// It is there.
    Healthy,
    /// It is there, and serves no pages of this origin (421 Misdirected Request, RFC 9110,
    /// section 15.5.20).
    Misdirected,
}

/// What is loaded with the first call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Loaded<V, C> {
    /// Signs and verifies the signals of calls.
    pub verifier: V,
    /// The call machine.
    pub calls: C,
}

/// What can happen to a [`crate::Client`]. `L` is what the page loads with the first call: see
/// [`Loaded`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input<L> {
    /// The user wants something.
    Command(Command),
    /// What the wall clock shows now; given at the start and whenever it was set anew.
    WallClock(UnixTime),

    /// The browser's key: `None` if it keeps none yet; or the browser's error name.
    Key(Result<Option<KeyOwner>, String>),
    /// A socket reports.
    Socket(SocketId, SocketEvent),
    /// The answer to [`Output::SignLogin`]: base64url of 64 bytes, or the browser's error name.
    LoginSigned(SocketId, Result<String, String>),
    /// The answer to [`Output::ProbeHttp`].
    HttpProbed(HttpAnswer),

    /// The answer to [`Output::LoadCalls`]; `None` if it could not be loaded.
    CallsLoaded(Option<L>),
    /// The answer to [`Output::Sign`].
    Signed(RequestId, Option<Signature>),
    /// The answer to [`Output::CheckSignature`].
    SignatureChecked(RequestId, bool),

    /// From the peer connection or `getUserMedia`, about the call.
    Call(wimpex_call::Input),
    /// `onconnectionstatechange`, or the peer's close.
    ConnectionState {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The new state.
        state: PeerConnectionState,
        /// Once it is connected: the certificate that the peer really uses.
        certificate: Option<RemoteCertificate>,
    },
    /// The peer has sent this text over the connection's data channel.
    DataChannelMessage(PeerConnectionId, String),
    /// The connection's data channel is open: some time after the connection is connected.
    DataChannelOpen(PeerConnectionId),
    /// The answer to [`Output::SendDataChannel`]: whether the channel took it.
    DataChannelSent(PeerConnectionId, bool),
    /// Nothing at all has come over the connection for some seconds.
    PathSilent(PeerConnectionId),

    /// The result of one check of [`Output::RunCheck`].
    Checked(Check, CheckResult),
    /// The check's code could not be loaded.
    CheckUnavailable,

    /// The answer to [`Output::ReadContacts`]: the contacts as the database has them; `None` if
    /// it cannot be read.
    ContactsRead(ContactsRead, Option<Contacts>),
    /// The answer to [`Output::WriteContacts`]: whether the browser kept them.
    ContactsWritten(bool),
    /// Another tab has changed the contacts.
    ContactsChangedElsewhere,
    /// Not everything could be forgotten; the browser's error name.
    ForgetFailed(String),

    /// Be the device again whose page was left in a call, and send this to the peer.
    ReturnToSession(Box<LeftSession>, Box<Envelope>),
    /// The user returns to the call whose page was left.
    ReturnToCall(Box<ReturnToCall>),

    /// A part of the page could not be loaded.
    PartMissing,
    /// This machine is on another network, or on one again.
    NetworkChanged,
    /// The page is in sight again, or came back from the back/forward cache.
    Resumed,
    /// Another tab has written to the browser's storage.
    StorageChanged {
        /// A name is still remembered.
        has_name: bool,
        /// Until when no stranger rings.
        strangers_silenced_until: Option<UnixTime>,
        /// Until when the user is not to be disturbed.
        do_not_disturb_until: Option<UnixTime>,
        /// Who may learn that the user is online, if they have chosen.
        audience: Option<Audience>,
    },
    /// The page is left (`pagehide`).
    PageHide,
    /// Something worth noting for whoever debugs; see [`crate::Host::note`].
    Note(String),
    /// The time that `poll_timeout` named has come.
    Timeout,
}

/// Something to remember on this device (`localStorage`), or in this tab.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The user's name.
    Name(String),
    /// The user's id.
    UserId(String),
    /// Call through a relay only.
    HideAddress(bool),
    /// Take calls from contacts only.
    ContactsOnly(bool),
    /// No stranger rings until then.
    StrangersSilencedUntil(Option<UnixTime>),
    /// The user is not to be disturbed until then.
    DoNotDisturbUntil(Option<UnixTime>),
    /// Let these learn that the user is online.
    Audience(Audience),
    /// There are contacts or past calls: the first screen shows them.
    HasContacts,
    /// In this tab only (`sessionStorage`).
    ResumeToken(ResumeToken),
}

/// How a page gives way to another build of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoadAnew {
    /// The build that is expected. To be remembered in this tab, in [`crate::Stored::loaded_for`],
    /// if the page is loaded.
    pub build: String,
    /// Only if nobody would notice: nothing is being typed, no dialog is open, nothing is being
    /// stored. Otherwise nothing is done, and the client asks again.
    pub when_quiet: bool,
    /// Whom the user was about to call: the new page offers it.
    pub callee: Option<UserId>,
}

/// What a [`crate::Client`] asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Open a WebSocket to `/ws` in place of the one before.
    OpenSocket(SocketId),
    /// Send this text frame over the open socket.
    Transmit(String),
    /// Close the socket without a code: the server forgets the session.
    CloseSocket(SocketId),
    /// Close the socket with code 4002: the server keeps the session (docs/protocol.md).
    AbandonSocket(SocketId),
    /// Ask the server something over http; the answer is [`Input::HttpProbed`].
    ProbeHttp,

    /// Look for the browser's key; the answer is [`Input::Key`].
    FindKey,
    /// Make a key and keep it; the answer is [`Input::Key`].
    GenerateKey,
    /// Sign a login; the answer is [`Input::LoginSigned`].
    SignLogin {
        /// Over which socket.
        socket: SocketId,
        /// `hello.challenge`.
        challenge: String,
    },
    /// Load what verifies and runs calls; the answer is [`Input::CallsLoaded`].
    LoadCalls,
    /// Sign these bytes with the user's key; the answer is [`Input::Signed`].
    Sign {
        /// To be repeated in the answer.
        request: RequestId,
        /// The bytes.
        message: Vec<u8>,
    },
    /// Check a signature; the answer is [`Input::SignatureChecked`].
    CheckSignature {
        /// To be repeated in the answer.
        request: RequestId,
        /// Who is said to have signed what.
        claim: SignatureClaim,
    },

    /// About the peer connection, its media and its devices. `Send` and `Changed` are
    /// never among them.
    Call(wimpex_call::Output),
    /// Use these from the next ICE restart on.
    SetIceServers(Vec<IceServer>),
    /// Send this over the connection's data channel; the answer is
    /// [`Input::DataChannelSent`].
    SendDataChannel(PeerConnectionId, String),
    /// Fetch the code that calls need later: the server may be away then.
    PreloadChunk,
    /// Fetch the same once the browser has nothing better to do, unless the user saves data,
    /// so that the first call need not wait for it.
    PrefetchChunk,

    /// Run the connection check; the answers are [`Input::Checked`].
    RunCheck {
        /// Whether the page is logged in.
        online: bool,
    },

    /// Read the contacts; the answer is [`Input::ContactsRead`]. From the first time on,
    /// follow what other tabs write.
    ReadContacts(ContactsRead),
    /// Write these, one after the other, and tell the other tabs; the answer is
    /// [`Input::ContactsWritten`].
    WriteContacts(Vec<ContactWrite>),
    /// Remember a setting.
    Store(Setting),
    /// Delete everything that this page has stored, then load the first screen.
    ForgetMe,
    /// Load the first screen anew: another tab has forgotten the user.
    Reload,
    /// Load the page anew: the server has another build of it.
    LoadAnew(LoadAnew),

    /// This part of the view has changed. Comes last.
    Changed(Part),
}
