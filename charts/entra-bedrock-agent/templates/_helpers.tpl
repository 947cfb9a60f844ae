{{/* Prefix of all names, short enough for the longest suffix. */}}
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

{{/* Labels of every object: (list $ "agent"), or with further labels (list $ "agent" <labels>). */}}
{{- define "labels" -}}
{{- $root := index . 0 -}}
{{ include "selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- include "furtherLabels" (list $root (slice . 2 | first)) }}
{{- end }}

{{/* Labels of pods: (list $ "agent" .Values.agent.podLabels). */}}
{{- define "podLabels" -}}
{{ include "selectorLabels" . }}
{{- include "furtherLabels" (list (index . 0) (index . 2)) }}
{{- end }}

{{/* The labels that all objects have by the values, and those of one kind: (list $ <labels>). */}}
{{- define "furtherLabels" -}}
{{- with merge dict (index . 1 | default dict) (index . 0).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
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

{{/* Fields of every pod. With fsGroup, containers that do not run as root can read projected tokens. */}}
{{- define "podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.podSecurityContext }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/*
The security context of every container: (list $ <readOnlyRootFilesystem>). It repeats the ids of the pod, since some scanners look at
containers only.
*/}}
{{- define "containerSecurity" -}}
securityContext:
  runAsNonRoot: true
  {{- with omit (index . 0).Values.podSecurityContext "fsGroup" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: {{ index . 1 }}
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
    # Without this, the spread would also count the old pods of a rollout.
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

{{/* Egress of both pods: DNS, and https to public addresses. */}}
{{- define "egress" -}}
{{- $dns := .Values.networkPolicy.dns -}}
{{- $isOpenShift := eq $dns "openshift" -}}
- ports:
    {{- range list "UDP" "TCP" }}
    - {port: {{ ternary 5353 53 $isOpenShift }}, protocol: {{ . }}}
    {{- end }}
  {{- if ne $dns "any" }}
  to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ ternary "openshift-dns" "kube-system" $isOpenShift }}}
      podSelector:
        matchLabels: {{ ternary "{dns.operator.openshift.io/daemonset-dns: default}" "{k8s-app: kube-dns}" $isOpenShift }}
    {{- /* DNS caches on the node, which no pod selector matches. */}}
    {{- range dig $dns list (dict "nodeLocal" (list "169.254.20.10/32") "aksLocalDns" (list "169.254.10.10/32" "169.254.10.11/32")) }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- end }}
{{- if include "proxy.isOn" . }}
{{ include "proxy.egress" . | trim }}
{{- else if .Values.networkPolicy.internet }}
{{- $own := .Values.networkPolicy.internetExcept }}
{{- /* Not the internet: private ranges, carrier-grade NAT, link-local ranges with the metadata services, Azure's WireServer, and others. */}}
{{- $notInternet := list "0.0.0.0/8" "10.0.0.0/8" "100.64.0.0/10" "127.0.0.0/8" "168.63.129.16/32" "169.254.0.0/16" "172.16.0.0/12" "192.0.0.0/24" "192.168.0.0/16" "198.18.0.0/15" "224.0.0.0/3" }}
{{- range $own }}{{ if not (contains ":" .) }}{{ $notInternet = append $notInternet . }}{{ end }}{{ end }}
- ports: [{port: 443, protocol: TCP}]
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- range $notInternet }}
          - {{ . }}
          {{- end }}
    # The global addresses of IPv6, without Teredo and 6to4, which embed IPv4 addresses.
    - ipBlock:
        cidr: "2000::/3"
        except:
          - "2001::/32"
          - "2002::/16"
          {{- range $own }}
          {{- if contains ":" . }}
          - {{ . | quote }}
          {{- end }}
          {{- end }}
    # NAT64, through which IPv6-only clusters reach IPv4: the same IPv4 addresses as above.
    - ipBlock:
        cidr: "64:ff9b::/96"
        except:
          {{- range $notInternet }}
          - {{ include "nat64" . | quote }}
          {{- end }}
{{- end }}
{{- end }}

{{/* The range of NAT64 (RFC 6052) that embeds a range of IPv4, in its shortest form. */}}
{{- define "nat64" -}}
{{- $range := splitList "/" . -}}
{{- $bytes := splitList "." (index $range 0) -}}
{{- $high := add (mul 256 (atoi (index $bytes 0))) (atoi (index $bytes 1)) -}}
{{- $low := add (mul 256 (atoi (index $bytes 2))) (atoi (index $bytes 3)) -}}
{{- $address := ternary (ternary (printf "64:ff9b::%x" $low) "64:ff9b::" (ne $low 0)) (printf "64:ff9b::%x:%x" $high $low) (eq $high 0) -}}
{{- printf "%s/%d" $address (add 96 (atoi (index $range 1))) -}}
{{- end }}

{{/* Annotations of `helm test` objects: Helm deletes them after a success, and keeps them after a failure. The argument is the hook's weight. */}}
{{- define "testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* A field with a list, left out when the list is empty: (list <indentation> "volumes" <items> <items>…). */}}
{{- define "optionalList" -}}
{{- with slice . 2 | join "" | trim }}
{{- printf "%s:%s" (index $ 1) (nindent 2 .) | nindent (index $ 0) }}
{{- end }}
{{- end }}

{{/* A list of the values, for optionalList. */}}
{{- define "items" -}}
{{- with . }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "caMount" -}}
{{- if .Values.extraCaCertificates.configMap }}
- {name: extra-ca, mountPath: /etc/extra-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "caVolume" -}}
{{- with .Values.extraCaCertificates }}
{{- if .configMap }}
- name: extra-ca
  configMap: {name: {{ .configMap }}, items: [{key: {{ .key }}, path: ca.crt}]}
{{- end }}
{{- end }}
{{- end }}

{{- define "imagePullSecrets" -}}
{{- range .Values.imagePullSecrets }}
- name: {{ . }}
{{- end }}
{{- end }}
