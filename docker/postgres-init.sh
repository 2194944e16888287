#!/bin/sh
# Runs once, on an empty volume: one role owns the tables, another one uses them.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$DESK_OWNER_PASSWORD" -v app="$DESK_APP_PASSWORD" <<'SQL'
CREATE ROLE desk_owner LOGIN PASSWORD :'owner';
CREATE ROLE desk_app LOGIN PASSWORD :'app';
CREATE DATABASE desk OWNER desk_owner;
REVOKE CONNECT ON DATABASE desk FROM PUBLIC;
GRANT CONNECT ON DATABASE desk TO desk_owner, desk_app;
SQL
