# SPDX-License-Identifier: Apache-2.0
# Three images from one file: build (everything), keeper (the binary alone), devnet (the local chain).
FROM debian:12 AS build
WORKDIR /src
COPY . .
RUN ./scripts/build --target outrigger

FROM debian:12-slim AS keeper
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates libcurl4 libfmt9 libspdlog1.10 libsecp256k1-1 libseccomp2 libsqlite3-0 libssl3 libtomlplusplus3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/outrigger outrigger
COPY --from=build /src/build/release/outrigger /usr/local/bin/outrigger
USER outrigger
ENTRYPOINT ["outrigger"]
CMD ["--help"]

FROM node:20-slim AS devnet
WORKDIR /devnet
COPY devnet/ .
RUN npm ci --ignore-scripts --no-audit --no-fund && node serve.mjs --prepare
EXPOSE 8545
CMD ["node", "serve.mjs", "--port", "8545"]
