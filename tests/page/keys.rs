//! Keys, and where they are kept.

use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use wimpex::browser::indexed_db::Database;
use wimpex::browser::web_crypto::{KeyPair, verify};

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
