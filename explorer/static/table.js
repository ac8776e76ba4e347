// The same content as a table: what is drawn, or all children of one model page by page.
import { h, put } from "./dom.js";
import { count, day, drift, shown } from "./text.js";
import { mainEdge } from "./picture.js";
import { modelLink } from "./card.js";

const HEADS = [
  ["model", (r) => r.member.id], ["parent", (r) => (r.edge ? r.edge.parent : "")], ["relation", (r) => (r.edge ? r.edge.relations.join(", ") : "")],
  ["drift", (r) => (r.edge ? r.edge.drift : null)], ["family", (r) => r.member.family], ["licence", (r) => r.member.license],
  ["made", (r) => day(r.member.created_at)], ["downloads", (r) => r.member.downloads], ["children", (r) => r.member.kids], ["below", (r) => r.member.below],
];
const SORTS = { downloads: "downloads", below: "descendants", model: "id" };
const TURN = 100;

function cell(name, value, act) {
  if (name === "model" || (name === "parent" && value)) return h("td", {}, modelLink(value, act.card));
  if (name === "drift") return h("td", { class: "number", text: value == null ? "–" : drift(value) });
  if (typeof value === "number") return h("td", { class: "number", text: count(value) });
  return h("td", { class: name === "made" ? "short" : null, text: value == null || value === "" ? "–" : shown(value) });
}

// Unknown values come last in either direction.
function sorted(rows, column, up) {
  const read = HEADS[column][1];
  return [...rows].sort((a, b) => {
    const [x, y] = [read(a), read(b)];
    if (x == null || x === "") return y == null || y === "" ? 0 : 1;
    if (y == null || y === "") return -1;
    return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
  });
}

export class Table {
  constructor(host, act) {
    this.host = host;
    this.act = act;
    this.column = -1;
    this.up = false;
  }

  drawn(forest, shape) {
    this.rows = [...shape.seen].map((id) => ({ member: forest.members.get(id), edge: mainEdge(forest, shape, id) }));
    this.title = "Everything that is drawn";
    this.below = null;
    this.draw();
  }

  async children(parent, source, base) {
    this.below = { parent, source, base, skip: 0, sort: "downloads" };
    this.column = 7;
    this.up = false;
    await this.page();
  }

  async page() {
    const { parent, source, base, skip, sort } = this.below;
    const answer = await source.children({ ...base, id: parent, offset: skip, limit: TURN, sort });
    const edges = new Map(answer.edges.filter((e) => e.parent === parent).map((e) => [e.child, e]));
    this.rows = answer.members.map((member) => ({ member, edge: edges.get(member.id) }));
    this.below.total = answer.total;
    this.title = `Children of ${parent}`;
    this.draw();
  }

  sort(column) {
    if (this.below) {
      const name = SORTS[HEADS[column][0]];
      if (!name) return;
      Object.assign(this.below, { sort: name, skip: 0 });
      this.column = column;
      this.page();
      return;
    }
    this.up = this.column === column ? !this.up : false;
    this.column = column;
    this.draw();
  }

  head() {
    return HEADS.map(([name], k) => {
      const can = !this.below || SORTS[name];
      const on = this.column === k;
      return h("th", { scope: "col", "aria-sort": on ? (this.up || name === "model" ? "ascending" : "descending") : null },
        can ? h("button", { type: "button", class: on ? "sort on" : "sort", text: name, onclick: () => this.sort(k) }) : h("span", { text: name }));
    });
  }

  draw() {
    const rows = this.below || this.column < 0 ? this.rows : sorted(this.rows, this.column, this.up);
    const body = rows.map((r) => h("tr", {}, HEADS.map(([name, read]) => cell(name, read(r), this.act))));
    put(this.host, h("div", { class: "head" }, h("h2", { text: this.title }), this.pager(),
      this.below ? h("button", { type: "button", text: "Back to what is drawn", onclick: () => this.act.backToDrawn() }) : null),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": this.title }, h("table", { class: "wide" }, h("thead", {}, h("tr", {}, this.head())), h("tbody", {}, body))),
      rows.length ? null : h("p", { class: "empty", text: "Nothing is drawn." }));
  }

  pager() {
    if (!this.below) return h("span", { class: "quiet", text: `${count(this.rows.length)} rows` });
    const { skip, total } = this.below;
    const turn = (to) => {
      this.below.skip = to;
      this.page();
    };
    return h("span", { class: "pager" }, h("button", { type: "button", class: "small", text: "Previous", disabled: skip === 0, onclick: () => turn(Math.max(0, skip - TURN)) }),
      h("span", { class: "quiet", text: `${count(skip + 1)} to ${count(Math.min(total, skip + TURN))} of ${count(total)}` }),
      h("button", { type: "button", class: "small", text: "Next", disabled: skip + TURN >= total, onclick: () => turn(skip + TURN) }));
  }
}
