// Two models: the line of descent between them, and their attributes side by side.
import { h } from "./dom.js";
import { drift, plural, shown, words } from "./text.js";
import { modelLink, relationBadge } from "./card.js";

function chain(answer, act) {
  const { steps, common } = answer;
  if (steps && !steps.length) return [h("p", { text: "That is the same model." })];
  if (steps) {
    const rows = [h("li", {}, modelLink(steps[0].parent, act.card))];
    for (const step of steps) {
      rows.push(h("li", { class: "step" }, relationBadge(step.relation), h("span", { class: "quiet", text: `drift ${drift(step.drift)}` })));
      rows.push(h("li", {}, modelLink(step.child, act.card)));
    }
    return [h("p", { text: `${steps[steps.length - 1].child === answer.other ? "The second descends from the first" : "The first descends from the second"}, in ${plural(steps.length, "hop")}.` }), h("ol", { class: "chain" }, rows),
      h("p", { class: "actions" }, h("button", { type: "button", text: "Show in the picture", onclick: () => act.trace(steps) }))];
  }
  if (common.length) {
    return [h("p", { text: "Neither descends from the other. Nearest ancestors of both:" }),
      h("ul", { class: "kin tight" }, common.map((row) => h("li", {}, modelLink(row.id, act.card), h("span", { class: "quiet", text: `${plural(row.hops_one, "hop")} to the first, ${plural(row.hops_other, "hop")} to the second` }))))];
  }
  return [h("p", { text: "No common ancestor is declared." })];
}

const STATES = { changed: "differs", equal: "equal", unknown: "unknown on one side" };

function sides(answer) {
  const { counts } = answer;
  const order = { changed: 0, unknown: 1, equal: 2 };
  const rows = [...answer.rows].sort((a, b) => order[a.state] - order[b.state]);
  const row = (r) => h("tr", { class: r.state }, h("th", { scope: "row", text: words(r.attribute), title: r.compared ? "decides drift" : "shown, not part of drift" }),
    h("td", { text: shown(r.first) }), h("td", { text: shown(r.second) }), h("td", { class: "source", text: STATES[r.state] }));
  return [
    h("p", { text: `${counts.changed} differ, ${counts.equal} equal, ${counts.unknown} known on one side only.` }),
    rows.length ? h("table", { class: "facts sides" }, h("thead", {}, h("tr", {}, ["attribute", "first", "second", ""].map((name) => h("th", { scope: "col", text: name })))), h("tbody", {}, rows.map(row)))
      : h("p", { class: "empty", text: "No attribute is known of either." }),
  ];
}

export function comparePage(one, search, answers, act) {
  const head = [h("h2", { text: "Compare" }),
    h("div", { class: "pair" }, h("span", { class: "which", text: "first" }), modelLink(one, act.card), h("span", { class: "which", text: "second" }), search)];
  if (!answers) return [...head, h("p", { class: "empty", text: "Choose a second model: how the two are related, and where they differ." })];
  return [...head, h("h3", { text: "Line of descent" }), ...chain(answers.path, act), h("h3", { text: "Attributes" }), ...sides(answers.compare)];
}
