// What Python works out from the answers so far: rewrites to offer, word differences, contradictions, the benchmark's reading.

import { call } from './api.js';

const AFTER_MS = 200;

export class Preview {
  /** Args: `item` an ItemState; `drawClaims` and `drawChecks` are called when an answer has come. */
  constructor(item, drawClaims, drawChecks) {
    this.item = item;
    this.drawClaims = drawClaims;
    this.drawChecks = drawChecks;
    this.proposals = new Map();
    this.number = 0;
    item.listen((event) => {
      if (event === 'item') this.forget();
      if (event === 'item' || event === 'state') this.later();
    }, () => this.forget());
  }

  /** Drop what was worked out for the item before, and what is still on its way. */
  forget() {
    clearTimeout(this.timer);
    this.number += 1;
    this.proposals.clear();
    Object.assign(this, { ready: false, units: [], emotion: null, contradictions: [], differences: {}, summaries: {} });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), this.ready ? AFTER_MS : 0);
  }

  async ask() {
    if (!this.item.bundle || this.item.hidden) return;
    const number = (this.number += 1);
    let answer;
    try {
      answer = await call('preview', { review_id: this.item.bundle.review.id, state: this.item.state });
    } catch {
      return; // saving says that the server is away
    }
    if (number !== this.number) return;
    Object.assign(this, answer, { ready: true });
    this.drawClaims();
    this.drawChecks();
  }

  /** Return a rewrite, '' to delete, null for none; undefined while Python is asked (the card is drawn again then). */
  proposal(claim, said, state) {
    if (said.follows) return this.summaries[claim.id];
    const unit = said.action_unit ?? claim.unit;
    const seen = state.units[unit] ?? {};
    const body = {
      review_id: this.item.bundle.review.id, claim_id: claim.id, code: said.code, action_unit: said.action_unit,
      intensity: seen.intensity ?? null, side: seen.side ?? 'N', emotion: state.emotion?.label ?? null, second: state.emotion?.second ?? null,
    };
    const key = JSON.stringify(body);
    if (!this.proposals.has(key)) {
      this.proposals.set(key, undefined);
      this.askRewrite(body, key);
    }
    return this.proposals.get(key);
  }

  async askRewrite(body, key) {
    const text = await call('rewrite', body).then((answer) => answer.text, () => null);
    if (body.review_id !== this.item.reviewId) return;
    this.proposals.set(key, text);
    this.drawClaims();
  }

  /** Return a sentence that says that a missing unit is there, or null. */
  async addition(unit, seen) {
    try {
      return (await call('rewrite', { review_id: this.item.bundle.review.id, claim_id: null, code: 'M1', action_unit: unit, intensity: seen.intensity, side: seen.side, emotion: null })).text;
    } catch {
      return null; // the omission counts without a sentence as well
    }
  }
}
