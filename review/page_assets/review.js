// The Review page: puts the parts together and says what each key does.

import { call, Refusal } from './api.js';
import { ClaimsView } from './claims.js';
import { openDialog, showConflict, showDecisions, showKeys, Toast } from './dialogs.js';
import { button, chip, codePoints, fill, h } from './dom.js';
import { FaceView } from './face_view.js';
import { ItemState } from './item_state.js';
import { Keyboard, keyLabel } from './keys.js';
import { LabelsView } from './labels.js';
import { Marking } from './marking.js';
import { Preview } from './preview.js';
import { Saving } from './saving.js';
import { Timer } from './timer.js';
import { readScores } from './units.js';

const byKey = (rows, key) => Object.fromEntries(rows.map((row) => [row[key], row]));

/** Start the page inside `root`. */
export async function start(root) {
  if (root.dataset.started) return;
  root.dataset.started = 'yes';
  try {
    const vocabulary = await call('vocabulary');
    const desk = new ReviewDesk(root, vocabulary);
    await desk.begin();
  } catch (error) {
    root.replaceChildren(h('p', { class: 'notice notice-error', role: 'alert' }, error.message));
  }
}

class ReviewDesk {
  constructor(root, vocabulary) {
    this.root = root;
    this.vocabulary = vocabulary;
    this.units = byKey(vocabulary.units, 'number');
    this.codes = byKey(vocabulary.codes, 'code');
    this.guideline = vocabulary.guideline;
    this.keymap = vocabulary.keymap;
    this.item = new ItemState(vocabulary);
    this.keyboard = new Keyboard(vocabulary.keys, this.actions());
    this.buildFrame();
    this.toast = new Toast(this.parts.toast);
    this.preview = new Preview(this.item, () => this.claims.draw(), () => this.labels.drawChecks());
    this.marking = new Marking(this);
    this.face = new FaceView(this.parts.face, this);
    this.claims = new ClaimsView(this.parts.claims, this);
    this.labels = new LabelsView(this.parts.labels, this);
    this.saving = new Saving(this.item, (shown) => this.showSaving(shown), (body) => this.conflict(body));
    this.timer = new Timer(this.item, this.parts.timer);
    this.item.listen(() => this.drawBars());
    this.keyboard.onpending = (hint) => { this.parts.pending.textContent = hint; };
    this.submitted = null;
    this.submitting = false;
  }

  buildFrame() {
    const names = ['top', 'banner', 'face', 'claims', 'labels', 'bottom', 'toast', 'pending', 'timer', 'saved'];
    this.parts = Object.fromEntries(names.map((name) => [name, h('div', { class: `review-${name}` })]));
    this.parts.pending.setAttribute('role', 'status');
    this.parts.saved.setAttribute('role', 'status');
    this.parts.toast.setAttribute('role', 'status');
    this.parts.banner.setAttribute('role', 'alert');
    const { top, banner, face, claims, labels, bottom, toast, pending } = this.parts;
    this.body = h('div', { class: 'review-columns' }, face, claims, labels);
    this.root.classList.add('review-page');
    this.root.replaceChildren(top, banner, this.body, bottom, toast, pending);
  }

  /** Open what the address asks for: one description, a campaign, or whatever this person works on. */
  async begin() {
    const query = new URLSearchParams(location.search);
    const body = {};
    for (const [name, key] of [['campaign', 'campaign_id'], ['description', 'description_id']]) {
      if (/^\d{1,15}$/.test(query.get(name) ?? '')) body[key] = Number(query.get(name));
    }
    this.show(await call('start', body));
  }

  /** Show an answer of the server: an item, or why there is none. */
  show(answer) {
    if (answer.nothing) {
      this.showNothing(answer);
      return;
    }
    this.root.dataset.empty = '';
    const address = new URL(location.href);
    address.search = `?campaign=${answer.campaign.id}`;
    history.replaceState(null, '', address);
    this.item.open(answer);
    this.prefetch(answer.next ?? []);
  }

