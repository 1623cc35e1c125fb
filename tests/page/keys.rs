//! Keys, and where they are kept.

use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::browser::indexed_db::Database;
use wimpex::browser::web_crypto::{KeyPair, verify};
use wimpex::session::identity::Identity;

const STORE: &str = "things";

async fn database(name: &str) -> Database {
    Database::open(name, 1, &[STORE]).await.unwrap()
}

#[wasm_bindgen_test]
async fn a_key_signs_and_nobody_else_does() {
    let [key, other] = [
        KeyPair::generate().await.unwrap(),
        KeyPair::generate().await.unwrap(),
    ];
    let (public, stranger) = (key.public().await.unwrap(), other.public().await.unwrap());
    let signature = key.sign(b"a message").await.unwrap();
    assert!(verify(&public, &signature, b"a message").await.unwrap());
    assert!(!verify(&public, &signature, b"a massage").await.unwrap());
    assert!(!verify(&stranger, &signature, b"a message").await.unwrap());
    let mut changed = signature;
    changed[10] ^= 1;
    assert!(!verify(&public, &changed, b"a message").await.unwrap());
}

#[wasm_bindgen_test]
async fn a_key_survives_a_reload() {
    let key = KeyPair::generate().await.unwrap();
    let kept = database("keys").await;
    kept.put(STORE, "me", key.js()).await.unwrap();
    drop(kept);
    let kept = database("keys").await;
    let again = KeyPair::from_js(kept.get(STORE, "me").await.unwrap());
    let public = key.public().await.unwrap();
    assert_eq!(again.public().await.unwrap(), public);
    let signature = again.sign(b"hello").await.unwrap();
    assert!(verify(&public, &signature, b"hello").await.unwrap());
    kept.delete(STORE, "me").await.unwrap();
    assert!(kept.get(STORE, "me").await.unwrap().is_undefined());
}

#[wasm_bindgen_test]
async fn two_tabs_that_start_at_once_share_one_key() {
    let (one, two) = (database("tabs").await, database("tabs").await);
    let (a, b) = futures_util::future::join(
        one.put_first(STORE, "me", &"first".into()),
        two.put_first(STORE, "me", &"second".into()),
    )
    .await;
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(one.all(STORE).await.unwrap().len(), 1);
    one.delete(STORE, "me").await.unwrap();
}

#[wasm_bindgen_test]
async fn what_is_no_key_is_an_error() {
    for no_key in [JsValue::UNDEFINED, JsValue::NULL, "key".into()] {
        let no_key = KeyPair::from_js(no_key);
        assert!(no_key.public().await.is_err());
        assert!(no_key.sign(b"a message").await.is_err());
    }
}

#[wasm_bindgen_test]
async fn a_newer_page_was_here() {
    drop(Database::open("newer", 3, &[STORE]).await.unwrap());
    let error = Database::open("newer", 2, &[STORE]).await.unwrap_err();
    assert_eq!(error.name, "VersionError");
}

/// Runs JavaScript that takes something away from the browser, or gives it back.
fn run(code: &str) -> JsValue {
    js_sys::eval(code).unwrap()
}

/// From now on each transaction that writes with this method is aborted when it has written
/// everything: as by a disk that is full.
fn fail_commits(method: &str) {
    run(&format!(
        "{{ const store = IDBObjectStore.prototype, write = store.{method};
            store.{method} = function (...values) {{
                const request = write.apply(this, values);
                request.addEventListener('success', () => this.transaction.abort());
                return request;
            }};
            window.mendCommits = () => {{ store.{method} = write; }}; }}"
    ));
}

#[wasm_bindgen_test]
async fn what_was_written_and_not_kept_is_an_error() {
    let kept = database("commits").await;
    fail_commits("put");
    let error = kept.put(STORE, "me", &"value".into()).await;
    run("mendCommits()");
    assert_eq!(error.unwrap_err().name, "AbortError");
    assert!(kept.get(STORE, "me").await.unwrap().is_undefined());
    kept.put(STORE, "me", &"value".into()).await.unwrap();
    assert_eq!(kept.get(STORE, "me").await.unwrap(), "value");
    kept.clear(STORE).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_key_that_is_not_kept_is_nobodys() {
    fail_commits("add");
    let made = Identity::make().await;
    run("mendCommits()");
    assert_eq!(made.map(|me| me.user).unwrap_err().name, "AbortError");
    assert!(Identity::kept().await.unwrap().is_none());
    // And the one that is, is the one that is shown.
    let made = Identity::make().await.unwrap();
    let kept = Identity::kept().await.unwrap().unwrap();
    assert_eq!(kept.user, made.user);
    let again = Identity::make().await.unwrap();
    assert_eq!(again.user, made.user, "another tab was faster");
}

#[wasm_bindgen_test]
async fn a_later_page_is_not_kept_waiting() {
    let older = database("versions").await;
    let newer = Database::open("versions", 2, &[STORE, "more"])
        .await
        .unwrap();
    assert!(newer.all("more").await.unwrap().is_empty());
    let error = older.get(STORE, "me").await.unwrap_err();
    assert_eq!(error.name, "InvalidStateError");
}

#[wasm_bindgen_test]
async fn a_database_that_somebody_holds_is_waited_for() {
    drop(database("held").await);
    // A tab that does not listen.
    let held = run("new Promise((resolve) => {
            const request = indexedDB.open('held', 1);
            request.onsuccess = () => resolve(request.result);
        })");
    let held = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(held));
    let held = held.await.unwrap();
    let opening = Database::open("held", 2, &[STORE, "more"]);
    let pause = gloo_timers::future::TimeoutFuture::new(200);
    let opening = match futures_util::future::select(Box::pin(opening), pause).await {
        futures_util::future::Either::Left(_) => panic!("it is held"),
        futures_util::future::Either::Right(((), opening)) => opening,
    };
    let close = js_sys::Reflect::get(&held, &"close".into()).unwrap();
    js_sys::Function::from(close).call0(&held).unwrap();
    assert!(opening.await.is_ok());
}
