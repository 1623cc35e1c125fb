//! How the files of the page are served.

use std::fs;

use tempfile::TempDir;

use crate::support::{TestServer, request};

const INDEX: &str = "<!doctype html><script src=/start-0123456789abcdef.js></script>";
const WASM: &str = "wimpex-0123456789abcdef_bg.wasm";

/// A page as `cargo xtask` leaves it in `dist`.
fn dist() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("index.html", INDEX.as_bytes());
    write("index.html.br", b"index in brotli");
    write(WASM, b"\0asm plain");
    write(&format!("{WASM}.br"), b"brotli");
    write(&format!("{WASM}.gz"), b"gzip");
    write("icons/icon.svg", b"<svg/>");
    write(".stage/secret.txt", b"secret");
    write("lone.gz", b"not a form of anything");
    folder
}

async fn server(folder: &TempDir) -> TestServer {
    let path = folder.path().to_owned();
    TestServer::with(|config| config.page_dir = Some(path)).await
}

#[tokio::test]
async fn the_best_form_that_the_browser_takes() {
    let folder = dist();
    let server = server(&folder).await;
    let path = format!("/{WASM}");
    for (accept, encoding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "brotli"),
        ("gzip, deflate", Some("gzip"), "gzip"),
        ("br;q=0.1, gzip;q=0.9", Some("gzip"), "gzip"),
        ("br;q=0, gzip;q=0", None, "\0asm plain"),
        ("identity", None, "\0asm plain"),
    ] {
        let reply = server
            .get(&path, &[&format!("accept-encoding: {accept}")])
            .await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-encoding"), encoding, "{accept}");
        assert_eq!(reply.text(), body, "{accept}");
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        assert_eq!(reply.header("content-type"), Some("application/wasm"));
        assert_eq!(
            reply.header("content-length"),
            Some(&*body.len().to_string())
        );
    }
    assert_eq!(server.get(&format!("{path}.br"), &[]).await.status, 404);
    assert_eq!(server.get("/lone.gz", &[]).await.status, 200);
}

