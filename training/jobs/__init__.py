"""Long work that outlives the page and the app: one process a job, a job file, and one job at a time."""
