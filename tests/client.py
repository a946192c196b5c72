"""The client that tests fetch pages with."""

import secrets
from contextvars import Context
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse


class Client(FlaskClient):
    """A browser without scripts, whose requests see what the test has put into its session.

    Each request runs apart from the test's own application context, as on a server: otherwise it
    would share the test's database session and the sign-in that Flask-Login remembers.
    """

    def __init__(self, app: Flask, session: Session) -> None:
        super().__init__(app, app.response_class, use_cookies=True)
        self.session = session

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        """Store what the test holds, make the request, and read rows again afterwards.

        A form goes with its token unless `csrf` is false.
        """
        self.session.commit()
        if csrf and kwargs.get("method", "GET") == "POST" and "json" not in kwargs:
            kwargs["data"] = {**(kwargs.get("data") or {}), "csrf_token": self._token()}
        response = Context().run(super().open, *args, **kwargs)
        self.session.expire_all()
        return response

    def _token(self) -> str:
        """Return what the hidden field of a form would hold, made as Flask-WTF makes it."""
        with self.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", secrets.token_hex(20))
        signer = URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token")
        return str(signer.dumps(raw))
