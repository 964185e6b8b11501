{{/* What the operator's pods and the pod of `helm test` have in common. */}}

{{- define "warmlambda.image" -}}
{{- with .Values.image }}
{{- $path := ternary (printf "%s/%s" .registry .repository) .repository (ne .registry "") }}
{{- if .digest }}
{{- printf "%s@%s" $path .digest }}
{{- else }}
{{- printf "%s:%s" $path (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels of pods: without versions, which would replace the pods when only the chart changed. (list $ "operator"). */}}
{{- define "warmlambda.podLabels" -}}
{{- $own := include "warmlambda.identity" (index . 0) | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/component" (index . 1) }}
{{- with (index . 0).Values }}
{{- merge $own .podLabels .commonLabels | toYaml }}
{{- end }}
{{- end }}

{{/* How replicas are spread: a constraint without a selector speaks of the operator's pods. */}}
{{- define "warmlambda.spread" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "warmlambda.selector" . | fromYaml)) }}
{{- $constraints := list }}
{{- range .Values.topologySpreadConstraints }}
{{- $constraints = append $constraints (hasKey . "labelSelector" | ternary . (merge (deepCopy .) $own)) }}
{{- end }}
{{- with $constraints }}
topologySpreadConstraints:
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The environment: what the AWS SDK and OpenTelemetry read under their own names. */}}
{{- define "warmlambda.env" -}}
{{- with .Values.aws.region }}
- name: AWS_REGION
  value: {{ . | quote }}
{{- end }}
{{- with .Values.aws.endpointUrl }}
- name: AWS_ENDPOINT_URL
  value: {{ . | quote }}
{{- end }}
{{- if .Values.aws.useFips }}
- name: AWS_USE_FIPS_ENDPOINT
  value: "true"
{{- end }}
{{- if .Values.tracing.enabled }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.tracing.endpoint | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where and as whom a pod runs. */}}
{{- define "warmlambda.placement" -}}
serviceAccountName: {{ include "warmlambda.serviceAccountName" . }}
automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- with .Values.extraVolumes }}
volumes:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}

{{/* What their containers have in common. */}}
{{- define "warmlambda.container" -}}
{{- with include "warmlambda.env" . | trim }}
env:
{{ . }}
{{- end }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
volumeMounts:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
