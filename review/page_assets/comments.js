// The thread of remarks on an item: in a dialog of the Review page, and wherever a page has <... data-comments="ID">.

import { call } from './api.js';
import { button, fill, h } from './dom.js';

/** Fill `root` with the thread of one description; `onchange` is called with it whenever it has come. */
export async function showThread(root, description, onchange = () => {}) {
  const nameless = root.dataset.nameless !== undefined;
  const ask = async (name, body, keep = false) => {
    try {
      const thread = await call(name, { ...body, nameless });
      draw(thread);
      onchange(thread);
    } catch (error) {
      if (!keep) fill(root, h('p', { class: 'muted', role: 'alert' }, error.message));
      return error;
    }
    return null;
  };
  const draw = ({ comments, hidden, may_write: mayWrite }) => {
    const box = h('textarea', { rows: 2, maxlength: 5000, 'aria-label': 'New comment', placeholder: 'A question or an answer; leads and reviewers of this item read it', 'data-focus': 'comment-box' });
    const problem = h('p', { class: 'muted', role: 'alert' });
    const add = async () => {
      const words = box.value;
      if (!words.trim()) return;
      box.value = '';
      const error = await ask('comment', { description_id: description, body: words }, true);
      if (!error) return;
      box.value = words;
      problem.textContent = error.message;
    };
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !event.ctrlKey || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      add();
    });
    fill(root,
      comments.length === 0 && hidden === 0 && h('p', { class: 'muted' }, 'No comment yet.'),
      hidden > 0 && h('p', { class: 'muted' }, `${hidden} more, by other reviewers, once you have submitted this item.`),
      h('ul', { class: 'rv-thread' }, comments.map((one) => h('li', { class: one.resolved === null ? '' : 'settled' },
        h('b', {}, one.author), h('span', { class: 'muted' }, ` ${one.at} UTC${one.resolved === null ? '' : ` · settled by ${one.resolved}`} `),
        one.may_resolve && button('Mark as settled', () => ask('resolve-comment', { comment_id: one.id }), { class: 'quiet small' }),
        h('p', {}, one.body)))),
      mayWrite && h('div', { class: 'rv-say' }, box, problem, button([h('kbd', {}, 'Ctrl+Enter'), ' Add'], add)));
  };
  await ask('comments', { description_id: description });
}

/** Fill every thread that a page holds and that is not filled yet. */
export function fillThreads() {
  for (const root of document.querySelectorAll('[data-comments]:not([data-filled])')) {
    root.dataset.filled = 'yes';
    showThread(root, Number(root.dataset.comments));
  }
}
