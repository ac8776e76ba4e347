// The one way into the document: elements, attributes and text, never markup.
import { clean } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name === "text") element.textContent = clean(value);
    else if (name === "value") element.value = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : clean(value));
  }
  for (const child of children.flat()) {
    if (child != null && child !== false) element.append(typeof child === "string" ? clean(child) : child);
  }
  return element;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const $ = (id) => document.getElementById(id);

export function put(element, ...children) {
  element.replaceChildren();
  return fill(element, {}, children);
}

export function say(element, text) {
  const said = clean(text);
  if (element.textContent !== said) element.textContent = said;
}

const STROKES = {
  close: "M5 5l10 10M15 5L5 15",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  fit: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  copy: "M7 7h9v9H7zM4 13V4h9",
  arrow: "M4 10h11M11 6l4 4-4 4",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.5 4.5L6 6M14 14l1.5 1.5M15.5 4.5L14 6M6 14l-1.5 1.5",
  moon: "M16 11.5A6.5 6.5 0 1 1 8.5 4a5 5 0 0 0 7.5 7.5z",
  filter: "M3 5h14M6 10h8M8.5 15h3",
  save: "M10 3v9M6 9l4 4 4-4M4 16.5h12",
  keys: "M3 6h14v8H3zM6 9h.01M9 9h.01M12 9h.01M6 11.7h8",
};

export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, s("path", { d: STROKES[name] }));
}

export function button(label, name, onclick, extra = {}) {
  return h("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick, ...extra }, icon(name));
}

export const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
