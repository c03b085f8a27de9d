"""What the web server calls: nothing is answered where the start would be unsafe."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiadi.server.serving")

from django.core.wsgi import get_wsgi_application

from jiadi.server.safety import refuse_unsafe

application = get_wsgi_application()
refuse_unsafe()
