// The picture and its data as files to keep.
import { s } from "./dom.js";
import { clean } from "./text.js";
import { extent } from "./layout.js";

const MARGIN = 28;
const LARGEST = 8192;

export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Every rule of the picture, with the colours of the theme that is on put in.
function style() {
  const values = getComputedStyle(document.documentElement);
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).filter((text) => /^\.(pic|edge|r-|k-|c-|q-|by-node)/.test(text));
  const resolved = rules.join("\n").replace(/var\((--[\w-]+)\)/g, (_, name) => values.getPropertyValue(name).trim());
  return `text{font-family:${getComputedStyle(document.body).fontFamily.replaceAll('"', "'")}}\n${resolved}`;
}

export function toSvg(picture, lines) {
  const copy = picture.svg.cloneNode(true);
  const all = extent(picture.made.items);
  const box = { x: all.x0 - MARGIN, y: all.y0 - MARGIN, w: all.w + 2 * MARGIN, h: all.h + 2 * MARGIN + 26 * lines.length };
  copy.querySelector("g").removeAttribute("transform");
  for (const marked of copy.querySelectorAll("[tabindex]")) marked.removeAttribute("tabindex");
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", viewBox: `${box.x} ${box.y} ${box.w} ${box.h}`, width: box.w, height: box.h })) copy.setAttribute(name, value);
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim();
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "style");
  sheet.textContent = style();
  copy.prepend(sheet, s("rect", { x: box.x, y: box.y, width: box.w, height: box.h, fill: ground }));
  lines.forEach((line, k) => copy.append(s("text", { class: "said", x: box.x + MARGIN, y: all.y1 + MARGIN + 8 + 24 * k, text: line })));
  return { text: new XMLSerializer().serializeToString(copy), w: box.w, h: box.h };
}

export function saveSvg(picture, lines) {
  download(new Blob([toSvg(picture, lines).text], { type: "image/svg+xml" }), "lineage.svg");
}

export async function savePng(picture, lines) {
  const { text, w, h } = toSvg(picture, lines);
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(2, LARGEST / w, LARGEST / h);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(w * scale);
    canvas.height = Math.round(h * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    download(await new Promise((ok) => canvas.toBlob(ok, "image/png")), "lineage.png");
  } finally {
    URL.revokeObjectURL(url);
  }
}

// As the command line writes CSV: what a spreadsheet would take for a formula gets an apostrophe.
export function csvCell(value) {
  if (value == null) return "";
  let text = Array.isArray(value) ? value.join(";") : String(value);
  if (typeof value !== "number" && /^'?[=+\-@\t\r]/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function saveDrawn(forest, shape) {
  const head = ["parent_id", "child_id", "relation", "relations", "drift", "child_family", "child_license", "child_created_at", "child_downloads"];
  const lines = [head.join(",")];
  for (const id of shape.seen) {
    const member = forest.members.get(id);
    for (const edge of shape.up.get(id)) {
      const row = [edge.parent, id, edge.relation, edge.relations, edge.drift, member.family, member.license, member.created_at, member.downloads];
      lines.push(row.map(csvCell).join(","));
    }
  }
  download(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }), "lineage-drawn.csv");
}

export const spoken = (text) => clean(text);
