#!/usr/bin/env bash
# Builds the real components that the end-to-end tests run against, from their published Go modules, once.
#
#   build.sh            prints the folder that holds the binaries, the CRDs (crds/) and kwok's stages (kwok-stages/)
#
# Everything lands in ${FAIRLEAD_E2E_CACHE:-${XDG_CACHE_HOME:-~/.cache}/fairlead-e2e}, outside the checkout: one folder
# per component, version and recipe, so that raising one version builds one component. A component is built in a
# temporary folder and renamed when complete: a build that broke never counts.
#
# Exit 75: skipped, because Go >= 1.26 or the network is missing. With FAIRLEAD_E2E_REQUIRED=1 that is a failure (1).
# Cold on two cores about 25 minutes and 11 GB of disk in Go's own caches; warm it does nothing.
set -euo pipefail

readonly components=(etcd kubernetes source-controller kustomize-controller helm-controller argo-cd kustomize kwok)
declare -rA versions=(
  [etcd]=3.6.6 # Debian's 3.4 lacks RequestWatchProgress, which streaming lists of a 1.36 API server need
  [kubernetes]=1.36.3
  [source-controller]=1.9.3
  [kustomize-controller]=1.9.5
  [helm-controller]=1.4.0 # later ones build on a fork of Helm
  [argo-cd]=3.2.11
  [kustomize]=5.8.1 # Argo CD runs it
  [kwok]=0.8.0
)
readonly flux_source_api=1.9.5 # the API module of source-controller has its own releases
readonly go_wanted=1.26 go_toolchain=go1.26.8

cache=${FAIRLEAD_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fairlead-e2e}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

log() { echo "e2e build: $*" >&2; }

skip() { # skip REASON
  if [ "${FAIRLEAD_E2E_REQUIRED:-}" = 1 ]; then
    log "FAILED: $*"
    exit 1
  fi
  log "SKIPPED: $*"
  exit 75
}

# ---- recipes: each runs in an empty folder and puts what it made into $out ------------------------------------------

go_module() { # go_module NAME [LINE...]   the go.mod of a throw-away main module
  { printf 'module fairlead.dev/e2e/%s\n\ngo %s.0\n' "$1" "$go_wanted"; shift; printf '%s\n' "$@"; } >go.mod
  printf 'package e2e\n' >e2e.go
}

module_dir() { go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)",\{0,1\}$/\1/p'; }

build_package() { go build -trimpath -ldflags "-s -w ${3:-}" -o "$out/$1" "$2"; }

build_etcd() { # build_etcd VERSION
  local module=go.etcd.io/etcd/server/v3
  go_module etcd
  go get "$module@v$1"
  build_package etcd "$module"
}

# The published module points at its staging folders, which are modules of their own with the matching 0.x version.
build_kubernetes() { # build_kubernetes VERSION
  local staging="v0.${1#1.}" version=k8s.io/component-base/version replaces
  go_module kubernetes
  replaces=$(sed -n 's#^\s*\(k8s.io/[a-z0-9-]*\) => ./staging/.*#replace \1 => \1 '"$staging"'#p' \
    "$(module_dir "k8s.io/kubernetes@v$1")/go.mod")
  go_module kubernetes "require k8s.io/kubernetes v$1" "$replaces"
  printf 'package e2e\n\nimport (\n\t_ "k8s.io/kubernetes/cmd/kube-apiserver/app"\n\t_ "k8s.io/kubernetes/cmd/kube-controller-manager/app"\n)\n' >e2e.go
  go mod tidy -e
  local flags="-X $version.gitVersion=v$1 -X $version.gitMajor=1 -X $version.gitMinor=$(echo "$1" | cut -d. -f2)"
  build_package kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver "$flags"
  build_package kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager "$flags"
}

