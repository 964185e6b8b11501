//! What people and other tools do to AWS and to the endpoint while the operator works.

use awssim::sim::Sim;
use awssim::world::autoscaling::Registration;
use awssim::world::event_source::MappingChange;
use awssim::world::http_api::IntegrationChange;
use awssim::world::rest_api::PatchOperation;
use awssim::world::{AliasChange, Region};
use serde_json::{Value, json};

use crate::api_server::{Answer, ApiServer, Request};
use crate::clock;
use crate::fault::Act;
use crate::scene::{ACCOUNT, ALIAS, FUNCTION, REGION, ROUTES, deploy, function_arn, uri};

/// Name of the endpoint of a run that has only one.
pub const NAME: &str = "fir-api";
/// Path of all endpoints.
pub const FOLDER: &str = "/apis/warmlambda.dev/v1alpha1/namespaces/shop/warmlambdaendpoints";

/// Does it. What is not possible at the moment is not done, as with people. `spec`: what the endpoint asked for when it was made.
pub fn act(act: &Act, sim: &Sim, api: &ApiServer, spec: &Value) {
    let aws = |change: &dyn Fn(&mut Region)| sim.with_region(ACCOUNT, REGION, |region, _| change(region));
    match act {
        Act::Code(text) => aws(&|region| drop(region.update_function_code(FUNCTION, text.as_str(), false, None))),
        Act::Capacity(count) => edit(api, NAME, &json!({"spec": {"provisionedConcurrency": count}})),
        Act::Spec(spec) => edit(api, NAME, &json!({"spec": spec})),
        Act::MoveAlias => aws(&|region| drop(region.update_alias(FUNCTION, ALIAS, &AliasChange::version("1")))),
        Act::DropCapacity => aws(&|region| drop(region.delete_provisioned_concurrency_config(FUNCTION, ALIAS))),
        Act::Scale(count) => aws(&|region| scale(region, *count)),
        Act::CallersAway => aws(&callers_away),
        Act::Uri => aws(&|region| point_rest_api(region, FUNCTION, 1)),
        Act::Delete => delete(api, NAME),
        Act::Recreate if endpoint(api, NAME).is_none() => create(api, NAME, spec),
        Act::Recreate => {}
        Act::Request(stamp) => edit(
            api,
            NAME,
            &json!({"metadata": {"annotations": {warmlambda::api::RECONCILE_REQUESTED_AT: stamp}}}),
        ),
        Act::ClockOff(seconds) => clock::set_off(seconds * 1000),
        Act::DropWatches(gone) => api.drop_watches(*gone),
        Act::Repeat(backwards) => api.repeat(*backwards),
        Act::Freeze => api.freeze(),
        Act::Thaw => api.thaw(),
    }
}

/// Merges a patch into an endpoint.
pub fn edit(api: &ApiServer, name: &str, patch: &Value) {
    api.answer(&Request {
        method: "PATCH".into(),
        path: format!("{FOLDER}/{name}"),
        content_type: "application/merge-patch+json".into(),
        body: patch.clone(),
        ..Request::default()
    });
}

/// Makes an endpoint.
pub fn create(api: &ApiServer, name: &str, spec: &Value) {
    api.answer(&Request {
        method: "POST".into(),
        path: FOLDER.into(),
        body: json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": name}, "spec": spec}),
        ..Request::default()
    });
}

/// Deletes an endpoint.
pub fn delete(api: &ApiServer, name: &str) {
    api.answer(&Request {
        method: "DELETE".into(),
        path: format!("{FOLDER}/{name}"),
        ..Request::default()
    });
}

/// An endpoint as it stands.
pub fn endpoint(api: &ApiServer, name: &str) -> Option<Value> {
    let asked = Request {
        method: "GET".into(),
        path: format!("{FOLDER}/{name}"),
        ..Request::default()
    };
    match api.answer(&asked) {
        Answer::Object(200, object) => Some(object),
        _ => None,
    }
}

/// Registers the alias, and asks for so many environments.
fn scale(region: &mut Region, count: u32) {
    let bounds = Registration {
        min_capacity: Some(1),
        max_capacity: Some(5),
        suspended: None,
    };
    drop(region.register_scalable_target(&format!("function:{FUNCTION}:{ALIAS}"), bounds, region.now));
    drop(region.put_provisioned_concurrency_config(FUNCTION, ALIAS, count.into()));
}

/// Points the first methods of the REST API at a function.
fn point_rest_api(region: &mut Region, function: &str, methods: usize) {
    let Some(api) = region.rest_apis.keys().min().cloned() else {
        return;
    };
    for (path, http_method, _) in ROUTES.iter().take(methods) {
        let resource = region.rest_apis[&api].resources[*path].id.clone();
        let change = PatchOperation::replace("/uri", &uri(function));
        drop(region.update_integration(&api, &resource, http_method, &[change]));
    }
}

/// Points the callers of the triggers at the function without its alias, and deploys.
pub fn callers_away(region: &mut Region) {
    let Some(api) = region.rest_apis.keys().min().cloned() else {
        return;
    };
    point_rest_api(region, FUNCTION, ROUTES.len());
    drop(deploy(region, &api, "prod"));
    let calls_alias = |uri: &Option<String>| {
        uri.as_ref()
            .is_some_and(|uri| uri.contains(&function_arn(&format!("{FUNCTION}:{ALIAS}"))))
    };
    let http: Vec<_> = region
        .http_apis
        .iter()
        .flat_map(|(id, api)| {
            let ours = api.integrations.iter().filter(|(_, i)| calls_alias(&i.integration_uri));
            ours.map(|(integration, _)| (id.clone(), integration.clone())).collect::<Vec<_>>()
        })
        .collect();
    for (api, integration) in http {
        let change = IntegrationChange {
            integration_uri: Some(function_arn(FUNCTION)),
            ..IntegrationChange::default()
        };
        drop(region.update_http_integration(region.now, &api, &integration, change));
        drop(region.create_http_deployment(region.now, &api, Some("prod".into()), None));
    }
    let on_alias = region
        .event_source_mappings
        .iter()
        .filter(|(_, m)| m.function_arn.ends_with(&format!(":{FUNCTION}:{ALIAS}")));
    for uuid in on_alias.map(|(uuid, _)| uuid.clone()).collect::<Vec<_>>() {
        let change = MappingChange {
            function_name: Some(FUNCTION.into()),
            ..MappingChange::default()
        };
        drop(region.update_event_source_mapping(&uuid, &change));
    }
}
