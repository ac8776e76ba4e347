// The drawing: real elements, so that the keyboard, screen readers and style sheets reach them.
import { s, put, stillness } from "./dom.js";
import { brief, count, drift, fit, nameOf, organization, plural, widthOf } from "./text.js";
import { BOX, ROW, extent, layout } from "./layout.js";
import { scale, thickness } from "./colours.js";

const MOTION = { duration: 380, easing: "cubic-bezier(.2,.7,.2,1)" };
const READABLE = 0.55;
const PAD = { x: 36, top: 30, bottom: 96 };

export class Picture {
  constructor(host, onPick, onMore, onOpen, onMove) {
    this.act = { onPick, onMore, onOpen };
    this.host = host;
    this.lines = s("g", { class: "lines", "aria-hidden": "true" });
    this.nodes = s("g", { class: "nodes", role: "presentation" });
    this.stage = s("g", { role: "presentation" }, this.lines, this.nodes);
    this.svg = s("svg", { class: "pic", role: "tree", "aria-label": "Lineage" }, this.stage);
    put(host, this.svg);
    this.placed = new Map();
    this.zoom = d3.zoom().scaleExtent([0.05, 3]).on("zoom", (event) => {
      this.stage.setAttribute("transform", event.transform);
      this.transform = event.transform;
      if (event.sourceEvent) this.fitted = false;
      onMove(this);
    });
    this.transform = d3.zoomIdentity;
    d3.select(this.svg).call(this.zoom).on("dblclick.zoom", null);
  }

  fonts() {
    const family = getComputedStyle(this.host).fontFamily;
    return { box: `600 13px ${family}`, row: `400 12px ${family}`, small: `400 11px ${family}` };
  }

  render(forest, options) {
    const made = layout(forest);
    const members = [...made.shape.seen].map((id) => forest.members.get(id));
    const treeEdges = [...made.shape.seen].map((id) => mainEdge(forest, made.shape, id)).filter(Boolean);
    this.colours = scale(options.colour, members, treeEdges);
    this.made = made;
    this.forest = forest;
    this.options = options;
    this.font = this.fonts();
    this.svg.setAttribute("aria-label", `Lineage of ${forest.focus}`);
    this.svg.classList.toggle("by-node", !this.colours.byEdge);
    const before = this.placed;
    this.placed = new Map();
    this.paths = [];
    const at = new Map(made.items.filter((i) => i.id != null).map((i) => [i.id, i]));
    put(this.lines, made.rails.flatMap((rail) => this.rail(rail, at)), made.lines.map((line) => this.line(line)));
    put(this.nodes, made.items.map((item) => this.item(item)));
    if (options.card) this.stress(options.card);
    this.move(before);
    return made;
  }

  move(before) {
    if (stillness() || !before.size) return;
    for (const [key, item] of this.placed) {
      const old = before.get(key);
      const from = old ? { transform: `translate(${old.x}px,${old.y}px)` } : { transform: `translate(${item.x}px,${item.y - 10}px)`, opacity: 0 };
      if (old && old.x === item.x && old.y === item.y) continue;
      item.element.animate([from, { transform: `translate(${item.x}px,${item.y}px)`, opacity: 1 }], MOTION);
    }
    this.lines.animate([{ opacity: 0 }, { opacity: 0, offset: 0.4 }, { opacity: 1 }], MOTION);
  }

  colourOf(id) {
    return this.colours.of(this.forest.members.get(id), mainEdge(this.forest, this.made.shape, id));
  }

  item(item) {
    const element = item.kind === "more" ? this.moreRow(item) : item.kind === "row" ? this.row(item) : this.box(item);
    element.setAttribute("transform", `translate(${item.x},${item.y})`);
    item.element = element;
    this.placed.set(item.key, item);
    return element;
  }

