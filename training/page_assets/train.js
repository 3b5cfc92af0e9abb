// Train & benchmark: a job of the list is watched when it is pressed.
element.addEventListener('click', (event) => {
  const job = event.target.closest('[data-job]');
  if (job) trigger('choose', { key: job.dataset.job });
});
