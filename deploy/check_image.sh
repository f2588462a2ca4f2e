#!/usr/bin/env bash
# Build the container image, and run it read-only, without capabilities and not as root.
#
# Usage: deploy/check_image.sh [BASE]
#
# Needs buildah, podman and runc (Debian: apt install buildah podman runc) and curl, as root or as a
# user with subordinate ids. The base image comes from its registry, by the digest in the Dockerfile.
# BASE is an image to use instead, such as one that was made without a registry.
# The container shares the host's network, listens on one free port of 127.0.0.1, and paints offline.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in buildah podman runc curl; do
    command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done

image=localhost/image-generator-check
name=image-generator-check-$$
folder=$(mktemp -d)
clean_up() {
    podman rm --force "$name" >/dev/null 2>&1 || true
    podman volume rm --force "$name" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap clean_up EXIT

failures=0
check() {  # description, expected, actual
    if [ "$2" = "$3" ]; then echo "ok    $1"; else echo "WRONG $1: $3 instead of $2"; failures=$((failures + 1)); fi
}
wait_until_healthy() {
    for _ in $(seq 60); do
        curl --silent --fail --output /dev/null "$url/healthz" && return
        sleep 1
    done
    podman logs "$name" >&2
    exit 1
}
generate() {
    curl --silent --show-error --include --header 'Idempotency-Key: check-image-0001' \
        --json '{"prompt": "A red fox"}' "$url/generate-image" | tr -d '\r'
}

port=$(shuf --input-range=20000-29999 --head-count=1)
url=http://127.0.0.1:$port

buildah build ${1:+--from "$1"} --format docker --network host --quiet --tag "$image" . >/dev/null
podman --log-level fatal run --detach --name "$name" --runtime runc --network host --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 \
    --read-only --read-only-tmpfs=false --tmpfs /tmp --tmpfs /dev/shm --cap-drop all \
    --security-opt no-new-privileges --health-interval disable --volume "$name:/data" \
    --env HOST=127.0.0.1 --env PORT="$port" "$image" >/dev/null
wait_until_healthy

check "runs as the user 10001" 10001 "$(podman exec "$name" id -u)"
check "can't write to its own files" refused \
    "$(podman exec "$name" sh -c 'touch /srv/app/x 2>/dev/null && echo written || echo refused')"
check "is healthy by its own check" 0 "$(podman healthcheck run "$name" >/dev/null 2>&1; echo $?)"
generate > "$folder/first"
check "generates an image" "HTTP/1.1 200 OK" "$(head -1 "$folder/first")"
address=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$folder/first" | head -1)
check "serves a PNG of 256 px" "256 x 256" \
    "$(curl --silent "$address" | od -An -tu1 -j16 -N8 | awk '{print $3*256+$4, "x", $7*256+$8}')"

podman --log-level fatal stop --time 30 "$name" >/dev/null
check "stops gracefully" 0 "$(podman inspect --format '{{.State.ExitCode}}' "$name")"
podman --log-level fatal start "$name" >/dev/null
wait_until_healthy
check "keeps its images over a restart" 200 \
    "$(curl --silent --output /dev/null --write-out '%{http_code}' "$address")"
check "doesn't generate for the same key again" "Idempotency-Replayed: true" \
    "$(generate | grep --ignore-case '^idempotency-replayed')"

[ "$failures" = 0 ] || exit 1
echo "The image works."
