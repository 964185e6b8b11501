use super::*;

/// What callers of a path get when the API is deployed in front of that function.
fn in_front_of(function: &str, path: &str) -> Served {
    let mut region = region();
    retarget(&mut region, function);
    deploy(&mut region);
    call(&mut region, "prod", "GET", path)
}

#[test]
fn a_call_reaches_the_version_behind_the_alias() {
    let mut region = region();
    let first = call(&mut region, "prod", "GET", "/reviews");
    assert_eq!(
        (first.status, first.executed_version.as_deref(), first.warm),
        (200, Some("1"), false)
    );
    region.settle(NOW + 1_000);
    assert!(call(&mut region, "prod", "GET", "/reviews/7").warm);
}

/// AWS-43, AWS-108.
#[test]
fn a_missing_permission_function_or_alias_is_an_internal_server_error() {
    for function in ["fir-api:stranger", "fir-api:nothing", "fir-api", "nothing:live"] {
        let served = in_front_of(function, "/reviews");
        assert_eq!(
            (served.status, served.body.as_str()),
            (500, r#"{"message":"Internal Server Error"}"#),
            "{function}"
        );
        assert!(served.reason.is_some() && served.executed_version.is_none(), "{function}");
    }
}

/// AWS-108.
#[test]
fn the_policy_is_asked_about_stage_method_and_path() {
    assert_eq!(in_front_of("fir-api:narrow", "/reviews/7").status, 200);
    assert_eq!(in_front_of("fir-api:narrow", "/reviews").status, 500);
}

/// AWS-108.
#[test]
fn the_default_route_has_a_source_arn_of_its_own() {
    let mut region = region();
    region.create_http_route(NOW, API, new_route("$default", LAMBDA)).unwrap();
    retarget(&mut region, "fir-api:default");
    deploy(&mut region);
    assert_eq!(call(&mut region, "prod", "POST", "/anything/else").status, 200);
    assert_eq!(call(&mut region, "prod", "GET", "/reviews").status, 500);
}

/// AWS-51.
#[test]
fn an_integration_with_a_role_asks_no_policy() {
    let mut region = region();
    let change = IntegrationChange {
        credentials_arn: Some("arn:aws:iam::111122223333:role/gateway".into()),
        ..to("fir-api:stranger")
    };
    region.update_http_integration(NOW, API, LAMBDA, change).unwrap();
    deploy(&mut region);
    assert_eq!(reached(&mut region, "prod", NOW), "1");
}

/// AWS-103.
#[test]
fn the_most_specific_route_answers() {
    let mut region = region();
    let mut functions = Vec::new();
    for (key, function) in [
        ("GET /pets/mine", "a"),
        ("GET /pets/{id}", "b"),
        ("ANY /pets/{id}", "c"),
        ("GET /pets/{all+}", "d"),
        ("$default", "e"),
    ] {
        let new = IntegrationChange {
            integration_type: Some("AWS_PROXY".into()),
            payload_format_version: Some("2.0".into()),
            ..to(&format!("missing-{function}"))
        };
        let integration = region.create_http_integration(API, new).unwrap().id;
        region.create_http_route(NOW, API, new_route(key, &integration)).unwrap();
        functions.push(function);
    }
    deploy(&mut region);
    // No such function exists, so that the reason names it.
    let mut meant = |http_method: &str, path: &str| {
        let reason = call(&mut region, "prod", http_method, path).reason.unwrap();
        let (_, rest) = reason.split_once("function:missing-").unwrap_or(("", "?"));
        rest.chars().next().unwrap_or_default()
    };
    assert_eq!(meant("GET", "/pets/mine"), 'a');
    assert_eq!(meant("GET", "/pets/7?all=1"), 'b');
    assert_eq!(meant("POST", "/pets/7"), 'c');
    assert_eq!(meant("GET", "/pets/7/toys"), 'd');
    assert_eq!(meant("POST", "/pets/7/toys"), 'e');
    assert_eq!(meant("GET", "/"), 'e');
}

#[test]
fn an_unknown_route_or_stage_is_not_found() {
    let mut region = region();
    for (stage, path) in [("prod", "/nothing"), ("test", "/reviews")] {
        let served = call(&mut region, stage, "GET", path);
        assert_eq!(
            (served.status, served.body.as_str()),
            (404, r#"{"message":"Not Found"}"#),
            "{stage}{path}"
        );
    }
}

/// AWS-111.
#[test]
fn a_stage_variable_acts_without_a_deployment() {
    let mut region = region();
    retarget(&mut region, "fir-api:${stageVariables.alias}");
    deploy(&mut region);
    assert_eq!(reached(&mut region, "prod", NOW), "");
    for (alias, version) in [("live", "1"), ("next", "2"), ("", "")] {
        let change = StageChange {
            stage_variables: Some([("alias".to_owned(), alias.to_owned())].into()),
            ..StageChange::default()
        };
        region.update_http_stage(NOW, API, "prod", change).unwrap();
        assert_eq!(reached(&mut region, "prod", NOW), version);
    }
}

#[test]
fn a_function_that_fails_is_an_internal_server_error() {
    let served = in_front_of("fir-api:broken", "/reviews");
    assert_eq!((served.status, served.executed_version.as_deref()), (500, Some("3")));
}