# A controller's go.mod replaces its own API module by a folder and sometimes others by forks; the latter must follow.
build_flux() { # build_flux NAME VERSION API_VERSION
  local module="github.com/fluxcd/$1" dir replaces
  go_module "$1"
  dir=$(module_dir "$module@v$2")
  replaces=$(awk '/^replace \(/ {inside = 1; next} /^\)/ {inside = 0}
    inside {print "replace " $0; next} /^replace [^(]/ {print}' "$dir/go.mod" | grep -v '=> \./' || true)
  go_module "$1" "require $module v$2" "replace $module/api => $module/api v$3" "$replaces"
  go get "$module@v$2"
  build_package "$1" "$module"
  mkdir -p "$out/crds"
  cp "$dir"/config/crd/bases/*.yaml "$out/crds/"
}
build_source-controller() { build_flux source-controller "$1" "$flux_source_api"; }
build_kustomize-controller() { build_flux kustomize-controller "$1" "$1"; }
build_helm-controller() {
  go_module helm-controller
  # the sums it was released with: the checksum database does not know all of its modules
  cp "$(module_dir "github.com/fluxcd/helm-controller@v$1")/go.sum" .
  build_flux helm-controller "$1" "$1"
}

# One binary for all of its parts; the replaces of its go.mod must follow.
build_argo-cd() { # build_argo-cd VERSION
  local module=github.com/argoproj/argo-cd/v3 dir replaces
  go_module argo-cd
  dir=$(module_dir "$module@v$1")
  replaces=$(awk '/^replace \(/ {inside = 1; next} /^\)/ {inside = 0}
    inside && $1 !~ /^\/\// && /=>/ {print "replace " $0; next} /^replace [^(]/ {print}' "$dir/go.mod" | grep -v '=> \./' || true)
  go_module argo-cd "require $module v$1" "$replaces"
  cp "$dir/go.sum" .
  go get "$module@v$1"
  build_package argocd "$module/cmd"
  mkdir -p "$out/argocd-crds"
  cp "$dir"/manifests/crds/*-crd.yaml "$out/argocd-crds/"
}

build_kustomize() { # build_kustomize VERSION
  local module=sigs.k8s.io/kustomize/kustomize/v5
  go_module kustomize
  go get "$module@v$1"
  build_package kustomize "$module"
}

build_kwok() { # build_kwok VERSION
  local module=sigs.k8s.io/kwok
  go_module kwok
  go get "$module@v$1"
  build_package kwok "$module/cmd/kwok"
  mkdir -p "$out/kwok-stages"
  cp "$(module_dir "$module@v$1")/kustomize/stage/node/fast/node-initialize.yaml" "$out/kwok-stages/"
}

# ---- cache ----------------------------------------------------------------------------------------------------------

recipe_of() { # the recipe's own text is part of the key: a changed recipe is built anew
  { declare -f "build_$1" build_flux go_module build_package; echo "$flux_source_api $go_wanted"; } | sha256sum | cut -c1-8
}
folder_of() { echo "$cache/$1-${versions[$1]}-$(recipe_of "$1")"; }

require_go() {
  command -v go >/dev/null || skip "Go is not installed; the components are built from source with Go >= $go_wanted"
  local have
  have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//')
  if [ "$(printf '%s\n' "$go_wanted" "$have" | sort -V | head -1)" = "$go_wanted" ]; then
    export GOTOOLCHAIN=local
  elif GOTOOLCHAIN=$go_toolchain go version >/dev/null 2>&1; then
    export GOTOOLCHAIN=$go_toolchain # Go >= 1.21 fetches a newer toolchain by itself
  else
    skip "Go $have is too old; the components need Go >= $go_wanted"
  fi
  export CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off
}

# One after the other: Go's compiler keeps two cores busy by itself, and two linkers at once need 6 GB.
build() { # build COMPONENT
  local name=$1 version=${versions[$1]} folder start=$SECONDS status=0
  folder=$(folder_of "$name")
  work=$(mktemp -d "$cache/.building-$name-XXXXXX")
  trap 'rm -rf "$work"' EXIT # also when interrupted
  log "building $name $version"
  # in the background, because bash ignores `set -e` in whatever is tested by `if`, `!` or `||`
  (
    out=$work/out
    mkdir -p "$out" "$work/module"
    cd "$work/module"
    "build_$name" "$version"
    chmod -R u+w "$out"
  ) >"$work/log" 2>&1 &
  wait $! || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 20 "$work/log" >&2
    local offline=no
    grep -qE 'dial tcp|no such host|connection refused|i/o timeout|TLS handshake|network is unreachable|module lookup disabled' "$work/log" && offline=yes
    rm -rf "$work"
    [ "$offline" = no ] || skip "the Go modules of $name could not be downloaded; is the network there?"
    log "FAILED: $name did not build"
    exit 1
  fi
  rm -rf "$folder"
  mv "$work/out" "$folder"
  rm -rf "$work"
  log "built $name $version in $((SECONDS - start)) s"
}

assemble() { # one folder of links for this set of versions
  local key bin name part
  key=$(for name in "${components[@]}"; do folder_of "$name"; done | sha256sum | cut -c1-12)
  bin=$cache/$key/bin
  if [ ! -d "$bin" ]; then
    part=$(mktemp -d "$cache/.assembling-XXXXXX")
    mkdir -p "$part/bin" "$cache/$key"
    for name in "${components[@]}"; do cp -rsf "$(folder_of "$name")/." "$part/bin/"; done
    mv -T "$part/bin" "$bin"
    rmdir "$part"
  fi
  echo "$bin"
}

exec 9>"$cache/.lock" # a second run waits for the first instead of building the same again
flock 9
missing=()
for name in "${components[@]}"; do [ -d "$(folder_of "$name")" ] || missing+=("$name"); done
if [ ${#missing[@]} -gt 0 ]; then
  log "missing in $cache: ${missing[*]}"
  require_go
  for name in "${missing[@]}"; do build "$name"; done
fi
assemble
