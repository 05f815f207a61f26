// Animals: added, taken out of a frame, exchanged.

function addAnimal() {
  const known = new Set(animals());
  let number = 1;
  while (known.has(`animal${number}`)) number++;
  const name = `animal${number}`;
  commit([[-1, keyOf(name), { v: "added", t: now() }]]);
  at.animal = name;
  pickFirst();
  note(`Added ${name}, to all frames. Where it is not, remove it from the frame.`);
}

// Take the current animal out of this frame; one that was added and has no points anywhere goes altogether.
function removeAnimal() {
  const { animal } = at, used = [...everyPoint()].some(([, owner]) => owner === animal);
  if (!animal) return;
  if (isOut(at.frame, animal)) {
    commit([[at.frame, keyOf(animal), undefined]]);
  } else if (!used && recordAt(-1, keyOf(animal))) {
    commit([[-1, keyOf(animal), undefined]]);
    note(`Removed ${animal}.`);
  } else {
    const time = now();
    const own = namesSet(animal).map((name) => keyOf(animal, name)).filter((where) => recordAt(at.frame, where).v !== "deleted");
    const gone = own.map((where) => [at.frame, where, { v: "deleted", o: "deleted", t: time }]);
    commit([...gone, [at.frame, keyOf(animal), { v: "out", t: time }]]);
    note(`${animal} is not in this frame.`);
  }
  choose();
  showPlace();
}

function beginSwap() {
  const others = animals().filter((animal) => animal !== at.animal && animal !== "unique");
  if (!others.length || at.animal === "unique") return note("There is no other animal to exchange with.");
  if (others.length === 1) return swap(others[0]);
  swapping = !swapping;
  note(swapping ? `Exchange ${at.animal} with which animal? Pick it.` : "");
  showPlace();
}

function swap(other) {
  swapping = false;
  if (other === at.animal || other === "unique") return showPlace();
  const time = now(), changes = [];
  const seen = (animal, name) => {
    const where = keyOf(animal, name), record = recordAt(at.frame, where), guess = openPrediction(at.frame, where);
    return record ?? (guess ? { x: guess.x, y: guess.y, v: "visible", o: "moved" } : undefined);
  };
  // What one animal had is the other's; where it had nothing, a prediction of the other's is wrong.
  const given = (record, where) => {
    if (record) return { ...record, t: time };
    return predictions.get(at.frame)?.has(where) ? { v: "deleted", o: "deleted", t: time } : undefined;
  };
  for (const name of [...keypointsOf(other), ""]) {
    const mine = keyOf(at.animal, name), theirs = keyOf(other, name), one = seen(at.animal, name), two = seen(other, name);
    changes.push([at.frame, mine, given(two, mine)], [at.frame, theirs, given(one, theirs)]);
  }
  commit(changes);
  note(`Exchanged ${at.animal} and ${other} in this frame.`);
  choose();
  showPlace();
}
