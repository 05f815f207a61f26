// Mouse, pen and touch on the frame: a click places, a drag moves a point or, by right or middle button, space or two
// fingers, the view; the wheel zooms at the cursor.

const SLACK = { mouse: 4, pen: 5, touch: 10 }; // px that a click may move
const REACH = { mouse: 9, pen: 10, touch: 20 }; // px from a point at which it can be taken
const DOUBLE = 500; // ms in which a second click at one place is the rest of a double click, and sets nothing
const pointers = new Map(); // id -> {x, y}
let gesture = null; // {kind: press | place | move | pan | pinch | over, ...}
let ghost = null; // a point while it is moved: {key, x, y}
let hovered = null; // key of the point under the mouse
let lastClick = null; // {type, from, time, frame, key}: when and where it was, and what was to be set next after it
let spaceHeld = false, spaceUsed = false;

image.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  document.activeElement?.blur?.();
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  try {
    image.setPointerCapture(event.pointerId);
  } catch {
    // the pointer has gone already
  }
  if (pointers.size === 2) return beginPinch();
  if (pointers.size > 2) return;
  const kind = event.pointerType in SLACK ? event.pointerType : "mouse";
  const start = { x: event.clientX, y: event.clientY };
  if (event.button !== 0 || spaceHeld) {
    spaceUsed = true;
    image.classList.add("panning");
    gesture = { kind: "pan", from: start, x: view.x, y: view.y };
  } else {
    const hit = pointAt(start.x, start.y, REACH[kind]);
    gesture = { kind: "press", type: kind, from: start, time: event.timeStamp, hit, shift: event.shiftKey };
  }
});

image.addEventListener("pointermove", (event) => {
  if (pointers.has(event.pointerId)) pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  if (view.ratio !== devicePixelRatio) refresh(); // where no event has told
  if (!gesture) return hover(event);
  const dx = event.clientX - (gesture.from?.x ?? 0), dy = event.clientY - (gesture.from?.y ?? 0);
  if (gesture.kind === "press" && Math.hypot(dx, dy) > SLACK[gesture.type]) {
    if (gesture.hit) Object.assign(gesture, { kind: "move" });
    else if (at.name) Object.assign(gesture, { kind: "place" });
    else Object.assign(gesture, { kind: "pan", x: view.x, y: view.y });
  }
  if (gesture.kind === "move") {
    const { key, x, y, kind } = gesture.hit, v = kind === "occluded" ? "occluded" : "visible";
    ghost = { key, v, ...inside(x + dx / view.zoom, y + dy / view.zoom) };
    redraw();
  } else if (gesture.kind === "place") {
    ghost = { key: keyOf(at.animal, at.name), ...inside(...Object.values(toFrame(event.clientX, event.clientY))) };
    redraw();
  } else if (gesture.kind === "pan") {
    centre(gesture.x - dx / view.zoom, gesture.y - dy / view.zoom);
  } else if (gesture.kind === "pinch") {
    pinch();
  }
});

function release(event) {
  pointers.delete(event.pointerId);
  const ended = gesture, moved = ghost;
  if (ended?.kind === "pinch") gesture = { kind: "over" };
  if (pointers.size) return;
  gesture = null;
  ghost = null;
  image.classList.remove("panning");
  if (ended && event.type !== "pointercancel") finish(ended, moved);
  redraw();
}

function finish({ kind, type, from, time, hit, shift }, moved) {
  if (kind === "press" && !isDouble(from, time)) {
    click(toFrame(from.x, from.y), hit, shift);
    lastClick = { type, from, time, frame: at.frame, key: key() };
  }
  if (kind === "place" && moved) click(moved, null, shift);
  if (kind === "move" && moved) movePoint(hit, moved);
}

// Whether a click is the second of a double click: at the place of the last one, with nothing done in between.
function isDouble(from, time) {
  if (!lastClick || time - lastClick.time > DOUBLE || lastClick.frame !== at.frame || lastClick.key !== key()) return false;
  return Math.hypot(from.x - lastClick.from.x, from.y - lastClick.from.y) <= SLACK[lastClick.type];
}

// A key that comes while the button is still down acts after the click: its point belongs to this frame, not to the next.
function settle() {
  if (!["press", "place", "move"].includes(gesture?.kind)) return;
  const ended = gesture, moved = ghost;
  gesture = { kind: "over" };
  ghost = null;
  finish(ended, moved);
}

image.addEventListener("pointerup", release);
image.addEventListener("pointercancel", release);
image.addEventListener("lostpointercapture", (event) => pointers.has(event.pointerId) && release(event));
image.addEventListener("contextmenu", (event) => event.preventDefault());

function inside(x, y) {
  const { width, height } = KIT.frames[view.frame];
  return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
}

function hover(event) {
  if (event.pointerType === "touch") return;
  const found = pointAt(event.clientX, event.clientY, REACH.mouse)?.key ?? null;
  if (found === hovered) return;
  hovered = found;
  image.classList.toggle("over", Boolean(found) && !at.name);
  redraw();
}
image.addEventListener("pointerleave", () => {
  hovered = null;
  redraw();
});

function spread() {
  const [a, b] = [...pointers.values()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, far: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)) };
}

function beginPinch() {
  ghost = null;
  gesture = { kind: "pinch", last: spread() };
  redraw();
}

function pinch() {
  const { last } = gesture, next = spread();
  centre(view.x - (next.x - last.x) / view.zoom, view.y - (next.y - last.y) / view.zoom);
  zoomAt(next.x, next.y, next.far / last.far);
  gesture.last = next;
}

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const lines = { 0: 1, 1: 16, 2: 200 }[event.deltaMode];
  const strength = event.ctrlKey ? 0.01 : 0.0018; // a pinch on a touchpad comes as small steps
  zoomAt(event.clientX, event.clientY, Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) * strength));
}, { passive: false });
