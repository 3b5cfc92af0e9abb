// Drafts are saved 1.5 s after the last change; leases are kept alive; submitting sends a token, so that it counts once.

import { call, Refusal, Unreachable } from './api.js';
import { clock } from './dom.js';

const SAVE_AFTER_MS = 1500;
const RETRY_AFTER_MS = 5000;
const HEARTBEAT_MS = 30000;
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
    this.beat = setInterval(() => this.heartbeat(), HEARTBEAT_MS);
    addEventListener('pagehide', () => this.leave());
    document.addEventListener('visibilitychange', () => document.hidden && this.leave());
    addEventListener('beforeunload', (event) => { if (this.failed) event.preventDefault(); });
    item.listen((event) => {
      if (event === 'item') this.opened();
      if (event === 'state') this.changed();
    });
  }

  opened() {
    clearTimeout(this.timer);
    this.timer = null;
    this.failed = false;
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
    if (this.flying) await this.flying;
    const review = this.item.bundle.review.id;
    this.show({ state: 'saving', words: 'Saving …' });
    this.flying = call('save', this.body());
    try {
      const answer = await this.flying;
      if (review === this.item.bundle.review.id) this.saved(answer);
      return true;
    } catch (error) {
      return this.notSaved(error);
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
    const review = this.item.bundle.review.id;
    call('save', this.body(), { leaving: true }).then(
      (answer) => { if (review === this.item.bundle.review.id) this.saved(answer); },
      (error) => this.notSaved(error),
    );
  }

  /** Submit what is on the screen and return the server's answer; the same token goes with every try. */
  async submit() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.flying) await this.flying.catch(() => {});
    return call('submit', { ...this.body(), token: this.token, campaign_id: this.item.bundle.campaign.id });
  }

  async heartbeat() {
    const lease = this.item.bundle?.lease;
    if (!lease || document.hidden) return;
    try {
      await call('heartbeat', { assignment_id: lease.assignment_id });
    } catch (error) {
      if (error instanceof Refusal && error.status !== 401) {
        this.show({ state: 'failed', words: `${error.message} Your draft is kept; reload to go on.` });
      }
    }
  }
}
