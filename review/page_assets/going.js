// From item to item: confirming blind scores, submitting, taking back, passing over, and a change in another tab.

import { Refusal } from './api.js';
import { showConflict, showDecisions } from './dialogs.js';

export class Going {
  constructor(desk) {
    this.desk = desk;
    this.item = desk.item;
    this.submitted = null;
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
      this.submitted = answer.submitted.review_id;
      this.busy(false);
      desk.show(answer.next_item);
      desk.toast.show('Submitted.', 'Undo (Ctrl+Z)', () => this.reopen(this.submitted));
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
    if (this.submitted) this.reopen(this.submitted);
    else this.desk.say('There is nothing to undo.');
  }

  async reopen(review) {
    const { desk } = this;
    if (this.item.bundle && desk.saving.dirty) await desk.saving.save();
    const answer = await desk.try('undo', { review_id: review });
    if (!answer) return;
    this.submitted = null;
    desk.show(answer);
    desk.toast.show('Open again; it counts when you submit it.');
  }

  async skip(reason) {
    const { lease, campaign } = this.item.bundle;
    const answer = await this.desk.try('skip', { assignment_id: lease.assignment_id, campaign_id: campaign.id, reason });
    if (answer) this.desk.show(answer);
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
