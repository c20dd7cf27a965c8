#!/usr/bin/env bash
# Runs the end-to-end tests against real components: run.sh [vitest arguments]
#
# Skips loudly (exit 0) where Go, docker-registry, redis-server, prometheus or git-http-backend are missing; with
# FAIRLEAD_E2E_REQUIRED=1 that is a failure. The last line is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

skip() { # skip REASON
  echo
  echo "################################################################################"
  echo "## END-TO-END TESTS SKIPPED: $1"
  echo "## Nothing was proved about real components."
  echo "################################################################################"
  [ "${FAIRLEAD_E2E_REQUIRED:-}" != 1 ] || { echo "FAIRLEAD_E2E_REQUIRED=1 forbids that"; echo "0 passed, 1 failed"; exit 1; }
  exit 0
}

command -v docker-registry >/dev/null || skip "docker-registry is not installed (apt-get install docker-registry)"
command -v prometheus >/dev/null || skip "prometheus is not installed (apt-get install prometheus)"
command -v redis-server >/dev/null || skip "redis-server is not installed (apt-get install redis-server)"
[ -x "$(git --exec-path 2>/dev/null)/git-http-backend" ] || skip "git with git-http-backend is not installed (apt-get install git)"
status=0
FAIRLEAD_E2E_BIN=$("$here/build.sh") || status=$?
[ "$status" -ne 75 ] || skip "the components could not be built, see above"
[ "$status" -eq 0 ] || { echo "0 passed, 1 failed"; exit 1; }
export FAIRLEAD_E2E_BIN

FAIRLEAD_E2E_STATE=$(mktemp -d "${TMPDIR:-/tmp}/fairlead-e2e-XXXXXX")
export FAIRLEAD_E2E_STATE
echo "logs of all components while it runs, and after a failure: $FAIRLEAD_E2E_STATE"

# A test run that was killed cannot end its components. A pid counts only while its process carries our state folder in
# its environment: numbers are used again.
end_leftovers() {
  local file pid
  for file in "$FAIRLEAD_E2E_STATE"/*/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qxF "FAIRLEAD_E2E_STATE=$FAIRLEAD_E2E_STATE"; then
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
}
trap end_leftovers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$here/../.."
node_modules/.bin/vitest run --config test/e2e/vitest.config.ts "$@" || status=$?
[ "$status" -ne 0 ] || rm -rf "$FAIRLEAD_E2E_STATE"
exit "$status"
