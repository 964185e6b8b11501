{{/* What the objects for Prometheus have in common. */}}

{{/* "yes" when an object of monitoring.coreos.com is to be rendered: (list $ its-values its-kind). */}}
{{- define "warmlambda.renders" -}}
{{- $root := index . 0 }}{{ $values := index . 1 }}{{ $kind := index . 2 }}
{{- if $values.enabled }}
{{- if or (eq $values.renderMode "alwaysRender") ($root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") }}yes
{{- else if eq $values.renderMode "failIfMissing" }}
{{- fail (printf "%s: the cluster does not know monitoring.coreos.com/v1. Install the CRDs of the Prometheus operator, or pass --api-versions monitoring.coreos.com/v1." $kind) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels of an object, and those by which a Prometheus selects it: (list $ its-values). */}}
{{- define "warmlambda.monitorLabels" -}}
{{- merge (include "warmlambda.labels" (index . 0) | fromYaml) (index . 1).labels | toYaml }}
{{- end }}

{{/* What tells the metrics Service from other Services of the release. */}}
{{- define "warmlambda.metricsSelector" -}}
{{ include "warmlambda.identity" . }}
app.kubernetes.io/component: metrics
{{- end }}

{{- define "warmlambda.metricsLabels" -}}
{{- merge (include "warmlambda.metricsSelector" . | fromYaml) (include "warmlambda.labels" . | fromYaml) | toYaml }}
{{- end }}
