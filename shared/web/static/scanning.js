// A scan is sent without leaving the page, so that a wedge scanner never waits for the focus: the answer
// is shown big, heard and felt. Without this script the form works the same by loading the page again.
const TONES = { accepted: [880, 0.12], repeated: [440, 0.3] };
const WRONG = [180, 0.7];
let audio;

function sound(outcome) {
  const [pitch, seconds] = TONES[outcome] ?? WRONG;
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  tone.frequency.value = pitch;
  tone.connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + seconds);
  navigator.vibrate?.(outcome === "accepted" ? 60 : [250, 100, 250]);
}

// What belongs to one scan leaves the form with it, and makes room for the next one while it is sent.
const OF_ONE_SCAN = ["sscc", "grams", "seal", "photo"];
let sent = Promise.resolve();

function take(form) {
  const scan = new FormData(form);
  for (const name of OF_ONE_SCAN) if (form.elements[name]) form.elements[name].value = "";
  return scan;
}

function show(fresh) {
  const shown = document.querySelector("[data-scanning]");
  const inside = shown.contains(document.activeElement) && document.activeElement.id;
  for (const { id, value } of shown.querySelectorAll("#scan-form .field input:not([type=file])")) {
    fresh.querySelector(`[id="${id}"]`).value = value;
  }
  shown.replaceWith(fresh);
  (document.getElementById(inside || "scan") ?? fresh.querySelector("#scan")).focus();
  sound(fresh.querySelector("[data-outcome]")?.dataset.outcome);
}

async function send(action, scan) {
  const answer = await fetch(action, { method: "POST", body: scan, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  show(page.querySelector("[data-scanning]"));
}

// What could not be sent is put back and sent the browser's own way; nothing follows, for that leaves the page.
function leave(scan) {
  const form = document.getElementById("scan-form");
  for (const name of OF_ONE_SCAN) if (typeof scan.get(name) === "string") form.elements[name].value = scan.get(name);
  form.submit();
  return new Promise(() => {});
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "scan-form") return;
  event.preventDefault();
  const { action } = event.target;
  const scan = take(event.target);
  sent = sent.then(() => send(action, scan)).catch(() => leave(scan));
});

// A photo is sent as soon as it was taken.
document.addEventListener("change", ({ target }) => target.id === "photo" && target.form.requestSubmit());
