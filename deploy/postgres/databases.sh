#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: a role and a database for each service, closed to the others.
set -eu
for service in membership matching exchange notifications; do
    psql --set=ON_ERROR_STOP=1 --username postgres --set=password="$POSTGRES_PASSWORD" <<SQL
CREATE ROLE $service LOGIN PASSWORD :'password';
CREATE DATABASE $service OWNER $service;
REVOKE ALL ON DATABASE $service FROM PUBLIC;
SQL
done
