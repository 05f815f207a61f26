// What a person does with whole steps and files: back and forth, export, import.

// ---- steps back and forth ----

function travel(step, nothing) {
  if (!step) return note(nothing);
  const there = step.find(({ frame }) => frame >= 0)?.frame ?? at.frame;
  if (there !== at.frame) go(there);
  const point = step.find(({ frame, key: where }) => frame === at.frame && named(where)[1]);
  if (point && step.length === 1) [at.animal, at.name] = named(point.key);
  if (!animals().includes(at.animal) || !at.name || isSet(recordAt(at.frame, key()))) choose();
  at.last = null;
  showPlace();
  redraw();
}

// ---- files ----

function exportFile() {
  const { name, points } = download();
  const who = person() ? "" : " It does not say who labelled: fill in your name and export again.";
  control("annotator").classList.toggle("wanted", !person());
  showProgress(new Set());
  note(`Saved ${points} points as ${name}. Put the file into your labels folder.${who}`, who ? "warn" : "");
  showPlace();
}

async function importFile(file) {
  if (!file) return;
  try {
    const { changes, annotator, points, exported } = readExport(await file.text());
    commit(changes);
    if (!person()) control("annotator").value = annotator;
    go(changes.length ? Math.max(0, ...changes.map(([frame]) => frame)) : at.frame);
    note(`Opened ${file.name}: ${points} points, exported ${localTime(exported)}.`);
  } catch (error) {
    note(`${file.name} is refused: ${error.message}`, "bad");
  }
}

const localTime = (time) => new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const person = () => control("annotator").value.trim();
