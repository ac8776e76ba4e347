// The page: what is asked for, drawn, said, and kept in the address.
import { $, button, h, icon, put, say } from "./dom.js";
import { count, organization, nameOf } from "./text.js";
import { View } from "./view.js";
import { ServerSource, takeToken } from "./source.js";
import { FileSource } from "./file.js";
import { Forest } from "./forest.js";
import { Picture } from "./picture.js";
import { Keys } from "./keys.js";
import { OverviewMap } from "./map.js";
import { Search } from "./search.js";
import { Filters } from "./filters.js";
import { Table } from "./table.js";
import { Panel } from "./panel.js";
import { savePng, saveDrawn, saveSvg, download } from "./save.js";
import { keysPage, startPage, troublePage } from "./start.js";

const STEP = 50;
const TABLE_FROM = 200;

class Page {
  constructor(source) {
    this.source = source;
    this.view = new View(location.search, source.live);
    if (!source.live) this.view.now.id = source.focus;
    this.act = { focus: (id) => this.focus(id), card: (id) => this.pick(id), home: () => this.focus(""), again: () => this.load(), backToDrawn: () => this.drawTable() };
    this.picture = new Picture($("picture"), (id) => this.pick(id), (id) => this.more(id), (id) => this.toggle(id), (p) => this.map && this.map.look(p));
    this.map = new OverviewMap($("map"), this.picture);
    this.keys = new Keys(this.picture, { pick: (id) => this.pick(id), more: (id) => this.more(id), open: (id) => this.toggle(id) });
    this.search = new Search($("search"), source, (id) => this.found(id), { label: "Search for a model", placeholder: "Search for a model", status: $("status") });
    this.filters = new Filters($("filters"), this.view, (change) => this.refilter(change), source.live);
    this.table = new Table($("table"), this.act);
    this.panel = new Panel($("panel"), source, this.view, { ...this.act, trace: (steps) => this.trace(steps) }, $("status"));
    this.tools();
    this.theme();
    this.view.on((now, before) => this.changed(now, before));
    addEventListener("popstate", () => this.view.back(location.search));
    addEventListener("keydown", (event) => this.press(event));
    new ResizeObserver(() => this.resized()).observe($("picture"));
  }

  // A picture that showed everything still does when the panel or the window takes room from it.
  resized() {
    if (this.picture.fitted && this.made && !$("picture").hidden && this.picture.fits()) this.picture.fit(false);
    this.map.look();
  }

  tools() {
    const toggle = (id) => () => this.view.set({ view: this.view.now.view === id ? "" : id });
    put($("tools"),
      h("button", { type: "button", id: "filter", class: "tool text", "aria-expanded": "false", "aria-controls": "filters", onclick: () => this.showFilters($("filters").hidden) }, icon("filter"), h("span", { text: this.source.live ? "Filters and colour" : "Colour" })),
      h("button", { type: "button", id: "as-table", class: "tool text", "aria-pressed": "false", onclick: toggle("table") }, h("span", { text: "Table" })),
      this.saveMenu(), button("Light or dark", "moon", () => this.turn(), { id: "theme" }), button("Keys", "keys", () => this.help(), { id: "help" }));
    put($("zoom"), button("Closer", "plus", () => this.picture.by(1.35)), button("Farther", "minus", () => this.picture.by(1 / 1.35)), button("Everything", "fit", () => this.picture.fit()));
    $("home").addEventListener("click", (event) => {
      event.preventDefault();
      if (this.source.live) this.focus("");
    });
  }

  saveMenu() {
    const done = (work) => async () => {
      menu.open = false;
      try {
        await work();
      } catch (error) {
        say($("status"), error.message);
        this.toast(error.message);
      }
    };
    const lines = () => [this.title(), this.scopeText()];
    const item = (label, about, work) => h("button", { type: "button", onclick: done(work) }, h("b", { text: label }), h("span", { text: about }));
    const file = (kind) => async () => download(await this.source.file({ id: this.view.now.id, ...this.view.filters(), as: kind }), `lineage.${kind}`);
    const menu = h("details", { class: "menu", id: "save" }, h("summary", { class: "tool text" }, icon("save"), h("span", { text: "Save" })), h("div", { class: "sheet" },
      item("SVG", "what is drawn", async () => saveSvg(this.picture, lines())), item("PNG", "what is drawn", () => savePng(this.picture, lines())),
      item("CSV", this.source.live ? "the whole lineage" : "what is drawn", this.source.live ? file("csv") : async () => saveDrawn(this.forest, this.made.shape)),
      this.source.live ? item("GraphML", "the whole lineage", file("graphml")) : null));
    return menu;
  }

