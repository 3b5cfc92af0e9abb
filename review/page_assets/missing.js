// The last card: is anything visible that the text does not say?

import { button, h } from './dom.js';
import { scoreText } from './units.js';

/** Return the card that asks what is missing. */
export function missingCard(desk, focused, index) {
  const { item, keyboard } = desk;
  const left = item.unscored().length;
  const added = item.state.marks.filter((mark) => mark.code === 'M1');
  const answer = left === 0
    ? h('span', { class: 'verdict v-correct' }, '✓ every unit has a score')
    : h('span', { class: 'verdict v-none' }, `○ ${left} units without a score`);
  return h('article', { class: `claim-card missing ${left ? '' : 'is-correct'}`, 'data-card': index, 'aria-current': focused ? 'true' : null, 'aria-label': 'Anything missing?' },
    h('header', {}, h('b', { class: 'unit-badge plain' }, 'Anything missing?'), answer),
    added.length > 0 && h('ul', { class: 'added' }, added.map((mark) => addedMark(desk, mark))),
    focused && h('div', { class: 'row' },
      button([h('kbd', {}, keyboard.keyOf('correct')), left === desk.vocabulary.units.length ? ' ✓ Nothing is visible' : ' ✓ Nothing else: the rest is absent'], () => desk.judging.judge('correct'), { 'data-focus': 'nothing-missing', disabled: left === 0 }),
      h('span', { class: 'muted' }, h('kbd', {}, keyboard.keyOf('add_unit')), ' add:'), desk.adding.scoreBox('missing')),
    !focused && left > 0 && h('span', { class: 'muted' }, h('kbd', {}, keyboard.keyOf('add_unit')), ' adds a unit the text leaves out'));
}

function addedMark(desk, mark) {
  const number = mark.action_unit ?? Number(/AU(\d+)/.exec(mark.replacement ?? '')?.[1]);
  return h('li', {}, h('b', {}, `+ ${number ? scoreText(number, desk.item.state.units[number]) : 'M1'} `), mark.replacement ?? '',
    ' ', button('remove', () => desk.adding.remove(mark, number), { class: 'quiet small' }));
}
