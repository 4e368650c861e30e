# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts beside it: where the tree is, how to talk, how to install what is missing.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=${JOBS:-$(nproc)}

say() { printf '[%s] %s\n' "${STEP:-outrigger}" "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    say "need root to install packages: run as root, or install sudo"; exit 1
  fi
}

# Debian packages. What builds and tests the program; all from Debian 12.
PACKAGES=(
  g++ cmake ninja-build pkg-config ca-certificates git
  libcurl4-openssl-dev nlohmann-json3-dev libsecp256k1-dev libseccomp-dev libeigen3-dev libspdlog-dev libfmt-dev
  libexpected-dev libtomlplusplus-dev libcli11-dev libsqlitecpp-dev libsqlite3-dev libssl-dev
  libgtest-dev libgmock-dev librapidcheck-dev libboost-dev zlib1g-dev
  clang-format-14
)

# Installs the Debian packages that are missing; silent and offline when none is.
install_packages() {
  local missing=() p
  for p in "${PACKAGES[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
  done
  # A Node.js from elsewhere is as good as Debian's, and Debian's npm would conflict with it.
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} -eq 0 ] && return
  STEP=setup say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Installs the local chain's npm packages when the lock file has changed since the last time.
install_devnet() {
  local lock="$ROOT/devnet/package-lock.json" stamp="$ROOT/devnet/node_modules/.outrigger-lock"
  cmp -s "$lock" "$stamp" && return
  STEP=setup say "installing the local chain's npm packages (anvil and the protocols' own bytecode; about 20 s)"
  # Debian 12's npm 9 cannot read overrides that rename a package: it fetches a newer npm and leaves the work to that.
  local npm=(npm)
  [ "$(npm --version | cut -d. -f1)" -ge 10 ] || npm=(npx --yes npm@10.9.2)
  (cd "$ROOT/devnet" && "${npm[@]}" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  cp "$lock" "$stamp"
}