  theme() {
    const chosen = this.view.now.theme;
    if (chosen) document.documentElement.setAttribute("data-theme", chosen);
    else document.documentElement.removeAttribute("data-theme");
  }

  turn() {
    const dark = document.documentElement.getAttribute("data-theme") ? this.view.now.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    this.view.set({ theme: dark ? "light" : "dark" });
  }

  changed(now, before) {
    if (now.theme !== before.theme) this.theme();
    const asked = (v) => JSON.stringify([v.id, v.relation, v.license, v.from, v.asof, v.budget, v.show]);
    if (asked(now) !== asked(before)) return this.load();
    if (now.colour !== before.colour && this.forest) this.draw();
    if (now.view !== before.view) this.which();
    if (now.card !== before.card || now.tab !== before.tab || now.with !== before.with) this.panel.show(this.forest);
    if (now.card !== before.card && this.made) this.picture.pick(now.card);
    return undefined;
  }

  focus(id) {
    const fresh = { id, open: [], close: [], show: [], card: id, tab: "", with: "", view: "" };
    if (id === this.view.now.id) this.load();
    else this.view.set({ ...fresh, relation: [], license: [], from: "", asof: "" }, true);
  }

  // A model that is in the lineage is shown there; another is drawn itself.
  found(id) {
    if (!this.source.live) return this.source.has(id) ? this.shown(id) : this.toast(`${id} is not in this file`);
    if (this.forest && this.forest.members.has(id)) return this.shown(id);
    return this.focus(id);
  }

  async shown(id) {
    if (!this.forest.visible().has(id)) await this.view.set({ show: [...this.view.now.show, id] });
    this.pick(id);
  }

  pick(id) {
    this.view.set({ card: id, tab: this.view.now.tab === "cypher" ? "" : this.view.now.tab });
    if (this.picture.placed.has(id)) this.picture.reveal(id);
  }

  refilter(change) {
    this.view.set({ ...change, show: [], open: [], close: [] }, true);
  }

  showFilters(on) {
    $("filters").hidden = !on;
    $("filter").setAttribute("aria-expanded", String(on));
  }

  async load() {
    const now = this.view.now;
    if (this.flying) this.flying.abort();
    this.flying = new AbortController();
    const { signal } = this.flying;
    this.mode("waiting");
    try {
      if (!now.id) {
        startPage($("start"), await this.source.start(), this.act);
        return this.mode("start");
      }
      const params = { id: now.id, ...this.view.filters(), budget: now.budget, open: now.open, show: now.show };
      const answer = await this.source.lineage(params, (n) => say($("progress"), `reading the lineage: ${count(n)} rows so far`), signal);
      const refit = !this.forest || this.forest.focus !== answer.focus || answer.n !== this.forest.n;
      this.forest = new Forest(answer);
      this.answer = answer;
      for (const id of now.close) this.forest.closed.add(id);
      this.mode("drawn");
      $("panel").hidden = !now.card;
      this.draw();
      if (refit) this.picture.fit(false, false);
      for (const id of now.show.slice(-1)) this.picture.centre(id);
      if (now.card) this.panel.show(this.forest);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      this.forest = null;
      troublePage($("start"), error, this.act);
      this.mode("start");
      if (!("status" in error)) console.error(error);
    }
    return undefined;
  }

  mode(mode) {
    document.body.setAttribute("data-mode", mode);
    $("stage").setAttribute("aria-busy", String(mode === "waiting"));
    if (mode === "waiting") return say($("progress"), "reading");
    $("start").hidden = mode !== "start";
    for (const id of ["said", "legend", "corner"]) $(id).hidden = mode !== "drawn";
    if (mode === "start") {
      for (const id of ["picture", "table", "panel"]) $(id).hidden = true;
      this.showFilters(false);
      document.title = "modelkin";
    }
    document.body.setAttribute("data-ready", mode);
    return undefined;
  }

  which() {
    const asTable = this.view.now.view === "table";
    $("picture").hidden = asTable;
    $("corner").hidden = asTable;
    $("legend").hidden = asTable;
    $("table").hidden = !asTable;
    $("as-table").setAttribute("aria-pressed", String(asTable));
    if (asTable && !this.table.below) this.drawTable();
  }

  draw() {
    const held = this.keys.holds();
    this.made = this.picture.render(this.forest, { colour: this.view.now.colour, card: this.view.now.card });
    this.keys.refresh(held);
    this.map.draw(this.made.items);
    this.filters.draw(this.forest);
    this.legend();
    this.words();
    this.which();
    if (this.view.now.view === "table" && !this.table.below) this.drawTable();
  }

