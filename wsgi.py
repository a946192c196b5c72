"""What a WSGI server imports."""

from vcp.app import create_app
from vcp.kernel.settings import Settings

application = create_app(Settings())
