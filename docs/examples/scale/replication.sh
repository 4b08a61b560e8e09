#!/bin/sh
# Lets replicas connect; PostgreSQL's image runs this once, when the primary is made.
set -eu
echo "host replication hexostore all scram-sha-256" >>"$PGDATA/pg_hba.conf"
