# Two stages, plain enough to replay by hand in a clean root folder: install the locked dependencies, copy the code.
FROM python:3.13-slim-bookworm AS build
WORKDIR /srv/desk
COPY requirements.txt .
RUN python -m venv /srv/venv \
 && /srv/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt
COPY app app
COPY alembic alembic
COPY alembic.ini .
RUN /srv/venv/bin/python -m compileall -q /srv/venv app alembic

FROM python:3.13-slim-bookworm
# A passwd entry, so that libraries that ask who they are get an answer.
RUN useradd --system --uid 10001 --home-dir /srv/desk --no-create-home --shell /usr/sbin/nologin desk
COPY --from=build /srv/venv /srv/venv
COPY --from=build /srv/desk /srv/desk
WORKDIR /srv/desk
ENV HOME=/srv/desk PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production HOST=0.0.0.0 PORT=8000 WORKER_IN_API=false
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["python", "-m", "app.cli", "serve"]
