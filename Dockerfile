# The operator and the certificate authorities it trusts, nothing else (docs/reference/image.md). scripts/image.sh makes both, and adds
# the labels that name the repository.
FROM scratch
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="warmlambda" \
      org.opencontainers.image.description="Keeps an AWS Lambda alias, its warm capacity and the traffic that reaches it as one Kubernetes resource says" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY warmlambda /warmlambda
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/warmlambda"]
CMD ["run"]
