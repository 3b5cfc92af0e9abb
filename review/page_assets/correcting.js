// What follows a "wrong": its code, how bad it is, the right action unit, and a rewritten sentence to take or to edit.

import { button, chip, h } from './dom.js';

/** Return the part of the focused card that corrects it. */
export function correction(desk, card, said, view) {
  return h('div', { class: 'correction' },
    said.follows ? h('p', { class: 'muted' }, 'Something that this sentence repeats was judged wrong.') : codeRow(desk, said),
    said.code === 'H2' && !said.follows && unitPicker(desk, card, said),
    said.code === 'H6' && card.claim.kind === 'emotion' && !said.follows && emotionPicker(desk),
    said.code && !said.follows && severityRow(desk, said),
    said.code && said.replacement === null && proposal(desk, card, said, view),
    said.replacement !== null && h('div', { class: 'row' },
      button('Keep the original words', () => desk.item.setReplacement(card.claim, null), { class: 'quiet', 'data-focus': 'restore' })));
}

function codeRow(desk, said) {
  const chips = desk.vocabulary.codes.filter((code) => code.code !== 'M1').map((code) => chip(
    [h('kbd', {}, desk.keyboard.keyOf(code.code === 'S1' ? 'style' : `code_${code.code}`)), ` ${code.short}`],
    said.code === code.code, () => desk.judging.setCode(code.code),
    { title: `${code.code} ${code.name}: ${code.means}`, 'data-code': code.code, 'data-focus': `code-${code.code}` },
  ));
  return h('div', { class: 'codes', role: 'group', 'aria-label': 'What is wrong' }, chips);
}

function severityRow(desk, said) {
  const words = ['minor', 'moderate', 'severe'];
  return h('div', { class: 'row severity', role: 'group', 'aria-label': 'How bad' },
    words.map((word, index) => chip([h('kbd', {}, `⇧${index + 1}`), ` ${word}`], said.severity === index + 1,
      () => desk.item.setSeverity(index + 1), { 'data-focus': `severity-${index + 1}` })));
}

/** A number box and the units of the same region, the nearest first. */
function unitPicker(desk, card, said) {
  const unit = card.claim.unit;
  const region = desk.units[unit]?.region;
  const near = desk.vocabulary.units.filter((other) => other.number !== unit)
    .sort((a, b) => (b.region === region) - (a.region === region) || Math.abs(a.number - unit) - Math.abs(b.number - unit)).slice(0, 3);
  const box = h('input', {
    class: 'unit-box', inputmode: 'numeric', placeholder: 'AU', 'aria-label': 'The right action unit, a number',
    'data-focus': 'right-unit', value: said.action_unit ?? '',
    onkeydown: (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[^\d]$/.test(event.key)) {
        event.preventDefault();
        desk.say('Here goes the number of the right action unit; Enter takes it, Esc leaves the box.');
      }
      if (event.key !== 'Enter') return;
      event.preventDefault();
      event.stopPropagation();
      const number = Number(box.value.replace(/\D/g, ''));
      if (desk.units[number] && number !== unit) {
        box.blur();
        desk.item.setRightUnit(number);
      } else desk.say(`AU${box.value} cannot be the right unit here; type the number of another one.`);
    },
  });
  return h('div', { class: 'row picker' }, h('span', {}, 'It is'), box,
    near.map((other) => chip(`${other.number} ${other.name}`, said.action_unit === other.number,
      () => desk.item.setRightUnit(other.number), { 'data-focus': `right-${other.number}` })));
}

/** The emotion that is seen in place of the one claimed: the same as in the right column. */
function emotionPicker(desk) {
  const { item, vocabulary } = desk;
  return h('div', { class: 'codes', role: 'group', 'aria-label': 'The emotion you see' }, h('span', { class: 'lead' }, 'You see'), vocabulary.emotions.map((name, index) => chip(
    [h('kbd', {}, index + 1), ` ${name}`], item.emotion?.label === name, () => item.setEmotion({ label: name }), { 'data-focus': `right-${name}` })));
}

/** One line that takes the correction over with one key. */
function proposal(desk, card, said, view) {
  if (said.code === 'H2' && !said.action_unit) return h('p', { class: 'muted' }, 'Name the right action unit and the sentence is rewritten.');
  if (said.code === 'H6' && card.claim.kind === 'emotion' && !desk.item.emotion) return h('p', { class: 'muted' }, 'Name the emotion you see (1 to 7) and the sentence is rewritten.');
  const proposed = desk.judging.proposal(card.claim, said);
  if (proposed === undefined) return h('p', { class: 'muted' }, '…');
  if (proposed === null) {
    return h('div', { class: 'row' }, h('span', { class: 'muted' }, 'No rewrite fits this error.'),
      button([h('kbd', {}, desk.keyboard.keyOf('edit')), ' edit it yourself'], () => view.startEdit(), { class: 'quiet', 'data-focus': 'edit-it' }));
  }
  return h('div', { class: 'row proposal' },
    button([h('kbd', {}, desk.keyboard.keyOf('accept')), proposed === '' ? ' delete this claim' : ' take this'], () => desk.judging.acceptProposal(), { 'data-focus': 'accept' }),
    proposed !== '' && h('span', { class: 'proposed' }, proposed));
}
