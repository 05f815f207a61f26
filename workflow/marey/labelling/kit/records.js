// What a person has set: one record a point, by frame, animal and keypoint, changed in steps that can be undone.
//
// A record is {v, x, y, o, t}: visibility (visible, occluded, absent or deleted), position in px of the frame (its corner
// is (0, 0)), origin (placed, copied, confirmed, moved or deleted) and UTC time. Records without a keypoint are marks:
// of a frame without an animal (skipped), of an animal (not in the frame) and, in frame -1, of an animal that was added.

const KIT = JSON.parse(document.getElementById("kit").textContent);
const NAMES = KIT.keypoints.map((keypoint) => keypoint.name);
const SET = new Set(["visible", "occluded", "absent"]);

const records = new Map(); // frame -> Map(key -> record)
const predictions = new Map(); // frame -> Map(key -> {x, y, c, views})
const done = { steps: [], undone: [] };
const listeners = []; // called with the changes of each step

const keyOf = (animal, keypoint = "") => `${animal}\u0000${keypoint}`;
const named = (key) => key.split("\u0000");
const placed = (record) => Boolean(record) && record.x !== undefined && record.x !== null;
const isSet = (record) => Boolean(record) && SET.has(record.v);

for (const [frame, animal, keypoint, x, y, c, views] of KIT.predictions) {
  if (!predictions.has(frame)) predictions.set(frame, new Map());
  predictions.get(frame).set(keyOf(animal, NAMES[keypoint]), { x, y, c, views });
}

function recordAt(frame, key) {
  return records.get(frame)?.get(key);
}

// The prediction that still waits for a decision.
function openPrediction(frame, key) {
  return recordAt(frame, key) ? undefined : predictions.get(frame)?.get(key);
}

function put(frame, key, record) {
  if (!records.has(frame)) records.set(frame, new Map());
  if (record) records.get(frame).set(key, record);
  else records.get(frame).delete(key);
}

const now = () => new Date().toISOString();

// Change records in one step. `changes`: [frame, key, record or undefined for none].
function commit(changes, { remember = true } = {}) {
  const step = changes.map(([frame, key, after]) => ({ frame, key, before: recordAt(frame, key), after }));
  if (!step.length) return;
  if (remember) {
    done.steps.push(step);
    done.undone = [];
  }
  apply(step);
}

function apply(step) {
  for (const { frame, key, after } of step) put(frame, key, after);
  for (const listener of listeners) listener(step);
}

// Take back the last step, or do the last one that was taken back again. Returns the changes, or null.
function undo() {
  const step = done.steps.pop();
  if (!step) return null;
  done.undone.push(step);
  const back = step.map(({ frame, key, before, after }) => ({ frame, key, before: after, after: before }));
  apply(back);
  return back;
}

function redo() {
  const step = done.undone.pop();
  if (!step) return null;
  done.steps.push(step);
  apply(step);
  return step;
}

// ---- animals and frames ----

function animals() {
  const changed = [...(records.get(-1) ?? new Map())].filter(([, record]) => record.v === "added").map(([key]) => named(key)[0]);
  const known = [...KIT.individuals, ...changed.filter((name) => !KIT.individuals.includes(name))];
  return KIT.unique.length ? [...known, "unique"] : known;
}

function keypointsOf(animal) {
  return NAMES.filter((name) => KIT.unique.includes(name) === (animal === "unique"));
}

const isOut = (frame, animal) => Boolean(recordAt(frame, keyOf(animal)));
const isSkipped = (frame) => Boolean(recordAt(frame, keyOf("")));
const present = (frame) => animals().filter((animal) => !isOut(frame, animal));

// What of a frame is still to be set, in order: [animal, keypoint].
function open(frame) {
  return present(frame).flatMap((animal) =>
    keypointsOf(animal).filter((name) => !isSet(recordAt(frame, keyOf(animal, name)))).map((name) => [animal, name]));
}

// "done" (each point of each animal is set, or the frame is skipped), "begun" or "new".
function stateOf(frame) {
  if (isSkipped(frame) || !open(frame).length) return "done";
  return [...(records.get(frame)?.values() ?? [])].some(isSet) ? "begun" : "new";
}

// All points that are set: [frame, animal, keypoint, record].
function* everyPoint() {
  for (const [frame, found] of records) {
    for (const [key, record] of found) {
      const [animal, keypoint] = named(key);
      if (frame >= 0 && keypoint) yield [frame, animal, keypoint, record];
    }
  }
}
