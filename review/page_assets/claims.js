// The middle column: one card a claim, verbatim, with its verdict; the focused one has everything needed to judge and correct.

import { button, chip, codePoints, fill, h } from './dom.js';
import { correction } from './correcting.js';
import { missingCard } from './missing.js';

const SIGN = { correct: '✓', wrong: '✗', unsure: '?', cannot_judge: '–' };
const WORD = { correct: 'correct', wrong: 'wrong', unsure: 'unsure', cannot_judge: 'cannot judge' };

export class ClaimsView {
  /** Args: `root` to draw into; `desk` the review page's parts (item, keyboard, text, preview ...). */
  constructor(root, desk) {
    this.root = root;
    this.desk = desk;
    this.editing = null;
    this.marking = null;
    root.addEventListener('click', (event) => this.clicked(event));
    desk.item.listen((event) => {
      if (event === 'item') Object.assign(this, { editing: null, marking: null });
      this.draw();
      if (event !== 'state') this.reveal();
    }, () => Object.assign(this, { editing: null, marking: null }));
  }

  draw() {
    const { item } = this.desk;
    if (item.hidden) {
      fill(this.root, blindNotice(this.desk));
      return;
    }
    if (this.editing !== null && this.root.contains(document.activeElement)) return;
    fill(this.root, item.cards.map((card, index) => this.drawCard(card, index === item.focus, index)));
  }

  reveal() {
    this.root.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }

  clicked(event) {
    const card = event.target.closest('[data-card]');
    if (!card || event.target.closest('button, input, textarea, select, a')) return;
    if (!getSelection().isCollapsed) return;
    this.desk.item.goTo(Number(card.dataset.card));
  }

  drawCard(card, focused, index) {
    if (card.missing) return missingCard(this.desk, focused, index);
    const said = this.desk.item.verdict(card.claim);
    const folded = (card.folded || (card.repeats && said?.verdict !== 'wrong')) && !focused;
    const edited = said?.replacement !== null && said?.replacement !== undefined;
    return h(
      'article',
      {
        class: `claim-card ${folded ? 'folded' : ''} ${card.repeats ? 'repeats' : ''} ${said ? `is-${said.verdict}` : ''}`,
        'data-card': index,
        'data-claim': card.claim.id,
        'aria-current': focused ? 'true' : null,
        'aria-label': `Claim ${index + 1} of ${this.desk.item.cards.length}, ${said ? WORD[said.verdict] : 'not judged'}`,
      },
      this.heading(card, said, focused),
      this.editing === card.claim.id ? this.editor(card) : this.text(card, edited),
      edited && this.editing !== card.claim.id && this.difference(card.claim, said),
      focused && this.marksOf(card.claim),
      focused && this.verdictRow(said),
      focused && said?.verdict === 'wrong' && correction(this.desk, card, said, this),
    );
  }

  heading(card, said, focused) {
    const { claim } = card;
    const kind = { intro: 'introduction', boiler: 'boilerplate', emotion: 'emotion', detail: 'detail' }[claim.kind];
    const parts = [
      claim.unit ? h('b', { class: 'unit-badge' }, `AU${[claim.unit, ...claim.more_units].join('+')}`) : h('b', { class: 'unit-badge plain' }, kind ?? claim.kind),
      (claim.name || claim.emotion) && h('span', { class: 'unit-name' }, claim.name || [claim.emotion, claim.second_emotion].filter(Boolean).join(', with ')),
      (claim.negated || claim.intensity || claim.side !== 'N') && h('span', { class: 'muted' }, readAs(claim)),
    ];
    if (card.repeats) parts.push(h('span', { class: 'muted' }, `only repeats${focused ? ' other claims, so it follows them; your own verdict goes before' : ''}`));
    const verdict = said
      ? h('span', { class: `verdict v-${said.verdict} ${said.follows ? 'follows' : ''}` }, `${said.follows ? '↳ ' : ''}${SIGN[said.verdict]} ${WORD[said.verdict]}${said.code ? ` · ${said.code}` : ''}${said.severity ? ` · ${'!'.repeat(said.severity)}` : ''}`)
      : card.folded
        ? h('span', { class: 'muted' }, `${this.desk.keyboard.keyOf('code_H0')} deletes`)
        : h('span', { class: 'verdict v-none' }, card.repeats && !this.desk.item.canFollow(claim) ? '↳ will follow' : '○ to judge');
    const edit = focused && this.editing !== card.claim.id && button([h('kbd', {}, this.desk.keyboard.keyOf('edit')), ' edit'], () => this.startEdit(), { class: 'quiet', 'aria-label': 'Edit the sentence', 'data-focus': 'edit-button' });
    return h('header', {}, ...parts.filter(Boolean), edit, verdict);
  }

  /** The claim's words, each with its place in the text, marks and the words being marked shown. */
  text(card, edited) {
    const { claim } = card;
    const points = codePoints(claim.text);
    let first = 0;
    let last = points.length;
    while (first < last && !points[first].trim()) first += 1;
    while (last > first && !points[last - 1].trim()) last -= 1;
    const spans = this.spansOf(claim, first, last);
    const nodes = spans.map(({ start, end, className, title }) => {
      const words = points.slice(start, end).join('');
      return className ? h('mark', { class: className, title }, words) : words;
    });
    return h('p', { class: `claim-text ${edited ? 'was' : ''}`, 'data-start': claim.start + first }, ...nodes);
  }

