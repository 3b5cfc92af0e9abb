// Keys of two steps: O and an emotion, V and what cannot be seen, S and a reason.

import { button, h } from './dom.js';

export class Choosing {
  constructor(desk) {
    this.desk = desk;
  }

  emotion() {
    this.ask('Emotion:', this.desk.vocabulary.emotions, 1, '⇧ for a second one', (name) => { this.takeEmotion(name); });
  }

  /** After "emotion not supported": 1 to 7 name the right one, any other key goes on as usual. */
  rightEmotion() {
    this.ask('It is:', this.desk.vocabulary.emotions, 1, '⇧ for a second one; any other key goes on', (name) => this.takeEmotion(name));
  }

  /** Wait for a digit, from `first` on; the choices stand on the page meanwhile and can be clicked as well. */
  ask(title, choices, first, hint, take) {
    const { keyboard } = this.desk;
    const buttons = choices.map((words, index) => button([h('kbd', {}, index + first), ` ${words}`], () => keyboard.answer(`Digit${index + first}`)));
    keyboard.wait([h('b', {}, title), ...buttons, h('small', {}, hint)], take);
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
    this.ask('Not visible:', codes.map((code) => code.name), 0, 'Esc leaves', (name) => {
      const code = codes[Number(/^Digit([0-4])$/.exec(name)?.[1] ?? -1)];
      if (code) this.desk.item.toggleVisibility(code.code);
    });
  }

  skip() {
    const reasons = this.desk.vocabulary.skip_reasons;
    this.ask('Skip because:', reasons, 1, 'Esc stays', (name) => {
      const reason = reasons[Number(/^Digit([1-4])$/.exec(name)?.[1] ?? 0) - 1];
      if (reason) this.desk.going.skip(reason);
    });
  }
}
