"""Public pages through `vcp up`, beside the same bytes as plain files from nginx."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import requests

from benchmarks.product import free_port, running, up
from benchmarks.row import Row, at_least, at_most
from tests.factories.bulk import make_public_posts
from tests.factories.posts import make_team
from vcp.app import create_app
from vcp.kernel import schema
from vcp.kernel.db import db, transaction
from vcp.kernel.settings import Settings
from vcp.posts.events import PostChanged
from vcp.residents.listeners import stale_for_post
from vcp.residents.render import render_marked
from vcp.residents.stale import mark_everything

ROOT = Path(__file__).resolve().parents[1]
SIZES = (200, 20_000)
#: Posts that are really rendered; above that, folders of copies stand in for them.
RENDERED = 200
SECONDS = 4
CONNECTIONS = 32
BUDGET, BUDGET_SHIPPED = 0.3, 0.95
#: A rough bound that shows if a new post ever costs more with more posts; no budget names it.
RENDER_S = 5.0
PLAIN = "server {{ listen 127.0.0.1:{port}; root {site}; index index.html; etag on; }}"
FRAME = """
{user} daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; keepalive_requests 100000000; include /etc/nginx/mime.types;
client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{servers} }}
"""


def measure() -> Iterator[Row]:
    """Measure each kind of page at each size."""
    _need_tools()
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="vcp-bench-") as made:
            folder = Path(made)
            folder.chmod(0o755)
            slug, seconds = _fill(folder / "instance", size)
            yield at_most(
                f"a new post on every page that shows it, {size} posts",
                seconds,
                "s",
                RENDER_S,
                conditions="one process, brotli and gzip included; no budget, a bound",
            )
            yield from _pages(folder, slug, size)


def _pages(folder: Path, slug: str, size: int) -> Iterator[Row]:
    paths = {
        "officer page": f"/officers/{slug}/",
        "Atom": f"/officers/{slug}/feed.atom",
        "post page": "/posts/bulk100/",
    }
    site = folder / "instance" / "site"
    with _nginx(folder, site) as (plain, shipped), up(folder / "instance") as (ours, _):
        time.sleep(3)  # the other processes start beside it; their start isn't measured
        for name, path in paths.items():
            file = site / f"{path}index.html".lstrip("/") if path[-1] == "/" else site / path[1:]
            _same(file.read_bytes(), plain + path, shipped + path, ours + path)
            yardstick = _rate(plain + path)
            said = f"{file.stat().st_size} bytes, {CONNECTIONS} connections, {SECONDS} s, wrk"
            own, by_nginx = _rate(ours + path), _rate(shipped + path)
            title = f"{name}, {size} posts"
            yield at_least(title, own, "req/s", BUDGET, of=yardstick, conditions=said)
            title = f"{title}, our nginx configuration"
            yield at_least(title, by_nginx, "req/s", BUDGET_SHIPPED, of=yardstick, conditions=said)


def _need_tools() -> None:
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing and os.getuid() == 0 and shutil.which("apt-get"):
        packages = ["nginx-light" if name == "nginx" else name for name in missing]
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", *packages], check=True, stdout=sys.stderr
        )
    elif missing:
        raise RuntimeError(f"Install {' and '.join(missing)} first: they are what we compare with.")


def _fill(instance: Path, size: int) -> tuple[str, float]:
    """Make an instance with so many posts; return an officer's page and a rendering's seconds."""
    app = create_app(Settings(instance=instance))
    with app.app_context():
        schema.upgrade(db.engine)
        team = make_team(db.session)
        db.session.commit()
        people = {"personas": [team.persona], "author": team.officer, "own_feed": team.own_feed}
        rendered = make_public_posts(db.session, count=RENDERED, **people)  # type: ignore[arg-type]
        with transaction() as unit:
            mark_everything(unit)
        render_marked(seconds=float("inf"))
        _copy_posts(instance / "site" / "posts", size - RENDERED)
        if size > RENDERED:
            make_public_posts(
                db.session,
                count=size - RENDERED,
                since=team.persona.state_changed_at - timedelta(days=400),
                **people,  # type: ignore[arg-type]  # as above
            )
        with transaction() as unit:
            stale_for_post(unit, PostChanged(rendered[-1]))
        before = time.perf_counter()
        render_marked()
        seconds = time.perf_counter() - before
        slug = team.persona.slug
        db.engine.dispose()
    return slug, seconds


def _copy_posts(posts: Path, count: int) -> None:
    model = posts / "bulk1"
    for number in range(count):
        shutil.copytree(model, posts / f"copy{number}", copy_function=os.link)


@contextmanager
def _nginx(folder: Path, site: Path) -> Iterator[tuple[str, str]]:
    """Serve the folder plainly and with the configuration that we ship."""
    plain, shipped = free_port(), free_port()
    ours = (ROOT / "tools" / "nginx.conf").read_text()
    for name, value in {
        "listen LISTEN": f"listen 127.0.0.1:{shipped}",
        "server_name NAME": "server_name _",
        "INSTANCE/site": str(site),
        "http://WEB": "http://127.0.0.1:9",
    }.items():
        ours = ours.replace(name, value)
    servers = PLAIN.format(port=plain, site=site) + ours
    config = folder / "nginx.conf"
    # The instance's folder is closed to others; an operator lets nginx's own user in.
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(FRAME.format(user=user, folder=folder, servers=servers))
    with running(["nginx", "-c", str(config)], f"http://127.0.0.1:{plain}/"):
        yield f"http://127.0.0.1:{plain}", f"http://127.0.0.1:{shipped}"


def _same(data: bytes, *urls: str) -> None:
    """Make sure that all serve these bytes, compressed too, and know what hasn't changed."""
    for url in urls:
        for encoding in ("identity", "gzip"):
            answer = requests.get(url, headers={"Accept-Encoding": encoding}, timeout=5)
            assert answer.content == data, url
            tag = answer.headers["ETag"]
            headers = {"If-None-Match": tag, "Accept-Encoding": encoding}
            assert requests.get(url, headers=headers, timeout=5).status_code == 304, url


def _rate(url: str) -> float:
    """Return requests answered a second."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told, told
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found, told
    return float(found[1])
