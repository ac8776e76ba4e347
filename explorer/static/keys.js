// The keyboard: one stop of the Tab key for the whole tree, arrows inside it.

export class Keys {
  constructor(picture, act) {
    this.picture = picture;
    this.act = act;
    picture.svg.addEventListener("keydown", (event) => this.press(event));
    picture.svg.addEventListener("focusin", (event) => this.arrive(event));
  }

  // After each drawing: the same item, or the focus of the lineage, can be reached by Tab.
  refresh(held) {
    const items = [...this.picture.placed.values()];
    this.here = this.picture.placed.get(this.here && this.here.key) || this.picture.placed.get(this.picture.forest.focus) || items[0];
    if (this.here) this.here.element.setAttribute("tabindex", "0");
    if (held && this.here) this.here.element.focus({ preventScroll: true });
  }

  holds() {
    return this.picture.svg.contains(document.activeElement);
  }

  arrive(event) {
    const found = [...this.picture.placed.values()].find((item) => item.element === event.target);
    if (found) this.set(found);
  }

  set(item) {
    if (this.here) this.here.element.setAttribute("tabindex", "-1");
    this.here = item;
    item.element.setAttribute("tabindex", "0");
  }

  go(item) {
    if (!item) return;
    this.set(item);
    item.element.focus({ preventScroll: true });
    this.picture.reveal(item.key);
  }

  parentOf(item) {
    return item.kind === "more" ? item.parent : this.picture.made.shape.parent.get(item.id);
  }

  below(parent) {
    return this.picture.made.items.filter((item) => this.parentOf(item) === parent);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.here) return;
    const { placed } = this.picture;
    const id = this.here.id;
    const parent = this.parentOf(this.here);
    const beside = parent == null ? this.picture.made.items.filter((i) => i.id != null && this.parentOf(i) == null) : this.below(parent);
    const at = beside.indexOf(this.here);
    const keys = {
      ArrowUp: () => this.go(placed.get(parent)),
      ArrowDown: () => id != null && this.go(this.below(id)[0]),
      ArrowRight: () => this.go(beside[at + 1]),
      ArrowLeft: () => this.go(beside[at - 1]),
      Home: () => this.go(beside[0]),
      End: () => this.go(beside[beside.length - 1]),
      Enter: () => (id == null ? this.act.more(this.here.parent) : this.act.pick(id)),
      " ": () => (id == null ? this.act.more(this.here.parent) : this.act.pick(id)),
      "*": () => id != null && this.act.open(id),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}
