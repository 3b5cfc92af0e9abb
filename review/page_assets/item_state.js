// The item on the screen: what the server sent, what the reviewer says of it, undo and redo. Everything that changes goes
// through here; whoever draws or saves listens.

import { unitsOf } from './units.js';

export const JUDGED = ['au', 'emotion'];
const DEPTH = 200;
const clone = (value) => structuredClone(value);

export class ItemState {
  constructor(vocabulary) {
    this.vocabulary = vocabulary;
    this.listeners = new Set();
    this.bundle = null;
    this.state = null;
    this.cards = [];
    this.focus = 0;
    this.unit = null;
    this.hints = {};
    this.past = [];
    this.future = [];
  }

  /** Listen to 'item' (another one is open), 'state' (the reviewer changed something), 'focus' and 'hints'. */
  listen(listener) {
    this.listeners.add(listener);
  }

  tell(event) {
    for (const listener of this.listeners) listener(event);
  }

  /** Show what the server sent. */
  open(bundle) {
    this.bundle = bundle;
    this.state = clone(bundle.review.state);
    this.past = [];
    this.future = [];
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
    const cards = this.bundle.item.claims.map((claim) => ({
      key: `c${claim.id}`, claim, folded: claim.kind === 'intro' || claim.kind === 'boiler',
    }));
    if (this.bundle.item.task === 'au') cards.push({ key: 'missing', missing: true });
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
    return claim ? this.state.verdicts[claim.id] ?? null : null;
  }

  /** Whether a card still wants an answer before the item is done. */
  waits(card) {
    if (card.missing) return this.unscored().length > 0;
    return !card.folded && !this.verdict(card.claim);
  }

