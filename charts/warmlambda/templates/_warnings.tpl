{{/* What may be wrong, for NOTES.txt: it works in some clusters, and so is not refused. */}}
{{- define "warmlambda.warnings" -}}
{{- $role := get .Values.serviceAccount.annotations "eks.amazonaws.com/role-arn" }}
{{- $names := list }}
{{- range .Values.extraEnv }}{{ $names = append $names .name }}{{ end }}
{{- if not (or $role (has "AWS_ROLE_ARN" $names) (has "AWS_PROFILE" $names) (has "AWS_ACCESS_KEY_ID" $names)) }}
* No role: unless there is a Pod Identity association, or the nodes have a role that fits, AWS refuses every call.
  With IRSA: --set-string 'serviceAccount.annotations.eks\.amazonaws\.com/role-arn=ROLE_ARN'
{{- end }}
{{- if not (or .Values.aws.region (has "AWS_REGION" $names)) }}
* No region: IRSA and EKS Pod Identity set it, elsewhere each endpoint must name its own. Or --set aws.region=REGION
{{- end }}
{{- if not (or .Values.image.registry (regexMatch "^[^/]+[.:][^/]*/" .Values.image.repository)) }}
* image.registry is empty: the image is pulled from Docker Hub.
{{- end }}
{{- if not .Values.crds.enabled }}
* crds.enabled is false: the CustomResourceDefinition must come from elsewhere, for instance the chart warmlambda-crds.
{{- else if not .Values.crds.keep }}
* crds.keep is false: uninstalling this release deletes every endpoint in the cluster.
{{- end }}
{{- if lt (int .Values.replicaCount) 2 }}
* replicaCount is {{ .Values.replicaCount }}: while no replica runs, for instance when its node is drained, nothing is looked after.
{{- end }}
{{- if and (eq (include "warmlambda.serviceAccountName" .) "default") (not .Values.serviceAccount.create) }}
* The operator's rights go to the service account default, which other pods of the namespace use too.
{{- end }}
{{- range list "serviceMonitor" "podMonitor" "prometheusRule" }}
{{- $values := get $.Values.metrics . }}
{{- if and $values.enabled (not (include "warmlambda.renders" (list $ $values .))) }}
* metrics.{{ . }} is enabled, but the cluster does not know monitoring.coreos.com/v1: it was left out.
{{- end }}
{{- end }}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.extraEgress) (or .Values.tracing.enabled .Values.aws.endpointUrl) }}
* networkPolicy lets nothing out to the collector of traces or the URL of the simulator unless they are on port 443: networkPolicy.extraEgress
{{- end }}
{{- end }}
