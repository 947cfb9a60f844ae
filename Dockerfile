# syntax=docker/dockerfile:1
# One image for each target: agent, weather-api, emulators, entra-emulator and, for developing, dev. `make images` builds them.
# The base images are named by tag, and distroless moves its tags. A release finds out which digests the tags have, builds
# from these by build arguments, and lists them in its notes and provenance.
ARG NODE=node:24-trixie-slim
ARG RUNTIME=gcr.io/distroless/nodejs24-debian13:nonroot

# Dependencies, which Docker installs again only when package-lock.json or a package.json changes. They need no install
# scripts: Node is in the image, and rolldown's binary is a package.
FROM --platform=$BUILDPLATFORM ${NODE} AS packages
WORKDIR /src
COPY --parents package.json package-lock.json .npmrc */*/package.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts

FROM packages AS page
COPY tsconfig.json ./
COPY packages/ packages/
COPY services/chat-ui/ services/chat-ui/
RUN npm run build:page

FROM packages AS bundles
COPY scripts/ scripts/
COPY packages/ packages/
COPY services/ services/
COPY emulators/ emulators/
RUN npm run bundle && for folder in services/*/dist emulators/kit/dist; do mkdir $folder/compile-cache; done

# For development: Node runs the sources by type stripping, and Tilt replaces them in the running container.
FROM ${NODE} AS dev
WORKDIR /src
COPY --chown=10001:10001 --parents package.json package-lock.json .npmrc */*/package.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev \
      --workspace services/agent --workspace services/weather-api
COPY --chown=10001:10001 packages/ packages/
COPY --chown=10001:10001 services/ services/
COPY --chown=10001:10001 --from=page /src/services/chat-ui/dist/ services/chat-ui/dist/
ENV NODE_ENV=development HOST=::
USER 10001:10001
CMD ["--watch", "services/agent/src/main.ts"]

FROM ${RUNTIME} AS runtime
ARG VERSION=dev
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="entra-bedrock-agent"
# Source maps are beside the bundles. They are read only with NODE_OPTIONS=--enable-source-maps, which takes 50 MB of
# memory and a tenth of a second at the start of the agent.
# HOST=:: listens on all addresses of the container, whose network is its own; ports and policies decide who reaches it.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compile-cache HOST=::
WORKDIR /app
USER 10001:10001

FROM runtime AS weather-api-files
COPY --from=bundles --chown=10001:10001 /src/services/weather-api/dist/ /app/
COPY --from=bundles /src/scripts/fill-compile-cache.ts /build/
RUN ["/nodejs/bin/node", "/build/fill-compile-cache.ts", "main.mjs"]

FROM runtime AS agent-files
COPY --from=bundles --chown=10001:10001 /src/services/agent/dist/ /app/
COPY --from=bundles /src/scripts/fill-compile-cache.ts /build/
RUN ["/nodejs/bin/node", "/build/fill-compile-cache.ts", "main.mjs"]

FROM runtime AS weather-api
LABEL org.opencontainers.image.title="weather-api" \
      org.opencontainers.image.description="A protected API: validates every token of an agent identity, answers the weather."
COPY --from=weather-api-files /app/ /app/
# Bounds the heap well below the chart's memory limit, since MCP calls allocate much memory for a short time.
ENV NODE_OPTIONS="--max-semi-space-size=4 --max-old-space-size=128"
EXPOSE 8080
CMD ["main.mjs"]

# One program for each emulator: entra/main.mjs, auth-sidecar/main.mjs, bedrock/main.mjs. Never for production.
FROM runtime AS emulators
LABEL org.opencontainers.image.title="emulators" \
      org.opencontainers.image.description="Emulators of Entra ID, the Entra Auth SDK sidecar, Bedrock and STS, for trials and tests."
COPY --from=bundles /src/emulators/entra/dist/ /app/entra/
COPY --from=bundles /src/emulators/auth-sidecar/dist/ /app/auth-sidecar/
COPY --from=bundles /src/emulators/bedrock/dist/ /app/bedrock/
# Like the official sidecar, its emulator uses the proxy that the environment names.
ENV NODE_USE_ENV_PROXY=1
CMD ["auth-sidecar/main.mjs"]

FROM runtime AS entra-emulator-files
COPY --from=bundles --chown=10001:10001 /src/emulators/kit/dist/ /app/
COPY --from=bundles /src/scripts/fill-compile-cache.ts /build/
RUN ["/nodejs/bin/node", "/build/fill-compile-cache.ts", "main.mjs"]

# The command of the package for others' tests. Never for production.
FROM runtime AS entra-emulator
LABEL org.opencontainers.image.title="entra-emulator" \
      org.opencontainers.image.description="An emulator of Microsoft Entra ID for tests, agent identities included."
COPY --from=entra-emulator-files /app/ /app/
ENV NODE_OPTIONS="--max-semi-space-size=1"
EXPOSE 7001
ENTRYPOINT ["/nodejs/bin/node", "main.mjs"]

FROM runtime AS agent
LABEL org.opencontainers.image.title="agent" \
      org.opencontainers.image.description="An AI agent that reasons with Claude on Amazon Bedrock and calls APIs under its own Entra agent identity."
COPY --from=agent-files /app/ /app/
COPY --from=page /src/services/chat-ui/dist/ /app/page/
# For 1,000 open streams: a small young generation, a bounded heap, one malloc arena.
ENV CHAT_UI_DIR=/app/page \
    NODE_OPTIONS="--max-semi-space-size=8 --max-old-space-size=256" \
    MALLOC_ARENA_MAX=1
EXPOSE 3001 9464
CMD ["main.mjs"]
