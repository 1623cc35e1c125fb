// The service worker: it keeps the page for a start without a network, and shows calls while no page
// is open. By hand and in JavaScript, since a browser starts it anew for each message and gives it
// little time: a WebAssembly module would be loaded each time. `cargo xtask build` names the files
// (xtask/src/page/install.rs). Of the page it knows the database (src/session/identity.rs,
// src/session/contact_database.rs) and what is signed (docs/protocol.md, "Web push").
// It lies where the page is hosted, at the root of an origin or below a path, and shares the origin's
// storage with whatever is at other paths: what the page calls its own ends in that path
// (src/browser/location.rs).
const ROOT = new URL(".", location).pathname;
const BASE = ROOT.slice(0, -1);
const at = (name) => ROOT + name;
const VERSION = "__VERSION__" + BASE;
const isOurs = (name) => name.replace(/^wimpex-\w+/, "") === BASE;
/** What a start needs, and what comes later: that the page has fetched, or wants to, with its SHA-256. */
const FILES = __FILES__.map(at);
const LATER = Object.fromEntries(Object.entries(__LATER__).map(([name, sha256]) => [at(name), sha256]));
const ICON = at("__ICON__");
/** What the server answers itself. (A WebSocket does not come here.) */
const ANSWERED = ["healthz", "push", "ws"].map(at);

const WORDS = {
  call: (name) => [`${name} is calling`, "Answer within a minute."],
  missed: (name) => [`You missed a call from ${name}`, "Open Wimpex to call back."],
  over: () => ["Call answered", "Another of your devices took it."],
  somebody: "Someone",
  answer: "Answer",
  decline: "Decline",
};

addEventListener("install", (event) => {
  // At once: pages that are open find what they load later in the cache of their own version.
  skipWaiting();
  event.waitUntil(fill(FILES));
});

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      // In the order of their making. The one before may be that of a page that is open.
      const others = (await caches.keys()).filter((name) => isOurs(name) && name !== VERSION);
      await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
      await clients.claim();
    })(),
  );
});

/** The page has nothing else to do, and nobody who saves data (assets/start.js). */
addEventListener("message", (event) => {
  if (event.data === "later") event.waitUntil(fill(Object.keys(LATER)).catch(() => {}));
  if (event.data === "broken") event.waitUntil(mend());
});

/** The page could not use what it was given: what is not as it was made is given out no more. */
async function mend() {
  const cache = await caches.open(VERSION);
  for (const [file, sha256] of Object.entries(LATER)) {
    const kept = await cache.match(file, { ignoreVary: true });
    if (kept && (await digest(kept).catch(() => "")) !== sha256) await cache.delete(file, { ignoreVary: true });
  }
}

async function digest(kept) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await kept.arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Fetches what is missing. Names carry hashes, so that what is there is right. */
async function fill(files) {
  const cache = await caches.open(VERSION);
  const missing = await lost(cache, files);
  await cache.addAll(missing.map((file) => new Request(file, { cache: file === ROOT ? "reload" : "default" })));
}

async function lost(cache, files) {
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  return files.filter((file) => !kept.has(file));
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (ANSWERED.includes(pathname)) return;
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(shell(event));
  } else if (FILES.includes(pathname) || /-[0-9a-f]{8,}[._]/.test(pathname)) {
    event.respondWith(part(request, pathname));
  }
});

/** A part of this version, or of the one before. */
async function part(request, pathname) {
  const kept = await caches.match(request, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && Object.hasOwn(LATER, pathname)) {
    const cache = await caches.open(VERSION);
    // Where there is no room it is fetched again.
    await cache.put(request, answer.clone()).catch(() => {});
  }
  return answer;
}

/** The page from the cache, at once. One that has lost a part heals, and is passed by meanwhile. */
async function shell(event) {
  const cache = await caches.open(VERSION);
  const kept = await cache.match(ROOT, { ignoreVary: true });
  if (kept && (await lost(cache, FILES)).length === 0) return kept;
  event.waitUntil(fill(FILES).catch(() => {}));
  return fetch(event.request).catch((error) => kept ?? Promise.reject(error));
}

addEventListener("push", (event) => {
  event.waitUntil(show(event));
});

async function show(event) {
  let said = event.notification;
  try {
    said = event.data.json().notification;
  } catch {
    // A browser that has read the declarative form already gives it as the notification.
  }
  const { what, from, call } = said?.data ?? {};
  if (!Object.hasOwn(WORDS, what) || typeof call !== "string") return;
  const person = await contact(from);
  if (person?.blocked) return;
  // Nothing may be heard of it then; that there was a call is told all the same.
  const isQuiet = what === "call" && (await (person ? !person.ringsAlways && doNotDisturb() : isStrangerQuiet()));
  const words = isQuiet ? WORDS.missed : WORDS[what];
  const [title, body] = words(person?.name ?? WORDS.somebody);
  const rings = what === "call" && !isQuiet;
  const options = { body, tag: call, icon: ICON, badge: ICON, data: { what: isQuiet ? "missed" : what, from, call }, silent: !rings };
  if (rings) {
    Object.assign(options, {
      requireInteraction: true,
      renotify: true,
      vibrate: [400, 200, 400, 200, 400],
      actions: [
        { action: "answer", title: WORDS.answer },
        { action: "decline", title: WORDS.decline },
      ],
    });
  }
  await registration.showNotification(title, options);
}

addEventListener("notificationclick", (event) => {
  const { notification, action } = event;
  notification.close();
  const { what, from, call } = notification.data ?? {};
  event.waitUntil(what === "call" && action === "decline" ? decline(from, call) : open(what, action, from, call));
});

/** Brings a page to the front, or opens one; "Answer" leaves word whose call it may take, and which. */
async function open(what, action, from, call) {
  if (what === "call" && action === "answer") await leaveWord(from, call).catch(() => {});
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const [page] = pages;
  await (page ? page.focus() : clients.openWindow(ROOT));
}

/** In the key's name, since there is no session. */
async function decline(callerId, callId) {
  const [me, answer] = await Promise.all([read("identity", "me"), fetch(at("push"))]);
  if (!me || answer.status !== 200) return;
  const message = JSON.stringify({ do: "decline", userId: me.userId, callerId, callId });
  const signed = new TextEncoder().encode(`wimpex-push-v1${await answer.text()}${message}`);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", me.keys.privateKey, signed));
  const base64 = btoa(String.fromCharCode(...signature));
  const url = base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const body = JSON.stringify({ message, publicKey: me.publicKey, signature: url });
  await fetch(at("push"), { method: "POST", body });
}

/** Kept by the page, src/session/quiet.rs. */
const doNotDisturb = () => isBefore("doNotDisturbUntil");
const isStrangerQuiet = async () => (await doNotDisturb()) || isBefore("strangersSilencedUntil");

async function isBefore(moment) {
  return Date.now() < ((await read("identity", moment).catch(() => 0)) ?? 0);
}

/** The contact with that id; or that it is blocked. */
async function contact(id) {
  try {
    if (await read("contacts", `blocked ${id}`)) return { blocked: true };
    const kept = await read("contacts", id);
    return kept && JSON.parse(kept);
  } catch {
    return undefined;
  }
}

function read(store, key) {
  return inDatabase(store, "readonly", (it) => it.get(key));
}

/** Read by the prompt, src/session/push.rs. No id has a space. */
function leaveWord(from, call) {
  return inDatabase("identity", "readwrite", (it) => it.put(`${Date.now()} ${from} ${call}`, "answer"));
}

async function inDatabase(store, mode, ask) {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("wimpex" + BASE);
    // It is the page's to make.
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const request = ask(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}
