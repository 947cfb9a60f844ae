# One image per service: its bundle on a distroless Node, nothing else. `make images` builds them.
# Exact where the registry has exact tags; distroless has none, so pin it by digest where builds must repeat.
ARG NODE=node:26.10.0-bookworm-slim
ARG RUNTIME=gcr.io/distroless/nodejs26-debian13:nonroot

FROM ${NODE} AS build
WORKDIR /src
COPY . .
# No install scripts: Node is there already, and esbuild brings its binary as a package.
RUN npm ci --ignore-scripts --loglevel=error && npm run build:page && npm run bundle \
    && mkdir services/agent/dist/compile-cache services/weather-api/dist/compile-cache

FROM ${RUNTIME} AS runtime
# A container has a network of its own: who gets into it is for its ports and policies to say.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compile-cache HOST=::
WORKDIR /app
USER 10001:10001

FROM runtime AS weather-api-files
COPY --from=build --chown=10001:10001 /src/services/weather-api/dist/ /app/
COPY --from=build --chown=10001:10001 /src/scripts/fill-compile-cache.ts /build/
RUN ["/nodejs/bin/node", "/build/fill-compile-cache.ts", "main.mjs"]

FROM runtime AS agent-files
COPY --from=build --chown=10001:10001 /src/services/agent/dist/ /app/
COPY --from=build --chown=10001:10001 /src/scripts/fill-compile-cache.ts /build/
RUN ["/nodejs/bin/node", "/build/fill-compile-cache.ts", "main.mjs"]

FROM runtime AS weather-api
COPY --from=weather-api-files /app/ /app/
EXPOSE 8080
CMD ["main.mjs"]

FROM runtime AS agent
COPY --from=agent-files /app/ /app/
COPY --from=build /src/services/chat-ui/dist/ /app/page/
# For 1,000 open answers in 256 MiB: a small young generation, a bounded heap, one malloc arena.
ENV CHAT_UI_DIR=/app/page \
    NODE_OPTIONS="--max-semi-space-size=4 --max-old-space-size=256" \
    MALLOC_ARENA_MAX=1
EXPOSE 3001 9464
CMD ["main.mjs"]
