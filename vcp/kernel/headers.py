"""Security headers on every answer: a strict CSP, no framing, no sniffing, no referrer."""

import secrets

from flask import Flask, Response, g

from vcp.kernel.settings import Mode, Settings

#: Everything comes from ourselves; scripts and styles need the nonce or our own origin.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; media-src 'self'; form-action 'self'{forms}; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def csp_nonce() -> str:
    """Return this request's nonce for script elements."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def allow_form_redirect(origin: str) -> None:
    """Let a form of this answer lead on to another site, as connecting an account must."""
    g.csp_forms = f" {origin}"


def protect(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer of the app."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    secure = settings.base_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-vcp" if secure else "vcp",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault(
            "Content-Security-Policy",
            POLICY.format(nonce=csp_nonce(), forms=g.get("csp_forms", "")),
        )
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if settings.mode is Mode.PRODUCTION:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        headers.setdefault("Cache-Control", "no-store")
        return response
