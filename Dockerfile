# The plugin's image. bin/image builds it; docs/release.md says from what.
# BASE is a Debian with a Python from 3.11 to 3.14. A release names it by its digest: bin/image --push takes no other.
ARG BASE=python:3.13.11-slim-bookworm

# Locked tools make a wheel of each locked package and of the plugin, and install them where there never was a tool.
FROM ${BASE} AS install
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY pkg/build_lock.txt pkg/lock.txt /tmp/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-deps --require-hashes --only-binary :all: -r /tmp/build_lock.txt \
    && /opt/build/bin/pip wheel --no-deps --require-hashes --no-build-isolation --only-binary :all: --no-binary scheduler-cron --wheel-dir /tmp/wheels -r /tmp/lock.txt
COPY src /tmp/src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheels /tmp/src \
    && python -m venv --without-pip /opt/plugin \
    && /opt/build/bin/pip --python /opt/plugin/bin/python install --no-index --no-deps /tmp/wheels/*.whl

# The base without its own installers of Python packages.
FROM ${BASE} AS system
RUN find /usr -xdev -depth \( -name pip -o -name 'pip[-0-9]*' -o -name ensurepip -o -name 'setuptools*' -o -name pkg_resources -o -name '_distutils_hack' -o -name 'distutils-precedence.pth' -o -name 'wheel*' \) -exec rm -rf {} +

FROM scratch
# The whole system, on purpose: an image that began with the base would still hold in its layers what was removed.
# hadolint ignore=DL3067
COPY --from=system / /
COPY --from=install /opt/plugin /opt/plugin
# Nothing is written: the root file system can be read-only.
ENV PATH=/opt/plugin/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ONS_HTTP_PORT=8080
USER 10001:10001
EXPOSE 50051 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['ONS_HTTP_PORT'] + '/health', timeout=4)"]
CMD ["python", "-m", "plugin"]
ARG BASE
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=https://github.com/cloudforet-io/plugin-oci-ons-mon-webhook
LABEL org.opencontainers.image.title="plugin-oci-ons-mon-webhook" \
      org.opencontainers.image.description="SpaceONE monitoring webhook plugin for OCI alarms" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE}"
