// The exported file: made, and read again with an error that names the place.

const FORMAT = "marey-kit-export";
const VERSION = 1;
const VISIBILITIES = ["visible", "occluded", "absent"];
const ORIGINS = ["placed", "copied", "confirmed", "moved"];

const rounded = (value) => Math.round(value * 1000) / 1000;

function makeExport() {
  const points = [], deleted = [], frames = [];
  KIT.frames.forEach((frame, index) => {
    frames.push({
      video: frame.video, frame: frame.frame, width: frame.width, height: frame.height, sha256: frame.sha256,
      fingerprint: frame.fingerprint, done: stateOf(index) === "done", skipped: isSkipped(index), without: animals().filter((animal) => isOut(index, animal)),
    });
    for (const animal of animals()) {
      for (const name of orderedNames(index, animal)) {
        const record = recordAt(index, keyOf(animal, name));
        const place = { video: frame.video, frame: frame.frame, individual: animal, keypoint: name };
        if (record.v === "deleted") {
          const predicted = predictions.get(index)?.has(keyOf(animal, name)) ?? false;
          deleted.push({ ...place, predicted, time: record.t });
        } else {
          const [x, y] = placed(record) ? [rounded(record.x), rounded(record.y)] : [null, null];
          points.push({ ...place, x, y, visibility: record.v, origin: record.o, time: record.t });
        }
      }
    }
  });
  const times = [...points, ...deleted].map((point) => point.time).sort();
  return {
    format: FORMAT, version: VERSION, kit: KIT.kit, project: KIT.project, keypoints: keptNames(), individuals: animals(),
    annotator: person(), started: times[0] ?? null, edited: times.at(-1) ?? null, exported: now(), frames, points, deleted,
  };
}

// Keypoints of this kit and, behind them, those of points that were set before the config lost them.
function keptNames() {
  const others = new Set();
  for (const [, , keypoint] of everyPoint()) if (!NAMES.includes(keypoint)) others.add(keypoint);
  return [...NAMES, ...others];
}

function orderedNames(frame, animal) {
  return keptNames().filter((name) => recordAt(frame, keyOf(animal, name)));
}

function download() {
  const made = makeExport();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(made, null, 1)], { type: "application/json" }));
  const name = [KIT.project, KIT.kit.slice(0, 6), made.annotator].filter(Boolean).join("-");
  link.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, "_")}.kit.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  store.exported = true;
  keepAbout();
  return { name: link.download, points: made.points.length };
}

// Read an exported file. Returns the steps' changes and what the file says of itself; throws where it is not of this kit.
function readExport(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new Error(`not a whole JSON file (${error.message}); take an earlier copy`);
  }
  const refuse = (path, expected, found) => {
    throw new Error(`${path}: expected ${expected}, found ${JSON.stringify(found)?.slice(0, 40) ?? "nothing"}`);
  };
  if (file?.format !== FORMAT) refuse("format", `"${FORMAT}", as a kit exports`, file?.format);
  if (file.version !== VERSION) refuse("version", VERSION, file.version);
  if (file.kit !== KIT.kit) refuse("kit", `"${KIT.kit}": this is the file of another kit`, file.kit);
  for (const name of ["keypoints", "individuals", "frames", "points", "deleted"]) {
    if (!Array.isArray(file[name])) refuse(name, "a list", file[name]);
  }
  if (typeof file.annotator !== "string") refuse("annotator", "a name", file.annotator);
  const own = [...everyPoint()].length > 0 && person();
  if (own && file.annotator && file.annotator !== own) refuse("annotator", `"${own}", whose labels are open here`, file.annotator);
  const changes = [];
  const index = new Map(KIT.frames.map((frame, number) => [`${frame.video} ${frame.frame}`, number]));
  file.frames.forEach((frame, number) => {
    const at = index.get(`${frame?.video} ${frame?.frame}`);
    if (at === undefined) refuse(`frames[${number}]`, "a frame of this kit", { video: frame?.video, frame: frame?.frame });
    const { sha256 } = KIT.frames[at];
    if (frame.sha256 !== sha256) refuse(`frames[${number}].sha256`, `"${sha256.slice(0, 12)}...": the image is another one`, frame.sha256);
    const time = file.edited ?? file.exported;
    if (frame.skipped) changes.push([at, keyOf(""), { v: "skipped", t: time }]);
    for (const animal of frame.without ?? []) changes.push([at, keyOf(animal), { v: "out", t: time }]);
  });
  for (const animal of file.individuals) {
    if (typeof animal !== "string" || !animal) refuse("individuals", "names", animal);
    if (!animals().includes(animal)) changes.push([-1, keyOf(animal), { v: "added", t: file.exported }]);
  }
  const readPlace = (point, path) => {
    const at = index.get(`${point?.video} ${point?.frame}`);
    if (at === undefined) refuse(path, "a point in a frame of this kit", { video: point?.video, frame: point?.frame });
    if (!file.individuals.includes(point.individual)) refuse(`${path}.individual`, file.individuals.join(" or "), point.individual);
    if (!file.keypoints.includes(point.keypoint)) refuse(`${path}.keypoint`, "one of `keypoints`", point.keypoint);
    if (Number.isNaN(Date.parse(point.time))) refuse(`${path}.time`, "a UTC time", point.time);
    return at;
  };
  const seen = new Set();
  file.points.forEach((point, number) => {
    const path = `points[${number}]`, at = readPlace(point, path), key = keyOf(point.individual, point.keypoint);
    if (seen.has(`${at} ${key}`)) refuse(path, "each point once", `${point.individual}/${point.keypoint} again`);
    seen.add(`${at} ${key}`);
    if (!VISIBILITIES.includes(point.visibility)) refuse(`${path}.visibility`, VISIBILITIES.join(" or "), point.visibility);
    if (!ORIGINS.includes(point.origin)) refuse(`${path}.origin`, ORIGINS.join(" or "), point.origin);
    const there = point.visibility !== "absent", { width, height } = KIT.frames[at];
    for (const [axis, most] of [["x", width], ["y", height]]) {
      const value = point[axis], right = there ? Number.isFinite(value) && value >= 0 && value <= most : value === null;
      if (!right) refuse(`${path}.${axis}`, there ? `a number from 0 to ${most}` : "null, as the point is absent", value);
    }
    changes.push([at, key, { v: point.visibility, o: point.origin, t: point.time, ...(there ? { x: point.x, y: point.y } : {}) }]);
  });
  file.deleted.forEach((point, number) => {
    const at = readPlace(point, `deleted[${number}]`);
    changes.push([at, keyOf(point.individual, point.keypoint), { v: "deleted", o: "deleted", t: point.time }]);
  });
  const newer = ([frame, key, after]) => !(recordAt(frame, key)?.t >= after.t);
  return { changes: changes.filter(newer), annotator: file.annotator, points: file.points.length, exported: file.exported };
}
