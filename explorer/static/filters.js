// What the lineage is limited to, and the day as of which it is shown.
import { h, put, s } from "./dom.js";
import { RELATIONS, attributes } from "./colours.js";
import { count, words } from "./text.js";

const FIRST = "2018-01";

const month = (k) => {
  const year = Math.floor(k / 12);
  return `${year}-${String((k % 12) + 1).padStart(2, "0")}`;
};
const monthNumber = (text) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;

// Months between the first and the last model that is drawn; the slider's right end is "now".
function months(members) {
  const known = members.map((m) => m.created_at).filter(Boolean).map((d) => d.slice(0, 7)).sort();
  const first = known[0] && known[0] > FIRST ? known[0] : FIRST;
  return [monthNumber(first), monthNumber(known[known.length - 1] || first)];
}

export class Filters {
  constructor(host, view, refilter, live) {
    this.live = live;
    this.host = host;
    this.view = view;
    this.refilter = refilter;
    this.span = null;
    this.licenses = new Map();
  }

  // The choices come from what was ever drawn of this lineage, so that a filter can be taken back.
  draw(forest) {
    const now = this.view.now;
    if (this.focus !== forest.focus) {
      this.focus = forest.focus;
      this.span = null;
      this.licenses = new Map();
    }
    const members = [...forest.members.values()];
    if (!this.view.filtered() || !this.span) {
      this.span = months(members);
      const seen = new Map();
      for (const member of members) seen.set(member.license || "(unknown)", (seen.get(member.license || "(unknown)") || 0) + 1);
      this.licenses = seen;
      this.attributes = attributes(members);
    }
    const colours = h("div", { class: "field" }, h("label", { for: "colour", text: "Colour" }), this.colour());
    if (!this.live) return put(this.host, colours);
    const [first, last] = this.span;
    const end = last + 1;
    const at = now.asof ? Math.min(end, monthNumber(now.asof)) : end;
    const said = h("output", { for: "asof", text: at >= end ? "now" : month(at) });
    return put(this.host,
      h("fieldset", {}, h("legend", { text: "Relation" }), h("div", { class: "choices" }, RELATIONS.filter((r) => r !== "hint").map((r) => this.relation(r)))),
      h("div", { class: "field wide" }, h("label", { for: "asof", text: "As of" }),
        h("input", { id: "asof", type: "range", min: first, max: end, step: 1, value: at, "aria-valuetext": at >= end ? "now" : month(at),
          oninput: (e) => (said.textContent = +e.target.value >= end ? "now" : month(+e.target.value)),
          onchange: (e) => this.refilter({ asof: +e.target.value >= end ? "" : month(+e.target.value) }) }), said),
      h("div", { class: "field" }, h("label", { for: "from", text: "Made from" }), h("input", { id: "from", type: "date", value: now.from, onchange: (e) => this.refilter({ from: e.target.value }) })),
      h("div", { class: "field" }, h("label", { for: "license", text: "Licence" }), this.license()),
      colours,
      this.view.filtered() ? h("button", { type: "button", class: "small", text: "Clear filters", onclick: () => this.refilter({ relation: [], license: [], from: "", asof: "" }) }) : null);
  }

  relation(name) {
    const on = this.view.now.relation;
    const toggle = (event) => this.refilter({ relation: event.target.checked ? [...on, name] : on.filter((r) => r !== name) });
    return h("label", { class: `choice r-${name}` }, h("input", { type: "checkbox", checked: on.includes(name), onchange: toggle }),
      s("svg", { width: 22, height: 8, "aria-hidden": "true" }, s("path", { class: `edge d-${name} r-${name}`, d: "M0 4H22", "stroke-width": 2.6 })), h("span", { text: name }));
  }

  license() {
    const chosen = this.view.now.license;
    const known = new Map([...this.licenses, ...chosen.filter((l) => !this.licenses.has(l)).map((l) => [l, 0])]);
    const options = [...known].sort((a, b) => b[1] - a[1]).slice(0, 60);
    return h("select", { id: "license", onchange: (e) => this.refilter({ license: e.target.value ? [e.target.value] : [] }) },
      h("option", { value: "", text: "any" }), options.map(([name, n]) => h("option", { value: name, selected: chosen.includes(name), text: n ? `${name} (${count(n)})` : name })));
  }

  colour() {
    const now = this.view.now.colour || "relation";
    const option = (name) => h("option", { value: name, selected: name === now, text: words(name) });
    return h("select", { id: "colour", onchange: (e) => this.view.set({ colour: e.target.value === "relation" ? "" : e.target.value }) },
      ["relation", "drift", "family"].map(option), h("optgroup", { label: "Attributes" }, (this.attributes || []).filter((a) => a !== "family").map(option)));
  }
}
