{{/* Combinations of values that cannot work, refused with what to do. Single values are the schema's business. */}}

{{- define "warmlambda.checks" -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled }}
{{- fail "metrics.serviceMonitor.enabled and metrics.podMonitor.enabled are both true: Prometheus would count everything twice. Enable one." }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.service.enabled) }}
{{- fail "metrics.serviceMonitor.enabled needs metrics.service.enabled. Enable both, or use metrics.podMonitor." }}
{{- end }}
{{- if and (not .Values.leaderElection.enabled) (gt (int .Values.replicaCount) 1) }}
{{- fail "leaderElection.enabled is false with more than one replica: they would write at once. Enable it, or set replicaCount to 1." }}
{{- end }}
{{- with .Values.leaderElection }}
{{- if not (and (lt (int .retryPeriodSeconds) (int .renewDeadlineSeconds)) (lt (int .renewDeadlineSeconds) (int .leaseDurationSeconds))) }}
{{- fail "leaderElection: retryPeriodSeconds < renewDeadlineSeconds < leaseDurationSeconds must hold: a leader stops before another may begin." }}
{{- end }}
{{- end }}
{{- if and .Values.tracing.enabled (not .Values.tracing.endpoint) }}
{{- fail "tracing.enabled needs tracing.endpoint, the URL of a collector." }}
{{- end }}
{{- if and .Values.admissionPolicy.enabled (kindIs "invalid" .Values.admissionPolicy.maxProvisionedConcurrency) }}
{{- fail "admissionPolicy.enabled needs admissionPolicy.maxProvisionedConcurrency, the cap where no other is set." }}
{{- end }}
{{- end }}
