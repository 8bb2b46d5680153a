// Keeps a page up to date: when the service tells that something changed, the page is fetched again
// and each element with data-live-part="name" is replaced by its new self. Without this script the
// page works the same and shows what was true when it was opened.
const url = document.body.dataset.live;
const parts = () => document.querySelectorAll("[data-live-part]");
let source, newest = null, busy = false;

// What somebody is typing, or has typed and not sent, or was asked to correct, is left alone.
const inUse = (part) =>
  part.matches(":has(input:focus, select:focus, textarea:focus, [aria-invalid=true])") || "unsent" in part.dataset;

document.addEventListener("input", (event) => {
  const part = event.target.closest("[data-live-part]");
  if (part) part.dataset.unsent = "";
});

// A link or button keeps the focus when its part is replaced.
function findAgain(element) {
  if (element.id) return document.getElementById(element.id);
  const href = element.getAttribute("href");
  return href && document.querySelector(`a[href="${CSS.escape(href)}"]`);
}

function replace(part, fresh) {
  if (part.isEqualNode(fresh)) return;
  for (const open of part.querySelectorAll("details[open][id]"))
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  const focused = part.contains(document.activeElement) && document.activeElement;
  fresh.classList.add("fresh");
  part.replaceWith(fresh);
  if (focused) findAgain(focused)?.focus({ preventScroll: true });
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts()) {
    const fresh = page.querySelector(`[data-live-part="${CSS.escape(part.dataset.livePart)}"]`);
    if (fresh && !inUse(part)) replace(part, fresh);
    else document.addEventListener("focusout", () => (newest = null), { once: true });
  }
}

// The first event refreshes too: something may have changed between making the page and listening.
async function changed(event) {
  if (busy || event.lastEventId === newest) return;
  busy = true;
  newest = event.lastEventId;
  await refresh().catch(() => (newest = null));
  busy = false;
}

// The browser asks again by itself after each answer; only after a failure it must be told to.
function listen() {
  source?.close();
  source = new EventSource(url);
  source.addEventListener("change", changed);
  source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(listen, 10000);
}

if (url && parts().length) {
  listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? source.close() : listen()));
}
