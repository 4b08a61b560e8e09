"""What reports of studies contain. `generation` makes one in a job, with the table of its kind:
`compliance`, `survey_rows` or `metric_values`."""
