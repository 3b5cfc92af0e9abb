// The keyboard: which key does what, when it must stay silent, and the two-step keys (V then 0-4, S then 1-4).

const TYPING = 'input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]:not([contenteditable=false])';

/** Return the name of the pressed key as the registry writes it: Latin letters as printed, digits by their place. */
export function keyName(event) {
  const control = event.ctrlKey || event.metaKey;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  const alternate = event.getModifierState?.('AltGraph');
  if (digit && !alternate) return `${control ? 'Ctrl+' : ''}${event.shiftKey ? 'Shift+' : ''}Digit${digit[1]}`;
  const place = /^Key([A-Z])$/.exec(event.code);
  if (place && event.key.length === 1 && event.key.charCodeAt(0) > 127) { // a keyboard of another script: by place
    return `${control ? 'Ctrl+' : ''}${event.shiftKey ? 'Shift+' : ''}${place[1].toLowerCase()}`;
  }
  if (event.key.length === 1 && !/[a-z]/i.test(event.key)) return event.key;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${control ? 'Ctrl+' : ''}${event.shiftKey ? 'Shift+' : ''}${name}`;
}

/** Return how a key is shown to people. */
export function keyLabel(name) {
  return name
    .replace('Digit', '').replace('ArrowDown', '↓').replace('ArrowUp', '↑')
    .replace(/(^|\+)([a-z])$/, (_, plus, letter) => plus + letter.toUpperCase());
}

export class Keyboard {
  /**
   * Args: `bindings` from the server; `actions` maps their names to functions.
   */
  constructor(bindings, actions) {
    this.actions = actions;
    this.pending = null;
    this.onpending = () => {};
    this.load(bindings);
    document.addEventListener('keydown', (event) => this.press(event));
  }

  load(bindings) {
    this.bindings = bindings;
    this.byKey = new Map();
    for (const binding of bindings) {
      this.byKey.set(binding.key, binding.action);
      if (binding.also) this.byKey.set(binding.also, binding.action);
    }
  }

  keyOf(action) {
    const binding = this.bindings.find((other) => other.action === action);
    return binding ? keyLabel(binding.key) : '';
  }

  /** Wait for one more key, the nodes of `hint` are shown meanwhile; where `take` returns false, the key does what it always does. */
  wait(hint, take) {
    this.pending = { take };
    this.onpending(hint);
  }

  stopWaiting() {
    this.pending = null;
    this.onpending([]);
  }

  /** Give what is waited for a key, and say whether it took it. */
  answer(name) {
    const { take } = this.pending;
    this.stopWaiting();
    return name === 'Escape' || take(name) !== false;
  }

  press(event) {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph'].includes(event.key)) return;
    if (document.querySelector('dialog[open]')) return;
    const name = keyName(event);
    if (event.target.closest?.(TYPING)) {
      this.pressWhileTyping(event, name);
      return;
    }
    if (event.altKey && !event.getModifierState?.('AltGraph')) return;
    if (this.pending && this.answer(name)) {
      event.preventDefault();
      return;
    }
    if (this.belongsToTarget(event, name)) return;
    this.act(this.byKey.get(name), event);
  }

  /** Inside a text box only Ctrl+Enter (submit) and Esc (leave) mean anything to the page. */
  pressWhileTyping(event, name) {
    if (name === 'Ctrl+Enter') {
      event.target.blur(); // takes over what was written
      this.act('submit', event);
    }
    if (name === 'Escape') {
      event.target.blur();
      event.preventDefault();
    }
  }

  /** Enter and Space on a button reached by Tab press that button; arrows in a list move in it. */
  belongsToTarget(event, name) {
    const control = event.target.closest?.('button, a[href], summary, [role=gridcell]');
    return Boolean(control && control.matches(':focus-visible') && (name === 'Enter' || name === ' '));
  }

  act(action, event) {
    const run = this.actions[action];
    if (!run) return;
    event.preventDefault();
    run(event);
  }
}
