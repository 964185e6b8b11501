//! Integrations of an HTTP API: one for many routes. Which of them are moved, and which routes get another one.

use std::collections::{BTreeMap, BTreeSet};

use super::alias::mark;
use super::arn::function_arn_in;
use super::callers::{Variables, called, calls_alias, function_called};
use super::desired::{Desired, DesiredHttpApi};
use super::due::Due;
use super::observed::{HttpApi, HttpIntegration, Observed, Route};
use super::step::{PlannedStep, Step};

/// The payload format of an integration for a route that had none. Source: AWS-101.
const NEWEST_FORMAT: &str = "2.0";

/// The integration of a route, with its id.
pub fn integration_of<'a>(api: &'a HttpApi, route: &Route) -> Option<(&'a str, &'a HttpIntegration)> {
    let (id, integration) = api.integrations.get_key_value(route.integration_id.as_ref()?)?;
    Some((id, integration))
}

/// The URI of an integration that calls a function; `None` for one that calls something else.
pub fn lambda_uri(integration: &HttpIntegration) -> Option<&str> {
    let uri = integration.uri.as_deref().filter(|_| integration.kind == "AWS_PROXY")?;
    function_arn_in(uri).map(|_| uri)
}

/// What is to be done with a route.
pub enum Way<'a> {
    /// Its integration calls the alias.
    Right(&'a HttpIntegration),
    /// Its integration is pointed at the alias, for all routes that share it.
    Move(&'a str, &'a HttpIntegration),
    /// It gets another integration: it has none that calls a function, or shares it with routes that are not ours to move.
    Another,
}

/// Decides for one route. An integration that calls our function may be moved for all routes that share it, since they call our
/// function as well; one that calls something else only when the spec names all of them. Source: AWS-103.
pub fn way<'a>(desired: &Desired, trigger: &DesiredHttpApi, api: &'a HttpApi, route: &Route, variables: &Variables) -> Way<'a> {
    let Some((id, integration)) = integration_of(api, route) else {
        return Way::Another;
    };
    let Some(uri) = lambda_uri(integration) else {
        return Way::Another;
    };
    if calls_alias(desired, uri, variables) {
        return Way::Right(integration);
    }
    let ours = function_called(uri, variables).is_some_and(|f| desired.is_ours(&f));
    let of_api = desired.http_apis.iter().filter(|t| t.api_id == trigger.api_id);
    let named: BTreeSet<_> = of_api.flat_map(|t| &t.routes).collect();
    let mut sharing = api.routes.iter().flatten().filter(|(_, r)| r.integration_id.as_deref() == Some(id));
    if ours || sharing.all(|(key, _)| named.contains(key)) {
        Way::Move(id, integration)
    } else {
        Way::Another
    }
}

/// Adds the edits that make the integrations of all routes call the alias.
pub fn plan(
    desired: &Desired,
    trigger: &DesiredHttpApi,
    api: &HttpApi,
    routes: &BTreeMap<&str, &Route>,
    variables: &Variables,
    due: &mut Due,
) {
    let mut moved = BTreeSet::new();
    let mut without = Vec::new();
    for (key, route) in routes {
        match way(desired, trigger, api, route, variables) {
            Way::Right(_) => {}
            Way::Move(id, integration) => {
                if moved.insert(id) {
                    due.edits.push(point_at_alias(desired, trigger, (*key, id), integration, variables));
                }
            }
            Way::Another => without.push((*key, *route)),
        }
    }
    for (key, route) in without {
        let edit = give_another(desired, trigger, api, (key, route), &moved);
        if !due.edits.iter().any(|e| e.step == edit.step) {
            due.edits.push(edit);
        }
    }
}

/// Only the URI changes, and in the form that it has. Source: AWS-101, AWS-102.
fn point_at_alias(
    desired: &Desired,
    trigger: &DesiredHttpApi,
    (key, id): (&str, &str),
    integration: &HttpIntegration,
    variables: &Variables,
) -> PlannedStep {
    let uri = integration.uri.as_deref().unwrap_or_default();
    let is_arn = function_arn_in(uri) == Some(uri);
    PlannedStep {
        why: format!("route {key} calls {}", called(uri, variables)),
        step: Step::UpdateHttpIntegration {
            api_id: trigger.api_id.clone(),
            integration_id: id.into(),
            uri: if is_arn { desired.alias_arn() } else { desired.alias_uri() },
        },
    }
}

