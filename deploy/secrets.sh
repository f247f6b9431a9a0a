#!/bin/sh
# Makes the secrets of compose.split.yaml and compose.observability.yaml, each in a file of its own; those that are there stay as they are.
#
#   deploy/secrets.sh            in deploy/secrets
#   deploy/secrets.sh FOLDER
#
# Only you can enter the folder. The files in it can be read by the users inside the containers, who see nothing else of it.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

random() { od -An -tx1 -N32 /dev/urandom | tr -d ' \n'; }

keep() { # name, content
	[ -e "$1" ] || printf '%s' "$2" >"$1"
	chmod 644 "$1"
}

keep postgres_password "$(random)"
keep database "postgres://marketplace:$(cat postgres_password)@postgres/marketplace?sslmode=disable"
keep rabbitmq_password "$(random)"
keep rabbitmq.conf "default_user = marketplace
default_pass = $(cat rabbitmq_password)
"
keep events "amqp://marketplace:$(cat rabbitmq_password)@rabbitmq"
keep rpc "$(random)"
keep auth "$(random)"
keep simulator "$(random)"
keep smtp "" # smtp://user:password@host:587 ; empty: mail stays in the marketplace and is read at /dev/mail

# For compose.observability.yaml: Elasticsearch's own user, Kibana's, and what Kibana seals its objects with.
keep elastic "$(random)"
keep elastic_login "elastic:$(cat elastic)"
keep kibana "$(random)"
keep kibana_key "$(random)"
