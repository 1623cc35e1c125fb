//! The origin private file system (<https://fs.spec.whatwg.org/>): what is kept of files, and the
//! worker that writes there in place (assets/files-worker.js).

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, MessageEvent, Worker};

use super::reflect::{call, method, property};
use super::{BrowserError, Listener, location, window};

/// What the worker says of a file that it was given under this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreEvent {
    /// The name.
    pub file: String,
    /// What became of it.
    pub outcome: StoreOutcome,
}

/// What became of something that was asked of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It is open.
    Opened {
        /// Bytes that are there.
        bytes: u64,
        /// The chain of hashes of its blocks, in hexadecimal digits.
        chain: String,
    },
    /// So many bytes are there now.
    Stored(u64),
    /// Some time has passed.
    Ticked,
    /// A block was not what its hash says.
    Broken,
    /// By the error's name: `QuotaExceededError`, `NoModificationAllowedError` where another tab has
    /// it open, `SecurityError` where the browser keeps none.
    Failed(String),
}

/// The worker; it ends when this is dropped, and lets go of all files.
pub struct FileStore {
    worker: Worker,
    _message: Listener,
    _error: Listener,
}

impl FileStore {
    /// Starts it. An error without a file's name is one of the worker as a whole.
    ///
    /// # Errors
    /// Where the browser has no workers.
    pub fn start(report: impl Fn(StoreEvent) + Clone + 'static) -> Result<Self, BrowserError> {
        let class: Function = property(&js_sys::global(), "Worker")
            .ok_or_else(|| BrowserError::named("NotSupportedError"))?
            .dyn_into()?;
        let worker = Reflect::construct(&class, &Array::of1(&trusted_url()?))?;
        let worker: Worker = worker.unchecked_into();
        let said = report.clone();
        let message = Listener::new(&worker, "message", move |event| {
            let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            if let Some(event) = data.and_then(|data| read(&data)) {
                said(event);
            }
        });
        let error = Listener::new(&worker, "error", move |_| {
            report(StoreEvent {
                file: String::new(),
                outcome: StoreOutcome::Failed("NotSupportedError".to_owned()),
            });
        });
        Ok(Self {
            worker,
            _message: message,
            _error: error,
        })
    }

    /// Opens a file of a folder, or makes it. Of what is there `at_most` bytes count, in whole
    /// blocks of so many bytes.
    pub fn open(&self, file: &str, [folder, key]: [&str; 2], at_most: u64, block: u64) {
        #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
        let numbers = [at_most as f64, block as f64];
        self.post(
            "open",
            file,
            &[
                ("folder", folder.into()),
                ("key", key.into()),
                ("atMost", numbers[0].into()),
                ("block", numbers[1].into()),
            ],
            &Array::new(),
        );
    }

    /// Checks a block that came in these parts, which are gone from here, and keeps it.
    pub fn store(&self, file: &str, at: u64, parts: &Array, digest: &str) {
        #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
        let at = at as f64;
        self.post(
            "store",
            file,
            &[
                ("at", at.into()),
                ("parts", parts.into()),
                ("digest", digest.into()),
            ],
            parts,
        );
    }

    /// Opens a file of a folder that is made on this device, or was by a page before, or makes it.
    /// This and what follows for it is answered, one after the other.
    pub fn edit(&self, file: &str, [folder, key]: [&str; 2]) {
        let what = [("folder", folder.into()), ("key", key.into())];
        self.post("edit", file, &what, &Array::new());
    }

    /// Writes what comes next, and lets no crash take it.
    pub fn append(&self, file: &str, bytes: &[u8]) {
        let bytes = Uint8Array::from(bytes).buffer();
        let what = [("bytes", (&bytes).into())];
        self.post("append", file, &what, &Array::of1(&bytes));
    }

    /// Writes in place of what is there.
    pub fn patch(&self, file: &str, at: u64, bytes: &[u8]) {
        let bytes = Uint8Array::from(bytes).buffer();
        #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
        let what = [("at", (at as f64).into()), ("bytes", (&bytes).into())];
        self.post("patch", file, &what, &Array::of1(&bytes));
    }