  group(item, kind, label, children) {
    const { shape } = this.made;
    const id = item.id;
    const parent = id == null ? item.parent : shape.parent.get(id);
    const siblings = parent == null ? [] : shape.kids.get(parent);
    const total = parent == null ? 1 : Math.max(this.forest.totals.get(parent) || 0, siblings.length);
    const level = id == null ? shape.depth.get(parent) + 2 : shape.depth.get(id) + 1;
    const position = id == null ? siblings.length + 1 : siblings.indexOf(id) + 1;
    const expanded = id == null ? null : !this.forest.members.get(id).kids && !shape.kids.get(id).length ? null : String(shape.kids.get(id).length > 0);
    return s("g", {
      class: `node ${kind} ${id == null ? "" : this.colourOf(id)}`, role: "treeitem", tabindex: "-1", "aria-label": label,
      "aria-level": level, "aria-posinset": parent == null ? 1 : position, "aria-setsize": total, "aria-expanded": expanded,
      "aria-selected": String(id != null && id === this.options.card),
    }, children);
  }

  label(id) {
    const member = this.forest.members.get(id);
    const edge = mainEdge(this.forest, this.made.shape, id);
    const said = [id, edge ? edge.relations.join(" and ") : id === this.forest.focus ? "asked for" : "root"];
    if (edge && edge.drift != null) said.push(`drift ${drift(edge.drift)}`);
    said.push(member.kids ? plural(member.kids, "child").replace("childs", "children") : "no children");
    return said.join(", ");
  }

  box(item) {
    const { id } = item;
    const member = this.forest.members.get(id);
    const kind = ["box", id === this.forest.focus && "focus", member.labels.includes("Stub") && "stub", id === this.options.card && "picked"].filter(Boolean).join(" ");
    const hidden = this.hidden(id);
    const badge = hidden ? "+" + brief(hidden) : "";
    const room = BOX.w - 24 - (badge ? widthOf(badge, this.font.small) + 20 : 0);
    const under = [organization(id) || "no organization", member.downloads == null ? "" : brief(member.downloads) + " downloads"].filter(Boolean).join("  ·  ");
    const g = this.group(item, kind, this.label(id), [
      s("title", { text: this.label(id) }),
      s("rect", { class: "ground", width: item.w, height: item.h, rx: 9 }),
      s("path", { class: "bar", d: `M9 0H5.5V${item.h}H9A9 9 0 0 1 0 ${item.h - 9}V9A9 9 0 0 1 9 0Z` }),
      s("text", { class: "name", x: 15, y: 20, text: fit(nameOf(id), room, this.font.box) }),
      s("text", { class: "under", x: 15, y: 36, text: fit(under, BOX.w - 26, this.font.small) }),
      badge && this.badge(badge, item.w - 9, 16, id),
    ].filter(Boolean));
    return this.bind(g, item);
  }

  // Opened by a click: what is folded below.
  badge(text, right, y, id) {
    const w = widthOf(text, this.font.small) + 12;
    const g = s("g", { class: "badge", transform: `translate(${right - w},${y - 9})` },
      s("rect", { width: w, height: 18, rx: 9 }), s("text", { x: w / 2, y: 13, "text-anchor": "middle", text }));
    g.addEventListener("click", (event) => {
      event.stopPropagation();
      this.act.onOpen(id);
    });
    return g;
  }

  row(item) {
    const { id } = item;
    const member = this.forest.members.get(id);
    const hidden = this.hidden(id);
    const badge = hidden ? "+" + brief(hidden) : "";
    const parent = this.made.shape.parent.get(id);
    const org = organization(id) !== organization(parent || "") ? organization(id) : "";
    const room = ROW.w - 16 - (badge ? widthOf(badge, this.font.small) + 18 : 0);
    const name = fit(nameOf(id), room, this.font.row);
    const left = room - widthOf(name, this.font.row) - 8;
    const g = this.group(item, "row" + (member.labels.includes("Stub") ? " stub" : "") + (id === this.options.card ? " picked" : ""), this.label(id), [
      s("title", { text: this.label(id) }),
      s("rect", { class: "ground", width: item.w, height: item.h, rx: 6 }),
      s("rect", { class: "bar", width: 3.5, height: item.h - 8, x: 0, y: 4, rx: 1.75 }),
      s("text", { class: "name", x: 10, y: 16.5, text: name }),
      org && left > 36 ? s("text", { class: "under", x: 10 + widthOf(name, this.font.row) + 7, y: 16.5, text: fit(org, left, this.font.small) }) : null,
      badge ? this.badge(badge, item.w - 4, 12.5, id) : null,
    ].filter(Boolean));
    return this.bind(g, item);
  }

