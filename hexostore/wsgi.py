"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from hexostore.database.using import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
limit_statements()
application = get_wsgi_application()
