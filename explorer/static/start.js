// Where somebody begins, and what is said when something is not there.
import { h, put } from "./dom.js";
import { brief, count, nameOf, organization, plural } from "./text.js";

export function startPage(host, answer, act) {
  const { counts } = answer;
  if (!counts.models) {
    return put(host, h("div", { class: "hero" }, h("h1", { text: "The graph is empty" }), h("p", { text: "Load something first, then reload this page." }),
      h("pre", { class: "shell", text: "modelkin demo" }), h("p", { class: "quiet", text: "loads the shipped sample; `modelkin load graph FILE` loads your own." })));
  }
  const tiles = answer.roots.map((root) => h("button", { type: "button", class: "tile", onclick: () => act.focus(root.model_id) },
    h("span", { class: "owner", text: organization(root.model_id) || "no organization" }), h("b", { text: nameOf(root.model_id) }),
    h("span", { class: "quiet", text: [plural(root.n_descendants || 0, "descendant"), root.downloads == null ? "" : `${brief(root.downloads)} downloads`].filter(Boolean).join("  ·  ") })));
  put(host, h("div", { class: "hero" }, h("h1", { text: "Where does a model come from, and what came of it?" }),
    h("p", { class: "lead", text: `${count(counts.models)} models, ${count(counts.edges)} declared edges, ${count(counts.configured)} configurations. Search for one above, or begin with a large lineage.` }),
    ...answer.notices.map((notice) => h("p", { class: "note", text: notice })),
    tiles.length ? h("div", { class: "tiles" }, tiles) : h("p", { class: "note", text: "Roots are not known yet: `modelkin depth --write` computes them. Search works without." })));
}

export function troublePage(host, error, act) {
  const title = { 0: "No answer", 401: "The key is missing", 404: "This model is not in the graph", 503: "The database does not answer", 504: "That took too long" }[error.status] || "That did not work";
  const near = error.closest && error.closest.length
    ? [h("p", { text: "Did you mean" }), h("ul", { class: "near" }, error.closest.map((id) => h("li", {}, h("button", { type: "button", class: "link", text: id, onclick: () => act.focus(id) }))))] : [];
  put(host, h("div", { class: "hero trouble", role: "alert" }, h("h1", { text: title }), h("p", { text: error.message }), ...near,
    h("p", { class: "actions" }, h("button", { type: "button", text: "Try again", onclick: act.again }), h("button", { type: "button", text: "Start page", onclick: act.home }))));
}

export function keysPage(host, close) {
  const rows = [["/", "search"], ["↑ ↓", "parent, first child"], ["← →", "siblings"], ["Home End", "first and last of them"], ["Enter", "the model's card; on “+ more”: the next 50"],
    ["*", "open or close what is below"], ["+ − 0", "closer, farther, everything"], ["t", "table or picture"], ["Esc", "close the panel"]];
  put(host, h("h2", { text: "Keys" }), h("dl", { class: "keys" }, rows.flatMap(([key, what]) => [h("dt", {}, key.split(" ").map((k) => h("kbd", { text: k }))), h("dd", { text: what })])),
    h("p", { class: "quiet", text: "Tab reaches the picture as one stop; arrows move inside it." }),
    h("button", { type: "button", class: "primary", text: "Close", onclick: close }));
}
