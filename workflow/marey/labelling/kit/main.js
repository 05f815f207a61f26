// Begin: what was kept is read again, then the controls are joined to what they do.

listeners.push((step) => {
  keep(step);
  say("step", { step });
});
listeners.push(afterStep);

function afterStep(step) {
  const every = step.some(({ frame }) => frame < 0);
  showProgress(every ? null : new Set(step.map(({ frame }) => frame)));
  redraw();
}

function followOther(step) {
  for (const { frame, key: where, after } of step) put(frame, where, after);
  store.exported = false;
  afterStep(step);
  choose();
  showPlace();
}

for (const { id, act } of KEYS) {
  if (id !== "jump") control(id)?.addEventListener("click", act);
}
control("save").addEventListener("click", exportFile);
// A click on a button leaves the keyboard to the frame.
document.addEventListener("mousedown", (event) => event.target.closest("button, label.button") && event.preventDefault());
control("jump").addEventListener("keydown", (event) => event.code.endsWith("Enter") && event.target.blur());
control("jump").addEventListener("change", (event) => {
  const frame = Math.round(Number(event.target.value)) - 1;
  if (Number.isFinite(frame) && frame >= 0 && frame < KIT.frames.length) go(frame);
  else {
    note(`There are frames from 1 to ${KIT.frames.length}.`, "warn");
    event.target.value = at.frame + 1;
  }
});
control("annotator").addEventListener("input", () => control("annotator").classList.remove("wanted"));
control("annotator").addEventListener("change", () => {
  const points = [...everyPoint()].length;
  keepAbout();
  if (points && owner && person() && person() !== owner) {
    const advice = "Another person needs a kit of their own (labelling.people), or another browser.";
    note(`The ${points} points here now count as those of ${person()}. ${advice}`, "warn");
  }
  owner = person() || owner;
});
let owner = ""; // whose points these are
control("annotator").addEventListener("keydown", (event) => event.code.endsWith("Enter") && event.target.blur());
for (const name of ["brightness", "contrast"]) {
  control(name).addEventListener("input", () => {
    image.style.filter = `brightness(${control("brightness").value}) contrast(${control("contrast").value})`;
  });
  control(name).addEventListener("pointerup", (event) => event.target.blur());
  control(name).addEventListener("dblclick", (event) => {
    event.target.value = 1;
    event.target.dispatchEvent(new Event("input"));
  });
}
$("animals").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) pickAnimal(button.dataset.name);
});
$("keypoints").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) select(at.animal, button.dataset.name);
});
const timeline = control("timeline");
function scrub(event) {
  if (!event.buttons) return;
  const room = timeline.getBoundingClientRect(), share = (event.clientX - room.left) / room.width;
  const frame = Math.min(KIT.frames.length - 1, Math.max(0, Math.floor(share * KIT.frames.length)));
  if (frame !== at.frame) go(frame);
}
timeline.addEventListener("pointerdown", (event) => {
  timeline.setPointerCapture(event.pointerId);
  scrub(event);
});
timeline.addEventListener("pointermove", scrub);
control("import").addEventListener("change", async (event) => {
  await importFile(event.target.files[0]);
  event.target.value = "";
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  stage.classList.add("drop");
});
addEventListener("dragleave", () => stage.classList.remove("drop"));
addEventListener("drop", (event) => {
  event.preventDefault();
  stage.classList.remove("drop");
  importFile(event.dataTransfer.files[0]);
});
$("help").addEventListener("click", (event) => event.target === $("help") && toggleHelp());
addEventListener("beforeunload", (event) => {
  if (store.exported) return;
  event.preventDefault();
  event.returnValue = "";
});
addEventListener("resize", () => {
  refresh();
  showKeypoints();
});
store.onchange = showMessage;
tabs.onchange = showMessage;

async function begin() {
  $("project").textContent = KIT.project;
  $("total").textContent = `/ ${KIT.frames.length}`;
  control("jump").max = KIT.frames.length;
  control("annotator").value = KIT.annotator;
  control("letters").classList.add("on");
  document.title = `${KIT.project}${KIT.annotator ? `, ${KIT.annotator}` : ""} · labelling`;
  titles();
  showProgress(null);
  if (!KIT.frames.length) return note("There are no frames to label in this kit.", "warn");
  go(0);
  const { kept, about, others } = await restore();
  takeUp(kept, about);
  if (!store.waiting.size) takeUpSteps();
  if (!kept.length && others.length) note(`Another kit of this project has points that were not exported: ${others[0].path}`, "warn");
  starting = false;
  if (store.waiting.size) write(); // what was set before the database was open
  showProgress(null);
  joinTabs(followOther);
}

// Put back what was kept; what was set in the meantime is newer.
function takeUp(kept, about) {
  if (about?.annotator) control("annotator").value = about.annotator;
  owner = person();
  if (about && store.exported) store.exported = about.exported;
  let latest = null, points = 0;
  for (const { kit, frame, key: where, ...record } of kept) {
    if (store.waiting.has(`${frame} ${where}`)) continue;
    put(frame, where, record);
    if (!named(where)[1]) continue;
    points += 1;
    if (!latest || record.t > latest.t) latest = { t: record.t, frame };
  }
  if (!latest) return;
  go(store.waiting.size ? at.frame : latest.frame);
  note(`Restored ${points} points from ${localTime(latest.t)}.`);
}

begin();
