// On every review page: who is signed in, which links their role may follow, and the addresses of pictures in lists.

import { call } from './api.js';
import { fillThreads } from './comments.js';
import { h } from './dom.js';

const ASK_AFTER_MS = 60;
const ASK_AGAIN_MS = 4 * 60 * 1000;

/** Start inside the header's component; `mode` is how people come in: 'visitor', 'password' or 'oauth'. */
export async function start(element, mode) {
  watchFaces();
  const who = element.querySelector('.frame-who');
  if (!who) return;
  try {
    const me = await call('me');
    const roles = who.dataset.roles.split(' ');
    for (const link of element.querySelectorAll('nav a[data-role]')) {
      link.hidden = roles.indexOf(link.dataset.role) > roles.indexOf(me.role);
    }
    who.replaceChildren(h('a', { href: './account', title: 'My account' }, h('b', {}, me.login), ` ${me.role}`), ...(mode === 'visitor' ? [] : [' ', h('a', { href: './logout' }, 'Sign out')]));
  } catch (error) {
    const target = encodeURIComponent(location.pathname + location.search);
    const signIn = mode === 'oauth' && error.status === 401;
    who.replaceChildren(error.message, ...(signIn ? [' ', h('a', { href: `./login/huggingface?_target_url=${target}` }, 'Sign in')] : []));
  }
}

/** Give every <img data-face data-view> its signed address, also those that come later. */
function watchFaces() {
  if (window.emolaFaces) return;
  window.emolaFaces = true;
  let timer = null;
  const later = () => { clearTimeout(timer); timer = setTimeout(() => { address(); fillThreads(); }, ASK_AFTER_MS); };
  new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  later();
}

async function address() {
  const waiting = [...document.querySelectorAll('img[data-face]:not([data-addressed])')];
  for (const view of ['thumb', 'full']) {
    const images = waiting.filter((image) => (image.dataset.view ?? 'thumb') === view);
    for (const image of images) image.dataset.addressed = String(Date.now());
    const ids = [...new Set(images.map((image) => Number(image.dataset.face)))].filter(Number.isSafeInteger);
    if (!ids.length) continue;
    try {
      const { addresses } = await call('face-addresses', { image_ids: ids.slice(0, 500), view });
      for (const image of images) {
        const found = addresses[image.dataset.face];
        if (found) image.src = new URL(found, document.baseURI);
      }
    } catch (error) {
      for (const image of images) image.alt = error.message;
    }
  }
}

setInterval(() => {
  for (const image of document.querySelectorAll('img[data-addressed]')) {
    if (!image.complete || image.naturalWidth === 0) delete image.dataset.addressed;
  }
}, ASK_AGAIN_MS);