    /// Keeps so many bytes only.
    pub fn cut(&self, file: &str, keep: u64) {
        #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
        let what = [("keep", (keep as f64).into())];
        self.post("cut", file, &what, &Array::new());
    }

    /// Closes what was opened to be edited.
    pub fn shut(&self, file: &str) {
        self.post("shut", file, &[], &Array::new());
    }

    /// Reports [`StoreOutcome::Ticked`] every so many milliseconds, also where the page is not seen
    /// and its own timers are slow.
    pub fn tick(&self, file: &str, every: u32) {
        let what = [("every", every.into())];
        self.post("tick", file, &what, &Array::new());
    }

    /// Nothing more of it comes for now.
    pub fn close(&self, file: &str) {
        self.post("close", file, &[], &Array::new());
    }

    /// Deletes a file of a folder, when everything before is done.
    pub fn delete(&self, [folder, key]: [&str; 2]) {
        let what = [("folder", folder.into()), ("key", key.into())];
        self.post("delete", key, &what, &Array::new());
    }

    fn post(&self, op: &str, file: &str, fields: &[(&str, JsValue)], transfer: &Array) {
        let message = Object::new();
        let named = [("op", op.into()), ("file", file.into())];
        for (name, value) in named.iter().chain(fields) {
            // An object of our own takes every property.
            let _ = Reflect::set(&message, &(*name).into(), value);
        }
        // Fails only for what cannot be transferred.
        let _ = self.worker.post_message_with_transfer(&message, transfer);
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn read(data: &JsValue) -> Option<StoreEvent> {
    let text = |name| property(data, name)?.as_string();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length"
    )]
    let number = |name| Some(property(data, name)?.as_f64()? as u64);
    let outcome = if let Some(bytes) = number("opened") {
        let chain = text("chain")?;
        StoreOutcome::Opened { bytes, chain }
    } else if let Some(bytes) = number("stored") {
        StoreOutcome::Stored(bytes)
    } else if property(data, "tick").is_some() {
        StoreOutcome::Ticked
    } else if let Some(error) = text("failed") {
        StoreOutcome::Failed(error)
    } else {
        StoreOutcome::Broken
    };
    let file = text("file")?;
    Some(StoreEvent { file, outcome })
}

/// Where the worker is. `cargo xtask build` gives it the hash of the page's program, which
/// `index.html` names; under plain Trunk it is what it is called.
fn address() -> String {
    let program = window::attribute("data-wasm").filter(|_| cfg!(split));
    let hash = program.as_deref().and_then(|it| it.split_once("-"));
    match hash.and_then(|(_, rest)| rest.strip_suffix("_bg.wasm")) {
        Some(hash) => location::below_base(&["/split_files-worker-", hash, ".js"].concat()),
        None => location::below_base("/files-worker.js"),
    }
}

/// Its address, for browsers with Trusted Types: by a policy of its own, which the
/// Content-Security-Policy names, and which passes nothing else.
fn trusted_url() -> Result<JsValue, BrowserError> {
    let url: JsValue = address().into();
    let Some(types) = property(&window::window(), "trustedTypes") else {
        return Ok(url);
    };
    thread_local! {
        /// A policy can be made once.
        static POLICY: std::cell::OnceCell<JsValue> = const { std::cell::OnceCell::new() };
    }
    let policy = POLICY.with(|policy| -> Result<JsValue, JsValue> {
        if let Some(policy) = policy.get() {
            return Ok(policy.clone());
        }
        let only = wasm_bindgen::closure::Closure::<dyn Fn(JsValue) -> JsValue>::new(
            move |asked: JsValue| {
                let is_it = asked.as_string() == Some(address());
                if is_it { asked } else { JsValue::NULL }
            },
        );
        let rules = Object::new();
        Reflect::set(&rules, &"createScriptURL".into(), &only.into_js_value())?;
        let create = method(&types, "createPolicy").ok_or(JsValue::NULL)?;
        let made = create.call2(&types, &"wimpex-files".into(), &rules)?;
        Ok(policy.get_or_init(|| made).clone())
    })?;
    call(&policy, "createScriptURL", &url).ok_or_else(|| BrowserError::named("SecurityError"))
}