  showNothing(answer) {
    this.root.dataset.empty = 'yes';
    this.item.bundle = null;
    fill(this.body, h('div', { class: 'nothing' }, h('h2', {}, answer.title ?? 'Nothing to review'), h('p', {}, answer.nothing),
      answer.holders?.length > 0 && h('ul', {}, answer.holders.map((holder) => h('li', {}, holder))),
      h('p', {}, h('a', { href: './queue' }, 'To the queue'))));
    fill(this.parts.top);
    fill(this.parts.bottom);
  }

  prefetch(next) {
    for (const picture of next) this.face.picture(picture.image_id, picture.address).catch(() => {});
  }

  // What the keys do.

  actions() {
    const act = {
      next: () => this.item.goTo(this.item.focus + 1),
      previous: () => this.item.goTo(this.item.focus - 1),
      edit: () => this.claims.startEdit(),
      accept: () => this.acceptProposal(),
      mark: () => this.marking.start(),
      add_unit: () => this.addUnit(),
      emotion: () => this.chooseEmotion(),
      visibility: () => this.chooseVisibility(),
      landmarks: () => this.face.toggleLandmarks(),
      zoom: () => this.face.nextCrop(),
      contrast: () => this.face.nextLook(),
      baseline: () => this.item.toggle('baseline_unsure'),
      hint: () => this.showHint(true),
      comment: () => this.labels.note.focus(),
      flag: () => this.item.toggle('flagged'),
      skip: () => this.chooseSkip(),
      back: () => this.decisions(),
      submit: () => (this.item.hidden ? this.confirmBlind() : this.submit()),
      undo: () => this.undo(),
      redo: () => this.item.redo(),
      style: () => this.setCode('S1'),
    };
    for (const verdict of ['correct', 'wrong', 'unsure', 'cannot_judge']) act[verdict] = () => this.judge(verdict);
    for (const code of ['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H0']) act[`code_${code}`] = () => this.setCode(code);
    for (const severity of [1, 2, 3]) act[`severity_${severity}`] = () => this.item.setSeverity(severity);
    for (const intensity of ['A', 'B', 'C', 'D', 'E']) act[`intensity_${intensity}`] = () => this.item.refineUnit({ intensity });
    for (const side of ['L', 'R', 'B']) act[`side_${side}`] = () => this.item.refineUnit({ side });
    const always = ['undo', 'back'];
    const guarded = Object.entries(act).map(([name, run]) => [name, () => { if ((this.item.bundle || always.includes(name)) && !this.submitting) run(); }]);
    return { ...Object.fromEntries(guarded), help: () => showKeys(this) };
  }

  judge(verdict) {
    if (this.item.hidden) {
      if (verdict === 'correct' && this.item.bundle.item.task === 'au') this.item.scoreRestAbsent();
      return;
    }
    const claim = this.item.claim;
    this.item.judge(verdict);
    if (claim) this.showHint(false, claim);
    if (verdict !== 'wrong') this.item.advance();
  }

  setCode(code) {
    if (this.item.hidden || !this.item.claim) return;
    const { card, claim } = this.item;
    this.item.setCode(code);
    this.showHint(false, claim);
    if (card.folded && code === 'H0') this.item.advance();
    else if (code === 'H2') this.root.querySelector('[data-focus="right-unit"]')?.focus();
  }

  /** Return the rewrite offered for a wrong claim: text, '' to delete it, null for none, undefined while it is asked for. */
  proposal(claim, said) {
    return this.preview.proposal(claim, said, this.item.state);
  }

  acceptProposal() {
    const said = this.item.verdict();
    if (said?.verdict !== 'wrong' || !said.code || said.replacement !== null) return;
    const proposed = this.proposal(this.item.claim, said);
    if (typeof proposed !== 'string') return;
    this.item.setReplacement(this.item.claim, proposed);
    this.item.advance();
  }

