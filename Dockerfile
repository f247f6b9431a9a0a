# The marketplace in an image that holds nothing else: one static program, certificates and time zones.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/marketplace ./cmd/marketplace \
 && mkdir -p /out/data /out/tmp /out/etc \
 && chmod 1777 /out/tmp \
 && echo 'marketplace:x:65532:65532::/data:/' > /out/etc/passwd \
 && chown 65532:65532 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build /out/etc/passwd /etc/passwd
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/marketplace /marketplace
ENV ZONEINFO=/usr/local/go/lib/time/zoneinfo.zip \
    MARKETPLACE_DATA=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080 9000 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["/marketplace", "healthcheck"]
ENTRYPOINT ["/marketplace"]
