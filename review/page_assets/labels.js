// The right column: action units, emotion, contradictions, what the benchmark reads, the guideline card, the note.

import { call } from './api.js';
import { showThread } from './comments.js';
import { openDialog } from './dialogs.js';
import { button, chip, fill, h } from './dom.js';
import { STATES, STATE_SIGN, STATE_WORD, scoreText } from './units.js';

const SIDES = { N: 'not stated', L: 'subject’s left', R: 'subject’s right', B: 'both sides' };
const INTENSITIES = { A: 'trace', B: 'slight', C: 'marked', D: 'severe', E: 'maximum' };

export class LabelsView {
  constructor(root, desk) {
    this.desk = desk;
    this.parts = {};
    for (const name of ['units', 'unit-tools', 'emotion', 'checks', 'card', 'note']) this.parts[name] = h('section', { class: `part-${name}` });
    root.replaceChildren(...Object.values(this.parts));
    desk.item.listen((event) => {
      this.draw();
      if (event === 'item') this.drawNote();
      else if (document.activeElement !== this.note) this.note.value = desk.item.state.note;
    });
  }

  draw() {
    this.desk.root.dataset.task = this.desk.item.bundle.item.task;
    this.drawUnits();
    this.drawTools();
    this.drawEmotion();
    this.drawChecks();
    this.drawCard();
  }

  drawUnits() {
    const { item, vocabulary } = this.desk;
    const cells = vocabulary.units.map((unit) => this.cell(unit, item.units[unit.number]));
    fill(this.parts.units,
      h('h3', {}, item.hidden ? 'Your scores' : 'Action units', h('span', { class: 'muted legend' }, '● present ○ absent ⊘ not visible')),
      h('div', { class: 'unit-grid', role: 'group', 'aria-label': 'Action units' }, cells),
      this.others());
  }

  /** Scored FACS units that are none of the project's: the score line adds them, their cross takes them away. */
  others() {
    const { item, units, vocabulary } = this.desk;
    const scored = Object.entries(item.units).map(([number, seen]) => [Number(number), seen])
      .filter(([number, seen]) => !units[number] && seen.state !== 'not_judged');
    if (!scored.length) return null;
    const names = Object.fromEntries(vocabulary.other_units.map((unit) => [unit.number, unit.name]));
    const chips = scored.map(([number, seen]) => button(
      [`${scoreText(number, seen)} ${names[number] ?? ''} `, h('span', { 'aria-hidden': 'true' }, '✕')],
      () => item.score({ [number]: { state: 'not_judged', intensity: null, side: 'N' } }),
      { class: 'chip', 'data-focus': `other-${number}`, 'aria-label': `Remove AU${number} ${names[number] ?? ''}` },
    ));
    return h('div', { class: 'other-units row tight' }, h('span', { class: 'muted' }, 'Other (not read by the benchmark)'), chips);
  }

  cell(unit, seen) {
    const { item } = this.desk;
    const state = seen?.state ?? 'not_judged';
    const claimed = !item.hidden && item.bundle.item.claims.some((claim) => claim.unit === unit.number || claim.more_units.includes(unit.number));
    const side = seen && seen.side !== 'N' ? seen.side : '';
    return h('button', {
      type: 'button', class: `unit-cell s-${state} ${claimed ? 'claimed' : ''}`, 'data-unit': unit.number, 'data-focus': `unit-${unit.number}`,
      'aria-pressed': String(item.unit === unit.number),
      'aria-label': `AU${unit.number} ${unit.name}: ${STATE_WORD[state]}${seen?.intensity ? `, ${seen.intensity} ${INTENSITIES[seen.intensity]}` : ''}${side ? `, ${SIDES[side]}` : ''}${claimed ? ', named in the text' : ''}`,
      title: `AU${unit.number} ${unit.name}: ${unit.appearance}`,
      onclick: (event) => this.clicked(event, unit.number, state),
      onfocus: (event) => { if (event.target.matches(':focus-visible') && item.unit !== unit.number) item.goToUnit(unit.number); },
    },
    h('span', { class: 'sign' }, STATE_SIGN[state]), h('b', {}, unit.number), h('span', { class: 'name' }, unit.name),
    h('span', { class: 'score' }, side && h('small', {}, side === 'B' ? 'LR' : side), seen?.intensity ?? ''));
  }

  /** The first click looks at a unit, further ones step through its states. */
  clicked(event, number, state) {
    const { item } = this.desk;
    if (item.unit !== number) item.goToUnit(number);
    else item.score({ [number]: { state: STATES[(STATES.indexOf(state) + 1) % STATES.length], intensity: null, side: 'N' } });
    if (event.detail > 0) document.activeElement?.blur();
  }

  drawTools() {
    const { item, keyboard, units } = this.desk;
    const number = item.unit;
    if (!number || !units[number]) {
      fill(this.parts['unit-tools'], h('p', { class: 'muted' }, 'Choose a unit to score its strength and side.'));
      return;
    }
    const seen = item.units[number];
    const state = seen?.state ?? 'not_judged';
    fill(this.parts['unit-tools'],
      h('div', { class: 'row tight' }, h('b', {}, `AU${number}`), STATES.slice(0, 3).map((one) => chip(STATE_WORD[one], state === one,
        () => item.score({ [number]: state === one ? { state: 'not_judged', intensity: null, side: 'N' } : { state: one, intensity: null, side: 'N' } }), { 'data-focus': `state-${one}` }))),
      h('div', { class: 'row tight' },
        Object.entries(INTENSITIES).map(([letter, word]) => chip([letter, h('kbd', {}, keyboard.keyOf(`intensity_${letter}`))], seen?.intensity === letter,
          () => item.refineUnit({ intensity: letter }), { title: word, 'data-focus': `intensity-${letter}` })),
        h('span', { class: 'gap' }),
        ['L', 'R', 'B'].map((side) => chip([side, h('kbd', {}, keyboard.keyOf(`side_${side}`))], seen?.side === side,
          () => item.refineUnit({ side }), { title: SIDES[side], 'data-focus': `side-${side}` }))));
  }

