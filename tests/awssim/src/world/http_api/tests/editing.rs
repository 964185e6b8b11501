use super::*;
use crate::world::http_api::{Page, Route};

fn new_integration(kind: &str, uri: &str, version: Option<&str>) -> IntegrationChange {
    IntegrationChange {
        integration_type: Some(kind.into()),
        integration_uri: Some(uri.into()),
        payload_format_version: version.map(str::to_owned),
        ..IntegrationChange::default()
    }
}

fn path_form(function: &str) -> String {
    format!(
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations",
        arn(function)
    )
}

/// AWS-101.
#[test]
fn both_forms_of_a_uri_are_taken_and_kept_as_they_were_given() {
    let mut region = region();
    for uri in [
        arn("fir-api"),
        arn("fir-api:live"),
        path_form("fir-api:live"),
        arn("fir-api:${stageVariables.alias}"),
    ] {
        let made = region
            .create_http_integration(API, new_integration("AWS_PROXY", &uri, Some("2.0")))
            .unwrap();
        assert_eq!(made.integration.integration_uri.as_deref(), Some(uri.as_str()));
        assert_eq!(
            (made.integration.timeout_in_millis, made.integration.integration_method.as_deref()),
            (30_000, Some("POST"))
        );
    }
    let wrong = region.create_http_integration(API, new_integration("AWS_PROXY", "nonsense", Some("2.0")));
    assert_eq!(text(wrong).0, 400);
}

/// AWS-101.
#[test]
fn a_payload_format_version_is_needed_and_fits_the_type() {
    let mut region = region();
    let mut refused = |kind: &str, uri: &str, version| text(region.create_http_integration(API, new_integration(kind, uri, version))).2;
    let lambda = arn("fir-api");
    assert_eq!(
        refused("AWS_PROXY", &lambda, None),
        "PayloadFormatVersion is a required parameter for integration"
    );
    assert_eq!(
        refused("HTTP_PROXY", "https://example.com", Some("2.0")),
        "PayloadFormatVersion 2.0 is not supported for integration of type HTTP_PROXY"
    );
    assert_eq!(
        refused("MOCK", "", Some("1.0")),
        "Currently, an API with a protocol type of HTTP may only be associated with proxy integrations (AWS_PROXY, HTTP_PROXY)"
    );
}

/// AWS-102.
#[test]
fn an_update_of_the_uri_touches_nothing_else() {
    let mut region = region();
    let given = IntegrationChange {
        payload_format_version: Some("1.0".into()),
        timeout_in_millis: Some(5_000),
        description: Some("kept".into()),
        request_parameters: Some([("append:header.x".to_owned(), "'1'".to_owned())].into()),
        ..to("fir-api:live")
    };
    let before = region.update_http_integration(NOW, API, LAMBDA, given).unwrap().integration;
    let after = region
        .update_http_integration(NOW, API, LAMBDA, to("fir-api:next"))
        .unwrap()
        .integration;
    let expected = crate::world::http_api::Integration {
        integration_uri: Some(arn("fir-api:next")),
        ..before
    };
    assert_eq!(after, expected);
}

#[test]
fn parameters_are_merged_and_an_empty_one_takes_its_own_away() {
    let mut region = region();
    let parameters = |pairs: &[(&str, &str)]| IntegrationChange {
        request_parameters: Some(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()),
        ..IntegrationChange::default()
    };
    region
        .update_http_integration(NOW, API, LAMBDA, parameters(&[("a", "1"), ("b", "2")]))
        .unwrap();
    let changed = region
        .update_http_integration(NOW, API, LAMBDA, parameters(&[("a", ""), ("c", "3")]))
        .unwrap();
    let left: Vec<String> = changed.integration.request_parameters.unwrap().into_keys().collect();
    assert_eq!(left, ["b", "c"]);
}

/// AWS-103.
#[test]
fn an_integration_that_a_route_goes_to_cannot_be_deleted() {
    let mut region = region();
    let ids: Vec<String> = region.http_apis[API].routes.values().map(|route| route.route_id.clone()).collect();
    let (status, code, message) = text(region.delete_http_integration(API, LAMBDA));
    assert_eq!((status, code.as_str()), (409, "ConflictException"));
    assert_eq!(
        message,
        format!(
            "Cannot delete Integration because it is referenced by the following Routes with Ids: [{}]",
            ids.join(", ")
        )
    );
    for id in ids {
        region.delete_http_route(NOW, API, &id).unwrap();
    }
    region.delete_http_integration(API, LAMBDA).unwrap();
}