  spansOf(claim, first, last) {
    const marks = this.desk.item.state.marks
      .filter((mark) => mark.end > mark.start && mark.start < claim.end && mark.end > claim.start)
      .map((mark) => ({ start: mark.start - claim.start, end: mark.end - claim.start, className: 'marked', title: `${mark.code} ${this.desk.codes[mark.code]?.name ?? ''}` }));
    if (this.marking?.claim === claim.id) marks.push({ start: this.marking.start - claim.start, end: this.marking.end - claim.start, className: 'marking' });
    const edges = [first, last, ...marks.flatMap(({ start, end }) => [start, end])];
    const cuts = [...new Set(edges)].filter((edge) => edge >= first && edge <= last).sort((a, b) => a - b);
    return cuts.slice(0, -1).map((start, index) => {
      const covering = marks.filter((mark) => mark.start <= start && mark.end >= cuts[index + 1]);
      return { start, end: cuts[index + 1], className: covering.map((mark) => mark.className).join(' '), title: covering[0]?.title };
    });
  }

  difference(claim, said) {
    if (said.replacement === '') return h('p', { class: 'diff' }, h('b', {}, 'Deleted. '), h('span', { class: 'muted' }, 'The corrected text leaves this claim out.'));
    const steps = this.desk.preview.differences?.[claim.id];
    if (!steps) return h('p', { class: 'diff' }, said.replacement);
    const nodes = steps.flatMap(([kind, words]) => [kind === 'delete' ? h('del', {}, words) : kind === 'insert' ? h('ins', {}, words) : words]);
    return h('p', { class: 'diff', 'aria-label': 'What changes' }, ...nodes);
  }

  /** The marked words of a claim, each of which can be taken back. */
  marksOf(claim) {
    const { item } = this.desk;
    const marks = item.state.marks.filter((mark) => mark.end > mark.start && mark.start < claim.end && mark.end > claim.start);
    if (!marks.length) return null;
    const points = codePoints(item.bundle.item.text);
    return h('ul', { class: 'marks', 'aria-label': 'Marked words' }, marks.map((mark) => h('li', {},
      h('b', {}, mark.code), ` “${points.slice(mark.start, mark.end).join('')}” `, button('remove', () => item.removeMark(mark), { class: 'quiet small' }))));
  }

  editor(card) {
    const said = this.desk.item.verdict(card.claim);
    const box = h('textarea', {
      class: 'edit', rows: 3, 'aria-label': 'Corrected sentence', 'data-focus': 'edit', spellcheck: 'true',
      onblur: (event) => this.finishEdit(card.claim, event.target.value),
    });
    box.value = said?.replacement || card.claim.text.trim();
    return box;
  }

  startEdit() {
    const { item } = this.desk;
    if (!item.claim) return;
    this.editing = item.claim.id;
    const card = item.cards[item.focus];
    const old = this.root.querySelector('[aria-current]');
    const fresh = this.drawCard(card, true, item.focus);
    old.replaceWith(fresh);
    const box = fresh.querySelector('textarea');
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  finishEdit(claim, value) {
    if (this.editing === null) return;
    this.editing = null;
    const said = this.desk.item.verdict(claim);
    const words = value.trim();
    if (words !== (said?.replacement ?? claim.text.trim())) this.desk.item.setReplacement(claim, words === claim.text.trim() ? null : words);
    this.draw();
  }

  verdictRow(said) {
    const { keyboard } = this.desk;
    const one = (verdict) => chip(
      [h('kbd', {}, keyboard.keyOf(verdict)), ` ${SIGN[verdict]} ${WORD[verdict]}`], said?.verdict === verdict,
      () => this.desk.judging.judge(verdict), { class: `chip verdict-chip v-${verdict}`, 'data-verdict': verdict, 'data-focus': `v-${verdict}` },
    );
    return h('div', { class: 'verdicts', role: 'group', 'aria-label': 'Verdict' }, Object.keys(WORD).map(one));
  }
}

function readAs(claim) {
  const side = { L: 'subject’s left', R: 'subject’s right', B: 'both sides' }[claim.side];
  return [claim.negated && 'denied', claim.intensity, side].filter(Boolean).join(' · ');
}

function blindNotice(desk) {
  const what = desk.item.bundle.item.task === 'au' ? 'Score the action units first' : 'Say which emotion you see first';
  return h('div', { class: 'blind' },
    h('h3', {}, what),
    h('p', {}, 'The description stays hidden until then, so that it cannot lead you. Type a score line such as ', h('code', {}, '1B 2C L12D -15 ?25'), ' (− absent, ? not visible), or use the table on the right.'),
    desk.adding.scoreBox('blind'),
    h('div', { class: 'row' },
      desk.item.bundle.item.task === 'au' && button([h('kbd', {}, desk.keyboard.keyOf('correct')), ' The rest is absent'], () => desk.item.scoreRestAbsent()),
      button([h('kbd', {}, 'Enter'), ' Confirm and show the text'], () => desk.going.confirmBlind(), { class: 'primary', 'data-focus': 'confirm' })));
}
