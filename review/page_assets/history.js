// Undo and redo within one item: the moments before and after the present one.

const DEPTH = 200;

export class History {
  constructor() {
    this.clear();
  }

  clear() {
    this.past = [];
    this.future = [];
  }

  /** Keep the moment before a change; what was undone before it cannot be redone any more. */
  keep(moment) {
    this.past.push(moment);
    if (this.past.length > DEPTH) this.past.shift();
    this.future = [];
  }

  /** The moment before the last change, or undefined. */
  get last() {
    return this.past.at(-1);
  }

  /** Return the moment before `present`, or undefined. */
  back(present) {
    return this.step(this.past, this.future, present);
  }

  /** Return the moment after `present` that was undone, or undefined. */
  forth(present) {
    return this.step(this.future, this.past, present);
  }

  step(from, to, present) {
    const moment = from.pop();
    if (moment) to.push(present);
    return moment;
  }
}
