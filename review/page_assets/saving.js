// Drafts are saved 1.5 s after the last change; leases are kept alive; submitting sends a token, so that it counts once.

import { call, Refusal, Unreachable } from './api.js';
import { clock } from './dom.js';

const SAVE_AFTER_MS = 1500;
const RETRY_AFTER_MS = 5000;
const HEARTBEAT_MS = 30000;
const LEFT_ALONE_MS = 30 * 60 * 1000; // then the lease runs out (10 minutes) and somebody else may take the item
const FINAL = [403, 422]; // answers that trying again does not change

export class Saving {
  /**
   * Args: `item` an ItemState; `show` draws {state, words} where state is 'saved', 'saving', 'unsaved' or 'failed';
   * `onstale` is called with the server's answer when somebody saved in between.
   */
  constructor(item, show, onstale) {
    this.item = item;
    this.show = show;
    this.onstale = onstale;
    this.timer = null;
    this.flying = null;
    this.failed = false;
    this.version = 0;
    this.token = null;
    this.touched = Date.now();
    for (const name of ['keydown', 'pointermove', 'pointerdown', 'wheel', 'focus']) addEventListener(name, () => this.touch(), { passive: true });
    this.beat = setInterval(() => this.heartbeat(), HEARTBEAT_MS);
    addEventListener('pagehide', () => this.leave());
    document.addEventListener('visibilitychange', () => document.hidden && this.leave());
    addEventListener('beforeunload', (event) => { if (this.failed) event.preventDefault(); });
    item.listen((event) => {
      if (event === 'item') this.opened();
      if (event === 'state') this.changed();
    }, () => this.rest());
  }

  /** Forget what waits to be saved: there is no item any more, or another one. */
  rest() {
    clearTimeout(this.timer);
    this.timer = null;
    this.failed = false;
  }

  opened() {
    this.rest();
    this.version = this.item.bundle.review.version;
    this.token = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.show({ state: 'saved', words: `Saved ${clock(this.item.bundle.review.saved_at)}` });
  }

  get dirty() {
    return this.timer !== null || this.flying !== null || this.failed;
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_AFTER_MS);
    if (!this.failed) this.show({ state: 'unsaved', words: 'Not saved yet' });
  }

  body() {
    const { review } = this.item.bundle;
    return { review_id: review.id, version: this.version, state: this.item.state };
  }

  /** Save now; returns whether what is on the screen is in the database. */
  async save() {
    clearTimeout(this.timer);
    this.timer = null;
    const review = this.item.reviewId;
    if (this.flying) await this.flying.catch(() => {}); // whoever sent it says what became of it
    if (review === null || review !== this.item.reviewId) return false;
    this.show({ state: 'saving', words: 'Saving …' });
    this.flying = call('save', this.body());
    try {
      const answer = await this.flying;
      if (review === this.item.reviewId) this.saved(answer);
      return true;
    } catch (error) {
      return review === this.item.reviewId && this.notSaved(error);
    } finally {
      this.flying = null;
    }
  }

  saved(answer) {
    this.version = answer.version;
    this.failed = false;
    if (this.timer === null) this.show({ state: 'saved', words: `Saved ${clock(answer.saved_at)}` });
  }

  notSaved(error) {
    this.failed = true;
    if (error instanceof Refusal && error.status === 409) {
      this.show({ state: 'failed', words: 'Not saved: somebody saved in between.' });
      this.onstale(error.body);
      return false;
    }
    if (!(error instanceof Refusal) && !(error instanceof Unreachable)) throw error;
    const login = error.status === 401 ? ' Sign in again in another tab; nothing on this page is lost.' : '';
    const again = !FINAL.includes(error.status);
    this.show({ state: 'failed', words: `Not saved: ${error.message}${login}${again ? ' Trying again every few seconds.' : ''}` });
    if (again) this.timer = setTimeout(() => this.save(), RETRY_AFTER_MS);
    return false;
  }

  /** After a conflict: go on from `version`. */
  goOnFrom(version) {
    this.version = version;
    this.failed = false;
  }

  /** Save on the way out; the browser finishes the call after the page has gone. */
  leave() {
    if (this.timer === null || !this.item.bundle) return;
    clearTimeout(this.timer);
    this.timer = null;
    const review = this.item.reviewId;
    call('save', this.body(), { leaving: true }).then(
      (answer) => { if (review === this.item.reviewId) this.saved(answer); },
      (error) => { if (review === this.item.reviewId) this.notSaved(error); },
    );
  }

  /** Submit what is on the screen and return the server's answer; the same token goes with every try. */
  async submit() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.flying) await this.flying.catch(() => {});
    return call('submit', { ...this.body(), token: this.token, campaign_id: this.item.bundle.campaign.id });
  }

  /** Somebody is here; after a long absence the lease is asked for again at once. */
  touch() {
    const away = Date.now() - this.touched > LEFT_ALONE_MS;
    this.touched = Date.now();
    if (away) this.heartbeat();
  }

  /** Keep the lease while somebody works, also in another tab beside this one; a page left alone gives it up. */
  async heartbeat() {
    const lease = this.item.bundle?.lease;
    if (!lease || Date.now() - this.touched > LEFT_ALONE_MS) return;
    try {
      await call('heartbeat', { assignment_id: lease.assignment_id });
    } catch (error) {
      if (error instanceof Refusal && error.status !== 401) {
        this.show({ state: 'failed', words: `${error.message} Your draft is kept; reload to go on.` });
      }
    }
  }
}