/// A file of a folder, as it is now; nothing of it is read yet.
///
/// # Errors
/// `NotFoundError`; `SecurityError` and others where the browser keeps none.
pub async fn file([folder, key]: [&str; 2]) -> Result<File, BrowserError> {
    let folder = promised(&root().await?, "getDirectoryHandle", &folder.into()).await?;
    let handle = promised(&folder, "getFileHandle", &key.into()).await?;
    let file = promised(&handle, "getFile", &JsValue::UNDEFINED).await?;
    Ok(file.dyn_into()?)
}

/// Makes an empty file in a folder.
///
/// # Errors
/// As [`file`].
pub async fn touch([folder, key]: [&str; 2]) -> Result<(), BrowserError> {
    let folder = promised(&root().await?, "getDirectoryHandle", &folder.into()).await?;
    let make = method(&folder, "getFileHandle");
    let make = make.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    let options = Object::new();
    Reflect::set(&options, &"create".into(), &JsValue::TRUE)?;
    let made: Promise = make.call2(&folder, &key.into(), &options)?.dyn_into()?;
    JsFuture::from(made).await?;
    Ok(())
}

/// Deletes a file of a folder.
///
/// # Errors
/// As [`file`]; `NoModificationAllowedError` while it is open.
pub async fn delete([folder, key]: [&str; 2]) -> Result<(), BrowserError> {
    let folder = promised(&root().await?, "getDirectoryHandle", &folder.into()).await?;
    promised(&folder, "removeEntry", &key.into()).await?;
    Ok(())
}

/// The names of all files of a folder; none if it was never made.
pub async fn names(folder: &str) -> Vec<String> {
    let listed = async {
        let folder = promised(&root().await?, "getDirectoryHandle", &folder.into()).await?;
        let keys = call(&folder, "keys", &JsValue::UNDEFINED);
        let keys = keys.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        let mut names = Vec::new();
        loop {
            let next = promised(&keys, "next", &JsValue::UNDEFINED).await?;
            match property(&next, "value").and_then(|name| name.as_string()) {
                Some(name) => names.push(name),
                None => return Ok::<_, BrowserError>(names),
            }
        }
    };
    listed.await.unwrap_or_default()
}

/// Deletes all files of a folder.
///
/// # Errors
/// `NoModificationAllowedError` while one of them is open.
pub async fn clear(folder: &str) -> Result<(), BrowserError> {
    for name in names(folder).await {
        delete([folder, &name]).await?;
    }
    Ok(())
}

/// The name of a folder that is this page's alone: other pages of the origin have theirs.
pub fn own_folder(name: &str) -> String {
    location::own(name).replace('/', "-")
}

/// Bytes that may still be kept, as far as the browser says.
pub async fn room() -> Option<u64> {
    let storage = property(&window::window().navigator(), "storage")?;
    let none = JsValue::UNDEFINED;
    let estimate = promised(&storage, "estimate", &none).await.ok()?;
    let number = |name| property(&estimate, name)?.as_f64();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturating"
    )]
    Some((number("quota")? - number("usage")?).max(0.0) as u64)
}

async fn root() -> Result<JsValue, BrowserError> {
    // Undefined on pages over plain http.
    let storage = property(&window::window().navigator(), "storage");
    let storage = storage.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    promised(&storage, "getDirectory", &JsValue::UNDEFINED).await
}

/// Calls a method that gives a promise.
async fn promised(
    object: &JsValue,
    name: &str,
    argument: &JsValue,
) -> Result<JsValue, BrowserError> {
    let method = method(object, name).ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    let promise: Promise = method.call1(object, argument)?.dyn_into()?;
    Ok(JsFuture::from(promise).await?)
}
