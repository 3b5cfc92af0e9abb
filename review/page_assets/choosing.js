// Keys of two steps: O and an emotion, V and what cannot be seen, S and a reason.

export class Choosing {
  constructor(desk) {
    this.desk = desk;
  }

  emotion() {
    this.desk.keyboard.wait(`Emotion: ${this.emotions()}  (⇧ for a second one)`, (name) => { this.takeEmotion(name); });
  }

  /** After "emotion not supported": 1 to 7 name the right one, any other key goes on as usual. */
  rightEmotion() {
    this.desk.keyboard.wait(`It is: ${this.emotions()}  (⇧ for a second one; any other key goes on)`, (name) => this.takeEmotion(name));
  }

  emotions() {
    return this.desk.vocabulary.emotions.map((name, index) => `${index + 1} ${name}`).join('  ');
  }

  takeEmotion(name) {
    const match = /^(Shift\+)?Digit([1-7])$/.exec(name);
    if (!match) return false;
    const chosen = this.desk.vocabulary.emotions[match[2] - 1];
    this.desk.item.setEmotion(match[1] ? { second: chosen } : { label: chosen });
    return true;
  }

  visibility() {
    const codes = this.desk.vocabulary.visibility;
    this.desk.keyboard.wait(`Not visible: ${codes.map(({ name }, index) => `${index} ${name}`).join('  ')}`, (name) => {
      const code = codes[Number(/^Digit([0-4])$/.exec(name)?.[1] ?? -1)];
      if (code) this.desk.item.toggleVisibility(code.code);
    });
  }

  skip() {
    const reasons = this.desk.vocabulary.skip_reasons;
    this.desk.keyboard.wait(`Skip because: ${reasons.map((words, index) => `${index + 1} ${words}`).join('  ')}  (Esc stays)`, (name) => {
      const reason = reasons[Number(/^Digit([1-4])$/.exec(name)?.[1] ?? 0) - 1];
      if (reason) this.desk.going.skip(reason);
    });
  }
}
