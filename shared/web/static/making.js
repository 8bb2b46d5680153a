// A long paper shows how far it is while it is made, and is downloaded as a whole. The service tells in lines how many
// of all cartons stand on it; after an empty line comes the paper. Without this script its link opens the paper itself.
const shown = document.getElementById("making");
const status = document.getElementById("made");
const KEPT = 60000; // until the browser has surely taken the paper
const numbers = new Intl.NumberFormat(document.documentElement.lang);

function tell(line) {
  const [done, of] = line.split(" ").map(Number);
  Object.assign(shown.querySelector("progress"), { max: of, value: done });
  shown.querySelector(".told").textContent = `${numbers.format(done)} / ${numbers.format(of)}`;
}

// A byte is one character here, so that places in the text are places among the bytes.
async function taken(stream) {
  const text = new TextDecoder("latin1"), paper = [];
  let lines = "";
  for (let part; !(part = await stream.read()).done; ) {
    if (paper.length) {
      paper.push(part.value);
      continue;
    }
    lines += text.decode(part.value);
    const end = lines.indexOf("\n\n");
    const told = lines.slice(0, end < 0 ? lines.lastIndexOf("\n") : end).split("\n");
    if (told.at(-1)) tell(told.at(-1));
    if (end >= 0) paper.push(part.value.subarray(part.value.length - (lines.length - end - 2)));
  }
  if (!paper.length) throw new Error("cut off");
  return new Blob(paper, { type: "application/pdf" });
}

// Whether it was made. What is in the way (a session that ended) is told where the link leads.
async function make({ href, dataset }) {
  const answer = await fetch(dataset.making);
  if (!answer.ok || answer.redirected) return location.assign(href);
  const paper = URL.createObjectURL(await taken(answer.body.getReader()));
  const [, download] = answer.headers.get("Content-Disposition").match(/filename="(.+)"/);
  Object.assign(document.createElement("a"), { href: paper, download }).click();
  setTimeout(() => URL.revokeObjectURL(paper), KEPT);
  return true;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-making]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!shown.hidden) return;
  shown.hidden = false;
  status.textContent = "";
  shown.scrollIntoView({ block: "nearest" });
  const { made, failed } = shown.dataset;
  status.textContent = await make(link).then((whole) => (whole ? made : ""), () => failed);
  shown.hidden = true;
});
