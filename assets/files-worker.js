// Keeps what arrives in the origin private file system, where only a worker may write in place
// (https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle). It decides nothing
// (crates/files does; src/browser/file_store.rs talks to it), takes one message after the other, and never
// has more than one block in its memory.

/** What is open, by the name that the page gives it. */
const files = new Map();
const NOTHING = "0".repeat(64);
let last = Promise.resolve();

addEventListener("message", ({ data }) => {
  last = last.then(() => run(data)).catch((error) => postMessage({ file: data.file, failed: error.name }));
});

async function run({ op, ...data }) {
  if (op === "open") await open(data);
  if (op === "store") await store(data);
  if (op === "edit") await edit(data);
  if (op === "append") append(data);
  if (op === "patch") patch(data);
  if (op === "cut") cut(data);
  if (op === "shut") shut(data.file);
  if (op === "tick") setInterval(() => postMessage({ file: data.file, tick: true }), data.every);
  if (op === "close") close(data.file);
  if (op === "delete") await remove(data);
}

async function folderOf(name) {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
}

/** What is there of it counts up to `atMost`, in whole blocks or as a whole; says what that is. */
async function open({ file, folder, key, atMost, block }) {
  close(file);
  const found = await (await folderOf(folder)).getFileHandle(key, { create: true });
  const handle = await found.createSyncAccessHandle();
  const opened = { handle, kept: Math.min(handle.getSize(), atMost), chain: NOTHING };
  files.set(file, opened);
  if (opened.kept < atMost) opened.kept -= opened.kept % block;
  handle.truncate(opened.kept);
  const bytes = new Uint8Array(block);
  for (let at = 0; at < opened.kept; at += block) {
    const part = bytes.subarray(0, Math.min(block, opened.kept - at));
    if (handle.read(part, { at }) !== part.length) throw new DOMException("", "NotReadableError");
    opened.chain = await chained(opened.chain, await sha256(part));
  }
  postMessage({ file, opened: opened.kept, chain: opened.chain });
}

/** Checks a block that came in parts, and writes it. */
async function store({ file, at, parts, digest }) {
  const opened = files.get(file);
  if (!opened) return;
  const bytes = joined(parts);
  const found = await sha256(bytes);
  // What comes after one that was broken is of no use.
  if (at !== opened.kept || found !== digest) return postMessage({ file, broken: true });
  write(opened.handle, bytes, at);
  opened.kept += bytes.length;
  opened.chain = await chained(opened.chain, found);
  postMessage({ file, stored: opened.kept });
}

/** Opens what is made on this device, or was by a page before; all that is there counts. */
async function edit({ file, folder, key }) {
  close(file);
  const found = await (await folderOf(folder)).getFileHandle(key, { create: true });
  const handle = await found.createSyncAccessHandle();
  files.set(file, { handle, kept: handle.getSize() });
  postMessage({ file, stored: handle.getSize() });
}

/** Writes whatever comes next, and lets no crash take it. */
function append({ file, bytes }) {
  const opened = files.get(file);
  if (!opened) return;
  write(opened.handle, new Uint8Array(bytes), opened.kept);
  opened.handle.flush();
  opened.kept += bytes.byteLength;
  postMessage({ file, stored: opened.kept });
}

/** Writes in place of what is there. */
function patch({ file, at, bytes }) {
  const opened = files.get(file);
  if (!opened) return;
  write(opened.handle, new Uint8Array(bytes), at);
  postMessage({ file, stored: opened.kept });
}

/** Nothing after so many bytes counts. */
function cut({ file, keep }) {
  const opened = files.get(file);
  if (!opened) return;
  opened.handle.truncate(keep);
  opened.kept = keep;
  postMessage({ file, stored: keep });
}

function close(file) {
  const opened = files.get(file);
  files.delete(file);
  opened?.handle.close();
}

/** The same, and says when that is done. */
function shut(file) {
  close(file);
  postMessage({ file, stored: 0 });
}

async function remove({ folder, key }) {
  // It may never have been there.
  await (await folderOf(folder)).removeEntry(key).catch(() => {});
}

function write(handle, bytes, at) {
  let written = 0;
  while (written < bytes.length) {
    const count = handle.write(bytes.subarray(written), { at: at + written });
    // A disk that is full may say so by taking nothing.
    if (count === 0) throw new DOMException("", "QuotaExceededError");
    written += count;
  }
}

function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return bytes;
}

async function chained(chain, digest) {
  const bytes = Uint8Array.from((chain + digest).match(/../g), (pair) => parseInt(pair, 16));
  return sha256(bytes);
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
