// What is looked at, as it stands in the address: a link shows the same view again.

const LISTS = ["open", "close", "show", "relation", "license"];
const WORDS = ["id", "from", "asof", "colour", "theme", "tab", "card", "with", "view", "below", "budget"];

export function readView(search) {
  const given = new URLSearchParams(search);
  const view = {};
  for (const name of WORDS) view[name] = given.get(name) || "";
  for (const name of LISTS) view[name] = given.getAll(name).filter(Boolean);
  return view;
}

export function writeView(view) {
  const out = new URLSearchParams();
  for (const name of WORDS) if (view[name]) out.set(name, view[name]);
  for (const name of LISTS) for (const value of view[name]) out.append(name, value);
  // Slashes of ids stay readable in the address; they mean nothing in a query.
  return out.toString().replaceAll("%2F", "/");
}

// One view for the page, with those who must know when it changes.
export class View {
  constructor(search, keep) {
    this.now = readView(search);
    this.keep = keep;
    this.listeners = [];
  }

  on(listener) {
    this.listeners.push(listener);
  }

  // push: a step that the browser's back button undoes.
  set(change, push = false) {
    const before = this.now;
    this.now = { ...before, ...change };
    const query = writeView(this.now);
    if (this.keep && query !== writeView(before)) {
      const address = location.pathname + (query ? "?" + query : "");
      if (push) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    for (const listener of this.listeners) listener(this.now, before);
  }

  back(search) {
    const before = this.now;
    this.now = readView(search);
    for (const listener of this.listeners) listener(this.now, before);
  }

  filters() {
    const { relation, license, from, asof } = this.now;
    return { relation, license, from, asof };
  }

  filtered() {
    const { relation, license, from, asof } = this.now;
    return Boolean(relation.length || license.length || from || asof);
  }
}