  moreRow(item) {
    const text = `+${count(item.n)} more`;
    const g = this.group(item, "more", `${text} of ${item.parent}: Enter draws the next`, [
      s("rect", { class: "ground", width: item.w, height: item.h, rx: 6 }),
      s("text", { class: "name", x: 10, y: 16.5, text }),
    ]);
    return this.bind(g, item);
  }

  hidden(id) {
    const member = this.forest.members.get(id);
    if (member.up || id === this.forest.focus) return this.forest.closed.has(id) ? member.below : 0;
    return this.made.shape.kids.get(id).length || this.made.shape.down.get(id).length ? 0 : member.below || member.kids || 0;
  }

  bind(g, item) {
    g.addEventListener("click", () => (item.kind === "more" ? this.act.onMore(item.parent) : this.act.onPick(item.id)));
    g.addEventListener("dblclick", () => item.id != null && this.act.onOpen(item.id));
    return g;
  }

  edgePath(edge, d, extra = "") {
    const colour = this.colours.byEdge ? this.colours.of(null, edge) : "";
    const path = s("path", { class: `edge d-${edge.relation} ${colour} ${extra}`, d, "stroke-width": thickness(edge.drift) });
    this.paths.push([path, edge]);
    return path;
  }

  line({ edge, from, to, cross, back }) {
    const x0 = from.x + from.w / 2;
    const y0 = from.y + from.h;
    const isRow = to.kind === "row";
    const x1 = isRow ? to.x - 6 : to.x + to.w / 2;
    const y1 = isRow ? to.y + to.h / 2 : to.y;
    const bend = back || y1 <= y0 ? 60 : Math.max(24, Math.min(90, (y1 - y0) * 0.55));
    const d = isRow ? `M${x0} ${y0}C${x0} ${y0 + bend} ${x1 - 46} ${y1} ${x1} ${y1}` : `M${x0} ${y0}C${x0} ${y0 + bend} ${x1} ${y1 - bend} ${x1} ${y1}`;
    return this.edgePath(edge, d, cross ? "cross" : "");
  }

  // From a parent to its list: a grey stem, and a tick in the edge's own colour at each row.
  rail(rail, at) {
    const from = at.get(rail.parent);
    if (!from) return [];
    const x0 = from.x + from.w / 2;
    const y0 = from.y + from.h;
    const stem = rail.y - 14;
    const spines = Array.from({ length: rail.columns }, (_, k) => rail.left + k * (ROW.w + 26) - 10);
    const last = (k) => Math.min(rail.each, rail.n - k * rail.each) - 1;
    const ends = [Math.min(spines[0], x0), Math.max(spines[spines.length - 1], x0)];
    let d = `M${x0} ${y0}V${stem}M${ends[0]} ${stem}H${ends[1]}`;
    if (rail.columns === 1) d = `M${x0} ${y0}C${x0} ${y0 + 24} ${spines[0]} ${stem - 22} ${spines[0]} ${stem}`;
    spines.forEach((x, k) => (d += `M${x} ${stem}V${rail.y + last(k) * ROW.step + ROW.h / 2}`));
    const ticks = rail.rows.map((id) => {
      const item = at.get(id);
      const edge = this.forest.edge(rail.parent, id);
      const y = item.y + item.h / 2;
      return this.edgePath(edge, `M${item.x - 10} ${y}H${item.x - 1}`, "tick");
    });
    return [s("path", { class: "rail", d }), ...ticks];
  }

