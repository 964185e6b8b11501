{{/* Flags of `warmlambda run`. */}}
{{- define "warmlambda.flags" -}}
- --metrics-addr={{ .Values.settings.bindAddress }}:{{ .Values.metrics.port }}
- --health-addr={{ .Values.settings.bindAddress }}:8081
- {{ printf "--log-level=%s" .Values.log.level | quote }}
- --log-format={{ .Values.log.format }}
{{- with .Values.settings }}
{{- with .watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
- --resync-interval={{ int .resyncSeconds }}s
- --max-concurrent-reconciles={{ int .maxConcurrentReconciles }}
- --aws-quota-share={{ .awsQuotaShare }}
- --metrics-refresh={{ int .metricsRefreshSeconds }}s
- --metrics-window={{ int .metricsWindowMinutes }}m
- --idle-window={{ int .idleWindowHours }}h
{{- end }}
{{- with .Values.leaderElection }}
{{- if .enabled }}
- --lease-name={{ include "warmlambda.fullname" $ }}
- --lease-duration={{ int .leaseDurationSeconds }}s
- --renew-deadline={{ int .renewDeadlineSeconds }}s
- --retry-period={{ int .retryPeriodSeconds }}s
{{- else }}
- --no-leader-election
{{- end }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Flags of `warmlambda check` that say how the operator runs. */}}
{{- define "warmlambda.checkFlags" -}}
{{- with .Values.settings.watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
{{- if .Values.leaderElection.enabled }}
- --lease-name={{ include "warmlambda.fullname" . }}
{{- else }}
- --no-leader-election
{{- end }}
{{- end }}