  /** Return the cards that must be answered before submitting: units and emotions without a verdict or code. */
  unanswered() {
    return this.cards.filter((card) => {
      if (!card.claim || !JUDGED.includes(card.claim.kind)) return false;
      const said = this.verdict(card.claim);
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
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    this.past.push({ state: before, focus: this.focus });
    if (this.past.length > DEPTH) this.past.shift();
    this.future = [];
    this.state = after;
    this.tell('state');
  }

  /** Take over a note while it is typed; the whole of it is one step to undo. */
  typeNote(words) {
    if (!this.past.at(-1)?.typing) {
      this.change((state) => { state.note = words; });
      if (this.past.length) this.past.at(-1).typing = true;
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
    return this.step(this.past, this.future);
  }

  redo() {
    return this.step(this.future, this.past);
  }

  step(from, to) {
    const earlier = from.pop();
    if (!earlier) return false;
    to.push({ state: this.state, focus: this.focus });
    const { active_ms, hint_seen } = this.state;
    this.state = { ...clone(earlier.state), active_ms, hint_seen };
    this.focus = Math.min(earlier.focus, Math.max(0, this.cards.length - 1));
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

  /** Give a verdict on the focused claim; on the last card "correct" says that nothing else is visible. */
  judge(verdict) {
    if (this.card?.missing) {
      if (verdict === 'correct') this.scoreRestAbsent();
      return;
    }
    const claim = this.claim;
    if (!claim) return;
    const old = this.verdict(claim);
    if (old?.verdict === verdict) return;
    this.say(claim, { ...this.blank(), verdict });
  }

  blank() {
    return {
      verdict: 'wrong', code: null, severity: null, action_unit: null, replacement: null,
      milliseconds: Math.round(performance.now() - this.since), changed_after_hint: false,
    };
  }

  /** Give the error code of the focused claim (which makes it wrong), or of the marked words of it. */
  setCode(code) {
    const claim = this.claim;
    if (!claim) return;
    const old = this.verdict(claim);
    const kept = old?.verdict === 'wrong' ? old : this.blank();
    const deletes = code === 'H0' && this.card.folded;
    this.say(claim, { ...kept, verdict: 'wrong', code, action_unit: code === 'H2' ? kept.action_unit : null, replacement: deletes ? '' : null });
  }

  setSeverity(severity) {
    const old = this.verdict();
    if (old?.verdict !== 'wrong') return;
    this.say(this.claim, { ...old, severity: old.severity === severity ? null : severity });
  }

  /** Name the right action unit of a claim that names the wrong one. */
  setRightUnit(number) {
    const old = this.verdict();
    if (old?.verdict !== 'wrong') return;
    this.say(this.claim, { ...old, action_unit: number, replacement: null });
    this.unit = number;
  }

  setReplacement(claim, text) {
    const old = this.verdict(claim) ?? { ...this.blank(), code: 'S1' };
    const wrong = old.verdict === 'wrong' ? old : { ...old, verdict: 'wrong', code: 'S1' };
    this.say(claim, { ...wrong, replacement: text });
  }

  say(claim, verdict) {
    this.change((state) => {
      const old = state.verdicts[claim.id];
      const turned = old && (old.verdict !== verdict.verdict || old.code !== verdict.code);
      const changed = Boolean(old?.changed_after_hint || (turned && this.hints[claim.id]));
      state.verdicts[claim.id] = { ...verdict, changed_after_hint: changed };
      const decides = !old || turned || old.action_unit !== verdict.action_unit;
      if (decides) Object.assign(state.units, unitsOf(claim, verdict));
      if (decides && claim.kind === 'emotion') this.sayEmotion(state, claim, verdict);
    });
  }

  sayEmotion(state, claim, verdict) {
    const told = claim.emotion && !claim.negated ? claim.emotion : null;
    if (verdict.verdict === 'correct' && told && !state.emotion) {
      state.emotion = { label: told, second: null, confidence: 2 };
    }
    if (verdict.verdict === 'wrong' && verdict.code === 'H6' && state.emotion?.label === told) state.emotion = null;
  }

  scoreRestAbsent() {
    this.change((state) => {
      const units = this.hidden ? state.blind_units : state.units;
      for (const unit of this.vocabulary.units) units[unit.number] ??= { state: 'absent', intensity: null, side: 'N' };
    });
  }

  /** Score units, as {number: UnitState}. */
  score(scores) {
    this.change((state) => { Object.assign(this.hidden ? state.blind_units : state.units, scores); });
    const last = Number(Object.keys(scores).at(-1));
    if (last) this.goToUnit(last);
  }

  /** Change the intensity or side of the unit in focus; either says that it is present. */
  refineUnit(fields) {
    if (!this.unit) return;
    const old = this.units[this.unit];
    const present = old?.state === 'present' ? old : { state: 'present', intensity: null, side: 'N' };
    const again = Object.entries(fields).every(([key, value]) => old?.[key] === value);
    const cleared = Object.fromEntries(Object.keys(fields).map((key) => [key, key === 'side' ? 'N' : null]));
    this.score({ [this.unit]: { ...present, ...(again ? cleared : fields) } });
  }

  setEmotion(fields) {
    this.change((state) => {
      const field = this.hidden ? 'blind_emotion' : 'emotion';
      const old = state[field] ?? { label: fields.label ?? null, second: null, confidence: 2 };
      const next = { ...old, ...fields };
      if (next.second === next.label) next.second = null;
      state[field] = next.label ? next : null;
    });
  }

  toggleVisibility(code) {
    this.change((state) => {
      const has = state.visibility.includes(code);
      state.visibility = has ? state.visibility.filter((other) => other !== code) : [...state.visibility, code].sort();
    });
  }

  toggle(field) {
    this.change((state) => { state[field] = !state[field]; });
  }

  addMark(mark) {
    this.change((state) => { state.marks = [...state.marks, mark].sort((a, b) => a.start - b.start || a.end - b.end); });
  }

  removeMark(mark) {
    this.change((state) => { state.marks = state.marks.filter((other) => !sameSpan(other, mark)); });
  }

  /** Take over the blind scores as the first answer and show the text. */
  confirmBlind() {
    this.change((state) => {
      state.blind_done = true;
      state.units = clone(state.blind_units);
      state.emotion = clone(state.blind_emotion);
    });
  }
}

const sameSpan = (one, other) => one.start === other.start && one.end === other.end && one.code === other.code;
