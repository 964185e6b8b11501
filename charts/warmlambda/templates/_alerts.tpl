{{/* The groups of files/alerts.yaml, with what metrics.prometheusRule.overrides changes. */}}
{{- define "warmlambda.alerts" -}}
{{- $overrides := .Values.metrics.prometheusRule.overrides }}
{{- $runbooks := .Values.metrics.prometheusRule.runbookUrl }}
{{- $known := list }}
{{- $groups := list }}
{{- range $group := (.Files.Get "files/alerts.yaml" | fromYaml).groups }}
{{- $rules := list }}
{{- range .rules }}
{{- $known = append $known (default "" .alert) }}
{{- $override := get $overrides (default "" .alert) | default dict }}
{{- if not $override.disabled }}
{{- $severity := hasKey $override "severity" | ternary (dict "severity" $override.severity) dict }}
{{- $labels := dict "labels" (merge $severity (default dict $override.labels) (default dict .labels)) }}
{{- $runbook := dict }}
{{- if and $runbooks .alert }}
{{- $runbook = dict "runbook_url" (print $runbooks .alert) }}
{{- end }}
{{- $annotations := dict "annotations" (merge (dict) (default dict $override.annotations) $runbook (default dict .annotations)) }}
{{- $rules = append $rules (merge $labels $annotations (pick $override "expr" "for") .) }}
{{- end }}
{{- end }}
{{- with $rules }}
{{- $groups = append $groups (merge (dict "rules" .) (omit $group "rules")) }}
{{- end }}
{{- end }}
{{- range $name, $_ := $overrides }}
{{- if not (has $name $known) }}
{{- fail (printf "metrics.prometheusRule.overrides: there is no alert %s. There are %s." $name (without $known "" | join ", ")) }}
{{- end }}
{{- end }}
{{- dict "groups" $groups | toYaml }}
{{- end }}
