{{/* Flags that `warmlambda run` and `warmlambda check` share: where rights are needed. */}}
{{- define "warmlambda.scopeFlags" -}}
{{- with .Values.settings.watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
{{- if .Values.leaderElection.enabled }}
- --lease-name={{ include "warmlambda.fullname" . }}
{{- else }}
- --no-leader-election
{{- end }}
{{- end }}

{{/* Flags of `warmlambda run`. */}}
{{- define "warmlambda.flags" -}}
- --metrics-addr={{ .Values.settings.bindAddress }}:{{ .Values.metrics.port }}
- --health-addr={{ .Values.settings.bindAddress }}:8081
- {{ printf "--log-level=%s" .Values.log.level | quote }}
- --log-format={{ .Values.log.format }}
{{- include "warmlambda.scopeFlags" . }}
{{- with .Values.settings }}
- --resync-interval={{ int .resyncSeconds }}s
- --max-concurrent-reconciles={{ int .maxConcurrentReconciles }}
- --aws-quota-share={{ .awsQuotaShare }}
- --metrics-refresh={{ int .metricsRefreshSeconds }}s
- --metrics-window={{ int .metricsWindowMinutes }}m
- --idle-window={{ int .idleWindowHours }}h
{{- end }}
{{- with .Values.leaderElection }}
{{- if .enabled }}
- --lease-duration={{ int .leaseDurationSeconds }}s
- --renew-deadline={{ int .renewDeadlineSeconds }}s
- --retry-period={{ int .retryPeriodSeconds }}s
{{- end }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}
