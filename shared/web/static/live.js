// Keeps a page up to date: when the service tells that something changed, the page is fetched again
// and each element with data-live-part="name" is replaced by its new self. Without this script the
// page works the same and shows what was true when it was opened.
const url = document.body.dataset.live;
const parts = () => document.querySelectorAll("[data-live-part]");
let source, newest, busy = false;

// What somebody is typing, has typed and not sent, or was asked to correct, is left alone.
const inUse = (part) =>
  "unsent" in part.dataset || part.matches(":has(input:focus, select:focus, textarea:focus, [aria-invalid=true])");

document.addEventListener("input", ({ target }) => {
  const part = target.closest("[data-live-part]");
  if (part) part.dataset.unsent = "";
});

// Each page has a token of its own in its forms, by which alone nothing has changed.
function withoutTokens(part) {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrf_token]")) token.removeAttribute("value");
  return copy;
}

// What was opened stays open, and a link or a button with an id keeps the focus.
function replace(part, fresh) {
  for (const { id } of part.querySelectorAll("details[open][id]"))
    fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  delete part.dataset.fresh;
  if (withoutTokens(part).isEqualNode(withoutTokens(fresh))) return;
  const { id = "", href } = part.contains(document.activeElement) ? document.activeElement : {};
  fresh.dataset.fresh = "";
  part.replaceWith(fresh);
  const again = document.getElementById(id) ?? [...fresh.querySelectorAll("a")].find((link) => link.href === href);
  again?.focus({ preventScroll: true });
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  document.body.dataset.readAt = Date.now();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts()) {
    const fresh = page.querySelector(`[data-live-part="${CSS.escape(part.dataset.livePart)}"]`);
    if (fresh && !inUse(part)) replace(part, fresh);
    else document.addEventListener("focusout", () => (newest = null), { once: true });
  }
}

// The first event refreshes too: something may have changed between making the page and listening.
async function changed({ lastEventId }) {
  if (busy || lastEventId === newest) return;
  busy = true;
  newest = lastEventId;
  await refresh().catch(() => (newest = null));
  busy = false;
}

// The browser asks again by itself after each answer; only after a refusal it must be told to.
function listen() {
  source?.close();
  source = new EventSource(url);
  source.addEventListener("change", changed);
  source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(listen, 10000);
}

document.addEventListener("kendi-sent", () => refresh().catch(() => {}));
document.addEventListener("visibilitychange", () => (document.hidden ? source?.close() : source && listen()));
if (url && parts().length) listen();
