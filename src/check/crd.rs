//! The CustomResourceDefinition: whether it is served, with the schema that this program knows.
//!
//! It is read as any client sees it, by discovery and OpenAPI, which every account may: the operator has no right to read CRDs.

use axum::http::Request;
use kube::{Client, Resource, ResourceExt};
use serde_json::Value;

use super::report::Check;
use super::schema::{Difference, differences};
use crate::api::{WarmLambdaEndpoint, crd};
use crate::cluster::said;

const SERVED: &str = "WarmLambdaEndpoints are served";
const SCHEMA: &str = "their schema is the one that this program knows";
/// Differences that are named; an error is to be read.
const MOST_NAMED: usize = 5;

/// One check when it is not served, two when it is.
pub async fn look(client: &Client) -> Vec<Check> {
    match served(client).await {
        Ok(()) => vec![Check::success(SERVED), schema(client).await],
        Err(error) => {
            let hint = "install the CRD: chart warmlambda with crds.enabled=true, chart warmlambda-crds, or \
                        `warmlambda crd | kubectl apply --server-side -f -`";
            vec![Check::error(SERVED, error, hint)]
        }
    }
}

/// Before an installation: none is fine, and one that is there must be the one that is known.
pub async fn before(client: &Client) -> Vec<Check> {
    match served(client).await {
        Ok(()) => vec![schema(client).await],
        Err(_) => vec![Check::success("no other CRD of that name is in the way")],
    }
}

/// Whether discovery lists the resource with both of its subresources.
async fn served(client: &Client) -> Result<(), String> {
    let (version, plural) = (WarmLambdaEndpoint::api_version(&()), WarmLambdaEndpoint::plural(&()));
    let listed = match client.list_api_group_resources(&version).await {
        Ok(listed) => listed.resources,
        Err(kube::Error::Api(status)) if status.is_not_found() => return Err(format!("{version} is not served: the CRD is not installed")),
        Err(error) => return Err(said(&error)),
    };
    for name in [plural.to_string(), format!("{plural}/status"), format!("{plural}/scale")] {
        if !listed.iter().any(|resource| resource.name == name) {
            return Err(format!("{version} is served without {name}"));
        }
    }
    Ok(())
}

async fn schema(client: &Client) -> Check {
    match published(client).await {
        Ok(published) => verdict(&differences_of(&published)),
        Err(error) => Check::warning(
            SCHEMA,
            error,
            "try again in a moment: the API server publishes a schema a little after the CRD",
        ),
    }
}

/// The schemas of our version, as the API server publishes them.
async fn published(client: &Client) -> Result<Value, String> {
    let path = format!("/openapi/v3/apis/{}", WarmLambdaEndpoint::api_version(&()));
    let request = Request::get(path).body(Vec::new()).map_err(|error| error.to_string())?;
    let mut document: Value = client.request(request).await.map_err(|error| said(&error))?;
    let kind = WarmLambdaEndpoint::kind(&());
    let ours = |schema: &Value| schema["x-kubernetes-group-version-kind"][0]["kind"] == *kind;
    let schemas = document["components"]["schemas"].as_object_mut();
    let found = schemas.and_then(|schemas| schemas.values_mut().find(|schema| ours(schema)).map(Value::take));
    found.ok_or_else(|| format!("the API server publishes no schema of {kind} yet"))
}

/// How the published schema of the kind differs from the one in this program, in spec and status.
fn differences_of(published: &Value) -> Vec<Difference> {
    let version = WarmLambdaEndpoint::version(&());
    let crd = crd();
    let known = crd.spec.versions.iter().find(|served| served.name == version);
    let known = known
        .and_then(|known| known.schema.as_ref())
        .and_then(|schema| schema.open_api_v3_schema.as_ref());
    let known = serde_json::to_value(known).unwrap_or_default();
    let of = |path: &str| differences(path, &known["properties"][path], &published["properties"][path]);
    [of("spec"), of("status")].concat()
}

fn verdict(found: &[Difference]) -> Check {
    if found.is_empty() {
        return Check::success(SCHEMA);
    }
    let name = crd().name_any();
    // What an older schema lacks comes first: it is what breaks.
    let (lacks, others): (Vec<_>, Vec<_>) = found.iter().partition(|found| matches!(found, Difference::Lacks(_)));
    let mut named: Vec<_> = lacks.iter().chain(&others).take(MOST_NAMED).map(ToString::to_string).collect();
    if found.len() > MOST_NAMED {
        named.push(format!("{} more differences", found.len() - MOST_NAMED));
    }
    let error = format!("the CRD {name} {}", named.join(", "));
    if lacks.is_empty() {
        let hint = "the CRD is of another version: what this program does not know it leaves alone; install the CRD of its version to use all of it";
        Check::warning(SCHEMA, error, hint)
    } else {
        let hint = "upgrade the CRD before the operator: `helm upgrade` of the chart that holds it, or `warmlambda crd | kubectl apply --server-side -f -`";
        Check::error(SCHEMA, error, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Finding;
    use super::*;

    #[test]
    fn a_schema_that_lacks_something_is_an_error_and_one_that_has_more_a_warning() {
        let lacks = Difference::Lacks("spec.a".into());
        let unknown = Difference::Unknown("spec.b".into());
        assert_eq!(verdict(&[]).finding, Finding::Success);
        assert!(matches!(verdict(std::slice::from_ref(&unknown)).finding, Finding::Warning(_)));
        let Finding::Error(trouble) = verdict(&[unknown, lacks]).finding else {
            panic!("no error")
        };
        assert!(trouble.error.contains("lacks spec.a, has spec.b"), "{}", trouble.error);
    }

    #[test]
    fn of_many_differences_some_are_named_and_the_rest_is_counted() {
        let many: Vec<_> = (0..7).map(|n| Difference::Lacks(format!("spec.f{n}"))).collect();
        let Finding::Error(trouble) = verdict(&many).finding else {
            panic!("no error")
        };
        assert!(trouble.error.ends_with("lacks spec.f4, 2 more differences"), "{}", trouble.error);
    }
}
