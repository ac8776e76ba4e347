// The panel beside the picture: pages about the chosen model.
import { button, h, put, say } from "./dom.js";
import { cardPage, cypherPage, failed, fillPanel, similarPage, waiting } from "./card.js";
import { comparePage } from "./relate.js";
import { Search } from "./search.js";

const TABS = [["", "Model"], ["similar", "Similar"], ["compare", "Compare"], ["cypher", "Cypher"]];

export class Panel {
  constructor(host, source, view, act, status) {
    Object.assign(this, { host, source, view, status });
    this.act = { ...act, compare: (id) => view.set({ tab: "compare", with: id }) };
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "About the chosen model" });
    this.body = h("div", { class: "body", role: "tabpanel", tabindex: "0", "aria-label": "About the chosen model" });
    put(host, h("div", { class: "bar" }, this.tabs, button("Close the panel", "close", () => this.close())), this.body);
    this.asked = 0;
  }

  close() {
    this.view.set({ card: "", tab: "", with: "" });
    return undefined;
  }

  drawTabs() {
    const now = this.view.now.tab;
    const known = TABS.filter(([id]) => this.source.live || (id !== "similar" && id !== "cypher"));
    const turn = (event) => {
      const at = known.findIndex(([id]) => id === this.view.now.tab);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      this.view.set({ tab: known[(at + step + known.length) % known.length][0] });
      this.tabs.querySelector("[aria-selected=true]").focus();
    };
    put(this.tabs, known.map(([id, label]) => h("button", { type: "button", role: "tab", "aria-selected": String(id === now), tabindex: id === now ? "0" : "-1", text: label, onclick: () => this.view.set({ tab: id }), onkeydown: turn })));
  }

  async show(forest) {
    const { card, tab } = this.view.now;
    this.host.hidden = !card || !forest;
    if (this.host.hidden) return;
    this.drawTabs();
    const asked = ++this.asked;
    const timer = setTimeout(() => asked === this.asked && fillPanel(this.body, [waiting("reading")]), 120);
    let content;
    try {
      content = await this.content(tab, card, forest);
    } catch (error) {
      content = [failed(error)];
    }
    clearTimeout(timer);
    if (asked !== this.asked) return;
    fillPanel(this.body, content);
    this.body.setAttribute("data-shown", tab || "card");
  }

  async content(tab, card, forest) {
    this.body.removeAttribute("data-shown");
    if (tab === "similar") return similarPage(await this.source.similar(card), this.act);
    if (tab === "compare") return this.compare(card);
    if (tab === "cypher") return cypherPage(forest.cypher, (name) => say(this.status, name ? `${name} copied` : "could not copy"));
    return cardPage(await this.source.card(card), forest.members.get(card) || {}, this.act, card === forest.focus);
  }

  async compare(card) {
    const host = h("div", { class: "search inner" });
    const search = new Search(host, this.source, (id) => this.view.set({ with: id }), { label: "Second model", placeholder: "a second model", status: this.status });
    const other = this.view.now.with;
    search.input.value = other;
    if (!other) return comparePage(card, host, null, this.act);
    const [compare, path] = await Promise.all([this.source.compare(card, other), this.source.path(card, other, this.view.now.relation)]);
    return comparePage(card, host, { compare, path }, this.act);
  }
}
