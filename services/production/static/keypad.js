// Numbers of pieces: large keys on a phone, and slips caught before anything is sent. Without this script the
// input is a plain one, with the phone's own digits, and the service tells the same.
const WHOLE = /^(\d{1,8}|\d{1,3}([., ]\d{3}){1,2})$/;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "C", "0", "⌫"];
const TOUCHED = matchMedia("(pointer: coarse)").matches;
const words = (name) => document.querySelector(`#words [data-word="${name}"]`).textContent;
const shown = (number) => number.toLocaleString(document.documentElement.lang);

export const say = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), words(name));

// What is wrong with a number of pieces, if anything.
function slip({ value, dataset }) {
  if (!WHOLE.test(value.trim())) return say("whole");
  const pieces = Number(value.replace(/[., ]/g, ""));
  if (pieces < Number(dataset.least)) return say("least", { least: dataset.least });
  return pieces > Number(dataset.most) ? say(dataset.slip ?? `${dataset.kind}-slip`, { pieces: shown(pieces), most: shown(Number(dataset.most)) }) : "";
}

function tell(input, wrong) {
  const id = `${input.id}-slip`;
  document.getElementById(id)?.remove();
  input.toggleAttribute("aria-invalid", false);
  if (!wrong) return;
  const told = Object.assign(document.createElement("p"), { id, className: "error", textContent: wrong });
  told.setAttribute("role", "alert");
  input.after(told);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", id);
}

// Whether all numbers of a form can be; else the first that can't gets the focus and says why.
export function fits(form) {
  const wrong = [...form.querySelectorAll("input[data-most]")].find((input) => slip(input));
  if (!wrong) return true;
  tell(wrong, slip(wrong));
  wrong.focus();
  return false;
}

// The first key after the input got the focus replaces what stood there, as typing over a selection does.
function press(input, key) {
  const before = input.dataset.touched ? input.value : "";
  input.dataset.touched = "yes";
  input.value = key === "C" ? "" : key === "⌫" ? input.value.slice(0, -1) : (before + key).slice(0, 8);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function showKeys(input) {
  document.querySelector(".keypad")?.remove();
  const pad = Object.assign(document.createElement("div"), { className: "keypad" });
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", say("keypad"));
  for (const key of KEYS) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: key });
    if (key === "C" || key === "⌫") button.setAttribute("aria-label", say(key === "C" ? "clear" : "back"));
    button.addEventListener("click", () => press(input, key));
    pad.append(button);
  }
  pad.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
  (input.closest("form .row") ?? input).after(pad);
}

document.addEventListener("focusin", ({ target }) => {
  if (!TOUCHED || !target.matches("input[inputmode]")) return;
  target.inputMode = "none"; // our keys, not the phone's
  delete target.dataset.touched;
  target.select();
  showKeys(target);
});

document.addEventListener("input", ({ target }) => {
  if (target.matches("input[data-most]")) tell(target, target.value ? slip(target) : "");
});
