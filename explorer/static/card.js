// The panel's pages about one model: what it is, what changed, what lies near, and the Cypher.
import { h, icon, put, s } from "./dom.js";
import { brief, clean, count, day, drift, nameOf, organization, plural, shown, words } from "./text.js";

const HUB = "https://huggingface.co/";

export const hubLink = (id) => HUB + id.split("/").map(encodeURIComponent).join("/");

export function modelLink(id, go, extra = {}) {
  return h("button", { type: "button", class: "link", title: id, onclick: () => go(id), ...extra },
    organization(id) ? h("span", { class: "org", text: organization(id) + "/" }) : null, h("span", { text: nameOf(id) }));
}

export const relationBadge = (relation) => h("span", { class: `relation r-${relation}` }, s("svg", { width: 20, height: 8, "aria-hidden": "true" }, s("path", { class: `edge d-${relation} r-${relation}`, d: "M0 4H20", "stroke-width": 2.4 })), relation);

// A bar from 0 to the largest drift that is at all common; beside it always the number.
export function driftBar(value, compared) {
  const said = value == null ? "drift unknown" : `drift ${drift(value)}`;
  const beside = compared == null ? "" : ` over ${plural(compared, "field")}`;
  const w = value == null ? 0 : Math.max(1, Math.min(1, value / 0.4) * 90);
  return h("span", { class: "drift" },
    s("svg", { width: 90, height: 6, "aria-hidden": "true" }, s("rect", { class: "track", width: 90, height: 6, rx: 3 }), s("rect", { class: "level", width: w, height: 6, rx: 3 })),
    h("span", { text: said + beside }));
}

function numbers(card, facts) {
  const value = (name) => (card.attributes.find((row) => row.attribute === name) || {}).value;
  const cells = [
    ["downloads", brief(facts.downloads ?? value("downloads"))], ["likes", brief(facts.likes ?? value("likes"))],
    ["ancestors", count(card.n_ancestors)], ["children", value("n_children") == null ? null : count(value("n_children"))],
    ["descendants", value("n_descendants") == null ? null : count(value("n_descendants"))], ["made", day(facts.created_at ?? value("created_at"))],
  ];
  return h("dl", { class: "numbers" }, cells.map(([name, said]) => h("div", {}, h("dt", { text: name }), h("dd", { text: said || "–", title: said ? null : "unknown" }))));
}

function parents(card, act) {
  if (!card.parents.length) return h("p", { class: "quiet", text: "No parent is declared: where it comes from is not known, or it was trained from nothing." });
  return h("ul", { class: "kin" }, card.parents.map((row) => h("li", {},
    h("div", { class: "line" }, relationBadge(row.relation), modelLink(row.parent, act.card)),
    h("div", { class: "line" }, driftBar(row.drift, row.n_compared), h("button", { type: "button", class: "small", text: "compare", onclick: () => act.compare(row.parent) })),
    changes(row),
  )));
}

function changes(row) {
  if (row.drift == null) return h("p", { class: "quiet", text: "Too few fields are known on both sides to say what changed." });
  if (!row.changed || !row.changed.length) return h("p", { class: "quiet", text: "No compared field that both know differs." });
  return h("p", { class: "changes" }, "Changed: ", row.changed.map((name) => h("code", { text: String(name) })));
}

function kids(card, act) {
  if (!card.children.length) return null;
  const rows = card.children.map((row) => h("li", {}, h("div", { class: "line" }, relationBadge(row.relation), modelLink(row.child, act.card))));
  return h("details", {}, h("summary", { text: `Most downloaded children (${card.children.length})` }), h("ul", { class: "kin tight" }, rows));
}

function attributeTable(card) {
  const rows = card.attributes.map((row) => h("tr", {},
    h("th", { scope: "row", text: words(row.attribute) }), h("td", { text: shown(row.value) }),
    h("td", { class: "source", text: row.evidence || "", title: [row.evidence, row.snapshot, row.run && `run ${row.run}`].filter(Boolean).join(", ") })));
  return h("table", { class: "facts" }, h("thead", {}, h("tr", {}, h("th", { scope: "col", text: "attribute" }), h("th", { scope: "col", text: "value" }), h("th", { scope: "col", text: "from" }))), h("tbody", {}, rows));
}

