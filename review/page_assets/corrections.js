// My corrections: one's own submissions can be taken back.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-withdraw]');
  if (button) trigger('withdraw', { review: Number(button.dataset.withdraw) });
});
