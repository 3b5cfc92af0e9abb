// Marking words of a claim: by a selection, or word by word with the keyboard.

import { codePoints } from './dom.js';

const HINT = 'Mark: ← → move, ⇧← ⇧→ widen, then a code 1–9, 0; Esc leaves';

export class Marking {
  constructor(desk) {
    this.desk = desk;
  }

  /** Start with the words selected by mouse, or with the first word of the focused claim. */
  start() {
    const { claim } = this.desk.item;
    if (!claim) return;
    this.words = wordsOf(claim);
    if (!this.words.length) return;
    const selected = this.selection(claim);
    this.from = this.words.findIndex((word) => word.end > (selected?.start ?? word.start));
    this.to = selected ? this.words.findLastIndex((word) => word.start < selected.end) : this.from;
    this.exact = selected;
    this.show(claim);
    this.listen(claim);
  }

  listen(claim) {
    this.desk.keyboard.wait([HINT], (name) => this.press(claim, name));
  }

  press(claim, name) {
    const digit = /^Digit([0-9])$/.exec(name);
    if (digit) {
      const { start, end } = this.span();
      this.stop();
      this.desk.item.addMark({ start, end, code: `H${digit[1]}`, severity: null, replacement: null, action_unit: null });
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[name.replace('Shift+', '')];
    if (!step) {
      this.stop();
      return;
    }
    this.exact = null;
    const last = this.words.length - 1;
    this.to = Math.max(0, Math.min(last, this.to + step));
    if (name.startsWith('Shift+')) this.from = Math.min(this.from, this.to);
    else this.from = this.to;
    this.show(claim);
    this.listen(claim);
  }

  span() {
    if (this.exact) return this.exact;
    const [low, high] = [Math.min(this.from, this.to), Math.max(this.from, this.to)];
    return { start: this.words[low].start, end: this.words[high].end };
  }

  show(claim) {
    this.desk.claims.marking = { claim: claim.id, ...this.span() };
    this.desk.claims.draw();
  }

  stop() {
    this.desk.claims.marking = null;
    this.desk.claims.draw();
  }

  /** Return the selected part of the claim's words as code points of the whole text, or null. */
  selection(claim) {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return null;
    const range = chosen.getRangeAt(0);
    const words = this.desk.root.querySelector(`[data-claim="${claim.id}"] .claim-text`);
    if (!words || !words.contains(range.startContainer) || !words.contains(range.endContainer)) return null;
    const before = range.cloneRange();
    before.setStart(words, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = Number(words.dataset.start) + codePoints(before.toString()).length;
    const end = start + codePoints(range.toString()).length;
    chosen.removeAllRanges();
    return { start, end };
  }
}

/** Return the words of a claim with their places in the whole text. */
function wordsOf(claim) {
  const words = [];
  let start = null;
  const points = codePoints(claim.text);
  points.forEach((point, index) => {
    if (point.trim() && start === null) start = index;
    if ((!point.trim() || index === points.length - 1) && start !== null) {
      words.push({ start: claim.start + start, end: claim.start + (point.trim() ? index + 1 : index) });
      start = null;
    }
  });
  return words;
}
