// Live: the video stays in the browser; small JPEG frames go up, numbers come back and are drawn over the video.
const SECONDS = 30;
const SEND_SIDE = 480;
const IN_FLIGHT = 2;
const COLOURS = { brow: '#f2b134', eye: '#4cc3ff', pupil: '#ffffff', nose: '#9be564', mouth: '#ff6f91', contour: '#d7dde4' };
const find = (selector) => element.querySelector(selector);
const video = find('video');
const overlay = find('.live-overlay');
const sender = document.createElement('canvas');
const live = {
  stream: null, plan: null, flying: 0, sequence: 0, shown: 0, answers: [], history: [], points: true, lines: true, painted: 0,
};

async function start() {
  note('');
  try {
    live.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } } });
  } catch (error) {
    note('The camera cannot be used: it is missing, taken, or this page may not use it (a page needs https or localhost).');
    return;
  }
  live.plan = live.plan || await server.plan({});
  live.history = [];
  live.answers = [];
  buildLanes();
  video.srcObject = live.stream;
  await video.play();
  find('.live-frame').style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  element.dataset.on = 'yes';
  find('[data-live=start]').textContent = 'Stop the camera';
  find('[data-live=describe]').disabled = false;
  nextFrame();
}

function stop() {
  if (!live.stream) return;
  live.stream.getTracks().forEach((track) => track.stop());
  live.stream = null;
  video.srcObject = null;
  element.dataset.on = '';
  find('[data-live=start]').textContent = 'Start the camera';
  find('[data-live=describe]').disabled = true;
  overlay.getContext('2d').clearRect(0, 0, overlay.width, overlay.height);
  find('.live-rate').textContent = '';
  server.stop_tracking({});
}

function note(text) { find('.live-note').textContent = text; }

function nextFrame() {
  if (!live.stream) return;
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
  else setTimeout(onFrame, 33);
}

function onFrame() {
  if (!live.stream) return;
  nextFrame();
  if (live.flying < IN_FLIGHT && element.offsetParent !== null && !document.hidden) sendFrame();
}

async function sendFrame() {
  const scale = Math.min(1, SEND_SIDE / Math.max(video.videoWidth, video.videoHeight));
  sender.width = Math.round(video.videoWidth * scale);
  sender.height = Math.round(video.videoHeight * scale);
  sender.getContext('2d').drawImage(video, 0, 0, sender.width, sender.height);
  const number = ++live.sequence;
  const sent = performance.now();
  live.flying += 1;
  try {
    const answer = await server.track({ frame: sender.toDataURL('image/jpeg', 0.8) });
    if (!live.stream || number <= live.shown) return;
    live.shown = number;
    if (answer.error) note(answer.error);
    else receive(answer, performance.now() - sent);
  } catch (error) {
    note('The server does not answer; stop and start the camera to try again.');
  } finally {
    live.flying -= 1;
  }
}

function receive(answer, roundTrip) {
  const now = performance.now();
  live.answers = live.answers.filter((time) => now - time < 2000).concat(now);
  live.history = live.history.filter((sample) => now - sample.now < SECONDS * 1000).concat({ now, values: answer.values });
  drawFaces(answer);
  element.dataset.frames = String(Number(element.dataset.frames || 0) + 1);
  if (now - live.painted < 100) return;
  live.painted = now;
  const rate = live.answers.length / Math.min(2, Math.max((now - live.answers[0]) / 1000, 0.5));
  const faces = answer.faces.length === 1 ? 'one face' : `${answer.faces.length || 'no'} faces`;
  find('.live-rate').textContent = `${rate.toFixed(0)} frames a second, ${roundTrip.toFixed(0)} ms round trip, ${faces}`
    + (answer.layout ? `, points: ${answer.layout}` : '');
  note(answer.faces.length ? (answer.faces[0].gates || []).join(' ') : 'No face is in view.');
  drawLanes(now);
}

