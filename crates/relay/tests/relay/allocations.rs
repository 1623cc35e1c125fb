//! Allocations: made, kept, ended, given back.

use std::time::Duration;

use stun_types::AddressFamily;
use stun_types::attribute::RawAttribute;
use stun_types::prelude::MessageWriteExt;
use turn_types::attribute::{
    AdditionalAddressFamily, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport,
};
use turn_types::message::{ALLOCATE, REFRESH};

use crate::client::Client;
use crate::support::{Peer, TestRelay};

#[tokio::test]
async fn a_binding_request_tells_the_address() {
    let relay = TestRelay::start().await;
    for address in [relay.v4, relay.v6] {
        let mut client = Client::udp(address).await;
        assert_eq!(client.binding().await.mapped(), client.local());
        let mut client = Client::tcp(address).await;
        assert_eq!(client.binding().await.mapped().ip(), address.ip());
    }
}

#[tokio::test]
async fn an_allocation_is_made_and_given_back() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    let reply = client.allocate().await;
    assert_eq!((reply.code(), reply.lifetime()), (0, 600));
    assert_eq!(reply.mapped(), client.local());
    assert_eq!(reply.relayed()[0].ip(), relay.v4.ip());
    assert_eq!(client.permit(&[relay.v4]).await.code(), 0);
    let counts = relay.handle.counts();
    assert_eq!((counts.allocations, counts.users), (1, 1));
    assert_eq!(counts.permissions, 1);
    let reply = client.refresh(0).await;
    assert_eq!((reply.code(), reply.lifetime()), (0, 0));
    relay.until_empty().await;
    assert_eq!(client.refresh(600).await.code(), 437);
    relay.stop().await;
}

#[tokio::test]
async fn an_allocation_is_for_ipv4_or_ipv6_or_both() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    let reply = client.allocate_v6().await;
    assert_eq!(reply.relayed().len(), 1);
    assert!(reply.relayed()[0].is_ipv6());

    let mut client = relay.client("bob").await;
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let reply = client
        .allocate_with(|writer| writer.add_attribute(&both).unwrap())
        .await;
    let relayed = reply.relayed();
    assert_eq!(relayed.len(), 2);
    assert!(relayed[0].is_ipv4() && relayed[1].is_ipv6());
    let (four, six) = (Peer::v4().await, Peer::v6().await);
    assert_eq!(client.permit(&[four.address, six.address]).await.code(), 0);
    for peer in [&four, &six] {
        client.indicate(peer.address, b"hello").await;
        assert_eq!(peer.recv().await.0, b"hello");
    }
    // One may go and the other stay.
    let reply = client
        .request(REFRESH, |writer| {
            writer.add_attribute(&Lifetime::new(0)).unwrap();
            let six = RequestedAddressFamily::new(AddressFamily::IPV6);
            writer.add_attribute(&six).unwrap();
        })
        .await;
    assert_eq!(reply.code(), 0);
    client.indicate(six.address, b"lost").await;
    client.indicate(four.address, b"again").await;
    assert_eq!(four.recv().await.0, b"again");
    assert!(six.has_nothing());
    assert_eq!(client.permit(&[six.address]).await.code(), 443);
}

#[tokio::test]
async fn a_family_that_the_relay_has_not_is_refused() {
    let relay = TestRelay::with(|config| {
        config.relays.truncate(1);
    })
    .await;
    let mut client = relay.client("alice").await;
    assert_eq!(client.allocate_v6().await.code(), 440);
    let both = AdditionalAddressFamily::new(AddressFamily::IPV6);
    let reply = client
        .allocate_with(|writer| writer.add_attribute(&both).unwrap())
        .await;
    assert_eq!((reply.code(), reply.relayed().len()), (0, 1));
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_and_another_a_mismatch() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    client.challenge().await;
    let request = client.signed(ALLOCATE, |writer| {
        writer.add_attribute(&RequestedTransport::new(17)).unwrap();
    });
    let first = client.exchange(request.clone()).await.relayed();
    let second = client.exchange(request).await.relayed();
    assert_eq!(first, second);
    assert_eq!(client.allocate().await.code(), 437);
    assert_eq!(relay.handle.counts().allocations, 1);
}

#[tokio::test]
async fn wishes_that_make_no_sense_or_cannot_be_met_are_refused() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    client.challenge().await;
    let code = client.request(ALLOCATE, |_| {}).await.code();
    assert_eq!(code, 400, "no transport");
    let tcp = RequestedTransport::new(6);
    let code = client
        .request(ALLOCATE, |writer| writer.add_attribute(&tcp).unwrap())
        .await
        .code();
    assert_eq!(code, 442, "a relay over TCP");
    let pair = EvenPort::new(true);
    let code = client
        .allocate_with(|writer| writer.add_attribute(&pair).unwrap())
        .await
        .code();
    assert_eq!(code, 508, "a pair of ports");
    let unknown = RawAttribute::new(0x7abc.into(), b"what");
    let code = client
        .allocate_with(|writer| writer.add_attribute(&unknown).unwrap())
        .await
        .code();
    assert_eq!(code, 420, "an attribute nobody knows");
    let even = EvenPort::new(false);
    let reply = client
        .allocate_with(|writer| writer.add_attribute(&even).unwrap())
        .await;
    assert_eq!(reply.relayed()[0].port() % 2, 0);
}

#[tokio::test]
async fn what_is_not_refreshed_runs_out() {
    let relay = TestRelay::with(|config| {
        config.timing.lifetime = Duration::from_secs(1);
        config.timing.max_lifetime = Duration::from_secs(2);
    })
    .await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    let reply = client.allocate().await;
    assert_eq!(reply.lifetime(), 1);
    let relayed = reply.relayed()[0];
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(
        client.refresh(10).await.lifetime(),
        2,
        "no more than the most"
    );
    tokio::time::sleep(Duration::from_millis(700)).await;
    client.channel(0x4000, b"still").await;
    assert_eq!(peer.recv().await.0, b"still");
    relay.until_empty().await;
    client.channel(0x4000, b"gone").await;
    peer.socket.send_to(b"gone", relayed).await.unwrap();
    client.settle().await;
    assert!(peer.has_nothing());
}

#[tokio::test]
async fn a_shutdown_ends_everything() {
    let relay = TestRelay::start().await;
    let mut udp = relay.client("alice").await;
    udp.allocated().await;
    let mut tcp = Client::tcp(relay.v4).await;
    tcp.log_in("bob");
    tcp.allocated().await;
    relay.stop().await;
    tcp.closed().await;
}
