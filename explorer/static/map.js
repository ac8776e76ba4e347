// The overview: the whole drawing small, and a frame around what is seen of it.
import { put, s } from "./dom.js";
import { extent } from "./layout.js";

const SIZE = { w: 176, h: 112, pad: 8 };

export class OverviewMap {
  constructor(host, picture) {
    Object.assign(this, { host, picture });
    this.frame = s("rect", { class: "frame", rx: 3 });
    this.dots = s("g");
    this.svg = s("svg", { class: "map", width: SIZE.w, height: SIZE.h, "aria-hidden": "true" }, this.dots, this.frame);
    put(host, this.svg);
    const move = (event) => event.buttons && this.go(event);
    this.svg.addEventListener("pointerdown", (event) => {
      this.svg.setPointerCapture(event.pointerId);
      this.go(event);
    });
    this.svg.addEventListener("pointermove", move);
  }

  draw(items) {
    const all = extent(items);
    this.k = Math.min((SIZE.w - 2 * SIZE.pad) / all.w, (SIZE.h - 2 * SIZE.pad) / all.h);
    this.x = (SIZE.w - all.w * this.k) / 2 - all.x0 * this.k;
    this.y = (SIZE.h - all.h * this.k) / 2 - all.y0 * this.k;
    this.all = { x: this.x + all.x0 * this.k + 1, y: this.y + all.y0 * this.k + 1, w: all.w * this.k - 2, h: all.h * this.k - 2 };
    put(this.dots, items.map((item) => s("rect", {
      class: item.element.getAttribute("class"), x: this.x + item.x * this.k, y: this.y + item.y * this.k,
      width: Math.max(1.5, item.w * this.k), height: Math.max(1, item.h * this.k), rx: 0.5,
    })));
    this.look();
  }

  look() {
    if (!this.k) return;
    const { x, y, k } = this.picture.transform;
    const size = this.picture.size();
    // Nothing to overlook while everything is seen.
    const seen = this.x - (x / k) * this.k <= this.all.x && this.y - (y / k) * this.k <= this.all.y && this.x + ((size.w - x) / k) * this.k >= this.all.x + this.all.w && this.y + ((size.h - y) / k) * this.k >= this.all.y + this.all.h;
    this.host.classList.toggle("needed", !seen);
    const left = Math.max(1, this.x - (x / k) * this.k);
    const top = Math.max(1, this.y - (y / k) * this.k);
    const right = Math.min(SIZE.w - 1, this.x + ((size.w - x) / k) * this.k);
    const bottom = Math.min(SIZE.h - 1, this.y + ((size.h - y) / k) * this.k);
    for (const [name, value] of Object.entries({ x: left, y: top, width: Math.max(4, right - left), height: Math.max(4, bottom - top) })) {
      this.frame.setAttribute(name, value);
    }
  }

  go(event) {
    const box = this.svg.getBoundingClientRect();
    const { k } = this.picture.transform;
    const size = this.picture.size();
    const x = (event.clientX - box.left - this.x) / this.k;
    const y = (event.clientY - box.top - this.y) / this.k;
    this.picture.go(d3.zoomIdentity.translate(size.w / 2 - k * x, size.h / 2 - k * y).scale(k), false);
  }
}
