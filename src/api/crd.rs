//! The CustomResourceDefinition, made from the types.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{CustomResourceDefinition, JSON};
use kube::CustomResourceExt;

use super::spec::WarmLambdaEndpoint;

/// The CRD. `status` defaults to `{observedGeneration: -1}`: without it a tool that waits by kstatus takes an object that no
/// operator has looked at for current.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = WarmLambdaEndpoint::crd();
    for version in &mut crd.spec.versions {
        let schema = version.schema.as_mut().and_then(|s| s.open_api_v3_schema.as_mut());
        let Some(parts) = schema.and_then(|s| s.properties.as_mut()) else {
            continue;
        };
        if let Some(status) = parts.get_mut("status") {
            status.default = Some(JSON(serde_json::json!({ "observedGeneration": -1 })));
        }
        // The API server reads the number for `scale` and refuses an object in which it is null. Of a field that cannot be null it
        // takes the null away before.
        let spec = parts.get_mut("spec").and_then(|spec| spec.properties.as_mut());
        if let Some(number) = spec.and_then(|fields| fields.get_mut("provisionedConcurrency")) {
            number.nullable = None;
        }
    }
    crd
}

/// The CRD as YAML, as it stands in `crds/`.
///
/// # Errors
/// When the CRD cannot be written as YAML, which would be a defect of this program.
pub fn crd_yaml() -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(&crd())
}