  drawTable() {
    this.table.drawn(this.forest, this.made.shape);
  }

  title() {
    return `Lineage of ${this.forest.focus}`;
  }

  scopeText() {
    const drawn = this.made.shape.seen.size;
    const n = Math.max(this.forest.n, drawn);
    return [`${count(drawn)} of ${count(n)} member${n === 1 ? "" : "s"} drawn`, `${count(n - drawn)} folded`, ...this.answer.words].join("; ");
  }

  words() {
    const id = this.forest.focus;
    document.title = `${id} · modelkin`;
    put($("title"), organization(id) ? h("span", { class: "org", text: organization(id) + " / " }) : null, h("span", { text: nameOf(id) }));
    say($("scope"), this.scopeText());
    put($("notes"), [...this.answer.notes, ...(this.answer.notices || [])].map((note) => h("span", { text: note })));
    $("notes").hidden = !$("notes").childElementCount;
  }

  legend() {
    const { title, legend } = this.picture.colours;
    put($("legend"), h("h2", { text: title }), h("ul", {}, legend.map((entry) => h("li", {}, this.picture.swatch(entry), h("span", { text: entry.label }), h("i", { text: count(entry.n) })))));
    $("legend").hidden = !legend.length || this.view.now.view === "table";
  }

  async toggle(id) {
    const kids = this.made.shape.kids.get(id) || [];
    if (kids.length && !this.forest.closed.has(id)) {
      this.forest.closed.add(id);
      this.view.set({ close: [...this.forest.closed], open: this.view.now.open.filter((o) => o !== id) });
    } else if (this.forest.closed.has(id) && this.forest.children.has(id)) {
      this.forest.closed.delete(id);
      this.view.set({ close: [...this.forest.closed] });
    } else if (this.forest.members.get(id).kids) {
      await this.fetchMore(id, 12);
      this.view.set({ open: [...this.view.now.open, id].slice(-20), close: [...this.forest.closed] });
    } else return;
    this.draw();
    this.picture.reveal(id);
  }

  async more(parent) {
    const drawn = (this.forest.children.get(parent) || []).length;
    if (drawn >= TABLE_FROM) {
      this.view.set({ view: "table" });
      return this.table.children(parent, this.source, { focus: this.forest.focus, ...this.view.filters() });
    }
    await this.fetchMore(parent, STEP);
    this.draw();
    return undefined;
  }

  // Pages are asked from the start: boxes that were opened first may stand anywhere in them.
  async fetchMore(parent, step) {
    try {
      const have = this.forest.children.get(parent) || [];
      const page = await this.source.children({ focus: this.forest.focus, id: parent, ...this.view.filters(), offset: Math.max(0, have.length - 4), limit: step + 4 });
      page.members = page.members.filter((m) => !have.includes(m.id)).slice(0, step);
      this.forest.add(page);
      say($("status"), `${page.members.length} more drawn below ${parent}`);
    } catch (error) {
      this.toast(error.message);
    }
  }

  async trace(steps) {
    const missing = steps.filter((step) => !this.forest.members.has(step.child)).map((step) => step.child);
    if (missing.length && this.source.live) {
      this.view.now = { ...this.view.now, show: [...this.view.now.show, steps[steps.length - 1].child] };
      await this.load();
    }
    this.view.set({ view: "" });
    this.picture.mark(steps);
    this.picture.reveal(steps[0].parent);
  }

  toast(text) {
    put($("toast"), h("span", { text }));
    $("toast").hidden = false;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => ($("toast").hidden = true), 6000);
  }

  help() {
    const dialog = $("keys");
    keysPage(dialog, () => dialog.close());
    dialog.showModal();
  }

  press(event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "Escape" && !typing && !$("keys").open) return this.panel.close();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const keys = { "/": () => this.search.input.select() || this.search.input.focus(), "+": () => this.picture.by(1.35), "-": () => this.picture.by(1 / 1.35), 0: () => this.picture.fit(), t: () => this.view.set({ view: this.view.now.view ? "" : "table" }), "?": () => this.help() };
    if (!keys[event.key] || (!this.forest && event.key !== "/")) return undefined;
    event.preventDefault();
    return keys[event.key]();
  }
}

const embedded = $("data");
const page = new Page(embedded ? await FileSource.open(embedded.textContent) : new ServerSource(takeToken()));
await page.load();
