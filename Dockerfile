# Two stages: the first installs, the second has what was installed and nothing to install with.
# The locked requirements hold for Python 3.10 to 3.13: --build-arg PYTHON=3.11.14 builds on another one.
ARG PYTHON=3.12.12
FROM python:${PYTHON}-slim-bookworm AS install

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/plugin
COPY pkg/lock.txt /tmp/lock.txt
RUN /opt/plugin/bin/pip install --no-deps --require-hashes --only-binary :all: --no-binary scheduler-cron -r /tmp/lock.txt
COPY src /tmp/src
RUN /opt/plugin/bin/pip install --no-deps /tmp/src && /opt/plugin/bin/pip uninstall --yes pip setuptools

FROM python:${PYTHON}-slim-bookworm

LABEL org.opencontainers.image.title="plugin-oci-ons-mon-webhook" \
      org.opencontainers.image.description="SpaceONE monitoring webhook plugin for OCI alarms"
COPY --from=install /opt/plugin /opt/plugin
# Nothing is written: the root file system can be read-only.
ENV PATH=/opt/plugin/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ONS_HTTP_PORT=8080
USER 10001:10001
EXPOSE 50051 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['ONS_HTTP_PORT'] + '/health', timeout=4)"]
CMD ["python", "-m", "plugin"]
