#!/bin/sh
# One database for each service, with an owner for migrations and a service role that owns nothing.
set -eu
for service in orders production logistics; do
    password=$(printenv "$(echo "$service" | tr a-z A-Z)_PASSWORD")
    psql -v ON_ERROR_STOP=1 --username postgres -v service="$service" -v password="$password" <<'SQL'
SELECT :'service' || '_owner' AS owner, :'service' || '_app' AS app, 'kendi_' || :'service' AS database \gset
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE ROLE :"app" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
\connect :"database"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SEQUENCES TO :"app";
SQL
done
