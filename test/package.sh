#!/usr/bin/env bash
# The published package is the bundle: packs it, unpacks it where no other package can be found, and runs its demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
npm run --silent build
npm pack --silent --pack-destination "$there" >/dev/null
tar -xzf "$there"/fairlead-*.tgz -C "$there"
cd "$there/package"
./dist/cli.js --version
./dist/cli.js demo --once -o json