/// AWS-103.
#[test]
fn a_route_key_is_unique_in_its_api() {
    let mut region = region();
    let again = text(region.create_http_route(NOW, API, new_route("GET /reviews", LAMBDA)));
    assert_eq!(
        again,
        (
            409,
            "ConflictException".into(),
            "Route with key GET /reviews already exists for this API".into()
        )
    );
    let renamed = text(region.create_http_route(NOW, API, new_route("GET /reviews/{review}", LAMBDA)));
    assert_eq!(
        renamed.2,
        "The provided route key \"GET /reviews/{review}\" has a conflicting variable on the same hierarchical level as \"GET /reviews/{id}\""
    );
    let created = region.create_http_route(NOW, API, new_route("POST /reviews", LAMBDA)).unwrap();
    let change = RouteChange {
        route_key: Some("GET /reviews".into()),
        ..RouteChange::default()
    };
    assert_eq!(text(region.update_http_route(NOW, API, &created.route.route_id, change)).0, 409);
}

#[test]
fn a_route_key_has_a_method_and_a_path_or_is_the_default() {
    let mut region = region();
    for key in ["$default", "ANY /", "PUT /a/{b}/{c+}"] {
        region.create_http_route(NOW, API, new_route(key, LAMBDA)).unwrap();
    }
    for key in ["", "GET", "GET reviews", "FETCH /reviews", "get /reviews", "$connect"] {
        assert_eq!(text(region.create_http_route(NOW, API, new_route(key, LAMBDA))).0, 400, "{key}");
    }
}

#[test]
fn a_route_goes_only_to_an_integration_of_its_api() {
    let mut region = region();
    assert_eq!(text(region.create_http_route(NOW, API, new_route("POST /x", "nothing"))).0, 400);
}

/// AWS-103.
#[test]
fn a_route_is_pointed_to_another_integration_and_keeps_its_id() {
    let mut region = region();
    let other = region
        .create_http_integration(API, new_integration("AWS_PROXY", &arn("fir-api:next"), Some("2.0")))
        .unwrap();
    let before = region.http_apis[API].routes["GET /reviews"].clone();
    let change = RouteChange {
        target: Some(format!("integrations/{}", other.id)),
        ..RouteChange::default()
    };
    let after = region.update_http_route(NOW, API, &before.route_id, change).unwrap();
    let expected = Route {
        target: Some(format!("integrations/{}", other.id)),
        ..before
    };
    assert_eq!((after.key.as_str(), after.route), ("GET /reviews", expected));
}

/// AWS-109.
#[test]
fn lists_come_in_pages() {
    let mut region = region();
    for n in 0..30 {
        region
            .create_http_route(NOW, API, new_route(&format!("GET /more/{n}"), LAMBDA))
            .unwrap();
    }
    let first = region.get_http_routes(API, &Page::default()).unwrap();
    assert_eq!(first.items.len(), 25);
    let rest = Page {
        next_token: first.next_token,
        max_results: Some("500".into()),
    };
    let second = region.get_http_routes(API, &rest).unwrap();
    assert_eq!((second.items.len(), second.next_token), (7, None));
    let wrong = Page {
        max_results: Some("many".into()),
        ..Page::default()
    };
    assert_eq!(text(region.get_http_routes(API, &wrong)).0, 400);
}

/// AWS-109.
#[test]
fn what_does_not_exist_is_not_found() {
    let mut region = region();
    let message = "Invalid API identifier specified 111122223333:nothing";
    let not_found = |message: &str| (404, "NotFoundException".to_owned(), message.to_owned());
    assert_eq!(text(region.get_http_api("nothing")), not_found(message));
    assert_eq!(text(region.get_http_stages("nothing", &Page::default())), not_found(message));
    assert_eq!(text(region.delete_http_deployment("nothing", "x")), not_found(message));
    assert_eq!(
        text(region.get_http_deployment("nothing", "x")),
        not_found("Invalid Deployment identifier specified")
    );
    assert_eq!(
        text(region.get_http_stage(API, "nothing")),
        not_found("Invalid stage identifier specified")
    );
    assert_eq!(text(region.get_http_integration(API, "nothing")).0, 404);
    assert_eq!(text(region.get_http_route(API, "nothing")).0, 404);
}