  drawEmotion() {
    const { item, vocabulary, keyboard } = this.desk;
    const seen = item.emotion;
    const chips = vocabulary.emotions.map((name, index) => {
      const second = seen?.second === name;
      return chip([name, second ? h('small', {}, ' 2nd') : ''], seen?.label === name || second, (event) => {
        item.setEmotion(event.shiftKey ? { second: second ? null : name } : { label: name });
      }, { 'data-focus': `emotion-${name}`, class: `chip ${second ? 'second' : ''}`, title: `${keyboard.keyOf('emotion')} ${index + 1}; with Shift as a second one` });
    });
    fill(this.parts.emotion, h('h3', {}, 'Emotion', h('span', { class: 'legend muted' }, h('kbd', {}, keyboard.keyOf('emotion')), ' 1–7, ⇧ for a second')),
      h('div', { class: 'emotions' }, chips),
      seen && h('div', { class: 'row tight' }, h('span', { class: 'muted' }, 'sure'), ['a little', 'rather', 'very'].map((word, index) => chip(word, seen.confidence === index + 1,
        () => item.setEmotion({ confidence: index + 1 }), { 'data-focus': `sure-${index}` }))));
  }

  drawChecks() {
    const { item, preview } = this.desk;
    if (item.hidden) {
      fill(this.parts.checks);
      return;
    }
    const read = item.bundle.item.task === 'au'
      ? (preview.units ?? []).map((unit) => `AU${unit}`).join(' ') || 'no action unit'
      : preview.emotion || 'no emotion';
    fill(this.parts.checks,
      h('p', { class: 'parser' }, h('span', { class: 'muted' }, 'From this text the benchmark reads '), h('b', {}, preview.ready ? read : '…')),
      (preview.contradictions ?? []).length > 0 && h('ul', { class: 'contradictions', 'aria-label': 'Contradictions' },
        preview.contradictions.map((words) => h('li', {}, h('span', { 'aria-hidden': 'true' }, '! '), words))));
  }

  drawCard() {
    const { item, guideline, units, codes } = this.desk;
    const said = item.hidden ? null : item.verdict();
    const code = said?.verdict === 'wrong' && said.code ? guideline.codes?.[said.code] : null;
    const card = code ? null : guideline.units?.[item.unit];
    if (code) {
      this.fillCard(`${said.code} ${code.name}`, h('p', {}, code.means), h('p', { class: 'muted' }, code.example), h('p', {}, h('i', {}, 'Not: '), code.not_this), h('p', {}, h('i', {}, 'Effect: '), code.effect));
    } else if (card) {
      this.fillCard(`AU${item.unit} ${units[item.unit].name}`, h('p', {}, card.look_for), h('p', {}, h('i', {}, 'Not: '), card.mistaken_for),
        h('p', { class: 'muted' }, Object.entries(card.intensity).map(([band, words]) => h('span', { class: 'band' }, h('b', {}, band), ` ${words} `))), h('p', { class: 'muted' }, card.still_picture));
    } else {
      this.fillCard('Guideline', h('p', { class: 'muted' }, guideline.summary ?? 'The card of the unit or code in focus stands here.'));
    }
  }

  /** Show a card; what does not fit scrolls, and a line under it says so for as long as there is more. */
  fillCard(title, ...content) {
    const text = h('div', { class: 'card-text' }, h('h3', {}, title), content);
    const more = button('▾ more', () => text.scrollBy({ top: text.clientHeight * 0.8 }), { class: 'card-more', 'data-focus': 'card-more' });
    const measure = () => { more.dataset.left = text.scrollHeight - text.clientHeight - text.scrollTop > 2 ? 'yes' : 'no'; };
    text.addEventListener('scroll', measure);
    this.cardSize?.disconnect();
    this.cardSize = new ResizeObserver(measure);
    fill(this.parts.card, text, more);
    this.cardSize.observe(text);
  }

  drawNote() {
    const { item, keyboard } = this.desk;
    this.note = h('textarea', {
      rows: 2, placeholder: `Note for yourself and the lead (${keyboard.keyOf('comment')})`, 'aria-label': 'Note', 'data-focus': 'note',
      oninput: (event) => item.typeNote(event.target.value),
    });
    this.note.value = item.state.note;
    this.threadButton = button('', () => this.openThread(), { class: 'quiet small', 'data-focus': 'thread' });
    this.countThread(null);
    fill(this.parts.note, this.note, this.threadButton);
    const review = item.reviewId;
    call('comments', { description_id: item.bundle.item.description_id }).then(
      (thread) => { if (review === item.reviewId) this.countThread(thread); },
      () => {}, // the thread says so when it is opened
    );
  }

  countThread(thread) {
    const open = thread?.comments.filter((one) => one.resolved === null).length ?? 0;
    this.threadButton.replaceChildren(h('kbd', {}, this.desk.keyboard.keyOf('thread')), ` Comments${thread?.comments.length ? ` (${thread.comments.length}, ${open} open)` : ''}`);
  }

  /** Open the remarks of reviewers and leads on this item; unlike the note they are no part of the review. */
  openThread() {
    const root = h('section', {});
    openDialog('Comments on this item', root);
    showThread(root, this.desk.item.bundle.item.description_id, (thread) => this.countThread(thread)).then(() => root.querySelector('textarea')?.focus());
  }
}
