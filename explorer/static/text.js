// Text of the graph made safe to draw, cut to fit, and numbers as people read them.

// Controls become their pictures (U+2400 and on); what turns the writing direction, is no
// character or half of one becomes U+FFFD. The whole string stays visible, nothing is obeyed.
export function clean(value) {
  return String(value)
    .replace(/[\u0000-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g, "\ufffd")
    .replace(/\p{Surrogate}/gu, "\ufffd");
}

const canvas = document.createElement("canvas").getContext("2d");
const widths = new Map();

export function widthOf(text, font) {
  const key = font + "|" + text;
  if (!widths.has(key)) {
    if (widths.size > 20000) widths.clear();
    canvas.font = font;
    widths.set(key, canvas.measureText(text).width);
  }
  return widths.get(key);
}

// Cuts in the middle: both ends of a model's name say something.
export function fit(text, width, font) {
  if (widthOf(text, font) <= width) return text;
  const signs = Array.from(text);
  const cut = (n) =>
    signs.slice(0, Math.ceil(n * 0.6)).join("") + "…" + (n > 2 ? signs.slice(signs.length - Math.floor(n * 0.4)).join("") : "");
  let low = 1;
  let high = Math.min(signs.length, 400);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (widthOf(cut(middle), font) <= width) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

export const organization = (id) => (id.includes("/") ? id.slice(0, id.indexOf("/")) : "");
export const nameOf = (id) => (id.includes("/") ? id.slice(id.indexOf("/") + 1) : id);

export const count = (n) => Number(n).toLocaleString("en");
export const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

export function brief(n) {
  if (n == null) return "";
  if (n < 1000) return String(n);
  if (n < 999950) return (n / 1000).toFixed(n < 9950 ? 1 : 0).replace(/\.0$/, "") + "k";
  return (n / 1e6).toFixed(n < 9.95e6 ? 1 : 0).replace(/\.0$/, "") + "M";
}

export function shown(value) {
  if (value == null) return "unknown";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  if (typeof value === "number") {
    if (Number.isInteger(value)) return count(value);
    return Math.abs(value) < 0.0005 && value !== 0 ? value.toExponential(1) : String(+value.toFixed(4));
  }
  if (/^\d{4}-\d\d-\d\dT00:00:00/.test(value)) return value.slice(0, 10);
  return String(value);
}

export const day = (value) => (value ? String(value).slice(0, 10) : "");

export const drift = (value) => (value == null ? "unknown" : value === 0 ? "0" : value < 0.001 ? "< 0.001" : value.toFixed(3));

export const words = (name) => String(name).replace(/_/g, " ");
