// The board without a network: what is accepted, begun and reported is kept on the device with its time and an
// id of its own, and sent in order as soon as that is possible. Without this script the forms are plain ones.
import { all, change, drop, keep } from "./queue.js";
import { device } from "./device.js";
import { fits, say } from "./keypad.js";

const section = document.getElementById("waiting");
const { person, plain, zone: timeZone, zoneName } = section.dataset;
const language = document.documentElement.lang;
const keptAt = Number(document.documentElement.dataset.kept);
const RETRY = 15000, PATIENCE = 20000;
const CORRECTABLE = [
  { name: "pieces", word: "pieces", inputMode: "numeric", autocomplete: "off" },
  { name: "worked_on", word: "day", type: "date" },
  { name: "by", word: "day", type: "date" },
  { name: "reason", word: "why", maxLength: 400 },
];
let reached = !keptAt, ended = false, strange = false;

const isOffline = () => !navigator.onLine || !reached;
const written = (dateStyle, at) => `${new Intl.DateTimeFormat(language, { dateStyle, timeStyle: "short", timeZone }).format(at)} ${zoneName ?? ""}`;
const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text, ...more });
const isMine = (entry) => entry.person === person;
const isTyping = () =>
  [...document.querySelectorAll("main input:not([type=hidden]), main select, main textarea")].some(
    (input) => input.isConnected && (input === document.activeElement || ("defaultValue" in input && input.value !== input.defaultValue)),
  );

// The device's time with its zone, as in 2025-03-22T14:30:00.000+07:00.
function deviceTime() {
  const now = new Date(), ahead = -now.getTimezoneOffset();
  const zone = [Math.abs(ahead) / 60, Math.abs(ahead) % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return new Date(now.getTime() + ahead * 60000).toISOString().replace("Z", (ahead < 0 ? "-" : "+") + zone);
}

// A day that nobody chose is told by the time at which it was tapped: the page may be from yesterday.
function read(form) {
  const fields = Object.fromEntries(new FormData(form));
  const day = form.querySelector("input[name=worked_on]");
  if (day && day.value === day.defaultValue) delete fields.worked_on;
  delete fields.csrf_token;
  delete fields.client_id;
  return fields;
}

// The form is free for the next report before this one is on the disk: what is typed meanwhile stays.
async function take(form) {
  const { keep: action, work, number } = form.dataset;
  const entry = { id: crypto.randomUUID(), person, action, work, number, fields: read(form), at: deviceTime(), device: device() };
  form.reset();
  delete form.closest("[data-live-part]")?.dataset.unsent;
  document.querySelector(".keypad")?.remove();
  document.activeElement?.blur();
  await keep(entry);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.closest("main")) return;
  if (!fits(form)) return event.preventDefault();
  if (!window.isSecureContext || !form.dataset.work) {
    if (isOffline() && form.closest("[data-live-part]")) event.preventDefault(), tellOffline(form);
    return;
  }
  event.preventDefault();
  if (form.dataset.taken) return;
  form.dataset.taken = "yes"; // two taps are one report
  await take(form).finally(() => delete form.dataset.taken);
  await show();
  await send();
});

function tellOffline(form) {
  form.querySelector(".error[data-offline]")?.remove();
  const told = element("p", say("needs"), { className: "error" });
  told.dataset.offline = "";
  form.append(told);
}

// One tab sends at a time. What was refused, and what came after it for the same work order, stays.
const send = () => navigator.locks.request("kendi-waiting", sendAll).catch(() => (reached = false)).then(show);

async function sendAll() {
  const mine = (await all()).filter(isMine);
  const stuck = new Set(mine.filter((entry) => entry.refused).map((entry) => entry.work));
  if (mine.every((entry) => stuck.has(entry.work))) return;
  const token = await session();
  const doubts = [];
  let sent = 0;
  for (const entry of token ? mine : []) {
    if (stuck.has(entry.work)) continue;
    const answer = await post(entry, token);
    if (answer.type === "opaqueredirect") ended = true;
    if (answer.ok) sent += 1, doubts.push(...(await answer.json()).doubts), await drop(entry);
    else if (isRefusal(answer)) stuck.add(entry.work), await change({ ...entry, refused: (await answer.json()).detail });
    else break;
  }
  if (sent) finish(doubts);
}

