// The picture: opening, dropping, pasting, camera still, layers, opacity, faces, measured points, PNG.
const view = { hidden: new Set(), known: new Set(), opacity: 1, original: false, zoom: false, pinned: null, stream: null };
const find = (selector) => element.querySelector(selector);
const note = (text) => { const line = find('.intake-note'); if (line) line.textContent = text; };

function busy(text) {
  element.dataset.busy = text ? 'yes' : '';
  note(text);
}

async function send(file) {
  busy(`Opening ${file.name} ...`);
  try {
    const { path } = await upload(file);
    trigger('picture', { path, name: file.name });
  } catch (error) {
    busy('');
    note(`${file.name} could not be sent: ${error}. Is it larger than 200 MB, or has the server stopped?`);
  }
}

async function camera(on) {
  const box = find('.camera');
  if (view.stream) view.stream.getTracks().forEach((track) => track.stop());
  view.stream = null;
  box.hidden = true;
  if (!on) return;
  try {
    view.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
    box.hidden = false;
    find('.camera video').srcObject = view.stream;
  } catch (error) {
    note('The camera cannot be used: it is missing, taken, or this page may not use it (a page needs https or localhost).');
  }
}

function snap() {
  const video = find('.camera video');
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  camera(false);
  canvas.toBlob((blob) => send(new File([blob], 'camera.jpg', { type: 'image/jpeg' })), 'image/jpeg', 0.95);
}

function show() {
  const chips = [...element.querySelectorAll('[data-layer]')];
  chips.filter((chip) => !view.known.has(chip.dataset.layer)).forEach((chip) => {
    view.known.add(chip.dataset.layer);
    if (chip.dataset.off === 'yes') view.hidden.add(chip.dataset.layer);
  });
  const { hidden } = view;
  chips.forEach((chip) => chip.setAttribute('aria-pressed', String(!hidden.has(chip.dataset.layer))));
  element.dataset.hide = [...hidden].join(' ');
  element.dataset.original = view.original ? 'yes' : '';
  element.style.setProperty('--overlay-opacity', view.opacity);
  ['original', 'zoom'].forEach((name) => find(`[data-act=${name}]`)?.setAttribute('aria-pressed', String(view[name])));
  const canvas = find('.zoomed');
  if (canvas) {
    const [left, top, part] = (canvas.dataset.box || '0 0 1').split(' ').map(Number);
    canvas.style.transform = view.zoom && part ? `scale(${1 / part}) translate(${-100 * left}%, ${-100 * top}%)` : '';
    view.scale = view.zoom && part ? 1 / part : 1;
  }
  const slider = find('.opacity input');
  if (slider) slider.value = view.opacity;
}

function draw(target) {
  const svg = find('svg.measuring');
  const caption = find('.measured');
  if (!svg) return;
  svg.replaceChildren();
  caption.textContent = target ? target.label : '';
  element.dataset.measuring = target ? 'yes' : '';
  if (!target || !target.points) return;
  const pairs = target.points.split(';').map((pair) => pair.split(',').map(Number));
  const pixel = svg.viewBox.baseVal.width / Math.max(svg.clientWidth * (view.scale || 1), 1);
  const make = (name, attributes, parent) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    return parent.appendChild(node);
  };
  ['halo', 'core'].forEach((layer) => {
    const width = (layer === 'halo' ? 4.5 : 2) * pixel;
    pairs.forEach(([x0, y0, x1, y1]) => {
      make('line', { x1: x0, y1: y0, x2: x1, y2: y1, class: layer, 'stroke-width': width }, svg);
      [[x0, y0], [x1, y1]].forEach(([cx, cy]) => make('circle', { cx, cy, r: (layer === 'halo' ? 5 : 3.5) * pixel, class: `${layer} dot` }, svg));
    });
  });
}

async function savePicture() {
  const layers = [...element.querySelectorAll('[data-layer][aria-pressed=true]')].map((chip) => chip.dataset.layer);
  const answer = await server.save_picture({ layers: view.original ? [] : layers, opacity: view.opacity });
  window.studioSave(answer, note);
}

const acts = {
  camera: () => camera(true),
  'camera-off': () => camera(false),
  snap,
  zoom: () => { view.zoom = !view.zoom; show(); draw(view.pinned); },
  original: () => { view.original = !view.original; show(); },
  'save-picture': savePicture,
};

element.addEventListener('click', (event) => {
  const target = event.target.closest('[data-act], [data-layer], [data-face], [data-example]');
  if (!target) return;
  const { act, layer, face, example } = target.dataset;
  if (act) acts[act]();
  else if (layer) { if (!view.hidden.delete(layer)) view.hidden.add(layer); show(); }
  else if (example !== undefined) { busy('Opening the example ...'); trigger('example', { key: example }); }
  else if (face !== undefined) trigger('face', { index: Number(face) });
});
element.addEventListener('input', (event) => {
  if (event.target.closest('.opacity')) { view.opacity = Number(event.target.value); show(); }
});
element.addEventListener('change', (event) => {
  if (event.target.type !== 'file') return;
  const [file] = event.target.files;
  event.target.value = '';
  if (file) send(file);
});
element.addEventListener('dragover', (event) => { event.preventDefault(); element.dataset.drop = 'yes'; });
element.addEventListener('dragleave', () => { element.dataset.drop = ''; });
element.addEventListener('drop', (event) => {
  event.preventDefault();
  element.dataset.drop = '';
  const [file] = event.dataTransfer.files;
  if (file) send(file);
});
document.addEventListener('paste', (event) => {
  if (!element.isConnected || element.offsetParent === null) return;
  const file = [...(event.clipboardData?.files || [])].find((item) => item.type.startsWith('image/'));
  if (file) { event.preventDefault(); send(file); }
});
document.addEventListener('studio:measured', (event) => {
  const { target, pin } = event.detail;
  if (pin) view.pinned = view.pinned && target && view.pinned.points === target.points && view.pinned.label === target.label
    ? null : target;
  draw(target && !pin ? target : view.pinned);
  if (pin && view.pinned && window.innerWidth < 900) find('figure')?.scrollIntoView({ block: 'center', behavior: 'smooth' });
});
watch('value', () => {
  const version = find('.stage')?.dataset.version;
  if (version !== view.version) { view.pinned = null; busy(''); camera(false); }
  view.version = version;
  show();
  draw(view.pinned);
});
show();
