"""Django's settings: SQLite in RINGKEEP_HOME, or the PostgreSQL that RINGKEEP_DATABASE_URL names."""

from __future__ import annotations

import os
import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ringkeep.home import HomeError, folder, home, made_once
from ringkeep.phonesystem.sentences import Sentence


def _database(url: str | None) -> dict[str, Any]:
    if not url:
        (home() / "ringkeep.sqlite3").touch(mode=0o600)  # its journals get the same rights
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": home() / "ringkeep.sqlite3",
            # Measured: without these three, a web request fails as soon as two processes write.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
            },
        }
    wrong = HomeError(Sentence("RINGKEEP_DATABASE_URL must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its words hold the beginning of a password that has a "/" in it
        raise wrong from None
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise wrong
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port or "",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": "10",
            **dict(parse_qsl(parts.query)),
        },  # sslmode=verify-full&sslrootcert=..., host=/run/...
    }


def _secret() -> str:
    """What signs cookies and forms; made at first start, kept beside the other keys."""
    return made_once(folder("keys") / "signing", lambda: secrets.token_urlsafe(48)).read_text()


DATABASE_URL = os.environ.get("RINGKEEP_DATABASE_URL") or None
DATABASES = {"default": _database(DATABASE_URL)}
SECRET_KEY = _secret()
INSTALLED_APPS = [
    "ringkeep.jobs",
    "ringkeep.fleet",
    "ringkeep.findings",
    "ringkeep.backups",
    "ringkeep.drills",
    "ringkeep.restores",
    "ringkeep.web",
]
JOBS = ["ringkeep.findings.jobs", "ringkeep.backups.jobs", "ringkeep.drills.jobs", "ringkeep.restores.jobs"]
AT_START = ["ringkeep.web.keys.check_keys"]  # called once the tables are there
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ALLOWED_HOSTS = os.environ.get("RINGKEEP_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
ROOT_URLCONF = "ringkeep.web.urls"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_TZ = True
TIME_ZONE = "UTC"
DEBUG = False
LOGGING_CONFIG = None  # `ringkeep serve` sets its own up
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
