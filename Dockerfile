FROM python:3.13-slim

RUN useradd --create-home --uid 10001 hexostore \
    && mkdir /data && chown hexostore /data
WORKDIR /source

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.lock

COPY pyproject.toml setup.py LICENSE README.md ./
COPY hexostore hexostore
COPY apps apps
COPY fixtures fixtures
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

USER hexostore
WORKDIR /data
ENV HEXOSTORE_HOME=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000 8443
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["hexostore"]
CMD ["serve", "--host", "0.0.0.0"]
