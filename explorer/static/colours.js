// What colours mean: a relation, a drift, or any attribute; class names here, colours in app.css.
import { count, shown, words } from "./text.js";

export const RELATIONS = ["finetune", "adapter", "quantized", "merge", "untyped", "hint"];
export const UNKNOWN = "unknown";
const MOST = 8;
const STEPS = [0, 0.001, 0.02, 0.05, 0.1, 0.2];
const HIDDEN = new Set(["id", "model_id", "labels", "below", "kids", "up", "config_hash", "component_id", "root_id", "datasets", "repaired", "drift_run"]);

const isNumber = (v) => typeof v === "number";

// Attributes by which the drawn members can be coloured: known of some, and not all equal.
export function attributes(members) {
  const found = new Map();
  for (const member of members) {
    for (const [name, value] of Object.entries(member)) {
      if (HIDDEN.has(name)) continue;
      if (!found.has(name)) found.set(name, new Set());
      found.get(name).add(shown(value));
    }
  }
  return [...found].filter(([name, values]) => values.size > 1 || name === "family").map(([name]) => name).sort();
}

// Returns {of(item member, edge) -> class, legend: [{key, label, n}], byEdge}.
export function scale(by, members, edges) {
  if (!by || by === "relation") return byRelation(edges);
  if (by === "drift") return byDrift(edges);
  return byAttribute(by, members);
}

function byRelation(edges) {
  const counts = new Map();
  for (const edge of edges) counts.set(edge.relation, (counts.get(edge.relation) || 0) + 1);
  const legend = RELATIONS.filter((r) => counts.has(r)).map((r) => ({ key: "r-" + r, label: r, n: counts.get(r), dash: r }));
  return { title: "Relation", byEdge: true, legend, of: (member, edge) => (edge ? "r-" + edge.relation : "") };
}

function byDrift(edges) {
  const step = (drift) => {
    let k = 0;
    while (k + 1 < STEPS.length && drift >= STEPS[k + 1]) k += 1;
    return k;
  };
  const of = (member, edge) => (!edge ? "" : edge.drift == null ? "k-none" : "q-" + step(edge.drift));
  const labels = ["0", "under 0.02", "0.02 – 0.05", "0.05 – 0.1", "0.1 – 0.2", "0.2 and more"];
  const legend = labels.map((label, k) => ({ key: "q-" + k, label, n: edges.filter((e) => e.drift != null && step(e.drift) === k).length }));
  legend.push({ key: "k-none", label: UNKNOWN, n: edges.filter((e) => e.drift == null).length });
  return { title: "Drift from the parent", byEdge: true, legend: legend.filter((l) => l.n), of };
}

function byAttribute(by, members) {
  const values = members.map((m) => m[by]).filter((v) => v != null);
  if (values.length && values.every(isNumber) && new Set(values).size > MOST) return byNumber(by, members, values);
  const counts = new Map();
  for (const member of members) {
    const label = shown(member[by]);
    counts.set(label, (counts.get(label) || 0) + 1);
  }
  const ranked = [...counts].filter(([label]) => label !== UNKNOWN).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const keys = new Map(ranked.slice(0, MOST).map(([label], k) => [label, "c-" + k]));
  const key = (label) => (label === UNKNOWN ? "k-none" : keys.get(label) || "k-other");
  const legend = ranked.slice(0, MOST).map(([label, n]) => ({ key: keys.get(label), label, n }));
  const rest = ranked.slice(MOST);
  if (rest.length) legend.push({ key: "k-other", label: `${count(rest.length)} others`, n: rest.reduce((sum, r) => sum + r[1], 0) });
  if (counts.has(UNKNOWN)) legend.push({ key: "k-none", label: UNKNOWN, n: counts.get(UNKNOWN) });
  return { title: words(by), byEdge: false, legend, of: (member) => key(shown(member[by])) };
}

// Five steps with equally many members each.
function byNumber(by, members, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cuts = [...new Set([0.2, 0.4, 0.6, 0.8].map((p) => sorted[Math.floor(p * (sorted.length - 1))]))];
  const step = (v) => cuts.filter((c) => v > c).length;
  const of = (member) => (member[by] == null ? "k-none" : "q-" + (step(member[by]) + 1));
  const ends = [sorted[0], ...cuts, sorted[sorted.length - 1]];
  const legend = ends.slice(1).map((end, k) => ({
    key: "q-" + (k + 1), label: k ? `over ${shown(ends[k])}, to ${shown(end)}` : `to ${shown(end)}`, n: values.filter((v) => step(v) === k).length,
  }));
  const unknown = members.length - values.length;
  if (unknown) legend.push({ key: "k-none", label: UNKNOWN, n: unknown });
  return { title: words(by), byEdge: false, legend: legend.filter((l) => l.n), of };
}

export const thickness = (drift) => (drift == null ? 1.6 : 1.4 + 14 * Math.min(drift, 0.4));
