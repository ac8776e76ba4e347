// What is drawn, as a forest: every model once, under the deepest of its drawn parents.

export class Forest {
  constructor(answer) {
    this.focus = answer.focus;
    this.members = new Map();
    this.edges = new Map();
    this.children = new Map();
    this.totals = new Map(Object.entries(answer.totals));
    this.closed = new Set();
    this.n = answer.n;
    this.cypher = answer.cypher || [];
    for (const [parent, kids] of Object.entries(answer.children)) this.children.set(parent, [...kids]);
    this.add(answer);
  }

  add(page) {
    for (const member of page.members) this.members.set(member.id, { ...this.members.get(member.id), ...member });
    for (const edge of page.edges) this.edges.set(edge.parent + "\n" + edge.child, edge);
    if (page.parent != null) {
      const kids = this.children.get(page.parent) || [];
      for (const member of page.members) if (!kids.includes(member.id)) kids.push(member.id);
      this.children.set(page.parent, kids);
      this.totals.set(page.parent, page.total);
      this.closed.delete(page.parent);
    }
  }

  edge(parent, child) {
    return this.edges.get(parent + "\n" + child);
  }

  // Models reached from the top through opened ones, in that order.
  visible() {
    const tops = [...this.members.values()].filter((m) => m.up).sort((a, b) => b.up - a.up || (a.id < b.id ? -1 : 1));
    const seen = new Set();
    for (const start of [...tops.map((m) => m.id), this.focus]) {
      const stack = [start];
      while (stack.length) {
        const id = stack.pop();
        if (seen.has(id) || !this.members.has(id)) continue;
        seen.add(id);
        if (this.closed.has(id)) continue;
        for (const kid of [...(this.children.get(id) || [])].reverse()) stack.push(kid);
      }
    }
    return seen;
  }

  // Depths: the longest way from a top, edges that close a circle left out.
  shape() {
    const seen = this.visible();
    const up = new Map([...seen].map((id) => [id, []]));
    const down = new Map([...seen].map((id) => [id, []]));
    for (const edge of this.edges.values()) {
      if (seen.has(edge.parent) && seen.has(edge.child) && !this.closed.has(edge.parent)) {
        up.get(edge.child).push(edge);
        down.get(edge.parent).push(edge);
      }
    }
    const back = backEdges(seen, down, up);
    const depth = depths(seen, up, down, back);
    const parent = new Map();
    for (const id of seen) {
      let best = null;
      for (const edge of up.get(id)) {
        if (back.has(edge)) continue;
        const other = edge.parent;
        if (best == null || depth.get(other) > depth.get(best) || (depth.get(other) === depth.get(best) && other < best)) best = other;
      }
      parent.set(id, best);
    }
    const kids = new Map([...seen].map((id) => [id, []]));
    for (const id of seen) if (parent.get(id) != null) kids.get(parent.get(id)).push(id);
    for (const [id, list] of kids) list.sort(this.order(id));
    return { seen, up, down, depth, parent, kids, back };
  }

  // In the order in which they were opened; others by downloads.
  order(parent) {
    const known = new Map((this.children.get(parent) || []).map((id, at) => [id, at]));
    const loads = (id) => this.members.get(id).downloads ?? -1;
    return (a, b) => (known.get(a) ?? 1e9) - (known.get(b) ?? 1e9) || loads(b) - loads(a) || (a < b ? -1 : 1);
  }

  // How many children of an opened model are not drawn.
  more(id, shape) {
    if (this.closed.has(id) || !this.children.has(id)) return 0;
    const drawn = shape.down.get(id).length;
    return Math.max(0, (this.totals.get(id) || 0) - drawn);
  }

  drawnTotal() {
    return this.visible().size;
  }
}

function backEdges(seen, down, up) {
  const back = new Set();
  const state = new Map();
  const starts = [...[...seen].filter((id) => !up.get(id).length), ...seen];
  for (const start of starts) {
    if (state.has(start)) continue;
    const stack = [[start, 0]];
    state.set(start, 1);
    while (stack.length) {
      const top = stack[stack.length - 1];
      const edges = down.get(top[0]);
      if (top[1] === edges.length) {
        state.set(top[0], 2);
        stack.pop();
        continue;
      }
      const edge = edges[top[1]++];
      const there = state.get(edge.child);
      if (there === 1) back.add(edge);
      else if (!there) {
        state.set(edge.child, 1);
        stack.push([edge.child, 0]);
      }
    }
  }
  return back;
}

function depths(seen, up, down, back) {
  const waiting = new Map([...seen].map((id) => [id, up.get(id).filter((e) => !back.has(e)).length]));
  const depth = new Map([...seen].map((id) => [id, 0]));
  const ready = [...seen].filter((id) => waiting.get(id) === 0);
  while (ready.length) {
    const id = ready.pop();
    for (const edge of down.get(id)) {
      if (back.has(edge)) continue;
      depth.set(edge.child, Math.max(depth.get(edge.child), depth.get(id) + 1));
      waiting.set(edge.child, waiting.get(edge.child) - 1);
      if (waiting.get(edge.child) === 0) ready.push(edge.child);
    }
  }
  return depth;
}
