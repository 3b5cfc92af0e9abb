// The Review page: puts the parts together and says what each key does.

import { Adding } from './adding.js';
import { ItemAnswers } from './answers.js';
import { call } from './api.js';
import { Bars } from './bars.js';
import { Choosing } from './choosing.js';
import { ClaimsView } from './claims.js';
import { showKeys, Toast } from './dialogs.js';
import { fill, h } from './dom.js';
import { FaceView } from './face_view.js';
import { Going } from './going.js';
import { Judging } from './judging.js';
import { Keyboard } from './keys.js';
import { LabelsView } from './labels.js';
import { Marking } from './marking.js';
import { Preview } from './preview.js';
import { Saving } from './saving.js';
import { Timer } from './timer.js';

const PARTS = ['top', 'banner', 'face', 'claims', 'labels', 'bottom', 'toast', 'pending', 'timer', 'saved'];
const WITHOUT_ITEM = ['undo', 'back', 'help'];
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
    this.item = new ItemAnswers(vocabulary);
    this.keyboard = new Keyboard(vocabulary.keys, this.actions());
    this.keyboard.onpending = (hint) => { this.parts.pending.replaceChildren(...hint); };
    this.buildFrame();
    this.judging = new Judging(this);
    this.adding = new Adding(this);
    this.choosing = new Choosing(this);
    this.marking = new Marking(this);
    this.going = new Going(this);
    this.toast = new Toast(this.parts.toast);
    this.preview = new Preview(this.item, () => this.claims.draw(), () => this.labels.drawChecks());
    this.face = new FaceView(this.parts.face, this);
    this.claims = new ClaimsView(this.parts.claims, this);
    this.labels = new LabelsView(this.parts.labels, this);
    this.timer = new Timer(this.item, this.parts.timer);
    this.saving = new Saving(this.item, (shown) => this.bars.showSaving(shown), (body) => this.going.conflict(body));
    this.bars = new Bars(this);
    this.item.listen((event) => { if (event === 'item') this.keyboard.stopWaiting(); }, () => this.keyboard.stopWaiting());
  }

  buildFrame() {
    this.parts = Object.fromEntries(PARTS.map((name) => [name, h('div', { class: `review-${name}` })]));
    for (const name of ['pending', 'saved', 'toast']) this.parts[name].setAttribute('role', 'status');
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
    const { face, claims, labels } = this.parts;
    if (!claims.isConnected) this.body.replaceChildren(face, claims, labels);
    this.root.dataset.empty = '';
    const address = new URL(location.href);
    address.search = `?campaign=${answer.campaign.id}`;
    history.replaceState(null, '', address);
    this.item.open(answer);
    for (const picture of answer.next ?? []) this.face.picture(picture.image_id, picture.address).catch(() => {});
  }

  showNothing(answer) {
    this.item.close();
    this.root.dataset.empty = 'yes';
    fill(this.body, h('div', { class: 'nothing' }, h('h2', {}, answer.title ?? 'Nothing to review'), h('p', {}, answer.nothing),
      answer.holders?.length > 0 && h('ul', {}, answer.holders.map((holder) => h('li', {}, holder))),
      h('p', {}, h('a', { href: './queue' }, 'To the queue'))));
  }

  /** What each key does; without an item, or while one is being submitted, only a few of them do anything. */
  actions() {
    const act = {
      next: () => this.item.goTo(this.item.focus + 1),
      previous: () => this.item.goTo(this.item.focus - 1),
      edit: () => this.claims.startEdit(),
      accept: () => this.judging.acceptProposal(),
      mark: () => this.marking.start(),
      add_unit: () => this.adding.start(),
      emotion: () => this.choosing.emotion(),
      visibility: () => this.choosing.visibility(),
      landmarks: () => this.face.toggleLandmarks(),
      zoom: () => this.face.nextCrop(),
      contrast: () => this.face.nextLook(),
      baseline: () => this.item.toggle('baseline_unsure'),
      hint: () => this.judging.showHint(true),
      comment: () => this.labels.note.focus(),
      thread: () => this.labels.openThread(),
      flag: () => this.item.toggle('flagged'),
      skip: () => this.choosing.skip(),
      back: () => this.going.decisions(),
      submit: () => (this.item.hidden ? this.going.confirmBlind() : this.going.submit()),
      undo: () => this.going.undo(),
      redo: () => this.item.redo(),
      style: () => this.judging.setCode('S1'),
      help: () => showKeys(this),
    };
    for (const verdict of ['correct', 'wrong', 'unsure', 'cannot_judge']) act[verdict] = () => this.judging.judge(verdict);
    for (const code of ['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H0']) act[`code_${code}`] = () => this.judging.setCode(code);
    for (const severity of [1, 2, 3]) act[`severity_${severity}`] = () => this.item.setSeverity(severity);
    for (const intensity of ['A', 'B', 'C', 'D', 'E']) act[`intensity_${intensity}`] = () => this.item.refineUnit({ intensity });
    for (const side of ['L', 'R', 'B']) act[`side_${side}`] = () => this.item.refineUnit({ side });
    const allowed = (name) => (this.item.bundle || WITHOUT_ITEM.includes(name)) && !this.going.submitting;
    return Object.fromEntries(Object.entries(act).map(([name, run]) => [name, () => { if (allowed(name)) run(); }]));
  }

  async saveKeymap(keymap) {
    const answer = await call('keymap', { keymap });
    this.keymap = answer.keymap;
    this.keyboard.load(answer.keys);
    this.item.tell('focus');
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
}
