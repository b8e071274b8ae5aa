# wiredesk in a container: `docker build -t wiredesk .`, then `docker run -v desk:/var/lib/wiredesk -p 127.0.0.1:8080:8080
# -e WIREDESK_ADMIN_TOKEN wiredesk run --listen 0.0.0.0:8080`. Many hosts: compose.yaml and docs/many-hosts.md.

FROM swift:6.3-bookworm AS build
WORKDIR /src
# First what changes rarely, so that it is not done again at every change.
COPY scripts/setup.sh scripts/
RUN scripts/setup.sh
COPY . .
RUN swift build -c release --product wiredesk --static-swift-stdlib -Xlinker -s

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates tzdata libcurl4 libxml2 zlib1g libsqlite3-0 libssl3 libmongoc-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/wiredesk --create-home wiredesk
COPY --from=build /src/.build/release/wiredesk /usr/local/bin/wiredesk
COPY Plugins.json Prices.json /etc/wiredesk/
# The registry lies with the data: `sources add` and `disable` write it.
RUN cp /etc/wiredesk/Plugins.json /var/lib/wiredesk/ && chown wiredesk: /var/lib/wiredesk/Plugins.json
USER wiredesk
WORKDIR /var/lib/wiredesk
ENV WIREDESK_DATA=/var/lib/wiredesk WIREDESK_REGISTRY=/var/lib/wiredesk/Plugins.json WIREDESK_PRICES=/etc/wiredesk/Prices.json
VOLUME /var/lib/wiredesk
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["wiredesk"]
CMD ["run"]
