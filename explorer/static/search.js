// Search with suggestions: a combobox after the ARIA pattern, used wherever a model is asked for.
import { h, put, say } from "./dom.js";
import { brief, nameOf, organization } from "./text.js";

const WAIT_MS = 140;
let numbered = 0;

export class Search {
  constructor(host, source, onPick, { label, placeholder, status }) {
    this.source = source;
    this.onPick = onPick;
    this.status = status;
    const list = `hits-${++numbered}`;
    this.list = h("ul", { id: list, class: "hits", role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.input = h("input", {
      type: "text", role: "combobox", "aria-label": label, placeholder, "aria-expanded": "false", "aria-controls": list,
      "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: 200,
      oninput: () => this.later(), onkeydown: (event) => this.press(event), onfocus: () => this.rows && this.input.value && this.show(),
      onblur: () => setTimeout(() => this.hide(), 150),
    });
    put(host, this.input, this.list);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    const text = this.input.value.trim();
    if (this.flying) this.flying.abort();
    if (!text) return this.hide();
    this.flying = new AbortController();
    try {
      const answer = await this.source.search(text, this.flying.signal);
      this.rows = answer.rows;
      this.fill(text, answer.truncated);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.rows = [];
      put(this.list, h("li", { class: "none", text: error.message }));
      this.show();
    }
  }

  fill(text, truncated) {
    this.at = -1;
    const items = this.rows.map((row, k) =>
      h("li", { id: `${this.list.id}-${k}`, role: "option", "aria-selected": "false", onmousedown: (event) => event.preventDefault(), onclick: () => this.pick(k) },
        h("span", { class: "hit" }, h("b", { text: nameOf(row.model_id) }), h("i", { text: organization(row.model_id) || "no organization" })),
        h("span", { class: "about", text: [row.n_children ? `${row.n_children} ${row.n_children === 1 ? "child" : "children"}` : "", row.downloads == null ? "" : `${brief(row.downloads)} downloads`].filter(Boolean).join(" · ") }),
      ));
    if (!items.length) items.push(h("li", { class: "none" }, h("b", { text: "No model has this in its id." }), h("span", { text: "Ids look like organization/name; any part of one finds it." })));
    if (truncated) items.push(h("li", { class: "none", text: "There are more: go on typing." }));
    put(this.list, items);
    this.show();
    say(this.status, this.rows.length ? `${this.rows.length} suggestions for ${text}` : `no model has ${text} in its id`);
  }

  show() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  choose(at) {
    const options = [...this.list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    this.at = (at + options.length) % options.length;
    options.forEach((option, k) => option.setAttribute("aria-selected", String(k === this.at)));
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
    options[this.at].scrollIntoView({ block: "nearest" });
  }

  press(event) {
    if (event.key === "ArrowDown") this.choose(this.at + 1);
    else if (event.key === "ArrowUp") this.choose(this.at - 1);
    else if (event.key === "Escape") this.hide();
    else if (event.key === "Enter") this.enter();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Enter takes the chosen suggestion, or what was typed: the server knows the closest ids.
  enter() {
    if (this.at >= 0 && !this.list.hidden) return this.pick(this.at);
    const text = this.input.value.trim();
    if (!text) return;
    this.hide();
    clearTimeout(this.timer);
    this.onPick(text);
  }

  pick(at) {
    this.input.value = this.rows[at].model_id;
    this.hide();
    this.onPick(this.rows[at].model_id);
  }
}
