// Where answers come from when the page is one file: the table that it carries.
import { Trouble } from "./source.js";

async function unpack(text) {
  const packed = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// Columns of a table by name, each a list with null for what is not known.
function records(columns) {
  const names = Object.keys(columns);
  const n = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: n }, (_, k) => {
    const row = {};
    for (const name of names) if (columns[name][k] != null) row[name] = columns[name][k];
    return row;
  });
}

export class FileSource {
  static async open(text) {
    return new FileSource(await unpack(text));
  }

  constructor(data) {
    this.live = false;
    this.first = data.lineage;
    this.focus = data.lineage.focus;
    this.written = data.written;
    this.members = new Map(records(data.members).map((row) => [row.id, { labels: [], ...row }]));
    const ids = [...this.members.keys()];
    this.below = new Map();
    this.above = new Map();
    for (const row of records(data.edges)) {
      const edge = { ...row, parent: ids[row.p], child: ids[row.c], drift: row.drift ?? null, relations: row.relations.split(" ") };
      if (!this.below.has(edge.parent)) this.below.set(edge.parent, []);
      if (!this.above.has(edge.child)) this.above.set(edge.child, []);
      this.below.get(edge.parent).push(edge);
      this.above.get(edge.child).push(edge);
    }
    const loads = (id) => this.members.get(id).downloads ?? -1;
    for (const list of this.below.values()) list.sort((a, b) => loads(b.child) - loads(a.child) || (a.child < b.child ? -1 : 1));
  }

  has(id) {
    return this.members.has(id);
  }

  // Adds what was asked to be shown, with the way from the focus down to it.
  async lineage(params) {
    const answer = structuredClone(this.first);
    for (const id of params.show || []) {
      const steps = this.down(this.focus, id) || [];
      for (const step of steps) {
        answer.members.push(this.members.get(step.child));
        answer.edges.push(step);
        if (!Object.hasOwn(answer.children, step.parent)) Object.defineProperty(answer.children, step.parent, { value: [], enumerable: true });
        const kids = Object.getOwnPropertyDescriptor(answer.children, step.parent).value;
        if (!kids.includes(step.child)) kids.push(step.child);
        answer.totals[step.parent] ??= (this.below.get(step.parent) || []).length;
      }
    }
    return answer;
  }

  async children({ id, offset = 0, limit = 50, sort = "downloads" }) {
    let edges = this.below.get(id) || [];
    if (sort === "id") edges = [...edges].sort((a, b) => (a.child < b.child ? -1 : 1));
    if (sort === "descendants") edges = [...edges].sort((a, b) => (this.members.get(b.child).below || 0) - (this.members.get(a.child).below || 0));
    const page = edges.slice(offset, offset + limit);
    const among = new Set([id, ...page.map((e) => e.child)]);
    const all = page.flatMap((e) => this.above.get(e.child)).filter((e) => among.has(e.parent));
    return { parent: id, members: page.map((e) => this.members.get(e.child)), edges: all, total: edges.length, skip: offset };
  }

  async search(text) {
    const wanted = text.toLowerCase();
    const rank = (id) => (id === wanted ? 0 : id.endsWith("/" + wanted) ? 1 : id.startsWith(wanted) ? 2 : 3);
    const found = [...this.members.values()].filter((m) => m.id.toLowerCase().includes(wanted));
    found.sort((a, b) => rank(a.id.toLowerCase()) - rank(b.id.toLowerCase()) || (b.downloads ?? -1) - (a.downloads ?? -1));
    return { rows: found.slice(0, 12).map((m) => ({ model_id: m.id, n_children: (this.below.get(m.id) || []).length, downloads: m.downloads })), truncated: found.length > 12 };
  }

  need(id) {
    const found = this.members.get(id);
    if (!found) throw new Trouble(404, { error: `${id} is not in this file.` });
    return found;
  }

  known(id) {
    const left = new Set(["id", "labels", "below", "kids", "up"]);
    return Object.entries(this.need(id)).filter(([name]) => !left.has(name));
  }

  async card(id) {
    return {
      id, attributes: this.known(id).map(([attribute, value]) => ({ attribute, value })),
      parents: (this.above.get(id) || []).map((e) => ({ ...e, changed: e.changed ? e.changed.split(" ") : [] })),
      children: (this.below.get(id) || []).slice(0, 20).map((e) => ({ child: e.child, relation: e.relation })),
      n_ancestors: this.reach(id).size - 1,
    };
  }

  reach(id) {
    const seen = new Set([id]);
    for (const here of seen) for (const edge of this.above.get(here) || []) seen.add(edge.parent);
    return seen;
  }

  async compare(a, b) {
    const [one, other] = [this.need(a), this.need(b)];
    const names = [...new Set([...this.known(a), ...this.known(b)].map(([name]) => name))].sort();
    const rows = names.map((attribute) => {
      const [first, second] = [one[attribute] ?? null, other[attribute] ?? null];
      const state = first == null || second == null ? "unknown" : String(first) === String(second) ? "equal" : "changed";
      return { attribute, first, second, state, compared: false };
    });
    const counts = { changed: 0, equal: 0, unknown: 0 };
    for (const row of rows) counts[row.state] += 1;
    return { one: a, other: b, rows, counts };
  }

  // The shortest way down from one model to another.
  down(from, to) {
    const came = new Map([[from, null]]);
    for (const here of came.keys()) {
      if (here === to) break;
      for (const edge of this.below.get(here) || []) if (!came.has(edge.child)) came.set(edge.child, edge);
    }
    if (!came.has(to)) return null;
    const steps = [];
    for (let edge = came.get(to); edge; edge = came.get(edge.parent)) steps.unshift(edge);
    return steps;
  }

  async path(a, b) {
    const steps = this.down(a, b) || this.down(b, a);
    return { one: a, other: b, steps, common: [] };
  }
}
