// Verdicts, codes and rewrites of the focused claim, and the evidence that appears after them.

export class Judging {
  constructor(desk) {
    this.desk = desk;
    this.item = desk.item;
  }

  judge(verdict) {
    const { item } = this;
    if (item.hidden) {
      if (verdict === 'correct' && item.bundle.item.task === 'au') item.scoreRestAbsent();
      return;
    }
    const { claim } = item;
    item.judge(verdict);
    if (claim) this.showHint(false, claim);
    if (verdict !== 'wrong') item.advance();
  }

  setCode(code) {
    const { item } = this;
    if (item.hidden || !item.claim) return;
    const { card, claim } = item;
    item.setCode(code);
    this.showHint(false, claim);
    if (card.folded && code === 'H0') item.advance();
    else if (code === 'H2') this.desk.root.querySelector('[data-focus="right-unit"]')?.focus();
    else if (code === 'H6' && claim.kind === 'emotion') this.desk.choosing.rightEmotion();
  }

  /** Return the rewrite offered for a wrong claim: text, '' to delete it, null for none, undefined while it is asked for. */
  proposal(claim, said) {
    return this.desk.preview.proposal(claim, said, this.item.state);
  }

  acceptProposal() {
    const { item } = this;
    const said = item.verdict();
    if (said?.verdict !== 'wrong' || !said.code || said.replacement !== null) return;
    const proposed = this.proposal(item.claim, said);
    if (typeof proposed !== 'string') return;
    item.setReplacement(item.claim, proposed);
    item.advance();
  }

  /** Show what machines say of the focused claim: by the key, or by itself after a verdict, as the campaign allows. */
  async showHint(asked, claim = this.item.claim) {
    const { item, desk } = this;
    const { hints } = item.bundle.campaign;
    if (!claim) return;
    if (item.hints[claim.id]) {
      if (asked) Object.assign(item.hints[claim.id], { asked });
      if (asked) item.tell('hints');
      return;
    }
    if (hints === 'never') {
      if (asked) desk.say('This campaign shows no evidence.');
      return;
    }
    if (hints === 'after' && !item.verdict(claim)) {
      if (asked) desk.say('The evidence appears after your verdict.');
      return;
    }
    const review = item.reviewId;
    const answer = await desk.try('hints', { review_id: review, claim_id: claim.id }, { quiet: !asked });
    if (!answer || review !== item.reviewId) return;
    item.hints[claim.id] = { ...answer, asked };
    item.note({ hint_seen: true });
    item.tell('hints');
  }
}
