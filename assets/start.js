// Loads the page's code and starts it. It is no inline script, so that the
// Content-Security-Policy needs no exception for one (crates/server/src/headers.rs). The names of
// what it loads come with its element: Trunk.toml, xtask/src/page/release.rs.
// Trusted Types: Leptos makes elements of texts that were compiled in, and no text of anybody's
// becomes markup. Whatever could run is refused all the same; of scripts, only the service worker is
// loaded by its name.
// It comes once, perhaps before the page's code (src/browser/install_prompt.rs).
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  globalThis.installPrompt = event;
});
addEventListener("appinstalled", () => (globalThis.installPrompt = null));
{
  const { js, wasm, worker, build } = document.currentScript.dataset;
  globalThis.trustedTypes?.createPolicy("default", {
    createScriptURL: (url) => (url === worker ? url : null),
    createHTML: (html) =>
      /<(script|iframe|object|embed|base|link|meta)|\son\w+\s*=|javascript:|srcdoc/i.test(html) ? null : html,
  });
  // A part of the page that did not arrive (another network, a server that restarts)
  // must not leave it at "Loading…": the page is loaded again, three times by itself.
  const again = ({ target }) => {
    // The page works without its icon.
    if (target.rel === "icon") return;
    const tries = history.state?.tries ?? 0;
    setTimeout(() => {
      const text = document.querySelector(".loading");
      if (text && tries < 3) {
        history.replaceState({ tries: tries + 1 }, "");
        // What the service worker has kept may be what is wrong. (Not what is another app's.)
        globalThis.caches
          ?.keys()
          .then((names) => names.forEach((name) => name.startsWith("wimpex-") && caches.delete(name)))
          .catch(() => {});
        location.reload();
      } else if (text) {
        history.replaceState(null, "");
        text.firstChild.data = "The page could not be loaded: ";
      }
    }, 500 << tries);
    removeEventListener("error", again, true);
    removeEventListener("unhandledrejection", again);
  };
  // Capturing, for what an element could not load does not bubble.
  addEventListener("error", again, true);
  addEventListener("unhandledrejection", again);
  // Firefox (ESR 140) waits for ever for the rest of a module that was cut off while it is compiled
  // as it comes, and keeps what it has of it in its cache.
  if (navigator.userAgent.includes("Firefox"))
    WebAssembly.instantiateStreaming = async (source, imports) => {
      const whole = async (response) => WebAssembly.instantiate(await response.arrayBuffer(), imports);
      const response = await source;
      return whole(response).catch(async () => whole(await fetch(response.url, { cache: "reload" })));
    };
  // Home as this build has shown it at first (src/ui/home.rs), until the code is there, and for no
  // longer than a moment: none of it works yet.
  const showHome = () => {
    const base = document.querySelector("[data-base]")?.dataset.base ?? "";
    const kept = localStorage.getItem(`wimpex.home${base}`);
    if (!build || !kept?.startsWith(build) || location.href !== `${location.origin}${base}/`) return;
    const text = document.querySelector(".loading");
    const home = document.createElement("div");
    home.inert = true;
    home.innerHTML = kept.slice(build.length);
    text.before(home);
    text.hidden = true;
    setTimeout(() => {
      home.remove();
      text.hidden = false;
    }, 1000);
  };
  // The page is mounted into the body, which has to be there.
  addEventListener("DOMContentLoaded", async () => {
    try {
      showHome();
    } catch {
      // A browser that lets nothing be read has kept nothing.
    }
    const { default: init } = await import(js);
    await init({ module_or_path: wasm });
    // Where a browser keeps nothing there is none, and the page works without.
    const { connection, serviceWorker } = navigator;
    if (worker) serviceWorker?.register(worker).catch(() => {});
    // What is loaded later is kept too, but for who saves data.
    if (!connection?.saveData)
      serviceWorker?.ready.then(({ active }) => active.postMessage("later")).catch(() => {});
  });
}
