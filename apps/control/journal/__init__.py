"""The journal: every request to a sandbox, kept for tests that ask what a client has sent.

A process that answers a request adds a line to the spool, a file (spool.py), before the answer is
sent. Whoever reads the journal moves the lines into the control database first (rows.py), and so
does the process that does jobs, once a second. So a request costs no statement, a reader finds
every request that was answered before, by whichever process, and a killed process loses none.
"""
