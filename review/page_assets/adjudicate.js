// Adjudication: one key decides the current conflict and moves on; Enter sends everything.
const root = () => element.querySelector('.rv-adjudicate');
const conflicts = () => [...element.querySelectorAll('.rv-conflict')];
const isOpen = () => root() && element.offsetParent !== null;
let current = 0;

function say(words) {
  const line = element.querySelector('.rv-left');
  if (line) line.textContent = words;
}

function undecided() {
  return conflicts().filter((conflict) => !conflict.querySelector('input[type=radio]:checked'));
}

function show() {
  const all = conflicts();
  current = Math.max(0, Math.min(current, all.length - 1));
  all.forEach((conflict, index) => {
    conflict.toggleAttribute('data-current', index === current);
    const other = conflict.querySelector('.rv-other input[type=radio]');
    conflict.querySelectorAll('.rv-fields select, .rv-fields textarea').forEach((field) => { field.disabled = !other.checked; });
  });
  const key = all[current]?.dataset.target === 'claim' ? all[current].dataset.key : null;
  element.querySelectorAll('mark[data-claim]').forEach((mark) => mark.toggleAttribute('data-current', mark.dataset.claim === key));
  const left = undecided().length;
  say(left ? `${left} left` : 'All decided');
}

function go(step) {
  current += step;
  show();
  conflicts()[current]?.scrollIntoView({ block: 'nearest' });
  conflicts()[current]?.focus({ preventScroll: true });
}

function choose(number) {
  const radios = [...(conflicts()[current]?.querySelectorAll('input[type=radio]') ?? [])];
  const radio = radios[number - 1];
  if (!radio) return;
  radio.checked = true;
  show();
  const field = radio.closest('.rv-other')?.querySelector('select, textarea');
  if (field) field.focus();
  else if (current < conflicts().length - 1) go(1);
}

function decide() {
  const missing = undecided();
  if (missing.length) {
    current = conflicts().indexOf(missing[0]);
    go(0);
    say(`${missing.length} left: choose A, B or something else first`);
    return;
  }
  const decisions = conflicts().map((conflict) => {
    const chosen = conflict.querySelector('input[type=radio]:checked').value;
    const fields = Object.fromEntries([...conflict.querySelectorAll('.rv-fields select, .rv-fields textarea')].map((field) => [field.name, field.value]));
    return { target: conflict.dataset.target, key: conflict.dataset.key, chosen, fields, reason: conflict.querySelector('[name=reason]').value };
  });
  const { adjudication, version } = root().dataset;
  current = 0;
  trigger('decide', { adjudication: Number(adjudication), version: Number(version), decisions });
}

element.addEventListener('click', (event) => {
  if (event.target.closest('[data-act=decide]')) decide();
});
element.addEventListener('change', show);
element.addEventListener('focusin', (event) => {
  const index = conflicts().indexOf(event.target.closest('.rv-conflict'));
  if (index >= 0 && index !== current) { current = index; show(); }
});

document.addEventListener('keydown', (event) => {
  if (!isOpen() || event.isComposing || event.ctrlKey && event.key !== 'Enter' || event.metaKey || event.altKey) return;
  const typing = event.target.closest?.('input:not([type=radio]), textarea, select, [contenteditable=true]');
  if (event.key === 'Escape' && typing) { typing.blur(); go(0); return; }
  if (event.key === 'Enter' && (!typing || event.ctrlKey || typing.name === 'reason') && !event.target.closest?.('button, a')) {
    event.preventDefault();
    if (typing?.name === 'reason' && !event.ctrlKey) { typing.blur(); go(1); } else decide();
    return;
  }
  if (typing) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const moves = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  if (digit && !event.shiftKey) choose(Number(digit[1]));
  else if (event.key in moves) go(moves[event.key]);
  else if (event.key === 'r') conflicts()[current]?.querySelector('[name=reason]').focus();
  else return;
  event.preventDefault();
});

new MutationObserver((changes) => {
  if (changes.some((change) => [...change.addedNodes].some((node) => node.querySelector?.('.rv-conflict') || node.matches?.('.rv-conflict')))) show();
}).observe(element, { childList: true, subtree: true });
show();
