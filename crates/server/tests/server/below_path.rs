//! The page below a path of an origin that has other apps, whether or not a proxy takes that path away.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Client, TestServer};

const INDEX: &str = "<!doctype html><html lang=en><script src=/start-0123456789abcdef.js></script>";

/// A page, and what is below whatever path it is hosted at.
fn page() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("index.html", INDEX),
        ("index.html.br", "packed from another text"),
        ("start-0123456789abcdef.js", "start"),
        ("service-worker.js", "work"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

async fn server(page: &TempDir) -> TestServer {
    let path = page.path().to_owned();
    TestServer::with(|config| {
        config.page_dir = Some(path);
        config.base_path = "/wimpex".parse().unwrap();
        config.operation.reports = true;
    })
    .await
}

#[tokio::test]
async fn both_kinds_of_proxies_get_the_same_answers() {
    let page = page();
    let server = server(&page).await;
    for path in [
        "/",
        "/u/guest-bob",
        "/start-0123456789abcdef.js",
        "/service-worker.js",
        "/healthz",
        "/healthz?origin=https://elsewhere.example",
        "/push",
        "/ws",
        "/messages",
        "/no-such-file.js",
    ] {
        let taken_away = server.get(path, &[]).await;
        let left = server.get(&format!("/wimpex{path}"), &[]).await;
        assert_eq!(
            (left.status, &left.body),
            (taken_away.status, &taken_away.body),
            "{path}"
        );
    }
    let index = server
        .get("/wimpex/u/guest-bob", &["accept-encoding: br"])
        .await;
    assert_eq!(
        index.text(),
        "<!doctype html><html data-base=\"/wimpex\" lang=en>\
         <script src=/wimpex/start-0123456789abcdef.js></script>"
    );
    let reports = index.header("reporting-endpoints").unwrap();
    assert_eq!(reports, "default=\"/wimpex/reports\"");
}

#[tokio::test]
async fn sockets_open_below_the_path_too() {
    let page = page();
    let server = server(&page).await;
    for path in ["/ws", "/wimpex/ws"] {
        let mut client = Client::at(server.address, path).await;
        let hello: Value = client.recv().await;
        assert_eq!(hello["type"], "hello", "{path}");
    }
}

#[tokio::test]
async fn without_the_slash_one_is_sent_to_the_folder() {
    let page = page();
    let server = server(&page).await;
    for (path, location) in [("/wimpex", "/wimpex/"), ("/wimpex?a=b", "/wimpex/?a=b")] {
        let reply = server.get(path, &[]).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (308, Some(location))
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    // Another path that begins alike is none of it: the page's own first screen.
    assert_eq!(server.get("/wimpexes", &[]).await.status, 200);
    assert_eq!(server.get("/wimpexes/ws", &[]).await.status, 200);
}

#[tokio::test]
async fn at_the_root_the_page_is_served_as_it_was_built() {
    let page = page();
    let path = page.path().to_owned();
    let server = TestServer::with(|config| config.page_dir = Some(path)).await;
    assert_eq!(server.get("/", &[]).await.text(), INDEX);
}
