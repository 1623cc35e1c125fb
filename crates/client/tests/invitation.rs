//! Coming by an invitation link, and not being let in.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use wimpex_client::{
    ServerState, SignalingClient, SignalingInput, SignalingOutput, SocketEvent, SocketId, Ticket,
};
use wimpex_protocol::{
    AccessRefusal, ClientMessage, DeviceId, ErrorCode, ErrorMessage, Hello, Login, Name,
    References, ServerMessage, UserId, Welcome,
};
use wimpex_sansio::{Machine, Now, outputs};

fn handle(client: &mut SignalingClient, input: SignalingInput) -> Vec<SignalingOutput> {
    client.handle(input, Now::ZERO);
    outputs(client).collect()
}

fn receive(client: &mut SignalingClient, id: u32, message: &ServerMessage) -> Vec<SignalingOutput> {
    let event = SocketEvent::Text(message.encode());
    handle(client, SignalingInput::Socket(SocketId(id), event))
}

/// What it sends once the server has said hello.
fn login(client: &mut SignalingClient, id: u32) -> Login {
    let hello = ServerMessage::Hello(Hello {
        version: 1,
        challenge: "AA".to_owned(),
        server_time: 0,
    });
    let sent = receive(client, id, &hello);
    let login = sent.iter().find_map(|output| match output {
        SignalingOutput::Transmit(text) => ClientMessage::decode(text).ok(),
        _ => None,
    });
    match login {
        Some(ClientMessage::Login(login)) => login,
        other => panic!("{other:?}"),
    }
}

fn invited() -> SignalingClient {
    let ticket = Ticket::from_fragment("#invite=abc");
    let mut client = SignalingClient::new(None, ticket, 1);
    let name = Name::parse("Alice").unwrap();
    handle(&mut client, SignalingInput::SetName(name));
    handle(&mut client, SignalingInput::Identify(None));
    client
}

#[test]
fn a_ticket_is_shown_until_it_has_let_somebody_in() {
    let mut client = invited();
    assert_eq!(login(&mut client, 1).ticket.as_deref(), Some("abc"));
    handle(&mut client, SignalingInput::NetworkChanged);
    assert_eq!(login(&mut client, 2).ticket.as_deref(), Some("abc"));
    let welcome = ServerMessage::Welcome(Welcome {
        user_id: UserId::parse("guest-alice").unwrap(),
        device_id: DeviceId::parse("d1").unwrap(),
        ice_servers: Vec::new(),
        relay_on_request: false,
        resume_token: "t".to_owned(),
        session: None,
    });
    receive(&mut client, 2, &welcome);
    handle(&mut client, SignalingInput::NetworkChanged);
    assert_eq!(login(&mut client, 3).ticket, None);
}

#[test]
fn each_refusal_of_the_host_is_told_apart() {
    for (reason, state) in [
        (None, ServerState::LoginRejected),
        (Some(AccessRefusal::Unknown), ServerState::LoginRejected),
        (Some(AccessRefusal::NotInvited), ServerState::NotInvited),
        (
            Some(AccessRefusal::InvitationOver),
            ServerState::InvitationOver,
        ),
        (Some(AccessRefusal::NoGuests), ServerState::NoGuests),
        (Some(AccessRefusal::Blocked), ServerState::ShutOut),
    ] {
        let mut client = invited();
        login(&mut client, 1);
        let refused = ServerMessage::Error(ErrorMessage {
            reason,
            ..ErrorMessage::new(ErrorCode::LoginFailed, "No.", References::default())
        });
        let told = receive(&mut client, 1, &refused);
        assert!(
            told.contains(&SignalingOutput::State(state)),
            "{reason:?}: {told:?}"
        );
    }
}

#[test]
fn only_an_invitation_is_a_ticket() {
    for fragment in ["", "#", "#invite", "#other=abc"] {
        assert_eq!(Ticket::from_fragment(fragment), None);
    }
    assert!(!format!("{:?}", Ticket::from_fragment("#invite=abc")).contains("abc"));
}