/// Points a route at an integration that calls the alias, or will after this pass's edits; without one it makes one, which the route
/// gets once it is observed: so a lost answer costs no second one.
fn give_another(
    desired: &Desired,
    trigger: &DesiredHttpApi,
    api: &HttpApi,
    (key, route): (&str, &Route),
    moved: &BTreeSet<&str>,
) -> PlannedStep {
    let before = integration_of(api, route).map(|(_, i)| i).filter(|i| lambda_uri(i).is_some());
    let format = before.and_then(|i| i.payload_format.clone());
    // Neither with a role, which is somebody's choice for other routes, nor with a stage variable, which may say something else.
    let at_alias = |id: &str, i: &HttpIntegration| {
        let calls = lambda_uri(i).is_some_and(|uri| calls_alias(desired, uri, &Variables::new()));
        (calls || moved.contains(id)) && i.credentials.is_none()
    };
    let mut fitting = api
        .integrations
        .iter()
        .filter(|(id, i)| at_alias(id, i) && (before.is_none() || i.payload_format == format));
    let why = match before {
        Some(_) => format!("route {key} calls something else, by an integration that it shares with routes that the spec does not name"),
        None => format!("route {key} has no integration that calls a function"),
    };
    let api_id = trigger.api_id.clone();
    let step = match fitting.next() {
        Some((id, _)) => Step::UpdateRoute {
            api_id,
            route_id: route.id.clone(),
            route_key: key.into(),
            integration_id: id.clone(),
        },
        None => Step::CreateHttpIntegration {
            api_id,
            uri: desired.alias_arn(),
            payload_format: format.unwrap_or_else(|| NEWEST_FORMAT.into()),
            description: mark(desired),
        },
    };
    PlannedStep { step, why }
}

