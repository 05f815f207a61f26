// What a person can do: each action has the name of its control and of its key.

const at = { frame: 0, animal: "", name: null, last: null }; // where the person is; `last`: [animal, keypoint] set last
let occludedNext = false; // the next click places an occluded point
let swapping = false; // the next animal that is picked changes places with the current one
let remark = { text: "", kind: "" };

function note(text, kind = "") {
  remark = { text, kind };
  showMessage();
}

const frameSize = () => KIT.frames[at.frame];
const key = () => keyOf(at.animal, at.name);

// ---- going from place to place ----

function go(frame) {
  if (frame < 0 || frame >= KIT.frames.length) return note(frame < 0 ? "This is the first frame." : "This is the last frame.");
  Object.assign(at, { frame, animal: animals()[0], last: null });
  occludedNext = swapping = false;
  ghost = hovered = null;
  if (gesture?.kind === "move" || gesture?.kind === "place") gesture = { kind: "over" };
  note("");
  choose();
  showFrame(frame);
  drawMarks();
  showPlace();
}

// Choose the keypoint that is to be set next: the first open one, from the current animal on.
function choose() {
  const waiting = open(at.frame), there = present(at.frame);
  const first = waiting.find(([animal]) => animal === at.animal) ?? waiting[0];
  if (first) [at.animal, at.name] = first;
  else Object.assign(at, { name: null, animal: there.includes(at.animal) ? at.animal : there[0] ?? animals()[0] });
}

// After a point is set: the next open one of this animal, then those before it, then another animal's.
function advance() {
  const waiting = open(at.frame), names = keypointsOf(at.animal), place = names.indexOf(at.name);
  const own = waiting.filter(([animal]) => animal === at.animal).map(([, name]) => name);
  const next = own.find((name) => names.indexOf(name) > place) ?? own[0];
  occludedNext = false;
  if (next) at.name = next;
  else choose();
}

function select(animal, name) {
  Object.assign(at, { animal, name });
  occludedNext = false;
  showPlace();
  redraw();
}

function stepKeypoint(by) {
  const every = present(at.frame).flatMap((animal) => keypointsOf(animal).map((name) => [animal, name]));
  if (!every.length) return;
  let place = every.findIndex(([animal, name]) => animal === at.animal && name === at.name);
  if (place < 0) place = by > 0 ? -1 : every.length;
  select(...every[(place + by + every.length) % every.length]);
}

function stepAnimal(by) {
  const there = present(at.frame);
  if (!there.length) return;
  at.animal = there[(there.indexOf(at.animal) + by + there.length) % there.length];
  pickFirst();
}

function pickFirst() {
  const first = open(at.frame).find(([animal]) => animal === at.animal);
  select(at.animal, first ? first[1] : null);
}

function pickAnimal(animal) {
  if (swapping) return swap(animal);
  if (isOut(at.frame, animal)) commit([[at.frame, keyOf(animal), undefined]]);
  at.animal = animal;
  pickFirst();
}

function nextUnfinished() {
  for (let ahead = 1; ahead <= KIT.frames.length; ahead++) {
    const frame = (at.frame + ahead) % KIT.frames.length;
    if (stateOf(frame) !== "done") return go(frame);
  }
  note("All frames are done. Export them.");
}

// ---- points ----

function click(place, hit, shift) {
  if (!at.name) {
    if (hit) return select(hit.animal, hit.name);
    const empty = isSkipped(at.frame) || !present(at.frame).length;
    return note(empty ? "This frame is marked as one without an animal." : "All points of this frame are set. Drag one to move it, or go on.");
  }
  const { width, height } = frameSize(), edge = 1 / view.zoom;
  if (place.x < -edge || place.y < -edge || place.x > width + edge || place.y > height + edge) {
    return note("That is outside of the frame.", "warn");
  }
  note("");
  set(at.animal, at.name, { ...inside(place.x, place.y), v: shift || occludedNext ? "occluded" : "visible" });
  advance();
  showPlace();
}

function set(animal, name, change) {
  const where = keyOf(animal, name), before = recordAt(at.frame, where);
  const origin = change.o ?? (predictions.get(at.frame)?.has(where) && change.v !== "absent" ? "moved" : "placed");
  at.last = [animal, name];
  const kept = placed(before) && change.v !== "absent" ? { x: before.x, y: before.y } : {};
  commit([[at.frame, where, { ...kept, ...change, o: origin, t: now() }]]);
}

function movePoint({ animal, name, kind }, place) {
  note("");
  const wasOpen = at.name === name && at.animal === animal;
  set(animal, name, { x: place.x, y: place.y, v: kind === "occluded" ? "occluded" : "visible" });
  if (wasOpen || !at.name) choose();
  showPlace();
}

