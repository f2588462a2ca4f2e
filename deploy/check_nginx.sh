#!/usr/bin/env bash
# Check the nginx recipe of docs/operations.md with a real nginx in front of the shipped server.
#
# Needs nginx (Debian: apt install nginx-light, or NGINX_PROGRAM=/path/to/nginx), curl, and the .venv of
# `make run`. It listens on two free ports of this machine and writes to a temporary folder only.
set -euo pipefail
cd "$(dirname "$0")/.."

nginx=$(command -v "${NGINX_PROGRAM:-nginx}") || { echo "nginx is not installed: apt install nginx-light, or set NGINX_PROGRAM" >&2; exit 1; }
command -v curl >/dev/null || { echo "curl is not installed" >&2; exit 1; }
[ -x .venv/bin/python ] || { echo "run 'make run' once: it creates .venv" >&2; exit 1; }

folder=$(mktemp -d)
processes=()
# shellcheck disable=SC2329 # called by the trap
clean_up() {
    [ ${#processes[@]} = 0 ] || kill "${processes[@]}" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap clean_up EXIT

free_port() { .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
service_port=$(free_port)
port=$(free_port)
url=http://127.0.0.1:$port

recipe=$(sed -n '/^```nginx$/,/^```$/p' docs/operations.md | sed '/^```/d; s/127.0.0.1:5000/127.0.0.1:'"$service_port"'/')
cat > "$folder/nginx.conf" <<CONFIG
daemon off;
user $(id -un) $(id -gn);  # else nginx, if started by root, can't write to the folder
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$port;
        $recipe
    }
}
CONFIG

env -u OPENAI_API_KEY PORT="$service_port" DATA_DIR="$folder/data" PUBLIC_URL="$url" \
    TRUSTED_PROXIES=127.0.0.1 IMAGE_PROVIDER=offline RATE_LIMIT_GENERATE=off WEB_CONCURRENCY=1 \
    .venv/bin/python -m gunicorn wsgi:app > "$folder/service.log" 2>&1 &
processes+=($!)
"$nginx" -c "$folder/nginx.conf" -e "$folder/nginx.log" &
processes+=($!)
for _ in $(seq 300); do
    ! curl -sf "$url/healthz" -o "$folder/healthz" || break
    sleep 0.1
done

failed=0
# check WHAT STATUS TEXT CURL_OPTIONS...: the response has the status, and headers or body the text
check() {
    local what=$1 status=$2 text=$3
    shift 3
    curl -sS -i -N --max-time 60 -H 'Origin: https://app.example.com' -o "$folder/response" "$@" 2> "$folder/curl.log" || true
    if grep -aq "^HTTP/1.1 $status " "$folder/response" && grep -aqF -- "$text" "$folder/response" \
        && grep -aqi '^Access-Control-Allow-Origin: \*' "$folder/response"; then
        echo "ok      $what"
    else
        echo "FAILED  $what: $(head -c 300 "$folder/response" | tr -d '\r' | head -1) $(cat "$folder/curl.log")"
        failed=1
    fi
}

json=(-H 'Content-Type: application/json')
check "the service responds" 200 '"success"' "$url/healthz"
check "an image has nginx's URL" 200 "\"url\":\"$url/images/" "${json[@]}" -d '{"prompt": "A red fox"}' "$url/generate-image"
image=$(grep -ao "$url/images/[0-9a-f-]*[.]png" "$folder/response" | sed -n 1p)
check "the image is served" 200 'Content-Type: image/png' "$image"
check "a social network's parameter is ignored" 200 'Content-Type: image/png' "$image?fbclid=1"
check "an event stream arrives" 200 'event: result' "${json[@]}" -H 'Accept: text/event-stream' -d '{"prompt": "A red fox"}' "$url/generate-image"
check "a stream may not be changed" 200 'no-store, no-transform' "${json[@]}" -H 'Accept: text/event-stream' -d '{"prompt": "A red fox", "dry_run": true}' "$url/generate-image"

# A mask that is no PNG: the service reads all of a body within its limit of 1.5 MiB.
body() { { printf '{"mask": "'; head -c $(($1 - 12)) /dev/zero | tr '\0' A; printf '"}'; } > "$folder/body.json"; }
body 1572864
check "the largest body reaches the service" 400 '"invalid_request"' "${json[@]}" --data-binary "@$folder/body.json" "$image/cutouts"
check "so does a chunked one" 400 '"invalid_request"' "${json[@]}" -H 'Transfer-Encoding: chunked' --data-binary "@$folder/body.json" "$image/cutouts"
body 1572865
check "the service refuses a larger one" 413 '"request_too_large"' "${json[@]}" --data-binary "@$folder/body.json" "$image/cutouts"
body 100000
check "the service refuses a large prompt" 413 '"request_too_large"' "${json[@]}" --data-binary "@$folder/body.json" "$url/generate-image"
check "the service refuses a long address" 414 '"address_too_long"' "$url/images?q=$(head -c 5000 /dev/zero | tr '\0' x)"
check "a preflight gets what it asks for" 200 'traceparent' -X OPTIONS -H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: traceparent' "$url/generate-image"
exit $failed
