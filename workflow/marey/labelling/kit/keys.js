// Keys, by where they lie on the keyboard (event.code). This table is what handles them and what the help lists.

const NUDGES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// id: of the control that does the same; keys: codes, after Shift+ or Ctrl+ where these are held (Ctrl+: by its letter).
const KEYS = [
  { id: "next", keys: ["KeyD", "Space", "PageDown"], does: "next frame", act: () => go(at.frame + 1), again: true },
  { id: "previous", keys: ["KeyA", "PageUp"], does: "previous frame", act: () => go(at.frame - 1), again: true },
  { id: "unfinished", keys: ["KeyF"], does: "next frame that is not done", act: nextUnfinished },
  { id: "jump", keys: ["KeyJ"], does: "go to a frame by its number", act: () => control("jump").select() },
  { id: "skip", keys: ["KeyB"], does: "skip: nothing to label in this frame", act: skip },
  { id: "next-keypoint", keys: ["KeyE"], does: "next keypoint", act: () => stepKeypoint(1), again: true },
  { id: "previous-keypoint", keys: ["KeyQ"], does: "previous keypoint", act: () => stepKeypoint(-1), again: true },
  { id: "occluded", keys: ["KeyW"], does: "occluded: this point, or the next click", act: markOccluded },
  { id: "absent", keys: ["KeyS"], does: "absent: not in the frame", act: markAbsent },
  { id: "delete", keys: ["KeyX", "Delete"], does: "delete the point", act: remove },
  { id: "undo", keys: ["KeyZ", "Ctrl+z"], does: "undo", act: () => travel(undo(), "There is nothing to undo."), again: true },
  {
    id: "redo", keys: ["Shift+KeyZ", "Ctrl+y", "Ctrl+Shift+z"], does: "redo",
    act: () => travel(redo(), "There is nothing to redo."), again: true,
  },
  { id: "copy", keys: ["KeyC"], does: "copy the pose of the frame before", act: copyPrevious },
  { id: "confirm-one", keys: ["KeyV"], does: "confirm the prediction", act: confirmOne },
  { id: "confirm", keys: ["KeyG"], does: "confirm all predictions of the frame", act: confirmFrame },
  { id: "confirm-next", keys: ["Shift+KeyD", "Shift+Space"], does: "confirm the frame and go to the next", act: confirmAndGo },
  { id: "confirm-all", keys: ["Shift+KeyG"], does: "confirm the predictions of all frames", act: confirmAll },
  { id: "next-animal", keys: ["KeyR"], does: "next animal", act: () => stepAnimal(1) },
  { id: "previous-animal", keys: ["Shift+KeyR"], does: "previous animal", act: () => stepAnimal(-1) },
  { id: "swap-animals", keys: ["KeyT"], does: "exchange two animals in the frame", act: beginSwap },
  { id: "add-animal", keys: ["KeyN"], does: "add an animal", act: addAnimal },
  { id: "remove-animal", keys: ["Shift+KeyX"], does: "the animal is not in this frame", act: removeAnimal },
  ...Object.entries(NUDGES).flatMap(([code, [dx, dy]]) => [
    { id: `nudge-${code}`, keys: [code], does: "move the point by 1 px", act: () => nudge(dx, dy), again: true },
    { id: `nudge-far-${code}`, keys: [`Shift+${code}`], does: "move the point by 10 px", act: () => nudge(10 * dx, 10 * dy), again: true },
  ]),
  { id: "zoom-in", keys: ["Equal", "NumpadAdd"], does: "zoom in", act: () => zoomMiddle(1.25), again: true },
  { id: "zoom-out", keys: ["Minus", "NumpadSubtract"], does: "zoom out", act: () => zoomMiddle(0.8), again: true },
  { id: "fit", keys: ["Digit0", "Numpad0"], does: "the whole frame", act: fitNow },
  { id: "letters", keys: ["KeyL"], does: "show or hide letters", act: toggleLetters },
  { id: "colours", keys: ["KeyK"], does: "colours by keypoint or by animal", act: toggleColours },
  { id: "export", keys: ["Ctrl+s"], does: "export the labels", act: exportFile },
  { id: "help", keys: ["KeyH", "F1"], does: "show or hide these keys", act: toggleHelp },
];
const HINTS = [
  "Click: set the point", "Shift+click: set it as occluded", "drag a point: move it",
  "right or middle button, or Space, and drag: move the view", "wheel: zoom", "two fingers: move and zoom",
].join(" · ");
const byKey = new Map(KEYS.flatMap((entry) => entry.keys.map((name) => [name, entry])));

