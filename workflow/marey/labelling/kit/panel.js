// What stands around the frame: where one is, what is to be set, progress, animals and keypoints.

const STATES = { visible: "●", occluded: "◐", absent: "∅", deleted: "×" };
const WORDS = { visible: "set", occluded: "occluded", absent: "absent", deleted: "deleted" };
const rows = new Map(); // key of a point -> its button

function showPlace() {
  const { frame } = at, shown = KIT.frames[frame];
  $("shown").textContent = `${shown.video}, frame ${shown.frame}`;
  $("shown").title = `${shown.video}, frame ${shown.frame}, ${shown.width} × ${shown.height} px`;
  control("jump").value = frame + 1;
  $("here").style.left = `${(100 * (frame + 0.5)) / KIT.frames.length}%`;
  control("skip").classList.toggle("on", isSkipped(frame));
  control("occluded").classList.toggle("on", occludedNext || (at.name !== null && recordAt(frame, key())?.v === "occluded"));
  control("absent").classList.toggle("on", at.name !== null && recordAt(frame, key())?.v === "absent");
  control("undo").disabled = !done.steps.length;
  control("redo").disabled = !done.undone.length;
  showCurrent();
  showAnimals();
  showKeypoints();
  showMessage();
}

function showCurrent() {
  const current = $("current"), more = document.createElement("small");
  if (!at.name) {
    const text = document.createElement("span"), finished = open(at.frame).length ? "Choose a keypoint" : "Frame done";
    text.textContent = isSkipped(at.frame) ? "Skipped" : finished;
    more.textContent = at.frame + 1 < KIT.frames.length ? `${said("KeyD")} or Space: next frame` : "the last frame";
    return current.replaceChildren(text, more);
  }
  const guess = openPrediction(at.frame, key());
  const known = guess ? told(guess) : "";
  const about = [animals().length > 1 ? at.animal : "", occludedNext ? "occluded: click where it is hidden" : known];
  more.textContent = about.filter(Boolean).join(" · ");
  current.innerHTML = glyph(at.animal, at.name);
  current.append(elided(at.name), more);
}

// Where a hollow point comes from, and how sure it is.
function told(guess) {
  const from = guess.views ? `by ${guess.views} other camera${guess.views > 1 ? "s" : ""}` : "predicted";
  return `${from}, ${Math.round(100 * guess.c)} %`;
}

// A name that loses its middle where there is not room enough: ends differ most. Only letters that do not join are parted.
function elided(name) {
  const text = document.createElement("span"), cut = /^[ -~]*$/.test(name) ? Math.max(0, name.length - 3) : name.length;
  for (const part of [name.slice(0, cut), name.slice(cut)]) text.append(Object.assign(document.createElement("i"), { textContent: part }));
  text.className = "elided";
  return text;
}

function showMessage() {
  const message = control("message");
  let { text, kind } = remark;
  if (tabs.others.size) {
    text = `This kit is open in another tab too: go on in one of them and close the other. ${text}`;
    kind ||= "warn";
  }
  if (store.failed) {
    text = `Your work is NOT kept by this browser (${store.failed}): save it to a file now and then. ${text}`;
    kind = "bad";
  }
  const keys = `${said("KeyD")}: next frame · ${said("KeyH")}: all keys`;
  if (!text) text = `Click: set the point · wheel: zoom · drag a point: move it · ${keys}`;
  else kind ||= "news";
  message.textContent = text;
  message.title = text;
  message.className = `message ${kind}`;
  control("save").hidden = !store.failed;
}

// ---- animals ----

function showAnimals() {
  const names = animals();
  $("animals").replaceChildren(...names.map((animal, number) => {
    const button = document.createElement("button"), colour = document.createElement("i");
    button.dataset.kit = "animal";
    button.dataset.name = animal;
    colour.style.background = animalColour(animal);
    const numbered = names.length > 1 && animal !== `animal${number + 1}` ? `${number + 1} ${animal}` : animal;
    button.append(colour, animal === "unique" ? "objects" : numbered);
    button.classList.toggle("on", animal === at.animal);
    button.classList.toggle("out", isOut(at.frame, animal));
    button.classList.toggle("pick", swapping && animal !== at.animal);
    return button;
  }));
}

// ---- keypoints ----

let listed = ""; // what the list shows now, so that a click renews only what it changes

function showKeypoints() {
  const names = keypointsOf(at.animal), list = $("keypoints");
  const wanted = JSON.stringify([at.animal, looks.byAnimal, animals().length, list.clientHeight, list.clientWidth]);
  if (wanted !== listed) {
    listed = wanted;
    layOut(list, names);
  }
  let setCount = 0;
  for (const name of names) {
    const button = rows.get(name), where = keyOf(at.animal, name);
    const record = recordAt(at.frame, where), guess = openPrediction(at.frame, where);
    setCount += isSet(record);
    const share = guess ? Math.round(100 * guess.c) : "", unit = list.classList.contains("tight") ? "" : "%";
    const mark = record ? STATES[record.v] : guess ? `${share}${unit}` : "";
    if (button.lastChild.textContent !== mark) button.lastChild.textContent = mark;
    button.classList.toggle("set", isSet(record));
    button.classList.toggle("on", at.name === name);
    button.title = `${name}: ${record ? WORDS[record.v] : guess ? told(guess) : "to be set"}`;
    if (at.name === name && list.scrollHeight > list.clientHeight) button.scrollIntoView({ block: "nearest" });
  }
  $("tally").textContent = `${setCount} of ${names.length}`;
}

// One column, or more where there is not room enough.
function layOut(list, names) {
  const room = list.clientHeight, most = Math.max(2, Math.floor(list.clientWidth / 110));
  const columns = Math.max(1, Math.min(most, Math.ceil((names.length * 23) / room)));
  const lines = Math.ceil(names.length / columns);
  const height = Math.max(19, Math.min(28, Math.floor(room / lines) - 1));
  list.classList.toggle("tight", columns > 1);
  list.style.gridTemplate = `repeat(${lines}, ${height}px) / repeat(${columns}, minmax(0, 1fr))`;
  rows.clear();
  list.replaceChildren(...names.map((name) => {
    const button = document.createElement("button"), letter = document.createElement("b");
    button.dataset.kit = "keypoint";
    button.dataset.name = name;
    button.innerHTML = glyph(at.animal, name);
    letter.textContent = styleOf(name).letter;
    button.append(letter, elided(name), document.createElement("em"));
    rows.set(name, button);
    return button;
  }));
}

// ---- progress ----

const frameStates = []; // by frame, renewed only where a step has changed it
const SHADES = { done: "#5b9bd5", begun: "#c9a15a", new: "#3a3f47" };

function showProgress(frames) {
  const every = frames === null || frameStates.length === 0;
  for (const frame of every ? KIT.frames.keys() : frames) frameStates[frame] = stateOf(frame);
  const total = KIT.frames.length, finished = frameStates.filter((state) => state === "done").length;
  control("progress").textContent = `${finished} of ${total} frames done${store.exported ? "" : " · not exported"}`;
  $("bar").style.width = `${(100 * finished) / total}%`;
  const stops = [];
  frameStates.forEach((state, frame) => {
    if (state !== frameStates[frame - 1]) stops.push(`${SHADES[state]} ${(100 * frame) / total}%`);
    if (state !== frameStates[frame + 1]) stops.push(`${SHADES[state]} ${(100 * (frame + 1)) / total}%`);
  });
  control("timeline").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
}