  addUnit() {
    if (!this.item.hidden) {
      const last = this.item.cards.findIndex((card) => card.missing);
      if (last >= 0) this.item.goTo(last);
    }
    const box = this.root.querySelector('[data-focus^="scores-"]');
    if (box) box.focus();
    else this.openScores();
  }

  openScores() {
    const dialog = openDialog('Score action units', this.scoreBox('dialog'));
    dialog.querySelector('input').focus();
  }

  /** A box for a score line; units that the text leaves out are added to it as M1. */
  scoreBox(place) {
    const box = h('input', {
      class: 'score-box', placeholder: place === 'blind' ? '1B 2C L12D -15 ?25' : '25 or L12C', 'aria-label': 'Action units, such as 25, L12C, -15 absent, ?25 not visible', 'data-focus': `scores-${place}`, autocomplete: 'off',
      onkeydown: (event) => {
        if (event.key !== 'Enter' || event.isComposing || event.ctrlKey) return;
        event.preventDefault();
        event.stopPropagation();
        this.takeScores(box);
      },
    });
    return box;
  }

  async takeScores(box) {
    const { scores, error } = readScores(box.value, this.vocabulary.units.map((unit) => unit.number));
    if (error) {
      this.say(error);
      return;
    }
    const again = box.value.trim() === '';
    box.value = '';
    if (again || box.closest('dialog')) {
      box.blur();
      box.closest('dialog')?.close();
    }
    if (Object.keys(scores).length) await this.addScores(scores);
  }

  async addScores(scores) {
    this.item.score(scores);
    if (this.item.hidden || this.item.bundle.item.task !== 'au') return;
    const told = new Set(this.item.bundle.item.claims.filter((claim) => !claim.negated).flatMap((claim) => [claim.unit, ...claim.more_units]));
    const marked = new Set(this.item.state.marks.map((mark) => mark.action_unit));
    for (const [number, seen] of Object.entries(scores)) {
      const unit = Number(number);
      if (seen.state !== 'present' || told.has(unit) || marked.has(unit)) continue;
      const at = this.insertionPoint();
      const replacement = this.fitted(await this.preview.addition(unit, seen), at);
      this.item.addMark({ start: at, end: at, code: 'M1', severity: null, replacement, action_unit: unit });
    }
  }

  /** Return where a missing unit is written: after the last claim about an action unit. */
  insertionPoint() {
    const claims = this.item.bundle.item.claims.filter((claim) => claim.kind === 'au');
    return claims.length ? Math.max(...claims.map((claim) => claim.end)) : codePoints(this.item.bundle.item.text).length;
  }

