// What a reviewer can say of the item on the screen: verdicts, codes, corrections, action units, emotion, marks.

import { ItemState } from './item_state.js';
import { unitsOf } from './units.js';

export class ItemAnswers extends ItemState {
  /** Give a verdict on the focused claim; on the last card "correct" says that nothing else is visible. */
  judge(verdict) {
    if (this.card?.missing) {
      if (verdict === 'correct') this.scoreRestAbsent();
      return;
    }
    const claim = this.claim;
    if (!claim) return;
    const old = this.verdict(claim);
    if (old?.verdict === verdict && !(old.follows && verdict === 'wrong')) return;
    this.say(claim, { ...this.blank(), ...(old?.follows && old.verdict === verdict ? { code: old.code } : {}), verdict });
  }

  blank() {
    return {
      verdict: 'wrong', code: null, severity: null, action_unit: null, replacement: null,
      milliseconds: Math.round(performance.now() - this.since), changed_after_hint: false, follows: false,
    };
  }

  /** Give the error code of the focused claim (which makes it wrong), or of the marked words of it. */
  setCode(code) {
    const claim = this.claim;
    if (!claim) return;
    const old = this.verdict(claim);
    const kept = old?.verdict === 'wrong' ? { ...old, follows: false } : this.blank();
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
    if (old.follows && old.verdict === 'wrong') {
      this.acceptRepeat(claim, text);
      return;
    }
    const wrong = old.verdict === 'wrong' ? old : { ...old, verdict: 'wrong', code: 'S1', follows: false };
    this.say(claim, { ...wrong, replacement: text });
  }

  /** Take a rewritten sentence for a repeat whose verdict follows; it goes on following. */
  acceptRepeat(claim, text) {
    this.change((state) => {
      claim.group.forEach((id) => {
        const said = state.verdicts[id];
        const wrong = said.verdict === 'wrong' ? said : { ...said, verdict: 'wrong', code: 'S1' };
        state.verdicts[id] = { ...wrong, replacement: text === null || id === claim.id ? text : '' };
      });
    });
  }

  /** Judge a stretch that repeats other claims apart from them; action units follow from the claims that it repeats. */
  sayRepeat(claim, verdict) {
    this.change((state) => {
      claim.group.forEach((id) => {
        const replacement = verdict.replacement === null || id === claim.id ? verdict.replacement : '';
        state.verdicts[id] = { ...verdict, replacement, follows: false };
      });
    });
  }

  say(claim, verdict) {
    if (claim.follows.length) {
      this.sayRepeat(claim, verdict);
      return;
    }
    this.change((state) => {
      const old = state.verdicts[claim.id];
      const turned = old && (old.verdict !== verdict.verdict || old.code !== verdict.code);
      const changed = Boolean(old?.changed_after_hint || (turned && this.hints[claim.id]));
      state.verdicts[claim.id] = { ...verdict, changed_after_hint: changed };
      const decides = !old || turned || old.action_unit !== verdict.action_unit;
      if (decides) Object.assign(state.units, unitsOf(claim, verdict));
      if (decides && claim.kind === 'emotion' && this.bundle.item.task === 'emotion') this.sayEmotion(state, claim, verdict);
    });
  }

  sayEmotion(state, claim, verdict) {
    const told = claim.emotion && !claim.negated ? claim.emotion : null;
    if (verdict.verdict === 'correct' && told && !state.emotion) {
      state.emotion = { label: told, second: claim.second_emotion, confidence: 2 };
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
      state.units = structuredClone(state.blind_units);
      state.emotion = structuredClone(state.blind_emotion);
    });
  }
}

const sameSpan = (one, other) => one.start === other.start && one.end === other.end && one.code === other.code;
