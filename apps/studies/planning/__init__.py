"""What a study plans for its subjects, as pure functions without a database or a clock.

`reading` makes the data of `schedule` from the JSON of `study.planning`, and `writing` gives it
back. `expansion` has the dates of a schedule for one subject. `windows` has the time of each date
on the clock of the subject's zone, `done` whether what was planned has happened, and `compliance`
how much of it.
"""
