// The item on the screen: what the server sent, its cards and the one in focus, undo and redo. Everything that changes
// goes through here; whoever draws or saves listens. What a reviewer can say of it is in answers.js.

import { History } from './history.js';
import { followAll, joined, groupsOf, saidOf } from './repeats.js';

const JUDGED = ['au', 'emotion'];
const clone = (value) => structuredClone(value);

export class ItemState {
  constructor(vocabulary) {
    this.vocabulary = vocabulary;
    this.listeners = new Set();
    this.closers = new Set();
    this.bundle = null;
    this.state = null;
    this.cards = [];
    this.focus = 0;
    this.unit = null;
    this.hints = {};
    this.history = new History();
  }

  /**
   * Listen to 'item' (another one is open), 'state' (the reviewer changed something), 'focus' and 'hints'; all of them
   * only while an item is open. `onclose` is called when there is none any more.
   */
  listen(listener, onclose = null) {
    this.listeners.add(listener);
    if (onclose) this.closers.add(onclose);
  }

  tell(event) {
    if (!this.bundle) return;
    for (const listener of this.listeners) listener(event);
  }

  /** The review on the screen, or null: whoever waited for an answer compares it with the one that they asked for. */
  get reviewId() {
    return this.bundle?.review.id ?? null;
  }

  /** There is nothing to review any more; what was begun for the last item ends here. */
  close() {
    this.bundle = null;
    this.state = null;
    this.cards = [];
    this.history.clear();
    for (const closer of this.closers) closer();
  }

  /** Show what the server sent. */
  open(bundle) {
    this.bundle = bundle;
    this.state = clone(bundle.review.state);
    this.history.clear();
    this.hints = clone(bundle.hints ?? {});
    this.cards = this.dealCards();
    const first = this.cards.findIndex((card) => this.waits(card));
    this.focus = first >= 0 ? first : 0;
    this.unit = this.card?.claim?.unit ?? null;
    this.since = performance.now();
    this.tell('item');
  }

  /** Take another state over, such as theirs after a conflict, keeping what is on the screen. */
  takeOver(state) {
    this.change((mine) => { Object.assign(mine, clone(state)); });
  }

  dealCards() {
    if (this.hidden) return [];
    const repeats = new Map(groupsOf(this.bundle.item.claims).map((group) => [group[0].id, joined(group)]));
    const cards = this.bundle.item.claims.filter((claim) => !claim.follows.length || repeats.has(claim.id)).map((claim) => ({
      claim: repeats.get(claim.id) ?? claim, folded: claim.kind === 'intro' || claim.kind === 'boiler', repeats: repeats.has(claim.id),
    }));
    if (this.bundle.item.task === 'au') cards.push({ missing: true });
    return cards;
  }

  get hidden() {
    return this.bundle.campaign.blind && !this.state.blind_done;
  }

  get card() {
    return this.cards[this.focus] ?? null;
  }

  get claim() {
    return this.card?.claim ?? null;
  }

  verdict(claim = this.claim) {
    if (!claim) return null;
    return (claim.follows.length ? saidOf(claim.group, this.state.verdicts) : this.state.verdicts[claim.id]) ?? null;
  }

  /** Whether all that a repeat repeats has a verdict. */
  canFollow(claim) {
    return claim.follows.map((id) => this.state.verdicts[id]).every((said) => said && (said.verdict !== 'wrong' || said.code));
  }

  /** Whether a card still wants an answer before the item is done. */
  waits(card) {
    if (card.missing) return this.unscored().length > 0;
    const said = this.verdict(card.claim);
    if (card.repeats) return said ? Boolean(said.follows) && said.verdict === 'wrong' && said.replacement === null : this.canFollow(card.claim);
    return !card.folded && !said;
  }

  /** Return the cards that must be answered before submitting: units and emotions without a verdict or code. */
  unanswered() {
    return this.cards.filter((card) => {
      if (!card.claim || !JUDGED.includes(card.claim.kind)) return false;
      const said = this.verdict(card.claim);
      if (!said && card.repeats) return this.canFollow(card.claim);
      return !said || (said.verdict === 'wrong' && !said.code);
    });
  }

  unscored() {
    return this.vocabulary.units.map((unit) => unit.number).filter((number) => !this.units[number]);
  }

  /** The units being scored: the blind ones until they are confirmed. */
  get units() {
    return this.hidden ? this.state.blind_units : this.state.units;
  }

  get emotion() {
    return this.hidden ? this.state.blind_emotion : this.state.emotion;
  }

  /** Change the state by `mutate`, which changes the copy that it gets, so that it can be undone. */
  change(mutate) {
    const before = this.state;
    const after = clone(before);
    mutate(after);
    followAll(after, this.bundle.item.claims, this.vocabulary.repeats);
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    this.history.keep({ state: before, focus: this.focus });
    this.state = after;
    this.tell('state');
  }

  /** Take over a note while it is typed; the whole of it is one step to undo. */
  typeNote(words) {
    if (!this.history.last?.typing) {
      this.change((state) => { state.note = words; });
      if (this.history.last) this.history.last.typing = true;
      return;
    }
    this.state = { ...this.state, note: words };
    this.tell('state');
  }

  /** Change what needs no undo, such as the time spent. */
  note(fields) {
    Object.assign(this.state, fields);
  }

  undo() {
    return this.take(this.history.back({ state: this.state, focus: this.focus }));
  }

  redo() {
    return this.take(this.history.forth({ state: this.state, focus: this.focus }));
  }

  /** Go to another moment of the history, if there is one; the time spent does not go back. */
  take(moment) {
    if (!moment) return false;
    const { active_ms, hint_seen } = this.state;
    this.state = { ...clone(moment.state), active_ms, hint_seen };
    this.focus = Math.min(moment.focus, Math.max(0, this.cards.length - 1));
    this.tell('state');
    return true;
  }

  goTo(index) {
    if (!this.cards.length) return;
    this.focus = Math.max(0, Math.min(index, this.cards.length - 1));
    if (this.claim?.unit) this.unit = this.claim.unit;
    this.since = performance.now();
    this.tell('focus');
  }

  /** Go to the next card that waits for an answer, or to the last one. */
  advance() {
    const order = [...this.cards.keys()].map((step) => (this.focus + 1 + step) % this.cards.length);
    const next = order.find((index) => this.waits(this.cards[index]));
    this.goTo(next ?? this.cards.length - 1);
  }

  goToUnit(number) {
    this.unit = number;
    this.tell('focus');
  }
}
