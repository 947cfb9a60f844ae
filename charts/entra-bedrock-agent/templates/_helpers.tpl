{{/* Prefix of all names; room is left for the longest suffix. */}}
{{- define "prefix" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that select the pods of a component: (list $ "agent"). They must never change. */}}
{{- define "selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of every object: (list $ "agent"). */}}
{{- define "labels" -}}
{{- $root := index . 0 -}}
{{ include "selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Reference of an image: (list $ .Values.agent.image). */}}
{{- define "image" -}}
{{- $image := index . 1 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (index . 0).Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "agent.serviceAccountName" -}}
{{ .Values.agent.serviceAccount.name | default (printf "%s-agent" (include "prefix" .)) }}
{{- end }}

{{- define "weatherApi.serviceAccountName" -}}
{{ .Values.weatherApi.serviceAccount.name | default (printf "%s-weather-api" (include "prefix" .)) }}
{{- end }}

{{/* What every pod has in common; the group lets a container that does not run as root read projected tokens. */}}
{{- define "podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* The argument is readOnlyRootFilesystem. */}}
{{- define "containerSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: {{ . }}
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Where pods of a component may run: (list $ "agent" .Values.agent). */}}
{{- define "scheduling" -}}
{{- $values := index . 2 -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "selectorLabels" $ | nindent 8 }}
    # Without it, the old pods of a rollout would push the new ones aside.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* The webhook of AKS puts its token into the pod. */}}
{{- define "azureWebhook" -}}
{{- $credential := .Values.sidecar.credential -}}
{{- if or (eq $credential.type "WorkloadIdentity") (and (eq $credential.type "KeyVault") $credential.keyVault.managedIdentityClientId) }}true{{ end -}}
{{- end }}

{{/* Secret and key of the sidecar's client secret. */}}
{{- define "clientSecretRef" -}}
{{- $secret := .Values.sidecar.credential.clientSecret -}}
name: {{ $secret.existingSecret | default (printf "%s-sidecar" (include "prefix" .)) }}
key: {{ $secret.key }}
{{- end }}

{{/* The agent's AWS keys, as environment variables from a Secret. */}}
{{- define "awsSecretEnv" -}}
{{- $name := .Values.aws.existingSecret | default (printf "%s-aws" (include "prefix" .)) -}}
{{- $keys := dict "apiKey" (list "AWS_BEARER_TOKEN_BEDROCK") "staticKeys" (list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN") -}}
{{- range dig .Values.aws.auth list $keys }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ $name }}, key: {{ . }}, optional: {{ eq . "AWS_SESSION_TOKEN" }}}
{{- end }}
{{- end }}

{{- define "caVolume" -}}
- name: extra-ca
  configMap:
    name: {{ .Values.extraCaCertificates.configMap }}
    items: [{key: {{ .Values.extraCaCertificates.key }}, path: ca.crt}]
{{- end }}

{{/* Egress of both pods: names, and https to public addresses. */}}
{{- define "egress" -}}
{{- $dns := .Values.networkPolicy.dns -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  {{- if ne $dns "any" }}
  to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchLabels: {k8s-app: kube-dns}
    {{- /* Caches on the node, which no pod selector finds. */}}
    {{- range dig $dns list (dict "nodeLocal" (list "169.254.20.10/32") "aksLocalDns" (list "169.254.10.10/32" "169.254.10.11/32")) }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- end }}
{{- if .Values.networkPolicy.internet }}
- ports: [{port: 443, protocol: TCP}]
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        # Private ranges, link-local ones with the metadata services, and the WireServer of Azure.
        except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16, 168.63.129.16/32]
    - ipBlock:
        cidr: "::/0"
        except: ["fc00::/7", "fe80::/10"]
{{- end }}
{{- end }}

{{/* Made by `helm test`, and removed when it succeeds; after a failure it stays to be read. The argument is the order. */}}
{{- define "testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
