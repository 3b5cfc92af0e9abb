// The left column: the face, its landmarks, crops of one region at three times the size, grey and contrast.

import { chip, fill, h, svg } from './dom.js';

const CROPS = ['brow', 'eyes', 'nose_cheek', 'mouth_chin'];
const CROP_NAMES = { brow: 'brows', eyes: 'eyes', nose_cheek: 'nose and cheeks', mouth_chin: 'mouth and chin' };
const REGION_CROP = { brows: 'brow', eyes: 'eyes', cheeks: 'nose_cheek', nose: 'nose_cheek', mouth: 'mouth_chin', chin: 'mouth_chin', jaw: 'mouth_chin' };
const LOOKS = ['natural', 'grey', 'contrast', 'grey contrast'];
const LEAST_CROP = 3;

export class FaceView {
  constructor(root, desk) {
    this.root = root;
    this.desk = desk;
    this.landmarks = false;
    this.following = false;
    this.crop = null;
    this.look = 0;
    this.pictures = new Map();
    desk.item.listen((event) => {
      if (event === 'item') this.openItem();
      if (event === 'focus' && this.following) this.follow();
      this.drawTools();
      this.drawHints();
    }, () => { this.stage = null; });
  }

  get face() {
    return this.desk.item.bundle.item.face;
  }

  openItem() {
    const { item } = this.desk.item.bundle;
    this.stage = h('div', { class: 'stage-inner' });
    this.figure = h('figure', { class: 'face', 'aria-label': 'The face' }, this.stage);
    this.tools = h('div', { class: 'face-tools' });
    this.facts = h('div', { class: 'face-facts' });
    this.hints = h('div', { class: 'face-hints', role: 'status' });
    this.root.replaceChildren(this.figure, h('p', { class: 'mirror muted' }, 'Viewer’s left = subject’s right'), this.tools, this.hints, this.facts);
    this.crop = null;
    this.show(item);
    this.drawFacts(item);
  }

  /** Fetch a picture once and keep it in memory: the server forbids the browser's own cache. */
  async picture(imageId, address) {
    if (!this.pictures.has(imageId)) {
      const fetched = fetch(new URL(address, document.baseURI), { credentials: 'same-origin' }).then(async (response) => {
        if (!response.ok) throw new Error(`The picture cannot be shown (${response.status}).`);
        return URL.createObjectURL(await response.blob());
      });
      fetched.catch(() => this.pictures.delete(imageId));
      this.pictures.set(imageId, fetched);
      for (const old of [...this.pictures.keys()].slice(0, -4)) this.forget(old);
    }
    return this.pictures.get(imageId);
  }

  forget(imageId) {
    this.pictures.get(imageId)?.then(URL.revokeObjectURL, () => {});
    this.pictures.delete(imageId);
  }

  async show(item) {
    const { stage } = this;
    let source;
    try {
      source = await this.picture(item.image_id, item.address);
    } catch (error) {
      stage.replaceChildren(h('p', { class: 'notice notice-error' }, error.message));
      return;
    }
    if (stage !== this.stage) return; // another item is open by now, or none
    const image = h('img', { src: source, alt: 'The face being described', draggable: 'false' });
    const layer = svg('svg', { viewBox: `0 0 ${item.width} ${item.height}`, class: 'landmarks', 'aria-hidden': 'true', preserveAspectRatio: 'xMidYMid meet' });
    if (item.face) this.drawLandmarks(layer, item);
    this.measures = svg('svg', { viewBox: `0 0 ${item.width} ${item.height}`, class: 'measures', 'aria-hidden': 'true' });
    stage.replaceChildren(image, layer, this.measures);
    this.frame();
    this.drawHints();
  }

  drawLandmarks(layer, item) {
    const { points, lines } = item.face;
    const unit = Math.max(item.width, item.height) / 400;
    for (const line of lines ?? []) {
      const at = line.points.map((index) => points[index].join(',')).join(' ');
      layer.append(svg(line.closed ? 'polygon' : 'polyline', { points: at, class: `lm-${line.region.split('_')[0]}`, fill: 'none', 'stroke-width': 1.1 * unit }));
    }
    for (const [x, y] of points) layer.append(svg('circle', { cx: x, cy: y, r: 1.1 * unit }));
  }

  /** Place the picture so that the chosen crop (or the whole) fills the frame. */
  frame() {
    const { item } = this.desk.item.bundle;
    const box = this.crop ? this.face?.regions?.[this.crop] : null;
    this.figure.dataset.crop = box ? this.crop : '';
    this.figure.dataset.landmarks = this.landmarks ? 'on' : 'off';
    this.figure.dataset.look = LOOKS[this.look];
    const longest = Math.max(item.width, item.height);
    if (!box) {
      this.stage.style.transform = '';
      return;
    }
    const [x0, y0, x1, y1] = box;
    const scale = Math.min(Math.max(longest / Math.max(x1 - x0, y1 - y0), 1), 2 * LEAST_CROP);
    const half = 50 / scale;
    const centre = (low, high, size) => Math.min(Math.max(100 * ((low + high) / 2 + (longest - size) / 2) / longest, half), 100 - half);
    this.stage.style.transform = `scale(${scale}) translate(${half - centre(x0, x1, item.width)}%, ${half - centre(y0, y1, item.height)}%)`;
  }

