// Units that the text leaves out: the box for a score line, and the sentence that is added for each.

import { openDialog } from './dialogs.js';
import { codePoints, h } from './dom.js';
import { readScores } from './units.js';

export class Adding {
  constructor(desk) {
    this.desk = desk;
    this.item = desk.item;
  }

  /** Go to the box for a score line; where the page shows none, a dialog holds it. */
  start() {
    const { item } = this;
    if (!item.hidden) {
      const last = item.cards.findIndex((card) => card.missing);
      if (last >= 0) item.goTo(last);
    }
    const box = this.desk.root.querySelector('[data-focus^="scores-"]');
    if (box) box.focus();
    else openDialog('Score action units', this.scoreBox('dialog')).querySelector('input').focus();
  }

  /** A box for a score line; units that the text leaves out are added to it as M1. */
  scoreBox(place) {
    const box = h('input', {
      class: 'score-box', placeholder: place === 'blind' ? '1B 2C L12D -15 ?25' : '25 or L12C', 'aria-label': 'Action units, such as 25, L12C, -15 absent, ?25 not visible', 'data-focus': `scores-${place}`, autocomplete: 'off',
      onkeydown: (event) => {
        if (event.key !== 'Enter' || event.isComposing || event.ctrlKey) return;
        event.preventDefault();
        event.stopPropagation();
        this.takeScores(box);
      },
    });
    return box;
  }

  async takeScores(box) {
    const { scores, error } = readScores(box.value, [...this.desk.vocabulary.units, ...this.desk.vocabulary.other_units].map((unit) => unit.number));
    if (error) {
      this.desk.say(error);
      return;
    }
    const again = box.value.trim() === '';
    box.value = '';
    if (again || box.closest('dialog')) {
      box.blur();
      box.closest('dialog')?.close();
    }
    if (Object.keys(scores).length) await this.addScores(scores);
  }

  async addScores(scores) {
    const { item } = this;
    item.score(scores);
    if (item.hidden || item.bundle.item.task !== 'au') return;
    const review = item.reviewId;
    const told = new Set(item.bundle.item.claims.filter((claim) => !claim.negated).flatMap((claim) => [claim.unit, ...claim.more_units]));
    const marked = new Set(item.state.marks.map((mark) => mark.action_unit));
    for (const [number, seen] of Object.entries(scores)) {
      const unit = Number(number);
      const outside = !this.desk.units[unit]; // scored, but no sentence is written: the text is about the project's units
      if (outside || seen.state !== 'present' || told.has(unit) || marked.has(unit)) continue;
      const words = await this.desk.preview.addition(unit, seen);
      if (review !== item.reviewId) return;
      const at = this.insertionPoint();
      item.addMark({ start: at, end: at, code: 'M1', severity: null, replacement: this.fitted(words, at), action_unit: unit });
    }
  }

  /** Return where a missing unit is written: after the last claim about an action unit that repeats no other. */
  insertionPoint() {
    const { claims, text } = this.item.bundle.item;
    const units = claims.filter((claim) => claim.kind === 'au' && !claim.follows.length);
    return units.length ? Math.max(...units.map((claim) => claim.end)) : codePoints(text).length;
  }

  /** Return an added sentence with what it needs around it: the bullet of its list, or a space on either side. */
  fitted(words, at) {
    if (words === null) return null;
    const { claims, text } = this.item.bundle.item;
    const points = codePoints(text);
    const before = claims.filter((claim) => claim.kind === 'au' && claim.end <= at).at(-1);
    if (/^\s*\d+[.)]\s/.test(before?.text ?? '')) return words;
    const bullet = /^\s*([-*•]\s+)/.exec(before?.text ?? '')?.[1];
    const [left, right] = [points[at - 1] ?? '\n', points[at] ?? ' '];
    if (bullet) return `${left === '\n' ? '' : '\n'}${bullet}${words}${left === '\n' ? '\n' : ''}`;
    return `${left.trim() ? ' ' : ''}${words}${right.trim() ? ' ' : ''}`;
  }

  remove(mark, unit) {
    this.item.removeMark(mark);
    if (unit) this.item.change((state) => { delete state.units[unit]; });
  }
}
