// What lies over the page: the key list, the conflict between two tabs, the last decisions, and short messages.

import { button, clock, h } from './dom.js';
import { keyLabel, keyName } from './keys.js';
import { scoreText } from './units.js';

/** Open a dialog with the given content; it closes with Esc and gives the focus back. */
export function openDialog(title, ...content) {
  const close = () => dialog.close();
  const dialog = h('dialog', { class: 'review-dialog', 'aria-label': title },
    h('header', {}, h('h2', {}, title), button('Close (Esc)', close, { class: 'quiet', 'data-close': true })), ...content);
  dialog.addEventListener('close', () => dialog.remove());
  (document.querySelector('#review') ?? document.body).append(dialog);
  dialog.showModal();
  return dialog;
}

/** The list of keys; each that may change has a button to press the new one. */
export function showKeys(desk) {
  const groups = new Map();
  for (const binding of desk.keyboard.bindings) groups.set(binding.group, [...(groups.get(binding.group) ?? []), binding]);
  const message = h('p', { role: 'status', class: 'muted' }, 'Single keys rest while you write. Click a key to change it. Digits mean the key’s place, letters what is printed on it.');
  const lists = [...groups].map(([group, bindings]) => h('section', {}, h('h3', {}, group), h('dl', {}, bindings.flatMap((binding) => [
    h('dt', {}, binding.fixed ? h('kbd', {}, keyLabel(binding.key)) : keyButton(desk, binding, message)), h('dd', {}, binding.label)]))));
  openDialog('Keys', message, h('div', { class: 'key-lists' }, lists), h('div', { class: 'row' }, button('All keys as delivered', () => remap(desk, {}, message))));
}

function keyButton(desk, binding, message) {
  const node = button(keyLabel(binding.key), () => {
    node.textContent = 'press …';
    const take = (event) => {
      if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph'].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      removeEventListener('keydown', take, true);
      node.textContent = keyLabel(binding.key);
      if (event.key !== 'Escape' && node.isConnected) remap(desk, { ...desk.keymap, [binding.action]: keyName(event) }, message);
    };
    addEventListener('keydown', take, true);
  }, { class: 'key-button', 'aria-label': `${binding.label}: ${keyLabel(binding.key)}; change` });
  return node;
}

async function remap(desk, keymap, message) {
  try {
    await desk.saveKeymap(keymap);
    document.querySelector('dialog[open]')?.close();
    showKeys(desk);
  } catch (error) {
    message.textContent = error.message;
    message.className = 'notice notice-error';
  }
}

/** Two tabs, or a lead, changed the same review: show both and let the reviewer choose. */
export function showConflict(body, desk, choose) {
  const { bundle, state } = desk.item;
  const names = new Map(bundle.item.claims.map((claim, index) => [String(claim.id), claim.unit ? `AU${claim.unit}` : `Claim ${index + 1}`]));
  const dialog = openDialog('Saved elsewhere in between',
    h('p', {}, 'This review was changed in another tab or by somebody else after you opened it. Nothing is lost: choose what to go on with; the other one stays in the history.'),
    h('div', { class: 'versions' }, version('Mine, on this screen', state, body.base, names), version('Theirs, in the database', body.theirs, body.base, names)),
    h('div', { class: 'row' },
      button('Keep mine', () => { dialog.close(); choose('mine'); }, { class: 'primary', autofocus: true }),
      button('Take theirs', () => { dialog.close(); choose('theirs'); })));
}

/** What one side changed since both started. */
function version(title, state, base, names) {
  const differs = (part, key) => JSON.stringify(base?.[part]?.[key]) !== JSON.stringify(state?.[part]?.[key]);
  const verdicts = Object.entries(state?.verdicts ?? {}).filter(([claim]) => differs('verdicts', claim));
  const units = Object.entries(state?.units ?? {}).filter(([unit]) => differs('units', unit));
  const lines = [
    ...verdicts.map(([claim, said]) => `${names.get(claim) ?? 'A claim'}: ${said.verdict.replace('_', ' ')}${said.code ? `, ${said.code}` : ''}${said.replacement ? ` – ${said.replacement}` : ''}`),
    ...(units.length ? [`Scores: ${units.map(([unit, seen]) => scoreText(Number(unit), seen)).join(', ')}`] : []),
    ...(state?.note && state.note !== base?.note ? [`Note: ${state.note}`] : []),
  ];
  return h('section', {}, h('h3', {}, title), h('ul', {}, (lines.length ? lines : ['Nothing that differs from the start.']).map((line) => h('li', {}, line))));
}

/** The last ten submitted reviews; choosing one opens it again. */
export function showDecisions(decisions, reopen) {
  if (!decisions.length) {
    openDialog('Your last decisions', h('p', {}, 'You have not submitted anything yet; your last ten decisions will stand here.'));
    return;
  }
  const dialog = openDialog('Your last decisions',
    h('p', { class: 'muted' }, 'Opening one again takes its submission back until you submit it again; both steps stay in the log.'),
    h('ol', { class: 'decisions' }, decisions.map((decision, index) => h('li', {}, button(
      [h('b', {}, clock(decision.submitted_at)), ` ${decision.task === 'au' ? 'Action units' : 'Emotion'} · ${decision.words}`],
      () => { dialog.close(); reopen(decision.review_id); }, { autofocus: index === 0 })))));
}

/** A message for five seconds, with one thing to do. */
export class Toast {
  constructor(root) {
    this.root = root;
  }

  show(words, label = null, act = null, seconds = 5) {
    clearTimeout(this.timer);
    this.root.replaceChildren(h('span', {}, words), ...(label ? [button(label, () => { this.hide(); act(); })] : []));
    this.root.dataset.on = 'yes';
    this.timer = setTimeout(() => this.hide(), 1000 * seconds);
  }

  hide() {
    clearTimeout(this.timer);
    this.root.dataset.on = '';
    this.root.replaceChildren();
  }
}
