{{/* Names and labels. */}}

{{- define "warmlambda.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of most objects: release and chart, or the release alone when it is named like the chart. */}}
{{- define "warmlambda.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The full name with an ending, together at most 63 characters: (list $ "view"). */}}
{{- define "warmlambda.named" -}}
{{- $ending := index . 1 }}
{{- $room := sub 62 (len $ending) | int }}
{{- printf "%s-%s" (include "warmlambda.fullname" (index . 0) | trunc $room | trimSuffix "-") $ending }}
{{- end }}

{{- define "warmlambda.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "warmlambda.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* What all pods of the release have, that of `helm test` included. */}}
{{- define "warmlambda.identity" -}}
app.kubernetes.io/name: {{ include "warmlambda.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The operator's pods and nothing else. A Deployment's selector cannot be changed: neither can this. */}}
{{- define "warmlambda.selector" -}}
{{ include "warmlambda.identity" . }}
app.kubernetes.io/component: operator
{{- end }}

{{/* On every object. commonLabels may name another whole that this is a part of, and cannot take what identifies the release. */}}
{{- define "warmlambda.labels" -}}
{{- $labels := include "warmlambda.identity" . | fromYaml }}
{{- $_ := set $labels "app.kubernetes.io/version" .Chart.AppVersion }}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .Release.Service }}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- merge $labels .Values.commonLabels (dict "app.kubernetes.io/part-of" "warmlambda") | toYaml }}
{{- end }}