/// Integrations that were made for this endpoint and that no route uses: what a route was to get when the endpoint changed or went
/// in between. API id and integration id.
pub fn unused<'a>(desired: &Desired, observed: &'a Observed) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mark = mark(desired);
    let of_apis = observed.http_apis.iter().flat_map(|(id, api)| {
        let routes = api.routes.iter().flatten();
        let used: BTreeSet<_> = routes.filter_map(|(_, route)| route.integration_id.as_deref()).collect();
        let all = api
            .integrations
            .iter()
            .map(move |(integration_id, integration)| (id, integration_id, integration));
        all.filter(move |(_, integration_id, _)| !used.contains(integration_id.as_str()))
    });
    of_apis
        .filter(move |(_, _, integration)| integration.description == mark)
        .map(|(api, integration, _)| (api.as_str(), integration.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::arn::Site;
    use crate::plan::desired::Desired;
    use crate::plan::fixtures::{HTTP_API, calls, desired, desired_http, http_integration, quiet_http};
    use crate::plan::observed::{HttpApi, Observed, Route};

    fn site() -> Site {
        desired().site
    }

    fn arn(qualified: &str) -> String {
        site().function_arn(qualified)
    }

    fn api(observed: &mut Observed) -> &mut HttpApi {
        observed.http_apis.get_mut(HTTP_API).unwrap()
    }

    /// Gives route `POST /reviews` another integration than `$default` has.
    fn reviews_at(observed: &mut Observed, integration_id: Option<&str>) {
        let routes = api(observed).routes.as_mut().unwrap();
        routes.insert(
            "POST /reviews".into(),
            Route {
                id: "route1".into(),
                integration_id: integration_id.map(str::to_owned),
            },
        );
    }

    fn naming_reviews() -> Desired {
        desired_http(json!({"routeKeys": ["POST /reviews"]}))
    }

    const DEPLOY: &str = "apigatewayv2:CreateDeployment f6g7h8i9j0 stageName=prod";

    #[test]
    fn a_shared_integration_is_moved_by_one_write_for_all_its_routes() {
        let observed = quiet_http(&arn("fir-api"));
        let uri = arn("fir-api:live");
        assert_eq!(
            calls(&desired_http(json!({})), &observed),
            [
                format!("apigatewayv2:UpdateIntegration f6g7h8i9j0 int1 integrationUri={uri}"),
                DEPLOY.into()
            ]
        );
    }

    #[test]
    fn both_forms_of_a_uri_are_alike_and_each_is_kept() {
        let alias = arn("fir-api:live");
        for found in [alias.clone(), site().invocation_uri(&alias)] {
            assert_eq!(
                calls(&desired_http(json!({})), &quiet_http(&found)),
                Vec::<String>::new(),
                "{found}"
            );
        }
        let invocation = quiet_http(&site().invocation_uri(&arn("fir-api:39")));
        let uri = site().invocation_uri(&alias);
        assert_eq!(
            calls(&desired_http(json!({})), &invocation)[0],
            format!("apigatewayv2:UpdateIntegration f6g7h8i9j0 int1 integrationUri={uri}")
        );
    }

    #[test]
    fn an_integration_of_our_function_is_moved_also_for_routes_that_the_spec_does_not_name() {
        let calls = calls(&naming_reviews(), &quiet_http(&arn("fir-api")));
        assert!(calls[0].starts_with("apigatewayv2:UpdateIntegration f6g7h8i9j0 int1 "), "{calls:?}");
    }

    #[test]
    fn an_integration_of_another_function_is_not_taken_from_routes_that_the_spec_does_not_name() {
        let calls = calls(&naming_reviews(), &quiet_http(&arn("pine-api")));
        let uri = arn("fir-api:live");
        assert_eq!(
            calls,
            [format!(
                "apigatewayv2:CreateIntegration f6g7h8i9j0 integrationUri={uri} payloadFormatVersion=1.0"
            )]
        );
    }

    #[test]
    fn an_integration_of_another_function_is_moved_when_the_spec_names_all_its_routes() {
        let desired = desired_http(json!({"routeKeys": ["POST /reviews", "$default"]}));
        let calls = calls(&desired, &quiet_http(&arn("pine-api")));
        assert!(calls[0].starts_with("apigatewayv2:UpdateIntegration f6g7h8i9j0 int1 "), "{calls:?}");
    }

    #[test]
    fn routes_of_other_functions_are_not_ours_to_move() {
        let mut observed = quiet_http(&arn("fir-api:live"));
        reviews_at(&mut observed, Some("int2"));
        api(&mut observed)
            .integrations
            .insert("int2".into(), http_integration(&arn("pine-api")));
        assert_eq!(calls(&desired_http(json!({})), &observed), Vec::<String>::new());
    }

    #[test]
    fn a_route_without_an_integration_gets_one_that_calls_the_alias_already() {
        let mut observed = quiet_http(&arn("fir-api:live"));
        reviews_at(&mut observed, None);
        let stage = api(&mut observed).stages.get_mut("prod").unwrap();
        stage.deployed.as_mut().unwrap().remove("POST /reviews");
        assert_eq!(
            calls(&naming_reviews(), &observed),
            ["apigatewayv2:UpdateRoute f6g7h8i9j0 POST /reviews target=integrations/int1", DEPLOY]
        );
    }

    #[test]
    fn a_route_without_an_integration_shares_one_that_is_moved_in_the_same_pass() {
        let desired = desired_http(json!({"routeKeys": ["POST /reviews", "$default"]}));
        let mut observed = quiet_http(&arn("fir-api"));
        reviews_at(&mut observed, None);
        let calls = calls(&desired, &observed);
        assert!(calls[0].starts_with("apigatewayv2:UpdateIntegration f6g7h8i9j0 int1 "), "{calls:?}");
        assert_eq!(
            calls[1],
            "apigatewayv2:UpdateRoute f6g7h8i9j0 POST /reviews target=integrations/int1"
        );
    }

    #[test]
    fn several_routes_without_an_integration_get_one_together_and_nothing_is_deployed_before_they_have_it() {
        let desired = desired_http(json!({"routeKeys": ["POST /reviews", "$default"]}));
        let mut observed = quiet_http("https://example.com");
        api(&mut observed).integrations.get_mut("int1").unwrap().kind = "HTTP_PROXY".into();
        let uri = arn("fir-api:live");
        assert_eq!(
            calls(&desired, &observed),
            [format!(
                "apigatewayv2:CreateIntegration f6g7h8i9j0 integrationUri={uri} payloadFormatVersion=2.0"
            )]
        );
        // What was made, whether or not its answer arrived.
        let made = super::HttpIntegration {
            payload_format: Some("2.0".into()),
            description: String::new(),
            ..http_integration(&uri)
        };
        api(&mut observed).integrations.insert("int2".into(), made);
        assert_eq!(
            calls(&desired, &observed),
            [
                "apigatewayv2:UpdateRoute f6g7h8i9j0 $default target=integrations/int2",
                "apigatewayv2:UpdateRoute f6g7h8i9j0 POST /reviews target=integrations/int2",
                DEPLOY
            ]
        );
    }

    #[test]
    fn a_route_keeps_the_payload_format_that_it_has() {
        let mut observed = quiet_http(&arn("pine-api"));
        let other_format = super::HttpIntegration {
            payload_format: Some("2.0".into()),
            description: String::new(),
            ..http_integration(&arn("fir-api:live"))
        };
        api(&mut observed).integrations.insert("int2".into(), other_format);
        let calls = calls(&naming_reviews(), &observed);
        assert!(calls[0].ends_with("payloadFormatVersion=1.0"), "{calls:?}");
    }
}