// The point that keys change: the current one where it is set, else the one that was set last in this frame.
function touched() {
  if (at.name && (recordAt(at.frame, key()) || predictions.get(at.frame)?.has(key()))) return [at.animal, at.name];
  return at.last;
}

function markOccluded() {
  if (!at.name) return note("Choose a keypoint first.");
  const record = recordAt(at.frame, key()), guess = openPrediction(at.frame, key());
  if (placed(record) || guess) {
    const v = record?.v === "occluded" ? "visible" : "occluded";
    set(at.animal, at.name, { ...(guess ? { x: guess.x, y: guess.y, o: "confirmed" } : { o: record.o }), v });
    if (guess) advance();
  } else {
    occludedNext = !occludedNext;
  }
  showPlace();
}

function markAbsent() {
  if (!at.name) return note("Choose a keypoint first.");
  if (recordAt(at.frame, key())?.v === "absent") commit([[at.frame, key(), undefined]]);
  else {
    set(at.animal, at.name, { v: "absent" });
    advance();
  }
  showPlace();
}

function remove() {
  const found = touched();
  if (!found) return note("There is no point to delete: choose one.");
  const where = keyOf(...found);
  if (!recordAt(at.frame, where) && !openPrediction(at.frame, where)) return note("There is no point to delete: choose one.");
  if (recordAt(at.frame, where)?.v === "deleted") return note("This point is deleted already.");
  commit([[at.frame, where, { v: "deleted", o: "deleted", t: now() }]]);
  [at.animal, at.name] = found;
  at.last = null;
  showPlace();
}

function nudge(dx, dy) {
  const found = touched();
  const record = found && recordAt(at.frame, keyOf(...found));
  const guess = found && openPrediction(at.frame, keyOf(...found));
  const from = placed(record) ? record : guess;
  if (!from) return note("Set or choose a point first.");
  const last = at.last;
  set(...found, { ...inside(from.x + dx, from.y + dy), v: record?.v ?? "visible" });
  at.last = last ?? found;
  showPlace();
}

function copyPrevious() {
  let source = at.frame - 1;
  const has = (frame) => [...(records.get(frame) ?? [])].some(([where, record]) => named(where)[1] && isSet(record));
  while (source >= 0 && !has(source)) source--;
  if (source < 0) return note("No frame before this one has points.");
  const { width, height } = frameSize(), time = now(), changes = [];
  let outside = 0;
  for (const [where, record] of records.get(source)) {
    const [animal, name] = named(where);
    if (!name || !isSet(record) || isSet(recordAt(at.frame, where)) || isOut(at.frame, animal)) continue;
    if (placed(record) && (record.x > width || record.y > height)) outside++;
    else changes.push([at.frame, where, { ...record, o: "copied", t: time }]);
  }
  commit(changes);
  choose();
  const other = frameSize().width !== KIT.frames[source].width || frameSize().height !== KIT.frames[source].height;
  const said = `Copied ${changes.length} points from frame ${source + 1}: drag what is not right.`;
  if (outside) note(`${said} ${outside} lie outside of this smaller frame (${width} × ${height}) and were not copied.`, "warn");
  else note(other ? `${said} That frame has another size.` : said, other ? "warn" : "");
  showPlace();
}

function confirmIn(frames, only = () => true) {
  const time = now();
  const changes = frames.flatMap((frame) => [...(predictions.get(frame) ?? [])]
    .filter(([where]) => openPrediction(frame, where) && only(where) && !isOut(frame, named(where)[0]))
    .map(([where, guess]) => [frame, where, { x: guess.x, y: guess.y, v: "visible", o: "confirmed", t: time }]));
  commit(changes);
  return changes.length;
}

function confirmOne() {
  if (!at.name || !openPrediction(at.frame, key())) return note("There is no prediction of this keypoint to confirm.");
  confirmIn([at.frame], (where) => where === key());
  at.last = [at.animal, at.name];
  advance();
  showPlace();
}

function confirmFrame() {
  const count = confirmIn([at.frame]);
  choose();
  note(count ? `Confirmed ${count} predictions of this frame.` : "There are no predictions to confirm in this frame.");
  showPlace();
}

function confirmAndGo() {
  confirmIn([at.frame]);
  go(at.frame + 1);
}

function confirmAll() {
  const count = confirmIn(KIT.frames.map((_, frame) => frame));
  choose();
  const done = `Confirmed ${count} predictions of all frames. Undo takes them back in one step.`;
  note(count ? done : "There are no predictions to confirm.");
  showPlace();
}

function skip() {
  const skipped = isSkipped(at.frame);
  commit([[at.frame, keyOf(""), skipped ? undefined : { v: "skipped", t: now() }]]);
  if (skipped) note("This frame counts again.");
  else if (at.frame + 1 < KIT.frames.length) {
    const number = at.frame + 1;
    go(at.frame + 1);
    note(`Frame ${number} is skipped.`);
  }
  showPlace();
}