  /** Return an added sentence with what it needs around it: the bullet of its list, or a space on either side. */
  fitted(words, at) {
    if (words === null) return null;
    const points = codePoints(this.item.bundle.item.text);
    const before = this.item.bundle.item.claims.filter((claim) => claim.kind === 'au' && claim.end <= at).at(-1);
    if (/^\s*\d+[.)]\s/.test(before?.text ?? '')) return words;
    const bullet = /^\s*([-*•]\s+)/.exec(before?.text ?? '')?.[1];
    const [left, right] = [points[at - 1] ?? '\n', points[at] ?? ' '];
    if (bullet) return `${left === '\n' ? '' : '\n'}${bullet}${words}${left === '\n' ? '\n' : ''}`;
    return `${left.trim() ? ' ' : ''}${words}${right.trim() ? ' ' : ''}`;
  }

  removeAddition(mark, unit) {
    this.item.removeMark(mark);
    if (unit) this.item.change((state) => { delete state.units[unit]; });
  }

  chooseEmotion() {
    const names = this.vocabulary.emotions;
    this.keyboard.wait(`Emotion: ${names.map((name, index) => `${index + 1} ${name}`).join('  ')}  (⇧ for a second one)`, (name) => {
      const match = /^(Shift\+)?Digit([1-7])$/.exec(name);
      if (match) this.item.setEmotion(match[1] ? { second: names[match[2] - 1] } : { label: names[match[2] - 1] });
    });
  }

  chooseVisibility() {
    const codes = this.vocabulary.visibility;
    this.keyboard.wait(`Not visible: ${codes.map(({ name }, index) => `${index} ${name}`).join('  ')}`, (name) => {
      const code = codes[Number(/^Digit([0-4])$/.exec(name)?.[1] ?? -1)];
      if (code) this.item.toggleVisibility(code.code);
    });
  }

  chooseSkip() {
    const reasons = this.vocabulary.skip_reasons;
    this.keyboard.wait(`Skip because: ${reasons.map((words, index) => `${index + 1} ${words}`).join('  ')}  (Esc stays)`, (name) => {
      const reason = reasons[Number(/^Digit([1-4])$/.exec(name)?.[1] ?? 0) - 1];
      if (reason) this.skip(reason);
    });
  }

  /** Show what machines say of the focused claim: by the key, or by itself after a verdict, as the campaign allows. */
  async showHint(asked, claim = this.item.claim) {
    const { hints } = this.item.bundle.campaign;
    if (!claim) return;
    if (this.item.hints[claim.id]) {
      if (asked) Object.assign(this.item.hints[claim.id], { asked });
      if (asked) this.item.tell('hints');
      return;
    }
    if (hints === 'never') {
      if (asked) this.say('This campaign shows no evidence.');
      return;
    }
    if (hints === 'after' && !this.item.verdict(claim)) {
      if (asked) this.say('The evidence appears after your verdict.');
      return;
    }
    const review = this.item.bundle.review.id;
    const answer = await this.try('hints', { review_id: review, claim_id: claim.id }, { quiet: !asked });
    if (!answer || review !== this.item.bundle?.review.id) return;
    this.item.hints[claim.id] = { ...answer, asked };
    this.item.note({ hint_seen: true });
    this.item.tell('hints');
  }

  // Coming and going.

  async confirmBlind() {
    const { item } = this;
    const done = item.bundle.item.task === 'au' ? Object.keys(item.units).length > 0 : Boolean(item.emotion);
    if (!done) {
      this.say(item.bundle.item.task === 'au' ? 'Score at least one unit, or press A for “nothing is visible”.' : 'Choose an emotion first (O, then 1 to 7).');
      return;
    }
    item.confirmBlind();
    if (!(await this.saving.save())) return;
    const answer = await this.try('open', { assignment_id: item.bundle.lease.assignment_id });
    if (answer) this.show(answer);
  }

  async submit() {
    if (this.submitting) return;
    const missing = this.item.unanswered();
    if (missing.length) {
      this.item.goTo(this.item.cards.indexOf(missing[0]));
      this.say(missing.length === 1 ? 'One claim still waits for a verdict.' : `${missing.length} claims still wait for a verdict.`);
      return;
    }
    if (this.saving.failed && !(await this.saving.save())) {
      this.say('The last change is not saved yet, so this cannot be submitted.');
      return;
    }
    this.submitting = true;
    this.drawBars();
    try {
      this.timer.write();
      const answer = await this.saving.submit();
      this.submitted = answer.submitted.review_id;
      this.submitting = false;
      this.show(answer.next_item);
      this.toast.show('Submitted.', 'Undo (Ctrl+Z)', () => this.reopen(this.submitted));
    } catch (error) {
      this.submitting = false;
      if (error instanceof Refusal && error.status === 422) this.say(error.message);
      else this.saving.notSaved(error);
    }
    if (this.item.bundle) this.drawBars();
  }

  undo() {
    if (this.item.bundle && this.item.undo()) return;
    if (this.submitted) this.reopen(this.submitted);
    else this.say('There is nothing to undo.');
  }

  async reopen(review) {
    if (this.item.bundle && this.saving.dirty) await this.saving.save();
    const answer = await this.try('undo', { review_id: review });
    if (!answer) return;
    this.submitted = null;
    this.rebuild();
    this.show(answer);
    this.toast.show('Open again; it counts when you submit it.');
  }

  rebuild() {
    if (!this.parts.claims.isConnected) this.body.replaceChildren(this.parts.face, this.parts.claims, this.parts.labels);
  }

  async skip(reason) {
    const { lease, campaign } = this.item.bundle;
    const answer = await this.try('skip', { assignment_id: lease.assignment_id, campaign_id: campaign.id, reason });
    if (answer) this.show(answer);
  }

  async decisions() {
    const answer = await this.try('decisions');
    if (answer) showDecisions(answer.decisions, (review) => this.reopen(review));
  }

  conflict(body) {
    showConflict(body, this, (chosen) => {
      this.saving.goOnFrom(body.version);
      if (chosen === 'theirs') this.item.takeOver(body.theirs);
      this.saving.save();
    });
  }

  async saveKeymap(keymap) {
    const answer = await call('keymap', { keymap });
    this.keymap = answer.keymap;
    this.keyboard.load(answer.keys);
    if (this.item.bundle) this.item.tell('focus');
  }

  /** Call the server and say what went wrong, if anything did. */
  async try(name, body, { quiet = false } = {}) {
    try {
      return await call(name, body);
    } catch (error) {
      if (!quiet) this.say(error.message);
      return null;
    }
  }

  say(words) {
    this.toast.show(words);
  }

  // The bars.

  showSaving({ state, words }) {
    this.parts.saved.dataset.state = state;
    this.parts.saved.textContent = state === 'failed' ? '✗ Not saved' : words;
    fill(this.parts.banner, state === 'failed' && h('p', { class: 'notice notice-error' }, words));
    if (this.item.bundle) this.drawBars();
  }

  drawBars() {
    if (!this.item.bundle) return;
    const { campaign, lease, item } = this.item.bundle;
    const goal = lease.goal_today ? `${lease.done_today + 1} of today’s ${lease.goal_today}` : `${lease.done_today} done today`;
    fill(this.parts.top,
      h('b', {}, campaign.name), h('span', { class: 'task' }, item.task === 'au' ? 'Action units' : 'Emotion'), h('span', { class: 'muted' }, goal),
      this.item.hidden && h('span', { class: 'task blind-tag' }, 'Blind: the text comes after your own scores'),
      h('span', { class: 'grow' }), this.parts.timer, this.parts.saved,
      button([h('kbd', {}, keyLabel('?')), ' keys'], () => showKeys(this), { class: 'quiet', 'data-focus': 'help' }));
    this.drawBottom();
  }

  drawBottom() {
    const key = (action) => h('kbd', {}, this.keyboard.keyOf(action));
    const judged = this.item.cards.filter((card) => card.claim && !card.folded);
    const done = judged.filter((card) => this.item.verdict(card.claim)).length;
    const ready = this.item.hidden || this.item.unanswered().length === 0;
    fill(this.parts.bottom,
      button([key('back'), ' Back'], () => this.decisions(), { 'data-focus': 'back' }),
      button([key('skip'), ' Skip'], () => this.chooseSkip(), { 'data-focus': 'skip' }),
      chip([key('flag'), ' Flag'], this.item.state.flagged, () => this.item.toggle('flagged'), { 'data-focus': 'flag' }),
      button([key('undo'), ' Undo'], () => this.undo(), { 'data-focus': 'undo' }),
      h('span', { class: 'grow progress' }, this.item.hidden ? '' : `${done} of ${judged.length} claims judged`),
      button([key('submit'), this.item.hidden ? ' Confirm and show the text' : this.submitting ? ' Submitting …' : ' Submit & next'],
        () => (this.item.hidden ? this.confirmBlind() : this.submit()),
        { class: `primary ${ready ? '' : 'waiting'}`, disabled: this.submitting || this.saving?.failed, 'data-focus': 'submit' }));
  }
}
