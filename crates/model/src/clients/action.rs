//! What can happen to whole clients.

use wimpex_call::PeerConnectionId;
use wimpex_hub::SessionId;

use super::server::Link;

/// One thing that can happen. Tabs are named by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it; see `ClientsBounds`")]
pub enum ClientsAction {
    Start(usize),
    Accept(usize),
    Decline(usize),
    HangUp(usize),
    Answer(usize, usize),
    ToServer(Link),
    ToClient(Link),
    Hear(usize),
    Connect(usize, PeerConnectionId),
    Fail(usize, PeerConnectionId),
    Wait,
    WaitHastily,
    LoseToServer(Link),
    LoseToClient(Link),
    BreakSocket(usize),
    SilenceSocket(usize),
    ForgetSession(SessionId),
    RestartServer,
    Reload(usize),
    Cut,
    CloseByBrowser(usize, PeerConnectionId),
    NoticeClosed(usize, PeerConnectionId),
}
