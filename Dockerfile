# Two images: `docker build .` has PostgreSQL inside and runs alone; `--target slim` needs one in
# DATABASE_URL. With `--build-arg OPTIONS=--with-objects`, chunks can be in an object store.
# bin/install-image can be run without Docker, too.
FROM python:3.13-slim AS source
WORKDIR /source
COPY requirements.lock requirements-objects.lock pyproject.toml setup.py CHANGELOG.md LICENSE README.md ./
COPY bin/install-image bin/sbom bin/
COPY hexostore hexostore
COPY apps apps
COPY docs docs
COPY fixtures fixtures
ARG OPTIONS=

FROM source AS install
RUN bin/install-image /opt/hexostore $OPTIONS

FROM source AS install-slim
RUN bin/install-image /opt/hexostore --without-postgres $OPTIONS

FROM python:3.13-slim AS base
LABEL org.opencontainers.image.title="Hexostore" \
    org.opencontainers.image.description="A self-hosted server that speaks the Hexoskin REST API" \
    org.opencontainers.image.licenses="MIT"
RUN useradd --create-home --uid 10001 hexostore \
    && install --directory --owner=10001 --group=10001 /data
ENV HEXOSTORE_HOME=/data PYTHONUNBUFFERED=1 PATH=/opt/hexostore/bin:$PATH
WORKDIR /data
VOLUME /data
EXPOSE 8000 8443
# A number, which Kubernetes can tell from root.
USER 10001:10001
# In bash, since a Python would take longer to start than the server to answer.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=1s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["hexostore"]
CMD ["serve", "--host", "0.0.0.0"]

FROM base AS slim
COPY --from=install-slim /opt/hexostore /opt/hexostore

FROM base AS full
COPY --from=install /opt/hexostore /opt/hexostore
