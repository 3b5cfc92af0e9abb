// An answer: pointing at a claim or an evidence row shows its two points in the picture; saving writes JSON.
const tell = (target, pin) => document.dispatchEvent(new CustomEvent('studio:measured', { detail: { target, pin } }));
const measured = (event) => {
  const row = event.target.closest?.('[data-points]');
  return row && { points: row.dataset.points, label: `AU${row.dataset.unit}: ${row.dataset.label}` };
};

const sendToReview = async (button) => {
  const status = button.parentElement.querySelector('[role="status"]');
  button.disabled = true;
  status.textContent = 'Sending ...';
  const failed = { error: 'The server did not answer. Send it again: the same face and text are kept only once.' };
  const answer = (await server.send_answer({ slot: button.dataset.send }).catch(() => failed)) ?? failed;
  status.textContent = answer.error ?? answer.sentence;
  if (answer.error) { button.disabled = false; return; }
  const link = Object.assign(document.createElement('a'), { href: answer.address, textContent: 'Open it' });
  status.append(' ', link);
};

element.addEventListener('mouseover', (event) => tell(measured(event), false));
element.addEventListener('mouseleave', () => tell(null, false));
element.addEventListener('focusin', (event) => tell(measured(event), false));
element.addEventListener('focusout', () => tell(null, false));
element.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') tell(null, true);
  if ((event.key === 'Enter' || event.key === ' ') && measured(event)) {
    event.preventDefault();
    tell(measured(event), true);
  }
});
element.addEventListener('click', async (event) => {
  const save = event.target.closest('[data-save]');
  if (save) {
    window.studioSave(await server.save_answer({ slot: save.dataset.save }), (text) => { save.textContent = text; });
  } else if (event.target.closest('[data-send]')) {
    await sendToReview(event.target.closest('[data-send]'));
  } else if (measured(event)) tell(measured(event), true);
});
