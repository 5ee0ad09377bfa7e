FROM python:3.10-slim

WORKDIR /opt/plugin
COPY pkg/lock.txt /tmp/lock.txt
RUN pip install --no-cache-dir --no-deps -r /tmp/lock.txt
COPY src /tmp/src
RUN pip install --no-cache-dir --no-deps /tmp/src && rm -r /tmp/src /tmp/lock.txt

EXPOSE 50051
CMD ["spaceone", "run", "plugin-server", "plugin"]