#[tokio::test]
async fn hashed_files_are_kept_forever_and_the_rest_is_asked_about() {
    let folder = dist();
    let server = server(&folder).await;
    let cache = |reply: &crate::support::Reply| reply.header("cache-control").unwrap().to_owned();
    let wasm = server.get(&format!("/{WASM}"), &[]).await;
    assert_eq!(cache(&wasm), "public, max-age=31536000, immutable");
    for path in ["/", "/index.html", "/icons/icon.svg", "/u/guest-bob"] {
        assert_eq!(cache(&server.get(path, &[]).await), "no-cache", "{path}");
    }
    let plain = server.get("/", &[]).await;
    let etag = plain.header("etag").unwrap().to_owned();
    let brotli = server.get("/", &["accept-encoding: br"]).await;
    assert_ne!(
        brotli.header("etag").unwrap(),
        etag,
        "another form, another tag"
    );

    for tag in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
        let again = server.get("/", &[&format!("if-none-match: {tag}")]).await;
        assert_eq!((again.status, again.text()), (304, ""), "{tag}");
        assert_eq!(again.header("etag"), Some(&*etag));
        assert_eq!(cache(&again), "no-cache");
    }
    let other = server.get("/", &["if-none-match: \"x\""]).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn paths_of_the_page_get_its_index_and_missing_files_do_not() {
    let folder = dist();
    let server = server(&folder).await;
    for path in [
        "/",
        "/index.html",
        "/u/guest-bob",
        "/u/w1.with.dots",
        "/any/where",
        "/?debug",
    ] {
        let reply = server.get(path, &[]).await;
        assert_eq!((reply.status, reply.text()), (200, INDEX), "{path}");
        assert_eq!(
            reply.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    }
    for path in [
        "/missing.js",
        "/favicon.ico",
        "/.stage/secret.txt",
        "/../Cargo.toml",
        "/icons/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
    ] {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let svg = server.get("/icons/icon.svg", &[]).await;
    assert_eq!(svg.header("content-type"), Some("image/svg+xml"));
    assert_eq!(svg.header("vary"), None, "it has one form only");
}

#[tokio::test]
async fn head_is_get_without_the_body_and_nothing_else_is_allowed() {
    let folder = dist();
    let server = server(&folder).await;
    let head = server.http(&request("HEAD", "/", &[])).await;
    assert_eq!((head.status, head.text()), (200, ""));
    assert_eq!(
        head.header("content-length"),
        Some(&*INDEX.len().to_string())
    );
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = server.http(&request(method, "/", &[])).await;
        assert_eq!(reply.status, 405, "{method}");
        assert_eq!(reply.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn every_answer_says_what_the_page_may_do() {
    let folder = dist();
    let server = server(&folder).await;
    for path in ["/", "/missing.js", "/healthz", "/ws"] {
        let reply = server.get(path, &[]).await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval';"),
            "{policy}"
        );
        assert!(
            policy.contains(
                "; require-trusted-types-for 'script'; trusted-types default wimpex-files;"
            ),
            "{policy}"
        );
        assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        let permissions = reply.header("permissions-policy").unwrap();
        for allowed in [
            "camera=(self)",
            "microphone=(self)",
            "display-capture=(self)",
            "speaker-selection=(self)",
        ] {
            assert!(permissions.contains(allowed), "{permissions}");
        }
        assert!(permissions.contains("geolocation=()"), "{permissions}");
        assert_eq!(
            reply.header("cross-origin-opener-policy"),
            Some("same-origin")
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    }
}

#[tokio::test]
async fn a_host_may_let_others_show_the_page_in_a_frame() {
    let folder = dist();
    let server = TestServer::with(|config| {
        config.page_dir = Some(folder.path().to_owned());
        config.access.frame_ancestor = vec![
            "https://intranet.example.org/".to_owned(),
            "http://127.0.0.1:81".to_owned(),
        ];
    })
    .await;
    let reply = server.get("/", &[]).await;
    let policy = reply.header("content-security-policy").unwrap();
    let ancestors = "; frame-ancestors https://intranet.example.org http://127.0.0.1:81";
    assert!(policy.ends_with(ancestors), "{policy}");
}

#[tokio::test]
async fn a_page_asks_whether_it_is_served_here() {
    let folder = dist();
    let server = TestServer::with(|config| {
        config.page_dir = Some(folder.path().to_owned());
        config.origin = Some("https://call.example.org".to_owned());
        config.allow_origin = vec!["https://www.example.org".to_owned()];
    })
    .await;
    for (query, status) in [
        ("", 200),
        ("?origin=https%3A%2F%2Fcall.example.org", 200),
        ("?origin=https://www.example.org&more=1", 200),
        ("?origin=https%3A%2F%2Fother.example.org", 421),
        ("?origin=http%3A%2F%2Fcall.example.org", 421),
        ("?origin=%ff", 421),
        ("?other=1", 200),
    ] {
        let reply = server.get(&format!("/healthz{query}"), &[]).await;
        assert_eq!(reply.status, status, "{query}");
    }
}

#[tokio::test]
async fn browsers_tell_a_host_who_wants_to_hear_of_failures() {
    let folder = dist();
    let server = TestServer::with(|config| {
        config.page_dir = Some(folder.path().to_owned());
        config.operation.reports = true;
        config.origin = Some("https://call.example.org".to_owned());
    })
    .await;
    let reply = server.get("/", &[]).await;
    assert_eq!(
        reply.header("reporting-endpoints"),
        Some("default=\"/reports\"")
    );
    let to: serde_json::Value = serde_json::from_str(reply.header("report-to").unwrap()).unwrap();
    let url = &to["endpoints"][0]["url"];
    assert_eq!(url, "https://call.example.org/reports");
    assert!(reply.header("nel").is_some());
    let post = |body: &str| {
        let length = format!("content-length: {}", body.len());
        let kind = "content-type: application/reports+json";
        request("POST", "/reports", &[kind, &length]) + body
    };
    let error = r#"[{"type":"network-error","body":{"type":"tcp.timed_out"}}]"#;
    for (body, status) in [
        (error, 204),
        ("[]", 204),
        ("{}", 400),
        ("nonsense", 400),
        (&*" ".repeat(40_000), 413),
    ] {
        assert_eq!(server.http(&post(body)).await.status, status, "{body:.80}");
    }
    let without = self::server(&folder).await;
    assert!(without.get("/", &[]).await.header("nel").is_none());
    assert_eq!(without.http(&post(error)).await.status, 405);
}

/// Half a kilobyte less for each file of a first load.
#[tokio::test]
async fn what_a_page_loads_brings_no_policy_of_a_document() {
    let folder = dist();
    let names = ["a-0123456789abcdef.js", "a-0123456789abcdef_bg.wasm"];
    let policed = ["worker-0123456789abcdef.js", "sw.js"];
    for name in names.iter().chain(&policed) {
        std::fs::write(folder.path().join(name), "file").unwrap();
    }
    let server = server(&folder).await;
    for (names, has_policy) in [(names, false), (policed, true)] {
        for name in names {
            let reply = server.get(&format!("/{name}"), &[]).await;
            assert_eq!(reply.status, 200, "{name}");
            for header in ["content-security-policy", "permissions-policy"] {
                assert_eq!(reply.header(header).is_some(), has_policy, "{name}");
            }
            for header in ["x-content-type-options", "cross-origin-resource-policy"] {
                assert!(reply.header(header).is_some(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_page_it_says_how_to_build_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let reply = server.get("/", &[]).await;
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("cargo xtask run"), "{}", reply.text());
    assert_eq!(server.get("/healthz", &[]).await.status, 200);
}

#[tokio::test]
async fn a_folder_that_is_none_is_an_error_at_start() {
    let config = wimpex_server::Config {
        page_dir: Some("/nowhere/at/all".into()),
        secret_file: Some("/nowhere/at/all".into()),
        ..wimpex_server::Config::default()
    };
    let error = wimpex_server::Server::new(config).err().unwrap();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

/// A page in whose index.html stands which build it is, and one of whose files has that name.
fn build(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let index = format!("<!doctype html><script src=/a.js data-build={name}></script>");
    fs::write(folder.path().join("index.html"), index).unwrap();
    fs::write(folder.path().join(format!("part-{name}.js")), name).unwrap();
    fs::write(folder.path().join("plain.js"), name).unwrap();
    folder
}

#[tokio::test]
async fn parts_of_the_build_before_stay_available() {
    let state = tempfile::tempdir().unwrap();
    let [first, second] = ["0123456789abcdef", "fedcba9876543210"];
    for (now, before) in [(first, None), (second, Some(first)), (first, Some(second))] {
        let folder = build(now);
        let (page, state) = (folder.path().to_owned(), state.path().to_owned());
        let server = TestServer::with(|config| {
            config.page_dir = Some(page);
            config.operation.state_dir = Some(state);
        })
        .await;
        let hello = server.connect().await.recv().await;
        assert_eq!(hello["build"], now);
        for build in before.iter().chain([&now]) {
            let part = server.get(&format!("/part-{build}.js"), &[]).await;
            assert_eq!((part.status, part.text()), (200, *build));
            let cache = part.header("cache-control").unwrap();
            assert!(cache.contains("immutable"), "{cache}");
        }
        // What has no hash is this build's alone.
        assert_eq!(server.get("/plain.js", &[]).await.text(), now);
        assert!(server.get("/", &[]).await.text().contains(now));
        server.stop().await;
    }
}
