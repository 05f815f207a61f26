// Work is kept in the browser's database: each step is one strict transaction, so that a crash loses none but the last.
//
// All pages that are opened from files share one database: keys begin with the kit's id. Where writing fails, what was
// not written is kept in memory, tried again with the next step, and the person is told to save to a file.

const DATABASE = "marey-kits";
const WRITE_LIMIT = 800; // ms until a write that neither ends nor fails counts as failed

const store = { database: null, waiting: new Map(), failed: "", writing: false, exported: true, onchange: () => {} };

function openDatabase() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the browser's storage does not answer")), WRITE_LIMIT);
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("records", { keyPath: ["kit", "frame", "key"] });
      request.result.createObjectStore("kits", { keyPath: "kit" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const reading = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// Read what was kept of this kit, and what is said of it and of others of the project whose work is not exported.
async function restore() {
  try {
    store.database = await openDatabase();
    const transaction = store.database.transaction(["records", "kits"]);
    const range = IDBKeyRange.bound([KIT.kit], [KIT.kit, []]);
    const [kept, every] = await Promise.all([
      reading(transaction.objectStore("records").getAll(range)), reading(transaction.objectStore("kits").getAll()),
    ]);
    const others = every.filter(({ kit, project, exported }) => kit !== KIT.kit && project === KIT.project && !exported);
    return { kept, about: every.find(({ kit }) => kit === KIT.kit), others };
  } catch (error) {
    fail(error);
    return { kept: [], about: undefined, others: [] };
  }
}

// Keep the changes of a step, and whatever could not be kept before.
function keep(step) {
  for (const { frame, key, after } of step) store.waiting.set(`${frame} ${key}`, { frame, key, after });
  store.exported = false;
  write();
}

function keepAbout() {
  write();
}

function write() {
  const batch = [...store.waiting.entries()];
  let settled = false;
  const timer = setTimeout(() => settled || fail(new Error("the browser's storage does not answer")), WRITE_LIMIT);
  const settle = () => {
    settled = true;
    clearTimeout(timer);
  };
  try {
    if (!store.database) throw new Error(store.failed || "the browser's storage is not open yet");
    const transaction = store.database.transaction(["records", "kits"], "readwrite", { durability: "strict" });
    const table = transaction.objectStore("records");
    for (const [, { frame, key, after }] of batch) {
      if (after) table.put({ kit: KIT.kit, frame, key, ...after });
      else table.delete([KIT.kit, frame, key]);
    }
    const about = { kit: KIT.kit, project: KIT.project, annotator: person(), exported: store.exported };
    transaction.objectStore("kits").put({ ...about, path: decodeURI(location.pathname) });
    transaction.oncomplete = () => {
      settle();
      for (const [name, item] of batch) if (store.waiting.get(name) === item) store.waiting.delete(name);
      if (store.failed) {
        store.failed = "";
        store.onchange();
      }
    };
    transaction.onabort = () => {
      settle();
      fail(transaction.error);
    };
    transaction.commit?.();
  } catch (error) {
    settle();
    if (starting) return; // written with what follows, once the database is open
    fail(error);
  }
}

function fail(error) {
  store.failed = error?.message || error?.name || "unknown error";
  store.onchange();
}

// Steps that can be undone outlive a reload of the page, in this tab; where there is room for fewer, the last ones do.
const STEPS = `marey-kit-steps-${KIT.kit}`;

function keepSteps() {
  for (let count = done.steps.length; ; count = Math.floor(count / 2)) {
    try {
      return sessionStorage.setItem(STEPS, JSON.stringify({ steps: count ? done.steps.slice(-count) : [], undone: done.undone }));
    } catch {
      if (!count) return;
    }
  }
}

// Take up the steps again, where the last one left what is there now: another tab may have gone on.
function takeUpSteps() {
  try {
    const { steps, undone } = JSON.parse(sessionStorage.getItem(STEPS));
    const last = steps.at(-1) ?? [], first = undone.at(-1) ?? [];
    const same = (frame, where, record) => recordAt(frame, where)?.t === record?.t;
    if (!last.every(({ frame, key: where, after }) => same(frame, where, after))) return;
    if (!first.every(({ frame, key: where, before }) => same(frame, where, before))) return;
    if (!done.steps.length) done.undone = undone;
    done.steps.unshift(...steps);
  } catch {
    // none were kept
  }
}

addEventListener("pagehide", keepSteps);

let starting = true; // until what was kept has been read

// ---- other tabs ----

const tabs = { channel: null, others: new Set(), me: Math.random().toString(36).slice(2), onchange: () => {} };

function joinTabs(onstep) {
  try {
    tabs.channel = new BroadcastChannel(`marey-kit-${KIT.kit}`);
  } catch {
    return; // a browser without: each tab then stands for itself
  }
  tabs.channel.onmessage = ({ data }) => {
    const before = tabs.others.size;
    if (data.what === "bye") tabs.others.delete(data.from);
    else tabs.others.add(data.from);
    if (data.what === "hello") say("here");
    if (data.what === "step") onstep(data.step);
    if (tabs.others.size !== before) tabs.onchange();
  };
  say("hello");
  addEventListener("pagehide", () => say("bye"));
}

function say(what, more = {}) {
  tabs.channel?.postMessage({ what, from: tabs.me, ...more });
}
