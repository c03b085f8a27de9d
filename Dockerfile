# The server and the worker of Jiadi. PostgreSQL is a container of its own: see compose.yaml.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY . .
# The hook of the build makes the page assets, with the node that this lock names.
RUN python -m venv /opt/jiadi \
    && /opt/jiadi/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock \
    && python -m venv /tmp/build \
    && /tmp/build/bin/pip install --no-cache-dir --require-hashes --requirement requirements-build.lock \
    && /tmp/build/bin/pip install --no-cache-dir --require-hashes --requirement requirements-node.lock \
    && /tmp/build/bin/python -m build --wheel --no-isolation --outdir /tmp/wheel \
    && /opt/jiadi/bin/pip install --no-cache-dir --no-deps /tmp/wheel/*.whl

FROM python:3.13-slim-bookworm
# pg_dump and pg_restore, for backups, no older than the database of compose.yaml.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/jiadi --create-home jiadi
COPY --from=build /opt/jiadi /opt/jiadi
ENV PATH=/opt/jiadi/bin:$PATH JIADI_VAR=/var/lib/jiadi PYTHONUNBUFFERED=1
USER jiadi
WORKDIR /var/lib/jiadi
VOLUME /var/lib/jiadi
EXPOSE 8000
CMD ["jiadi", "serve", "--host", "0.0.0.0"]
