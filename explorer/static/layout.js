// Places: layers from the top down, boxes with their own column, other children as rows below.

export const BOX = { w: 228, h: 46 };
export const ROW = { w: 228, h: 25, step: 29 };
const GAP = { x: 34, y: 54 };
const COLUMN = 13;
const COLUMNS = 6;

export function layout(forest) {
  const shape = forest.shape();
  const isBox = (id) => id === forest.focus || Boolean(forest.members.get(id).up) || shape.kids.get(id).length > 0 || forest.more(id, shape) > 0;
  const nodes = new Map();
  const node = (id) => ({ id, w: BOX.w, h: BOX.h, children: [] });
  for (const id of shape.seen) if (isBox(id)) nodes.set(id, node(id));
  const top = { w: 0, h: 0, children: [] };
  const loose = [];
  for (const [id, made] of nodes) {
    const above = shape.parent.get(id);
    if (above != null) continue;
    if (id !== forest.focus && !shape.kids.get(id).length && shape.down.get(id).length) loose.push(made);
    else top.children.push(made);
  }
  for (const [id, made] of nodes) {
    const kids = shape.kids.get(id);
    made.children = kids.filter((kid) => nodes.has(kid)).map((kid) => nodes.get(kid));
    const block = blockOf(forest, shape, id, kids.filter((kid) => !nodes.has(kid)));
    if (block) made.children.splice(Math.floor(made.children.length / 2), 0, block);
  }
  for (const made of loose) besideCoparent(made, shape, nodes, top);
  return place(forest, shape, top);
}

function blockOf(forest, shape, parent, ids) {
  const more = forest.more(parent, shape);
  const n = ids.length + (more ? 1 : 0);
  if (!n) return null;
  const columns = Math.max(1, Math.min(COLUMNS, Math.ceil(n / COLUMN)));
  const each = Math.ceil(n / columns);
  const used = Math.ceil(n / each);
  return {
    rows: ids, more, parent, columns: used, each,
    w: used * ROW.w + (used - 1) * 26 + 14, h: Math.min(n, each) * ROW.step, children: [],
  };
}

// A further parent of a merge stands in the layer just above it, beside the parent that it hangs from.
function besideCoparent(made, shape, nodes, top) {
  const kid = shape.down.get(made.id).map((e) => e.child).sort((a, b) => shape.depth.get(a) - shape.depth.get(b))[0];
  const partner = shape.parent.get(kid);
  const above = partner == null ? null : shape.parent.get(partner);
  const siblings = above != null && nodes.has(above) ? nodes.get(above).children : top.children;
  const at = siblings.findIndex((child) => child.id === partner);
  siblings.splice(at < 0 ? siblings.length : at + 1, 0, made);
}

function place(forest, shape, top) {
  const root = d3.hierarchy(top);
  d3.tree()
    .nodeSize([1, 1])
    .separation((a, b) => (a.data.w + b.data.w) / 2 + GAP.x)(root);
  const heights = [];
  root.each((n) => (heights[n.depth] = Math.max(heights[n.depth] || 0, n.data.h)));
  const tops = [0, 0];
  for (let k = 2; k < heights.length; k++) tops[k] = tops[k - 1] + heights[k - 1] + GAP.y;
  const items = [];
  const rails = [];
  root.each((n) => {
    const data = n.data;
    const y = tops[n.depth];
    if (data.rows) rowsOf(data, n.x, y, items, rails);
    else if (data.id != null) items.push({ kind: "box", id: data.id, key: data.id, x: n.x - data.w / 2, y, w: data.w, h: data.h });
  });
  return { items, rails, shape, lines: linesOf(forest, shape, items) };
}

function rowsOf(block, x, y, items, rails) {
  const left = x - block.w / 2 + 14;
  const at = (k) => ({
    x: left + Math.floor(k / block.each) * (ROW.w + 26), y: y + (k % block.each) * ROW.step, w: ROW.w, h: ROW.h,
  });
  block.rows.forEach((id, k) => items.push({ kind: "row", id, key: id, ...at(k) }));
  const n = block.rows.length;
  if (block.more) items.push({ kind: "more", parent: block.parent, n: block.more, key: "+" + block.parent, ...at(n) });
  rails.push({ parent: block.parent, x, y, left, columns: block.columns, each: block.each, n: n + (block.more ? 1 : 0), rows: block.rows });
}

// Curves between boxes, and dash-dot ones to every further parent.
function linesOf(forest, shape, items) {
  const at = new Map(items.filter((i) => i.id != null).map((i) => [i.id, i]));
  const out = [];
  for (const [id, item] of at) {
    for (const edge of shape.up.get(id)) {
      const isTree = shape.parent.get(id) === edge.parent;
      if (isTree && item.kind === "row") continue;
      const from = at.get(edge.parent);
      if (from) out.push({ edge, from, to: item, cross: !isTree, back: shape.back.has(edge) });
    }
  }
  return out;
}

export function extent(items) {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const i of items) {
    box.x0 = Math.min(box.x0, i.x);
    box.y0 = Math.min(box.y0, i.y);
    box.x1 = Math.max(box.x1, i.x + i.w);
    box.y1 = Math.max(box.y1, i.y + i.h);
  }
  return { ...box, w: box.x1 - box.x0, h: box.y1 - box.y0 };
}
