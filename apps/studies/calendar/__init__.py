"""The calendar of subjects: what their study plans for them, and whether it is done (studies 6).

`items` reads it from the store, `asking` has what a request may ask for, and `writing` and `feed`
make JSON and iCalendar of it.
"""
