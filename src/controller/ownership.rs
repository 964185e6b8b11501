//! Which of several endpoints on one alias owns it: the older one. The other makes no write to AWS. Of endpoints on different
//! aliases of one function, the older keeps the callers that both ask for.

use kube::ResourceExt;

use crate::api::{ManagementPolicy, WarmLambdaEndpoint};
use crate::plan::elder::Elder;
use crate::plan::trigger::Callers;

/// Owner of the alias of `endpoint` when that is another object, as `namespace/name`; `None` when `endpoint` owns it.
///
/// Objects that are being deleted own their alias until they are gone: their cleanup still writes. Two objects are on one
/// alias when region, function and alias are equal; the account is the same for all, since there is one set of credentials.
pub fn owner_instead<'a>(
    endpoint: &'a WarmLambdaEndpoint,
    fleet: impl IntoIterator<Item = &'a WarmLambdaEndpoint>,
    default_region: Option<&'a str>,
) -> Option<String> {
    let wanted = alias_key(endpoint, default_region);
    let rivals = fleet
        .into_iter()
        .filter(|other| alias_key(other, default_region) == wanted && other.uid() != endpoint.uid());
    let oldest = rivals.min_by_key(|other| seniority(other))?;
    (seniority(oldest) < seniority(endpoint)).then(|| format!("{}/{}", oldest.namespace().unwrap_or_default(), oldest.name_any()))
}

/// Older endpoints on other aliases of the function of `endpoint`. Those that only observe claim nothing: they write nothing.
pub fn elders<'a>(
    endpoint: &'a WarmLambdaEndpoint,
    fleet: impl IntoIterator<Item = &'a WarmLambdaEndpoint>,
    default_region: Option<&'a str>,
) -> Vec<Elder> {
    let (function, alias, region) = alias_key(endpoint, default_region);
    let beside = fleet.into_iter().filter(|other| {
        let (theirs, other_alias, other_region) = alias_key(other, default_region);
        (theirs, other_region) == (function, region) && other_alias != alias && seniority(other) < seniority(endpoint)
    });
    let mut elders: Vec<_> = beside
        .filter(|other| other.spec.management_policy == ManagementPolicy::Manage)
        .filter_map(|other| {
            Some(Elder {
                name: format!("{}/{}", other.namespace().unwrap_or_default(), other.name_any()),
                alias: other.spec.alias_name.clone(),
                // Triggers that cannot be carried out claim nothing.
                callers: Callers::resolve(&other.spec.triggers).ok()?,
            })
        })
        .collect();
    elders.sort_by(|a, b| a.name.cmp(&b.name));
    elders
}

fn alias_key<'a>(endpoint: &'a WarmLambdaEndpoint, default_region: Option<&'a str>) -> (&'a str, &'a str, Option<&'a str>) {
    let spec = &endpoint.spec;
    (&spec.function_name, &spec.alias_name, spec.region.as_deref().or(default_region))
}

/// Creation time, which has whole seconds, then uid; the lesser is the older.
fn seniority(endpoint: &WarmLambdaEndpoint) -> (Option<i64>, Option<String>) {
    let created = endpoint.metadata.creation_timestamp.as_ref().map(|t| t.0.as_second());
    (created, endpoint.uid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn endpoint(name: &str, uid: &str, created: &str, region: Option<&str>) -> WarmLambdaEndpoint {
        serde_json::from_value(json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint",
            "metadata": {"name": name, "namespace": "shop", "uid": uid, "creationTimestamp": created},
            "spec": {"functionName": "fir-api", "region": region},
        }))
        .unwrap()
    }

    #[test]
    fn the_older_endpoint_owns_the_alias() {
        let old = endpoint("old", "b", "2026-01-01T00:00:00Z", Some("eu-west-1"));
        let young = endpoint("young", "a", "2026-01-02T00:00:00Z", Some("eu-west-1"));
        let fleet = [&old, &young];
        assert_eq!(owner_instead(&young, fleet, None).as_deref(), Some("shop/old"));
        assert_eq!(owner_instead(&old, fleet, None), None);
    }

    #[test]
    fn older_endpoints_on_other_aliases_of_the_function_are_elders() {
        let on = |name: &str, alias: &str, created: &str| {
            let mut endpoint = endpoint(name, name, created, Some("eu-west-1"));
            endpoint.spec.alias_name = alias.into();
            endpoint
        };
        let blue = on("blue", "blue", "2026-01-01T00:00:00Z");
        let mut watching = on("watching", "watched", "2026-01-01T00:00:00Z");
        watching.spec.management_policy = ManagementPolicy::Observe;
        let mut other = on("other", "blue", "2026-01-01T00:00:00Z");
        other.spec.function_name = "pine-api".into();
        let live = on("live", "live", "2026-01-02T00:00:00Z");
        let fleet = [&blue, &watching, &other, &live];
        let names: Vec<_> = elders(&live, fleet, None)
            .into_iter()
            .map(|elder| (elder.name, elder.alias))
            .collect();
        assert_eq!(names, [("shop/blue".to_owned(), "blue".to_owned())]);
        assert_eq!(elders(&blue, fleet, None), []);
    }

    #[test]
    fn of_the_same_age_the_lesser_uid_owns() {
        let a = endpoint("z", "a", "2026-01-01T00:00:00Z", None);
        let b = endpoint("y", "b", "2026-01-01T00:00:00Z", None);
        assert_eq!(owner_instead(&a, [&a, &b], None), None);
        assert_eq!(owner_instead(&b, [&a, &b], None).as_deref(), Some("shop/z"));
    }

    #[test]
    fn an_absent_region_is_the_default_region() {
        let explicit = endpoint("explicit", "a", "2026-01-01T00:00:00Z", Some("eu-west-1"));
        let implicit = endpoint("implicit", "b", "2026-01-02T00:00:00Z", None);
        assert!(owner_instead(&implicit, [&explicit], Some("eu-west-1")).is_some());
        assert!(owner_instead(&implicit, [&explicit], Some("us-east-1")).is_none());
    }

    #[test]
    fn one_that_is_being_deleted_owns_until_it_is_gone() {
        let mut old = endpoint("old", "a", "2026-01-01T00:00:00Z", None);
        let young = endpoint("young", "b", "2026-01-02T00:00:00Z", None);
        old.metadata.deletion_timestamp = old.metadata.creation_timestamp.clone();
        assert!(owner_instead(&young, [&old], None).is_some());
        assert!(owner_instead(&young, [], None).is_none());
    }
}
