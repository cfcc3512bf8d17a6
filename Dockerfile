# One file for every service: docker build --build-arg SERVICE=iris_flask --tag iris_flask .
# Add --build-arg MODEL_VERSION=… (it stands in the model's manifest.json) and the image's label says which model it holds.
ARG BASE=python:3.11-slim-bookworm

# Stage 1 installs the libraries. Its pip, its caches and whatever a package needs for building stay behind in it.
FROM ${BASE} AS builder
LABEL org.opencontainers.image.vendor="notebook-to-cloud"
RUN python -m venv /venv
ARG SERVICE
COPY app_src/${SERVICE}/requirements.txt /requirements.txt
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /requirements.txt \
    && /venv/bin/pip uninstall --yes --quiet pip setuptools

# Stage 2 is what ships: the base without its pip, the libraries, one service and its model.
FROM ${BASE}
LABEL org.opencontainers.image.vendor="notebook-to-cloud"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin service \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip*
ENV PATH=/venv/bin:${PATH} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8080
WORKDIR /app
COPY --from=builder /venv /venv
# The code changes most often, so it comes last: a new version reuses every layer above.
ARG SERVICE
COPY app_src/${SERVICE}/ /app/
ARG MODEL_VERSION=unknown
RUN test "$MODEL_VERSION" = unknown || grep --quiet "\"version\": \"$MODEL_VERSION\"" model/manifest.json
LABEL org.opencontainers.image.title="${SERVICE}" org.opencontainers.image.version="${MODEL_VERSION}"
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/ready', timeout=2)"]
CMD ["sh", "/app/start.sh"]
