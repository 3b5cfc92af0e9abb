// Small tools every part of the page uses. All text goes in as text nodes: nothing a description holds can become markup.

/** Return a new element; `attributes` may hold on* listeners, booleans and data-*; children are nodes or text. */
export function h(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(node, key, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Return a new SVG element. */
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function setAttribute(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
  else node.setAttribute(key, value === true ? '' : value);
}

/**
 * Replace what `parent` holds by `children`, keeping the keyboard focus, and what is being typed, on the element with the
 * same data-focus.
 */
export function fill(parent, ...children) {
  const held = parent.contains(document.activeElement) ? document.activeElement : null;
  const typed = held?.matches('input, textarea') ? [held.value, held.selectionStart, held.selectionEnd] : null;
  parent.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  if (held?.dataset.focus === undefined) return;
  const again = parent.querySelector(`[data-focus="${CSS.escape(held.dataset.focus)}"]`);
  again?.focus({ preventScroll: true });
  if (again && typed) {
    [again.value] = typed;
    again.setSelectionRange(typed[1], typed[2]);
  }
}

/** Return a button; a click by mouse gives the keyboard back to the page, so that Enter still means "submit". */
export function button(label, onclick, attributes = {}) {
  const act = (event) => {
    onclick(event);
    if (event.detail > 0) document.activeElement?.blur();
  };
  return h('button', { type: 'button', onclick: act, ...attributes }, label);
}

/** Return a toggle: pressed or not, said to screen readers and by a tick. */
export function chip(label, pressed, onclick, attributes = {}) {
  return button(label, onclick, { class: 'chip', 'aria-pressed': String(Boolean(pressed)), ...attributes });
}

/** Return hours, minutes and seconds of a moment, in the reader's zone. */
export function clock(moment) {
  return new Date(moment).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** Return `text` as an array of code points, the unit in which the server counts offsets. */
export const codePoints = (text) => Array.from(text);
