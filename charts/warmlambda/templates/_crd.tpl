{{/* The generated CustomResourceDefinition with what Helm, Argo CD and the values add. The same in warmlambda and warmlambda-crds. */}}
{{- define "warmlambda.crd" -}}
{{- $crd := .Files.Get "files/crd.yaml" | fromYaml }}
{{- $annotations := dict }}
{{- if .Values.crds.keep }}
{{- $_ := set $annotations "helm.sh/resource-policy" "keep" }}
{{- $_ := set $annotations "argocd.argoproj.io/sync-options" "Prune=false" }}
{{- end }}
{{- $_ := set $crd.metadata "labels" (include "warmlambda.labels" . | fromYaml) }}
{{- with merge (deepCopy .Values.crds.annotations) $annotations }}
{{- $_ := set $crd.metadata "annotations" . }}
{{- end }}
{{- toYaml $crd }}
{{- end }}
