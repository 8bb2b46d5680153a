#!/bin/sh
# Writes the broker's settings with a user for each service, then becomes the given command with that file.
# Passwords stand in it as SHA-256 only, and in no process list.
set -eu
umask 077
conf=$(mktemp)
cat > "$conf" <<'SETTINGS'
appendonly yes
appendfsync everysec
maxmemory 512mb
maxmemory-policy noeviction
tcp-keepalive 60
save ""
user default off
SETTINGS
for service in orders production logistics; do
    password=$(printenv "$(echo "$service" | tr a-z A-Z)_PASSWORD")
    fingerprint=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
    others=
    for other in orders production logistics; do
        [ "$other" = "$service" ] || others="$others %W~$other.receive* %W~$other.receipt*"
    done
    echo "user $service on #$fingerprint &* ~$service.* ~_kombu.* ~kendi.epoch +@all -@admin -@dangerous -@scripting (${others# } +lpush +llen +exists)" >> "$conf"
done
! id valkey > /dev/null 2>&1 || chown valkey "$conf"
exec "$@" "$conf"
