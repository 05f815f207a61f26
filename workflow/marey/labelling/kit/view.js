// The frame on the screen: decoding on demand, zoom, and where in the frame a place on the screen is.
//
// Zoom is in px of the screen (of CSS) for each px of the frame; positions in a frame are in its px from its corner.

const MAX_PIXELS = 24e6; // of decoded frames that are kept, beside the one that is shown and the next
const MIN_ZOOM = 0.05, MAX_ZOOM = 64;

const $ = (id) => document.getElementById(id);
const control = (name) => document.querySelector(`[data-kit="${name}"]`);
const stage = $("stage"), image = $("image"), marks = $("marks");
const view = { zoom: 1, x: 0, y: 0, fitted: true, frame: -1, bitmap: null, ratio: 1 };
const decoded = new Map(); // frame -> {promise, bitmap}, the latest last

// ---- decoding ----

function bytesOf(frame) {
  const text = $(`frame-${frame}`).textContent;
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let place = 0; place < bytes.length; place++) bytes[place] = binary.charCodeAt(place);
  return bytes;
}

const parsed = new Promise((resolve) => {
  if (document.readyState !== "loading") resolve();
  else document.addEventListener("DOMContentLoaded", resolve);
});

function decode(frame) {
  let entry = decoded.get(frame);
  if (!entry) {
    entry = { bitmap: null };
    entry.promise = (async () => {
      if (!$(`frame-${frame}`)) await parsed; // the page is still being read
      const blob = new Blob([bytesOf(frame)], { type: $(`frame-${frame}`).dataset.type });
      entry.bitmap = await createImageBitmap(blob);
      return entry.bitmap;
    })();
  }
  decoded.delete(frame);
  decoded.set(frame, entry);
  return entry;
}

function forget() {
  let pixels = 0;
  for (const [frame, entry] of [...decoded].reverse()) {
    const { width, height } = KIT.frames[frame];
    pixels += width * height;
    if (pixels > MAX_PIXELS && Math.abs(frame - view.frame) > 1) {
      decoded.delete(frame);
      entry.promise.then((bitmap) => bitmap.close(), () => {});
    }
  }
}

function prepare(frame) {
  if (frame >= 0 && frame < KIT.frames.length) decode(frame).promise.catch(() => {});
}

// Show a frame: at once where it is decoded, else as soon as it is.
function showFrame(frame) {
  const before = KIT.frames[view.frame], after = KIT.frames[frame];
  if (!before) view.fitted = true;
  else if (!view.fitted && (before.width !== after.width || before.height !== after.height)) {
    view.x *= after.width / before.width;
    view.y *= after.height / before.height;
  }
  view.frame = frame;
  if (view.fitted) fit();
  const entry = decode(frame);
  view.bitmap = entry.bitmap;
  drawImage();
  const ready = entry.promise.then((bitmap) => {
    if (view.frame !== frame) return;
    if (view.bitmap !== bitmap) {
      view.bitmap = bitmap;
      drawImage();
    }
    prepare(frame + 1);
    prepare(frame - 1);
    forget();
  });
  ready.catch((error) => note(`This frame cannot be shown (${error.message}).`, "bad"));
  return ready;
}

// ---- geometry ----

function box(canvas = image) {
  return canvas.getBoundingClientRect();
}

// Make a canvas as large as there is room, at edges that are whole px of the page and of the device too: browsers round
// to one or the other, and what is seen would be a part of a px away from where it is said to be.
function align(canvas, width, height) {
  canvas.style.width = `${whole(width)}px`;
  canvas.style.height = `${whole(height)}px`;
}

function whole(length) {
  const ratio = devicePixelRatio || 1, most = Math.floor(length);
  for (let size = most; size > Math.max(0, most - 40); size--) {
    if (Math.abs(size * ratio - Math.round(size * ratio)) < 0.01) return size;
  }
  return most;
}

// Where the corner of the frame is, in px of the screen from that of the canvas: at a whole px of the device, or the
// frame would look shifted by a part of one.
function corner(room) {
  const ratio = devicePixelRatio || 1, snapped = (value) => Math.round(value * ratio) / ratio;
  return { x: snapped(room.width / 2 - view.x * view.zoom), y: snapped(room.height / 2 - view.y * view.zoom) };
}

function fit() {
  align(image, stage.clientWidth, stage.clientHeight);
  const { width, height } = KIT.frames[view.frame], room = box();
  view.zoom = Math.min(room.width / width, room.height / height) || 1;
  view.x = width / 2;
  view.y = height / 2;
  view.fitted = true;
}

function toFrame(clientX, clientY) {
  const room = box(), { x, y } = corner(room);
  return { x: (clientX - room.left - x) / view.zoom, y: (clientY - room.top - y) / view.zoom };
}

function toScreen(x, y, room) {
  const from = corner(room);
  return [from.x + x * view.zoom, from.y + y * view.zoom];
}

function zoomAt(clientX, clientY, factor) {
  const room = box(), x = clientX - room.left - room.width / 2, y = clientY - room.top - room.height / 2;
  const held = { x: view.x + x / view.zoom, y: view.y + y / view.zoom };
  view.zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, view.zoom * factor));
  centre(held.x - x / view.zoom, held.y - y / view.zoom);
}

// Move the view; its centre stays in the frame, so that nobody loses sight of it.
function centre(x, y) {
  const { width, height } = KIT.frames[view.frame];
  view.x = Math.min(width, Math.max(0, x));
  view.y = Math.min(height, Math.max(0, y));
  view.fitted = false;
  redraw({ picture: true });
}

function zoomMiddle(factor) {
  const room = box();
  zoomAt(room.left + room.width / 2, room.top + room.height / 2, factor);
}

// ---- drawing ----

function size(canvas, room, ratio) {
  const width = Math.max(1, Math.round(room.width * ratio)), height = Math.max(1, Math.round(room.height * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

function drawImage() {
  align(image, stage.clientWidth, stage.clientHeight);
  align(marks, box().width, box().height - 1);
  const room = box(), ratio = devicePixelRatio || 1;
  view.ratio = ratio;
  size(image, room, ratio);
  const context = image.getContext("2d", { alpha: false });
  const across = image.width / room.width, down = image.height / room.height;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = "#101114";
  context.fillRect(0, 0, image.width, image.height);
  if (!view.bitmap) return;
  const { width, height } = KIT.frames[view.frame], [left, top] = toScreen(0, 0, room);
  context.imageSmoothingEnabled = view.zoom * across < 4; // from there on pixels are squares
  context.imageSmoothingQuality = view.zoom * across < 0.6 ? "medium" : "low";
  context.setTransform(across * view.zoom, 0, 0, down * view.zoom, across * left, down * top);
  context.drawImage(view.bitmap, 0, 0, width, height);
}

let asked = null; // what the next picture of the screen draws

function redraw({ picture = false } = {}) {
  if (asked) {
    asked.picture ||= picture;
    return;
  }
  asked = { picture };
  requestAnimationFrame(() => {
    const { picture: all } = asked;
    asked = null;
    if (all) drawImage();
    drawMarks();
  });
}

function refresh() {
  if (view.frame < 0) return;
  if (view.fitted) fit();
  drawImage();
  drawMarks();
}
const observer = new ResizeObserver(refresh);
try {
  observer.observe(stage, { box: "device-pixel-content-box" }); // tells of another ratio of px, too
} catch {
  observer.observe(stage);
}
