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

async function send(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-scanning]");
  if (!fresh) return form.submit();
  document.querySelector("[data-scanning]").replaceWith(fresh);
  fresh.querySelector("#scan")?.focus();
  sound(fresh.querySelector("[data-outcome]")?.dataset.outcome);
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "scan-form" || event.target.dataset.busy) return;
  event.preventDefault();
  event.target.dataset.busy = "yes";
  send(event.target).catch(() => event.target.submit());
});

// A photo is sent as soon as it was taken.
document.addEventListener("change", ({ target }) => target.id === "photo" && target.form.requestSubmit());
