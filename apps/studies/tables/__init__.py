"""CSV files of studies, as pure functions: answers to surveys, and subjects. What is written can
be read again, unchanged, unless it does not say whom it is about (`deidentification`)."""
