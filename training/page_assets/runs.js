// Runs: a run's name chooses it; an item's button opens its picture in the demo.
element.addEventListener('click', (event) => {
  const run = event.target.closest('[data-run]');
  const item = event.target.closest('[data-item]');
  if (run) trigger('choose', { key: run.dataset.run });
  if (item) trigger('demo', { key: item.dataset.from, task: item.dataset.task, item: item.dataset.item });
});
