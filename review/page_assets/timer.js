// The time spent on an item while somebody works on it: it rests when the page is hidden or untouched for half a minute.

import { h } from './dom.js';

const REST_AFTER_MS = 30000;
const HIDDEN = 'emola-review-hide-timer';

export class Timer {
  constructor(item, root) {
    this.item = item;
    this.touched = performance.now();
    this.at = performance.now();
    this.active = 0;
    this.face = h('button', { type: 'button', class: 'quiet', title: 'Hide or show the time', onclick: () => this.toggle() });
    root.append(this.face);
    for (const name of ['keydown', 'pointermove', 'pointerdown', 'wheel']) addEventListener(name, () => { this.touched = performance.now(); }, { passive: true });
    item.listen((event) => { if (event === 'item') this.start(); });
    setInterval(() => this.tick(), 1000);
  }

  start() {
    this.active = this.item.state.active_ms;
    this.at = performance.now();
  }

  tick() {
    this.write();
    this.draw();
  }

  /** Put the time up to now into the state; it travels with the next save. */
  write() {
    const now = performance.now();
    if (this.item.bundle && !document.hidden && now - this.touched < REST_AFTER_MS) this.active += now - this.at;
    this.at = now;
    if (this.item.bundle) this.item.note({ active_ms: Math.round(this.active) });
  }

  draw() {
    const seconds = Math.round(this.active / 1000);
    const shown = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    this.face.textContent = localStorage.getItem(HIDDEN) ? '◷' : shown;
    this.face.setAttribute('aria-label', `Time on this item: ${shown}`);
  }

  toggle() {
    if (localStorage.getItem(HIDDEN)) localStorage.removeItem(HIDDEN);
    else localStorage.setItem(HIDDEN, 'yes');
    this.draw();
  }
}
