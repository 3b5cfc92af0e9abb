// The bars above and below the item, and what is said of saving.

import { showKeys } from './dialogs.js';
import { button, chip, fill, h } from './dom.js';
import { keyLabel } from './keys.js';

export class Bars {
  constructor(desk) {
    this.desk = desk;
    this.item = desk.item;
    this.item.listen(() => this.draw(), () => this.clear());
  }

  showSaving({ state, words }) {
    const { saved, banner } = this.desk.parts;
    saved.dataset.state = state;
    saved.textContent = state === 'failed' ? '✗ Not saved' : words;
    fill(banner, state === 'failed' && h('p', { class: 'notice notice-error' }, words));
    this.draw();
  }

  clear() {
    const { top, bottom, banner } = this.desk.parts;
    for (const part of [top, bottom, banner]) fill(part);
  }

  draw() {
    if (!this.item.bundle) return;
    const { campaign, lease, item } = this.item.bundle;
    const { parts } = this.desk;
    const goal = lease.goal_today ? `${lease.done_today + 1} of today’s ${lease.goal_today}` : `${lease.done_today} done today`;
    fill(parts.top,
      h('b', {}, campaign.name), h('span', { class: 'task' }, item.task === 'au' ? 'Action units' : 'Emotion'), h('span', { class: 'muted' }, goal),
      this.item.hidden && h('span', { class: 'task blind-tag' }, 'Blind: the text comes after your own scores'),
      h('span', { class: 'grow' }), parts.timer, parts.saved,
      button([h('kbd', {}, keyLabel('?')), ' keys'], () => showKeys(this.desk), { class: 'quiet', 'data-focus': 'help' }));
    fill(parts.bottom, this.buttons());
  }

  buttons() {
    const { item } = this;
    const { keyboard, going, choosing, saving } = this.desk;
    const key = (action) => h('kbd', {}, keyboard.keyOf(action));
    const judged = item.cards.filter((card) => card.claim && !card.folded && !card.repeats);
    const done = judged.filter((card) => item.verdict(card.claim)).length;
    const ready = item.hidden || item.unanswered().length === 0;
    const told = `${done} of ${judged.length} claims judged${ready && done < judged.length ? '; the others may stay open' : ''}`;
    const words = item.hidden ? ' Confirm and show the text' : going.submitting ? ' Submitting …' : ' Submit & next';
    return [
      button([key('back'), ' Back'], () => going.decisions(), { 'data-focus': 'back' }),
      button([key('skip'), ' Skip'], () => choosing.skip(), { 'data-focus': 'skip' }),
      chip([key('flag'), ' Flag'], item.state.flagged, () => item.toggle('flagged'), { 'data-focus': 'flag' }),
      button([key('undo'), ' Undo'], () => going.undo(), { 'data-focus': 'undo' }),
      h('span', { class: 'grow progress' }, item.hidden ? '' : told),
      button([key('submit'), words], () => (item.hidden ? going.confirmBlind() : going.submit()),
        { class: `primary ${ready ? '' : 'waiting'}`, disabled: going.submitting || saving.failed, 'data-focus': 'submit' }),
    ];
  }
}
