"""The web server: connections in an event loop, the WSGI application in threads."""
