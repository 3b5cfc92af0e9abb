// From item to item: confirming blind scores, submitting, taking back, passing over, and a change in another tab.

import { Refusal } from './api.js';
import { showConflict, showDecisions } from './dialogs.js';

export class Going {
  constructor(desk) {
    this.desk = desk;
    this.item = desk.item;
    this.takeBack = null; // what undoes the last submission or skip
    this.submitting = false;
  }

  async confirmBlind() {
    const { item, desk } = this;
    const { lease, item: described } = item.bundle;
    const done = described.task === 'au' ? Object.keys(item.units).length > 0 : Boolean(item.emotion);
    if (!done) {
      desk.say(described.task === 'au' ? 'Score at least one unit, or press A for “nothing is visible”.' : 'Choose an emotion first (O, then 1 to 7).');
      return;
    }
    item.confirmBlind();
    if (!(await desk.saving.save())) return;
    const answer = await desk.try('open', { assignment_id: lease.assignment_id });
    if (answer) desk.show(answer);
  }

  async submit() {
    const { item, desk } = this;
    if (this.submitting) return;
    const missing = item.unanswered();
    if (missing.length) {
      item.goTo(item.cards.indexOf(missing[0]));
      desk.say(missing.length === 1 ? 'One claim still waits for a verdict.' : `${missing.length} claims still wait for a verdict.`);
      return;
    }
    if (desk.saving.failed && !(await desk.saving.save())) {
      desk.say('The last change is not saved yet, so this cannot be submitted.');
      return;
    }
    this.busy(true);
    try {
      desk.timer.write();
      const answer = await desk.saving.submit();
      this.busy(false);
      desk.show(answer.next_item);
      this.offerUndo('Submitted.', () => this.reopen(answer.submitted.review_id));
    } catch (error) {
      this.busy(false);
      if (error instanceof Refusal && error.status === 422) desk.say(error.message);
      else desk.saving.notSaved(error);
    }
  }

  /** While a submission is on its way nothing more can be said of the item. */
  busy(on) {
    this.submitting = on;
    this.desk.body.inert = on;
    this.desk.bars.draw();
  }

  undo() {
    if (this.item.bundle && this.item.undo()) return;
    if (this.takeBack) this.takeBack();
    else this.desk.say('There is nothing to undo.');
  }

  /** Say what was done with an item, and let Ctrl+Z and the toast take it back. */
  offerUndo(words, takeBack) {
    this.takeBack = takeBack;
    this.desk.toast.show(words, 'Undo (Ctrl+Z)', takeBack);
  }

  reopen(review) {
    return this.comeBack('undo', { review_id: review }, 'Open again; it counts when you submit it.');
  }

  async skip(reason) {
    const { desk } = this;
    const { lease, campaign, item } = this.item.bundle;
    if (desk.saving.dirty) await desk.saving.save();
    const answer = await desk.try('skip', { assignment_id: lease.assignment_id, campaign_id: campaign.id, reason });
    if (!answer) return;
    desk.show(answer);
    const place = { campaign_id: campaign.id, description_id: item.description_id };
    this.offerUndo(`Skipped: ${reason}.`, () => this.comeBack('start', place, 'Back again; it is not skipped any more.'));
  }

  /** Ask the server for an earlier item and show it; what stands on the page is saved first. */
  async comeBack(name, body, words) {
    const { desk } = this;
    if (this.item.bundle && desk.saving.dirty) await desk.saving.save();
    const answer = await desk.try(name, body);
    if (!answer) return;
    if (answer.nothing) {
      desk.say(answer.nothing);
      return;
    }
    this.takeBack = null;
    desk.show(answer);
    desk.toast.show(words);
  }

  async decisions() {
    const answer = await this.desk.try('decisions');
    if (answer) showDecisions(answer.decisions, (review) => this.reopen(review));
  }

  conflict(body) {
    const { saving } = this.desk;
    showConflict(body, this.desk, (chosen) => {
      saving.goOnFrom(body.version);
      if (chosen === 'theirs') this.item.takeOver(body.theirs);
      saving.save();
    });
  }
}