// An answer that will be the same when asked again; the others are asked again.
const isRefusal = ({ status }) => status >= 400 && status < 500 && ![401, 408, 409, 429].includes(status);

// The token of the session that there is now; none if it ended meanwhile or is another person's.
async function session() {
  const answer = await fetch("/production/kept", { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  reached = true;
  ended = answer.type === "opaqueredirect";
  if (!answer.ok) return null;
  const now = await answer.json();
  strange = now.person !== person;
  return strange ? null : now.csrf_token;
}

function post(entry, csrf_token) {
  const { id, work, action, at, fields } = entry;
  return fetch(`/production/kept/${work}/${action}`, {
    method: "POST",
    redirect: "manual",
    headers: { Accept: "application/json", "Idempotency-Key": id },
    body: new URLSearchParams({ ...fields, csrf_token, device: entry.device, device_at: at }),
    signal: AbortSignal.timeout(PATIENCE),
  });
}

// The page as it is now, but for what somebody is typing in: live.js leaves that alone. What is doubtful is told.
function finish(doubts) {
  sessionStorage.setItem("kendi-told", JSON.stringify(doubts));
  if (keptAt && !isTyping()) return location.reload();
  document.dispatchEvent(new Event("kendi-sent"));
  tellDoubts();
}

function tellDoubts() {
  const doubts = JSON.parse(sessionStorage.getItem("kendi-told") ?? "[]");
  sessionStorage.removeItem("kendi-told");
  document.getElementById("told").replaceChildren(...doubts.map((text) => element("p", text, { className: "notice wait" })));
}

// What waits, above the board; what was refused with its reason and two ways on.
async function show() {
  const entries = await all();
  const mine = entries.filter(isMine), others = entries.length - mine.length;
  const parts = [];
  if (isOffline()) parts.push(element("p", offlineWords(), { id: "offline" }));
  if (mine.length) parts.push(element("h2", say("waiting", { n: mine.length })), list(mine));
  if (mine.length && ended) parts.push(signIn());
  if (others) parts.push(element("p", say("others", { n: others })));
  if (!section.contains(document.activeElement) || !parts.length) section.replaceChildren(...parts);
  section.hidden = !parts.length;
  document.body.toggleAttribute("data-offline", isOffline());
  decorate(mine.filter((entry) => !entry.refused));
}

function offlineWords() {
  const at = new Date(keptAt || Number(document.body.dataset.readAt) || performance.timeOrigin);
  const minutes = Math.round((Date.now() - at) / 60000);
  const [size, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 2880 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
  return say("offline", {
    at: written("long", at),
    ago: new Intl.RelativeTimeFormat(language).format(-Math.round(size), unit),
  });
}

function signIn() {
  const told = element("p", `${say("ended")} `);
  told.append(element("a", say("sign-in"), { href: "/production/sign-in?next=/production/", className: "act" }));
  return told;
}

function list(entries) {
  const items = element("ul", "");
  items.append(...entries.map((entry) => (entry.refused ? refused(entry) : element("li", what(entry)))));
  return items;
}

function what({ action, number, fields, at }) {
  const kind = action === "report" && fields.kind === "reworked" ? "mend" : action;
  return `${say(kind, { number, pieces: fields.pieces ?? "" })} · ${written("medium", new Date(at))}`;
}

function refused(entry) {
  const item = element("li", what(entry), { className: "stack" });
  item.append(element("p", `${say("refused")} ${entry.refused}`, { className: "error" }));
  const row = element("div", "", { className: "row" });
  const again = element("button", say("again"), { type: "button", className: "act" });
  const away = element("button", say("discard"), { type: "button", className: "act danger" });
  const inputs = CORRECTABLE.filter(({ name }) => name in entry.fields).map(({ name, word, ...more }) =>
    element("input", "", { name, value: entry.fields[name], ariaLabel: say(word), ...more }),
  );
  const reason = plain && inputs.find(({ name }) => name === "reason");
  if (reason) Object.assign(reason, { pattern: plain, title: say("numbered") }); // what nobody may keep is not kept here either
  again.addEventListener("click", () => {
    if (!inputs.every((input) => input.reportValidity())) return;
    sendAgain(entry, Object.fromEntries(inputs.map(({ name, value }) => [name, value])));
  });
  away.addEventListener("click", () => confirm(say("sure")) && discard(entry));
  row.append(...inputs, again, away);
  item.append(row);
  return item;
}

// What was refused was not counted, so it keeps its id: however often it is sent, it counts once.
async function sendAgain({ refused: _, ...entry }, corrected) {
  document.activeElement?.blur();
  await change({ ...entry, fields: { ...entry.fields, ...corrected } });
  await send();
}

async function discard(entry) {
  await drop(entry);
  location.reload();
}

// What the board will show when what waits was sent: the next step of the work, and how much is left then.
function decorate(waiting) {
  for (const card of document.querySelectorAll("section[id^=wo-]")) {
    const theirs = waiting.filter((entry) => `wo-${entry.work}` === card.id);
    const signature = theirs.map((entry) => entry.id).join();
    if ((card.dataset.waiting ?? "") === signature) continue;
    card.dataset.waiting = signature;
    const step = theirs.findLast((entry) => entry.action !== "report")?.action;
    const next = card.querySelector(`template[data-after="${step}"]`);
    if (next && card.dataset.step !== step) next.parentElement.replaceChildren(...card.querySelectorAll("template"), next.content.cloneNode(true));
    card.dataset.step = step ?? ""; // the same step again would undo what was typed into it
    for (const input of card.querySelectorAll("input[data-most]")) lower(input, theirs);
    card.querySelector(".kept")?.remove();
    if (theirs.length) card.append(element("p", say("waiting", { n: theirs.length }), { className: "kept state wait" }));
  }
}

function lower(input, theirs) {
  const whole = (input.dataset.whole ??= input.dataset.most);
  const told = theirs.filter(({ action, fields }) => action === "report" && fields.kind === input.dataset.kind);
  const pieces = told.reduce((sum, { fields }) => sum + Number(fields.pieces.replace(/[., ]/g, "")), 0);
  input.dataset.most = Math.max(0, whole - pieces);
  if (Number(input.defaultValue) > input.dataset.most) input.defaultValue = input.dataset.most;
}

// A kept board at the address of a paper's code takes reports of that work order, which is not among its own.
function openPaper() {
  const work = location.pathname.match(/\/work-orders\/([^/]+)\/reports$/)?.[1];
  const card = keptAt && work && document.getElementById("paper").content.cloneNode(true).querySelector("section");
  if (!card) return;
  card.id = `wo-${work}`;
  for (const form of card.querySelectorAll("form")) form.dataset.work = work;
  document.getElementById("told").after(card);
}

// The first page was fetched before the service worker was there: have it keep the board.
async function keepBoard() {
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => fetch("/production/", { headers: { Accept: "text/html" } }));
  await navigator.serviceWorker.register("/production/service-worker.js", { updateViaCache: "none" });
}

// A board that was kept is exchanged for the one of now, which may lead to signing in.
async function online() {
  reached = true;
  await send();
  if (keptAt && reached && !isTyping()) location.reload();
}

if (window.isSecureContext) {
  addEventListener("online", online);
  addEventListener("offline", show);
  new MutationObserver(show).observe(document.querySelector("main"), { childList: true });
  setInterval(async () => ((await all()).some(isMine) || keptAt) && (keptAt ? online() : send()), RETRY);
  openPaper();
  tellDoubts();
  keepBoard().catch(() => {}); // where it is not allowed, the board works as long as there is a network
  navigator.storage?.persist?.();
  show().then(send);
}