export function cardPage(card, facts, act, isFocus) {
  const stub = (facts.labels || []).includes("Stub");
  const chips = [facts.family, facts.license, facts.pipeline_tag, ...(facts.labels || []).map((l) => l.toLowerCase())].filter(Boolean);
  return [
    h("p", { class: "owner", text: organization(card.id) || "no organization" }),
    h("h2", { text: nameOf(card.id) }),
    h("p", { class: "chips" }, chips.map((chip) => h("span", { class: "chip", text: chip }))),
    stub ? h("p", { class: "note", text: "Named as a parent, but no source has a row of it: nothing else is known." }) : null,
    numbers(card, facts),
    h("p", { class: "actions" },
      isFocus ? null : h("button", { type: "button", class: "primary", text: "Draw its lineage", onclick: () => act.focus(card.id) }),
      h("button", { type: "button", text: "Compare with …", onclick: () => act.compare("") }),
      h("a", { class: "button", href: hubLink(card.id), target: "_blank", rel: "noopener noreferrer", text: "Open on the Hub" })),
    h("h3", { text: "What changed against its parents" }), parents(card, act), kids(card, act),
    h("h3", { text: "Attributes" }),
    card.attributes.length ? attributeTable(card) : h("p", { class: "quiet", text: "Nothing is known of it." }),
  ];
}

export function similarPage(answer, act) {
  const head = [h("h2", { text: "Similar models" }), h("p", { class: "quiet", text: "Nearest models of other configurations. Distance 0 means: equal in every field that both know." })];
  for (const notice of answer.notices || []) head.push(h("p", { class: "note", text: notice }));
  if (!answer.rows.length) return head;
  const related = (row) => (row.related == null ? "not known" : row.related ? "related" : "not related");
  return [...head, h("table", { class: "facts near" },
    h("thead", {}, h("tr", {}, ["model", "distance", "shared fields", "lineage"].map((name) => h("th", { scope: "col", text: name })))),
    h("tbody", {}, answer.rows.map((row) => h("tr", {}, h("td", {}, modelLink(row.model_id, act.card)), h("td", { class: "number", text: drift(row.distance) }),
      h("td", { class: "number", text: row.n_compared }), h("td", {}, h("span", { class: row.related ? "chip on" : "chip", text: related(row) }), h("button", { type: "button", class: "small", text: "compare", onclick: () => act.compare(row.model_id) }))))))];
}

export function cypherPage(list, copied) {
  const block = (query) => {
    const text = (query.params ? query.params + "\n\n" : "") + query.text;
    const copy = h("button", { type: "button", class: "tool", title: "Copy", "aria-label": `Copy ${query.name}`, onclick: () => navigator.clipboard.writeText(text).then(() => copied(query.name), () => copied("")) }, icon("copy"));
    return h("details", { class: "cypher", open: query === list[0] || query === list[1] }, h("summary", {}, h("code", { text: query.name }), h("span", { text: query.question })), copy, h("pre", { tabindex: "0" }, pre(text)));
  };
  return [h("h2", { text: "Cypher" }), h("p", { class: "quiet", text: "The first two draw this lineage in Neo4j Browser. The others are what was sent for this page, as it was sent." }), ...list.map(block)];
}

// Line ends are kept; every line is cleaned on its own.
function pre(text) {
  const code = document.createElement("code");
  code.textContent = text.split("\n").map(clean).join("\n");
  return code;
}

export const waiting = (text) => h("div", { class: "waiting", role: "status" }, h("span", { class: "dot" }), h("span", { text }));

export const failed = (error) => h("p", { class: "note bad", role: "alert", text: error.message });

export function fillPanel(host, content) {
  put(host, content.filter(Boolean));
  host.scrollTop = 0;
}