  toggleLandmarks() {
    this.landmarks = !this.landmarks;
    this.update();
  }

  /** Step through the whole face, the claim's region first, then every other region. */
  nextCrop() {
    if (!this.face?.regions) {
      this.desk.say('There are no measured regions for this picture; run “python -m review evidence” to get crops.');
      return;
    }
    const first = this.claimCrop();
    const order = [null, ...CROPS.filter((name) => name === first), ...CROPS.filter((name) => name !== first)].filter((name) => name === null || this.face.regions[name]);
    this.crop = order[(order.indexOf(this.crop) + 1) % order.length];
    this.following = this.crop !== null && this.crop === first;
    this.update();
  }

  claimCrop() {
    return REGION_CROP[this.desk.units[this.desk.item.unit]?.region] ?? null;
  }

  follow() {
    const crop = this.claimCrop();
    if (crop && this.face?.regions?.[crop]) this.crop = crop;
    this.update();
  }

  nextLook() {
    this.look = (this.look + 1) % LOOKS.length;
    this.update();
  }

  update() {
    this.frame();
    this.drawTools();
  }

  drawTools() {
    if (!this.tools) return;
    const { keyboard, item, vocabulary } = this.desk;
    const key = (action) => h('kbd', {}, keyboard.keyOf(action));
    fill(this.tools,
      h('div', { class: 'row' },
        this.face && chip([key('landmarks'), ' landmarks'], this.landmarks, () => this.toggleLandmarks(), { 'data-focus': 'landmarks' }),
        chip([key('zoom'), ` ${this.crop ? CROP_NAMES[this.crop] : 'zoom'}`], this.crop !== null, () => this.nextCrop(), { 'data-focus': 'zoom' }),
        chip([key('contrast'), ` ${this.look ? LOOKS[this.look] : 'contrast'}`], this.look > 0, () => this.nextLook(), { 'data-focus': 'contrast' })),
      h('div', { class: 'row visibility', role: 'group', 'aria-label': 'What cannot be seen' },
        h('span', { class: 'muted' }, key('visibility'), ' not visible:'),
        vocabulary.visibility.map(({ code, name }, index) => chip(`${index} ${name}`, item.state.visibility.includes(code), () => item.toggleVisibility(code), { title: `FACS ${code}`, 'data-focus': `visible-${code}` }))),
      h('div', { class: 'row' },
        chip([key('baseline'), ' resting face unknown'], item.state.baseline_unsure, () => item.toggle('baseline_unsure'), { 'data-focus': 'baseline', title: 'One picture does not show the resting face; what you see may be anatomy or age. Gives this review half the weight.' })));
  }

  /** What machines say of the focused claim, in words and as the measured distances on the picture. */
  drawHints() {
    if (!this.hints) return;
    const { item } = this.desk;
    const hint = item.claim ? item.hints[item.claim.id] : null;
    const lines = hint ? [...hint.evidence, ...hint.models, ...hint.lint] : [];
    const words = lines.map((line) => h('li', { class: `hint hint-${line.verdict}` }, line.words));
    if (hint?.asked && !lines.length) words.push(h('li', { class: 'hint' }, 'Nothing was measured for this claim.'));
    fill(this.hints, words.length > 0 && h('h3', {}, `What machines say of this claim`), words.length > 0 && h('ul', { class: 'hints' }, words));
    if (!this.measures) return;
    const { width, height } = item.bundle.item;
    const unit = Math.max(width, height) / 400;
    const segments = lines.flatMap((line) => line.segments ?? []);
    const draw = ([[x1, y1], [x2, y2]], name, thickness) => svg('line', { x1, y1, x2, y2, class: name, 'stroke-width': thickness * unit });
    this.measures.replaceChildren(...segments.map((segment) => draw(segment, 'halo', 4)), ...segments.map((segment) => draw(segment, 'core', 1.8)));
  }

  drawFacts(item) {
    const facts = [];
    if (item.face?.pose) facts.push(`yaw ${Math.round(item.face.pose.yaw)}°, pitch ${Math.round(item.face.pose.pitch)}°`);
    if (!item.face) facts.push('not measured');
    if (item.origin_model) facts.push(`text by ${item.origin_model}`);
    if (item.duplicates) facts.push(`${item.duplicates} near-duplicates`);
    this.facts.replaceChildren(
      h('p', { class: 'muted' }, facts.join(' · ')),
      ...(item.face?.gates ?? []).map((reason) => h('p', { class: 'gate' }, `! ${reason}`)));
  }
}
