// Shared by the whole page: saving a file that the server sent, and opening the intended-use section.
window.studioSave = (answer, complain) => {
  if (answer.error) { complain(answer.error); return; }
  const bytes = Uint8Array.from(atob(answer.content), (letter) => letter.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: answer.type }));
  link.download = answer.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
document.addEventListener('click', (event) => {
  if (!event.target.closest?.('a[href="#intended-use"]')) return;
  const section = document.getElementById('intended-use');
  if (!section) return;
  event.preventDefault();
  section.open = true;
  section.scrollIntoView({ behavior: 'smooth' });
  section.querySelector('summary').focus({ preventScroll: true });
});
