#!/bin/sh
# Copies the primary, which PGHOST, PGUSER and PGPASSWORD name, the first time, and follows it.
set -eu
chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until pg_basebackup --dbname="application_name=replica" --pgdata="$PGDATA" \
        --checkpoint=fast --write-recovery-conf; do
        find "$PGDATA" -mindepth 1 -delete
        sleep 1
    done
fi
exec postgres -D "$PGDATA" -c hot_standby=on -c max_connections=200
