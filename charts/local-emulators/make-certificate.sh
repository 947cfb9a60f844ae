#!/bin/sh
# Makes what the Entra emulator needs to speak https in a namespace, unless it is there: the Secret entra-emulator-tls,
# and the ConfigMap emulator-authority by which other pods trust the emulator. For this cluster only, for a year. The names are
# those by which pods and browsers sign in, and those of a forwarded port, by which scripts reach the control plane.
# usage: make-certificate.sh NAMESPACE
set -eu
namespace=$1

if kubectl -n "$namespace" get secret/entra-emulator-tls configmap/emulator-authority >/dev/null 2>&1; then exit 0; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=entra-emulator \
  -addext subjectAltName=DNS:entra.localhost,DNS:entra-emulator,DNS:login.microsoftonline.com,DNS:localhost,IP:127.0.0.1,IP:::1 \
  -keyout "$folder/tls.key" -out "$folder/tls.crt" 2>/dev/null

kubectl -n "$namespace" delete secret/entra-emulator-tls configmap/emulator-authority --ignore-not-found
kubectl -n "$namespace" create secret tls entra-emulator-tls --cert="$folder/tls.crt" --key="$folder/tls.key"
kubectl -n "$namespace" create configmap emulator-authority --from-file=ca.crt="$folder/tls.crt"
