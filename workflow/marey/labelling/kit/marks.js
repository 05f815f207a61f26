// Marks of points: colour and letter by keypoint, shape by side (a triangle points to its side), hollow if predicted.

const SHAPES = {
  middle: "M0-7A7 7 0 1 1 0 7A7 7 0 1 1 0-7Z",
  left: "M-8.5 0L5.5-8L5.5 8Z",
  right: "M8.5 0L-5.5-8L-5.5 8Z",
};
const PATHS = Object.fromEntries(Object.entries(SHAPES).map(([side, path]) => [side, new Path2D(path)]));
const DARK = "rgba(0,0,0,.75)";
const styles = new Map(KIT.keypoints.map((keypoint) => [keypoint.name, keypoint]));
const EXTRA = { colour: "#cccccc", letter: "?", side: "middle" };
const looks = { letters: true, byAnimal: false };

function animalColour(animal) {
  const number = Math.max(0, animals().indexOf(animal));
  return animal === "unique" ? EXTRA.colour : KIT.animal_colours[number % KIT.animal_colours.length];
}
const styleOf = (name) => styles.get(name) ?? EXTRA;
const colourOf = (animal, name) => looks.byAnimal ? animalColour(animal) : styleOf(name).colour;

function drawMarks() {
  const room = box(), ratio = devicePixelRatio || 1, own = box(marks);
  size(marks, own, ratio);
  const context = marks.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, marks.width, marks.height);
  if (view.frame < 0) return;
  context.setTransform(marks.width / own.width, 0, 0, marks.height / own.height, 0, 0);
  context.lineJoin = "round";
  const several = animals().length > 1;
  const order = [...present(view.frame)].sort((a, b) => (a === at.animal) - (b === at.animal)); // the current one on top
  for (const animal of order) {
    context.globalAlpha = several && animal !== at.animal ? 0.65 : 1;
    const points = shownPoints(animal);
    drawSkeleton(context, room, animal, points);
    for (const point of points.values()) drawPoint(context, room, animal, point, several);
  }
  context.globalAlpha = 1;
}

// The points of an animal as they are shown: set, predicted, or just being moved.
function shownPoints(animal) {
  const found = new Map();
  for (const name of new Set([...keypointsOf(animal), ...namesSet(animal)])) {
    const key = keyOf(animal, name), record = recordAt(view.frame, key), guess = openPrediction(view.frame, key);
    const moved = ghost && ghost.key === key ? ghost : null;
    if (moved) found.set(name, { name, key, x: moved.x, y: moved.y, kind: moved.v ?? "visible" });
    else if (placed(record)) found.set(name, { name, key, x: record.x, y: record.y, kind: record.v });
    else if (guess) found.set(name, { name, key, x: guess.x, y: guess.y, kind: "predicted", confidence: guess.c });
  }
  return found;
}

function namesSet(animal) {
  const every = [...(records.get(view.frame)?.keys() ?? [])].map(named);
  return every.filter(([owner, name]) => owner === animal && name).map(([, name]) => name);
}

function drawSkeleton(context, room, animal, points) {
  const several = animals().length > 1;
  for (const [a, b] of KIT.skeleton) {
    const from = points.get(NAMES[a]), to = points.get(NAMES[b]);
    if (!from || !to) continue;
    const guessed = from.kind === "predicted" || to.kind === "predicted";
    context.setLineDash(guessed ? [3, 5] : []);
    context.beginPath();
    context.moveTo(...toScreen(from.x, from.y, room));
    context.lineTo(...toScreen(to.x, to.y, room));
    context.strokeStyle = "rgba(0,0,0,.45)";
    context.lineWidth = 3;
    context.stroke();
    context.strokeStyle = several ? animalColour(animal) : "rgba(255,255,255,.75)";
    context.lineWidth = 1.2;
    context.stroke();
  }
  context.setLineDash([]);
}

function drawPoint(context, room, animal, point, several) {
  const [x, y] = toScreen(point.x, point.y, room), style = styleOf(point.name), colour = colourOf(animal, point.name);
  if (x < -40 || y < -40 || x > room.width + 40 || y > room.height + 40) return;
  const path = PATHS[style.side], current = at.animal === animal && at.name === point.name;
  context.save();
  context.translate(x, y);
  if (point.kind === "visible") {
    context.globalAlpha *= 0.35;
    context.fillStyle = colour;
    context.fill(path);
    context.globalAlpha /= 0.35;
  }
  context.setLineDash(point.kind === "predicted" ? [3, 2.5] : []);
  stroke(context, path, colour, 2);
  context.setLineDash([]);
  if (point.kind === "occluded") stroke(context, new Path2D("M-5 5L5-5"), colour, 2);
  if (current || point.key === hovered) stroke(context, new Path2D("M0-13A13 13 0 1 1 0 13A13 13 0 1 1 0-13Z"), "#fff", 1.2);
  dot(context, colour);
  const text = lettering(animal, point, style, several);
  if (text) {
    context.font = "600 12px system-ui, sans-serif";
    context.lineWidth = 3.5;
    context.strokeStyle = "rgba(0,0,0,.85)";
    context.strokeText(text, 10, -8);
    context.fillStyle = "#fff";
    context.fillText(text, 10, -8);
  }
  context.restore();
}

function lettering(animal, point, style, several) {
  const confidence = point.kind === "predicted" ? `${Math.round(100 * point.confidence)}%` : "";
  const own = point.kind === "predicted" && animal !== at.animal ? "" : confidence; // of the others when they are chosen
  if (point.key === hovered) return [point.name, several ? animal : "", confidence].filter(Boolean).join(" · ");
  const letter = looks.letters ? style.letter + (several && animal !== "unique" ? `·${animals().indexOf(animal) + 1}` : "") : "";
  return [letter, own].filter(Boolean).join(" ");
}

function stroke(context, path, colour, width) {
  context.strokeStyle = DARK;
  context.lineWidth = width + 2;
  context.stroke(path);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

// The very place: small, so that what is under it stays in sight.
function dot(context, colour) {
  context.fillStyle = DARK;
  context.fillRect(-1.5, -1.5, 3, 3);
  context.fillStyle = colour;
  context.fillRect(-0.75, -0.75, 1.5, 1.5);
}

// The mark of a keypoint beside its name.
function glyph(animal, name) {
  const { side } = styleOf(name);
  const path = `<path d="${SHAPES[side]}" fill="none" stroke="${colourOf(animal, name)}" stroke-width="2.6" stroke-linejoin="round"/>`;
  return `<svg viewBox="-11 -11 22 22" aria-hidden="true">${path}</svg>`;
}

// The point at a place of the screen: of the current animal, if it has one near; else the nearest. null: none near.
function pointAt(clientX, clientY, reach) {
  const room = box(), x = clientX - room.left, y = clientY - room.top;
  let best = null;
  for (const animal of present(view.frame)) {
    for (const point of shownPoints(animal).values()) {
      const [px, py] = toScreen(point.x, point.y, room), far = Math.hypot(px - x, py - y) + (animal === at.animal ? 0 : reach);
      const limit = animal === at.animal ? reach : 2 * reach;
      if (far <= limit && (!best || far < best.far)) best = { ...point, animal, far };
    }
  }
  return best;
}