function drawFaces(answer) {
  const [width, height] = answer.size;
  const scale = video.videoWidth / width;
  overlay.width = video.videoWidth;
  overlay.height = video.videoHeight;
  const pen = overlay.getContext('2d');
  pen.clearRect(0, 0, overlay.width, overlay.height);
  pen.scale(scale, scale);
  answer.faces.forEach((face) => {
    const at = (index) => [face.points[2 * index], face.points[2 * index + 1]];
    const size = Math.max(face.box[2] - face.box[0], face.box[3] - face.box[1]);
    pen.lineWidth = Math.max(0.8, size / 180);
    if (live.lines) {
      live.plan.lines[answer.layout].forEach(([indices, closed, region]) => {
        pen.strokeStyle = COLOURS[region.split('_')[0]] || COLOURS.contour;
        pen.beginPath();
        indices.forEach((index, place) => pen[place ? 'lineTo' : 'moveTo'](...at(index)));
        if (closed) pen.closePath();
        pen.stroke();
      });
    }
    if (live.points) {
      pen.fillStyle = 'rgba(255, 255, 255, 0.75)';
      const radius = Math.max(0.5, size / 320);
      for (let index = 0; index < face.points.length / 2; index += 1) {
        const [x, y] = at(index);
        pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
      }
    }
  });
  overlay.dataset.faces = String(answer.faces.length);
  overlay.dataset.height = String(height);
}

function buildLanes() {
  const box = find('.lanes');
  box.replaceChildren(...live.plan.units.map((unit) => {
    const lane = document.createElement('div');
    lane.className = 'lane';
    lane.dataset.unit = unit.number;
    const title = document.createElement('span');
    title.textContent = `AU${unit.number} ${unit.name}`;
    const value = document.createElement('b');
    const canvas = document.createElement('canvas');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `AU${unit.number} ${unit.name} over the last 30 seconds`);
    lane.append(title, value, canvas);
    return lane;
  }));
}

function drawLanes(now) {
  const style = getComputedStyle(element);
  element.querySelectorAll('.lane').forEach((lane) => {
    const key = lane.dataset.unit;
    const canvas = lane.querySelector('canvas');
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const ratio = window.devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    const y = (value) => height - 2 - (Math.max(-0.3, Math.min(1, value)) + 0.3) / 1.3 * (height - 4);
    pen.strokeStyle = style.getPropertyValue('--border-color-primary');
    [[0, []], [0.5, [4, 4]]].forEach(([level, dash]) => {
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(0, y(level));
      pen.lineTo(width, y(level));
      pen.stroke();
    });
    pen.setLineDash([]);
    pen.strokeStyle = style.getPropertyValue('--studio-accent');
    pen.lineWidth = 1.6;
    pen.beginPath();
    let before = null;
    live.history.forEach((sample) => {
      const value = sample.values[key];
      const x = width * (1 - (now - sample.now) / (SECONDS * 1000));
      if (value === undefined) { before = null; return; }
      pen[before === null ? 'moveTo' : 'lineTo'](x, y(value));
      before = value;
    });
    pen.stroke();
    const last = live.history[live.history.length - 1].values[key];
    lane.querySelector('b').textContent = last === undefined ? 'not measurable'
      : `${last.toFixed(2)} ${last >= 0.5 ? 'supports' : last <= 0 ? 'neutral or less' : 'unclear'}`;
  });
}

async function describe() {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  video.pause();
  note('This frame is frozen and goes to the Demo tab ...');
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.95));
  try {
    const { path } = await upload(new File([blob], 'frame.jpg', { type: 'image/jpeg' }));
    stop();
    trigger('freeze', { path });
    note('The frozen frame is described in the Demo tab.');
  } catch (error) {
    note(`The frame could not be sent: ${error}`);
    video.play();
  }
}

function toggle(button, name) {
  live[name] = !live[name];
  button.setAttribute('aria-pressed', String(Boolean(live[name])));
  find('.live-frame').dataset.mirror = live.mirror ? 'yes' : 'no';
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-live]');
  if (!button) return;
  const action = button.dataset.live;
  if (action === 'start') { if (live.stream) stop(); else start(); }
  else if (action === 'describe') describe();
  else toggle(button, action);
});
window.addEventListener('pagehide', () => live.stream && live.stream.getTracks().forEach((track) => track.stop()));