  // A sample of a colour for the legend: a line where edges have it, a spot where models have it.
  swatch(entry) {
    if (entry.dash) return s("svg", { width: 26, height: 8, "aria-hidden": "true" }, s("path", { class: `edge d-${entry.dash} ${entry.key}`, d: "M0 4H26", "stroke-width": 2.6 }));
    return s("svg", { width: 12, height: 12, "aria-hidden": "true" }, s("rect", { class: `spot ${entry.key}`, width: 12, height: 12, rx: 3 }));
  }

  size() {
    const box = this.svg.getBoundingClientRect();
    return { w: box.width || 800, h: box.height || 600 };
  }

  go(transform, smooth) {
    const target = d3.select(this.svg);
    if (smooth && !stillness()) target.transition().duration(420).call(this.zoom.transform, transform);
    else target.call(this.zoom.transform, transform);
  }

  // Whether everything could be seen at once and still be read.
  fits() {
    const size = this.size();
    const all = extent(this.made.items);
    return Math.min((size.w - 2 * PAD.x) / all.w, (size.h - PAD.top - PAD.bottom) / all.h) >= READABLE;
  }

  fit(smooth = true, always = true) {
    const size = this.size();
    const all = extent(this.made.items);
    const pad = PAD;
    const k = Math.min(1.15, (size.w - 2 * pad.x) / all.w, (size.h - pad.top - pad.bottom) / all.h);
    if (!always && k < READABLE) return this.centre(this.forest.focus, 0.85, smooth, 0);
    this.fitted = true;
    const top = Math.max(pad.top, (size.h - pad.bottom - all.h * k) / 3);
    this.go(d3.zoomIdentity.translate(size.w / 2 - (k * (all.x0 + all.x1)) / 2, top - k * all.y0).scale(k), smooth);
  }

  centre(id, k = this.transform.k, smooth = true, height = 0.4) {
    const item = this.placed.get(id);
    if (!item) return;
    this.fitted = false;
    const size = this.size();
    const above = extent(this.made.items).y0;
    const below = 34 + (item.y - above) * k;
    const y = height > 0 ? size.h * height : Math.min(below, size.h * 0.4);
    this.go(d3.zoomIdentity.translate(size.w / 2 - k * (item.x + item.w / 2), y - k * item.y).scale(k), smooth);
  }

  by(factor) {
    d3.select(this.svg).transition().duration(stillness() ? 0 : 180).call(this.zoom.scaleBy, factor);
  }

  // Moves the picture only when a node would be hidden.
  reveal(id) {
    const item = this.placed.get(id);
    if (!item) return;
    const size = this.size();
    const { x, y, k } = this.transform;
    const left = x + k * item.x;
    const top = y + k * item.y;
    if (left < 10 || top < 10 || left + k * item.w > size.w - 10 || top + k * item.h > size.h - 90) this.centre(id);
  }

  mark(path) {
    const on = new Set(path.map((step) => step.parent + "\n" + step.child));
    this.svg.classList.toggle("marking", on.size > 0);
    const ends = new Set(path.flatMap((step) => [step.parent, step.child]));
    for (const item of this.placed.values()) item.element.classList.toggle("marked", ends.has(item.id));
    for (const [element, edge] of this.paths) element.classList.toggle("marked", on.has(edge.parent + "\n" + edge.child));
  }

  pick(id) {
    for (const item of this.placed.values()) {
      const on = item.id != null && item.id === id;
      item.element.classList.toggle("picked", on);
      item.element.setAttribute("aria-selected", String(on));
    }
    this.options.card = id;
    this.stress(id);
  }

  // The edges of one model in front of all others.
  stress(id) {
    for (const [element, edge] of this.paths) element.classList.toggle("own", edge.parent === id || edge.child === id);
  }
}

export function mainEdge(forest, shape, id) {
  const parent = shape.parent.get(id);
  return parent == null ? null : forest.edge(parent, id);
}