function fitNow() {
  fit();
  redraw({ picture: true });
}

function toggleLetters() {
  looks.letters = !looks.letters;
  control("letters").classList.toggle("on", looks.letters);
  redraw();
}

function toggleColours() {
  looks.byAnimal = !looks.byAnimal;
  control("colours").classList.toggle("on", looks.byAnimal);
  showPlace();
  redraw();
}

function toggleHelp() {
  const help = $("help");
  help.hidden = !help.hidden;
  control("help").classList.toggle("on", !help.hidden);
  if (!help.hidden) showHelp();
}

function nameOf(event) {
  if (event.altKey) return "";
  const shift = event.shiftKey ? "Shift+" : "";
  return event.ctrlKey || event.metaKey ? `Ctrl+${shift}${event.key.toLowerCase()}` : shift + event.code;
}

const writes = (element) => element?.matches?.("input:not([type=range]), textarea, select, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.code === "Escape") {
    event.target.blur?.();
    if (!$("help").hidden) toggleHelp();
    if (swapping) beginSwap();
    return;
  }
  if (writes(event.target)) return;
  if (event.target.matches?.("button, label.button") && ["Space", "Enter"].includes(event.code)) return; // the button's own
  const entry = byKey.get(nameOf(event));
  if (!entry) return;
  event.preventDefault();
  settle();
  if (event.code === "Space" && !event.shiftKey) return holdSpace(event);
  if (!event.repeat || entry.again) entry.act();
});

// Space held moves the view; pressed and let go, it is a key like others.
function holdSpace(event) {
  if (event.repeat) return;
  spaceHeld = true;
  spaceUsed = false;
  image.classList.add("pan");
}

addEventListener("keyup", (event) => {
  if (event.code !== "Space" || !spaceHeld) return;
  spaceHeld = false;
  image.classList.remove("pan");
  if (!spaceUsed) byKey.get("Space").act();
});
addEventListener("blur", () => {
  spaceHeld = false;
  image.classList.remove("pan");
});

// ---- help ----

const SAID = {
  Space: "Space", PageDown: "Page ↓", PageUp: "Page ↑", Delete: "Del", Equal: "+", Minus: "−",
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓",
  NumpadAdd: "Num +", NumpadSubtract: "Num −", Numpad0: "Num 0",
};
let layout = null; // letters of the keyboard at hand, where the browser tells

navigator.keyboard?.getLayoutMap?.().then((found) => {
  layout = found;
  titles();
}, () => {});

function said(name) {
  const cap = (part) => part.length === 1 ? part.toUpperCase() : part.replace(/^(Key|Digit)/, "");
  return name.split("+").map((part) => SAID[part] ?? layout?.get(part)?.toUpperCase() ?? cap(part)).join("+");
}

function showHelp() {
  const lines = new Map(); // the four directions are one line
  for (const { keys, does } of KEYS) lines.set(does, [...(lines.get(does) ?? []), ...keys]);
  $("keys").replaceChildren(...[...lines].map(([does, keys]) => {
    const line = document.createElement("div"), left = document.createElement("span"), right = document.createElement("span");
    for (const name of keys) {
      const cap = document.createElement("kbd");
      cap.textContent = said(name);
      cap.dataset.code = name;
      left.append(cap, " ");
    }
    right.textContent = does;
    line.append(left, right);
    return line;
  }));
  $("hints").textContent = HINTS;
}

function titles() {
  for (const { id, keys, does } of KEYS) {
    const button = control(id);
    if (button) button.title = `${does[0].toUpperCase()}${does.slice(1)} (${said(keys[0])})`;
  }
}
