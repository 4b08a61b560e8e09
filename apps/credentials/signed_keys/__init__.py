"""Requests signed with the key of a client, by the three X-HEXO headers."""
