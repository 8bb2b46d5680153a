// Keeps the last board and what it needs readable without a network. One board is kept, of one person: who signs
// out, or in, clears it. Reports are not kept here but in the page's own database.
const HOME = "/production/", OFFLINE = "/production/offline";
const FILES = [
  "/production/static/style.css",
  "/production/static/live.js",
  "/production/static/kendi.svg",
  "/production/board/board.js",
  "/production/board/device.js",
  "/production/board/queue.js",
  "/production/board/keypad.js",
  OFFLINE,
];
const SHELL = "kendi-shell", BOARD = "kendi-board";
const PAPER = /^\/production\/work-orders\/([0-9a-f-]{36})\/reports$/; // what the code on a ticket or tally sheet opens
const CHANGES_PERSON = ["/production/sign-in", "/production/sign-out"];
const PATIENCE = 8000; // then the kept board is better than a white page
let persons = 0;

self.addEventListener("install", (event) =>
  event.waitUntil(
    caches
      .open(SHELL)
      .then((shell) => shell.addAll(FILES))
      .then(() => self.skipWaiting()),
  ),
);
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && CHANGES_PERSON.includes(pathname)) event.respondWith(changePerson(request));
  if (request.method !== "GET") return;
  if (request.mode === "navigate" || (pathname === HOME && request.headers.get("Accept") === "text/html"))
    event.respondWith(page(event, pathname));
  else if (FILES.includes(pathname)) event.respondWith(file(event));
});

async function page(event, pathname) {
  const { request } = event, before = persons, isBoard = pathname === HOME;
  const kept = request.mode === "navigate" ? await keptFor(pathname) : null;
  try {
    const answer = await within(fetch(request), kept ? PATIENCE : 0);
    if (isBoard && answer.ok && !answer.redirected && before === persons) event.waitUntil(keep(answer.clone(), before));
    return answer;
  } catch (fault) {
    if (request.mode !== "navigate") throw fault;
    return kept ?? offline();
  }
}

const within = (promise, time) =>
  time ? Promise.race([promise, new Promise((_, reject) => setTimeout(reject, time, new Error("slow")))]) : promise;

async function keep(answer, before) {
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", Date.now());
  const body = await answer.blob();
  if (before === persons) await (await caches.open(BOARD)).put(HOME, new Response(body, { headers }));
}

// A work order of the board is reported there as well; another one's page is the board, which takes its report on top.
async function keptFor(pathname) {
  const work = PAPER.exec(pathname)?.[1];
  if (pathname !== HOME && !work) return null;
  const found = await (await caches.open(BOARD)).match(HOME, { ignoreVary: true });
  const text = await found?.text();
  if (work && text?.includes(`id="wo-${work}"`)) return Response.redirect(`${HOME}#wo-${work}`);
  return found && (!work || text.includes('id="paper"')) ? keptBoard(found, text) : null;
}

// The page is told that it was kept, and when.
function keptBoard(found, text) {
  const page = text.replace("<html ", `<html data-kept="${found.headers.get("X-Kept-At")}" `);
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  return new Response(page, { headers: { ...headers, "Content-Security-Policy": found.headers.get("Content-Security-Policy") } });
}

async function file(event) {
  const shell = await caches.open(SHELL);
  try {
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(shell.put(new URL(event.request.url).pathname, answer.clone()));
    return answer;
  } catch {
    return (await shell.match(new URL(event.request.url).pathname, { ignoreVary: true })) ?? Response.error();
  }
}

const offline = async () => (await caches.match(OFFLINE, { ignoreVary: true })) ?? Response.error();

async function changePerson(request) {
  await forget();
  return fetch(request).catch(offline).finally(forget);
}

function forget() {
  persons += 1;
  return caches.delete(BOARD);
}
