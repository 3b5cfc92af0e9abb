// Browse: rows open an item, pages turn, a lead restores a version or gives a review back.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const { open, offset, restore, version, reopen } = button.dataset;
  if (open) {
    element.querySelectorAll('[data-open]').forEach((row) => row.setAttribute('aria-current', String(row === button)));
    trigger('open', { description: Number(open) });
  } else if (offset) {
    trigger('turn', { offset: Number(offset) });
  } else if (restore) {
    trigger('restore', { review: Number(restore), version: Number(version) });
  } else if (reopen) {
    const field = button.parentElement.querySelector('input');
    if (!field.value.trim()) { field.focus(); field.placeholder = 'Say why first; the reviewer will read it'; return; }
    trigger('reopen', { review: Number(reopen), reason: field.value });
  }
});
