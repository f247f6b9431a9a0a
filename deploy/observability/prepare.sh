#!/bin/sh
# Sets the password of Kibana's own user, and makes the API key with which the marketplace writes its log: it may add
# documents to logs-marketplace.* and nothing else. Run by compose.observability.yaml, again and again without harm.
set -eu
url=${ELASTICSEARCH_URL:-http://elasticsearch:9200}
login="elastic:$(cat /run/secrets/elastic)"
ask() { curl -sSf -u "$login" -H 'Content-Type: application/json' "$@"; }

ask -X POST "$url/_security/user/kibana_system/_password" -d "{\"password\": \"$(cat /run/secrets/kibana)\"}" >/dev/null
if [ ! -s /keys/marketplace ]; then
  ask -X POST "$url/_security/api_key" -d '{
    "name": "marketplace-log",
    "role_descriptors": {"log": {"indices": [{"names": ["logs-marketplace.*-*"], "privileges": ["create_doc", "auto_configure"]}]}}
  }' | sed -n 's/.*"encoded":"\([^"]*\)".*/\1/p' >/keys/marketplace.new
  [ -s /keys/marketplace.new ]
  chmod 0444 /keys/marketplace.new
  mv /keys/marketplace.new /keys/marketplace
fi
