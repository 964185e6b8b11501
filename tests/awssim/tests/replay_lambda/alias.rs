//! TestLambdaAlias, and the tests of lambda.json in which an alias moves.

use serde_json::{Value, json};

use super::session::Session;

const FILE: &str = "lambda_api.json";

fn staging() -> Value {
    json!({"Environment": {"Variables": {"testenv": "staging"}}})
}

fn second_version(session: &mut Session, function: &str) {
    session.configure(function, &json!({"Environment": {"Variables": {"testenv": "prod"}}}));
    let answer = session.publish(function, &json!({}));
    session.check("publish_v2", &answer);
}

#[test]
fn aliases_are_made_read_listed_changed_and_deleted_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaAlias::test_alias_lifecycle") else {
        return;
    };
    let answer = session.create("alias-fn", &staging());
    session.check("create_response", &answer);
    let answer = session.publish("alias-fn", &json!({}));
    session.check("publish_v1", &answer);
    second_version(&mut session, "alias-fn");
    let custom = |name: &str, version: &str| json!({"Name": name, "FunctionVersion": version, "Description": "custom-alias"});
    let mut weighted = custom("aliasname1_1", "1");
    weighted["RoutingConfig"] = json!({"AdditionalVersionWeights": {"2": 0.2}});
    for (name, body) in [
        ("1_1", weighted),
        ("1_2", custom("aliasname1_2", "1")),
        ("1_3", json!({"Name": "aliasname1_3", "FunctionVersion": "1"})),
        ("2", custom("aliasname2", "2")),
    ] {
        let answer = session.about("POST", "alias-fn", "/aliases", &body);
        session.check(&format!("create_alias_{name}"), &answer);
        let answer = session.get("alias-fn", &format!("/aliases/aliasname{name}"));
        session.check(&format!("get_alias_{name}"), &answer);
    }
    let arn = "arn:aws:lambda:eu-west-1:111111111111:function:alias-fn";
    for (step, function, query) in [
        ("get_function_alias_1_1", "alias-fn".to_owned(), "?Qualifier=aliasname1_1"),
        ("get_function_byarn_alias_1_1", format!("{arn}:aliasname1_1"), ""),
        (
            "get_function_alias_notfound_exc",
            "alias-fn".to_owned(),
            "?Qualifier=aliasdoesnotexist",
        ),
        ("get_function_alias_byarn_notfound_exc", format!("{arn}:aliasdoesnotexist"), ""),
    ] {
        let answer = session.get(&function, query);
        session.check(step, &answer);
    }
    check_pages(&mut session);
    change_and_delete(&mut session);
    session.recording.finish();
}

/// Upstream reads the list one alias a page and joins the pages.
fn check_pages(session: &mut Session) {
    let mut aliases = Vec::new();
    let mut query = "/aliases?MaxItems=1".to_owned();
    loop {
        let page = session.get("alias-fn", &query).0;
        aliases.extend(page["Aliases"].as_array().unwrap().clone());
        let Some(marker) = page["NextMarker"].as_str() else { break };
        query = format!("/aliases?MaxItems=1&Marker={marker}");
    }
    session
        .recording
        .check("list_aliases_for_fnname", &json!({"Aliases": aliases}), &[]);
}

fn change_and_delete(session: &mut Session) {
    let clear = json!({"RoutingConfig": {"AdditionalVersionWeights": {}}});
    for (name, change, list) in [
        ("1_1", clear, "list_aliases_for_fnname_after_update"),
        ("1_2", json!({}), "list_aliases_for_fnname_after_update_2"),
    ] {
        let path = format!("/aliases/aliasname{name}");
        let answer = session.about("PUT", "alias-fn", &path, &change);
        session.check(&format!("update_alias_{name}"), &answer);
        let answer = session.get("alias-fn", &path);
        session.check(&format!("get_alias_{name}_after_update"), &answer);
        let answer = session.get("alias-fn", "/aliases");
        session.check(list, &answer);
    }
    let answer = session.get("alias-fn", "/aliases?FunctionVersion=1");
    session.check("list_aliases_for_version", &answer);
    let answer = session.about("DELETE", "alias-fn", "/aliases/aliasname1_1", &Value::Null);
    session.check("delete_alias_response", &answer);
    let answer = session.get("alias-fn", "/aliases");
    session.check("list_aliases_for_fnname_afterdelete", &answer);
}

#[test]
fn weights_and_versions_that_are_wrong_are_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaAlias::test_notfound_and_invalid_routingconfigs") else {
        return;
    };
    let mut first = staging();
    first["Publish"] = json!(true);
    let answer = session.create("alias-fn", &first);
    session.check("create_response", &answer);
    let answer = session.publish("alias-fn", &json!({}));
    session.check("publish_v1", &answer);
    second_version(&mut session, "alias-fn");
    let alias = |name: &str, version: &str, weights: Value| json!({"Name": name, "FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": weights}});
    let custom = |version: &str, weights: Value| alias("custom", version, weights);
    for (step, function, body) in [
        ("routing_config_exc_toomany", "alias-fn", custom("1", json!({"1": 0.8, "2": 0.2}))),
        ("routing_config_exc_toohigh", "alias-fn", custom("1", json!({"2": 2}))),
        ("routing_config_exc_subzero", "alias-fn", custom("1", json!({"2": -1}))),
        ("routing_config_exc_sameversion", "alias-fn", custom("1", json!({"1": 0.5}))),
        ("target_version_doesnotexist", "alias-fn", custom("10", json!({"2": 0.5}))),
        (
            "routing_config_exc_version_doesnotexist",
            "alias-fn",
            custom("1", json!({"10": 0.5})),
        ),
        (
            "target_version_exc_version_latest",
            "alias-fn",
            custom("$LATEST", json!({"1": 0.5})),
        ),
        (
            "routing_config_exc_version_latest",
            "alias-fn",
            custom("1", json!({"$LATEST": 0.5})),
        ),
        (
            "create-alias-latest",
            "alias-fn",
            json!({"Name": "custom-latest", "FunctionVersion": "$LATEST"}),
        ),
        (
            "routing_config_exc_fn_doesnotexist",
            "alias-fn-unknown",
            custom("1", json!({"2": 0.5})),
        ),
        (
            "create_alias_empty_routingconfig",
            "alias-fn",
            alias("custom-empty-routingconfig", "1", json!({})),
        ),
        ("create_alias_response", "alias-fn", custom("1", json!({"2": 0.5}))),
        ("routing_config_exc_already_exist", "alias-fn", custom("1", json!({"2": 0.5}))),
    ] {
        let answer = session.about("POST", function, "/aliases", &body);
        session.check(step, &answer);
    }
    let answer = session.get("alias-fn", "/aliases/non-existent");
    session.check("alias_does_not_exist_esc", &answer);
    session.recording.finish();
}

#[test]
fn a_name_of_digits_only_is_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaAlias::test_alias_naming") else {
        return;
    };
    let answer = session.create("alias-fn", &staging());
    session.check("create_response", &answer);
    let answer = session.publish("alias-fn", &json!({}));
    session.check("publish_v1", &answer);
    let alias = |name: &str| json!({"Name": name, "FunctionVersion": "1", "Description": "custom-alias"});
    let answer = session.about("POST", "alias-fn", "/aliases", &alias("2024-01-02"));
    session.check("create_alias_date", &answer);
    let answer = session.get("alias-fn", "/aliases/2024-01-02");
    session.check("get_alias_date", &answer);
    let answer = session.about("POST", "alias-fn:2024-01-02", "/invocations", &Value::Null);
    assert_eq!(answer.0["version"], "1");
    let answer = session.about("POST", "alias-fn", "/aliases", &alias("2024"));
    session.check("create_alias_number_exception", &answer);
    session.recording.finish();
}

#[test]
fn a_missing_alias_is_deleted_without_an_error_and_not_updated_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaAlias::test_non_existent_alias_deletion") else {
        return;
    };
    let answer = session.create("alias-fn", &staging());
    session.check("create_response", &answer);
    let answer = session.about("DELETE", "alias-fn", "/aliases/non-existent", &Value::Null);
    session.check("delete_alias_response", &answer);
    session.recording.finish();
    let Some(mut session) = Session::of(FILE, "TestLambdaAlias::test_non_existent_alias_update") else {
        return;
    };
    let answer = session.create("alias-fn", &staging());
    session.check("create_response", &answer);
    let answer = session.about("PUT", "alias-fn", "/aliases/non-existent", &json!({"Description": "updated"}));
    session.check("update_alias_response", &answer);
    session.recording.finish();
}

#[test]
fn an_alias_serves_the_version_it_points_to_as_recorded() {
    let Some(mut session) = Session::of("lambda.json", "TestLambdaAliases::test_lambda_alias_moving") else {
        return;
    };
    let answer = session.create("moving", &json!({"Handler": "handler.handler", "Description": "No version :("}));
    session.check("create_response", &answer);
    session.publish("moving", &json!({"Description": "First version description :)"}));
    let answer = session.about("POST", "moving", "/aliases", &json!({"Name": "alias1", "FunctionVersion": "1"}));
    session.check("create_alias_response", &answer);
    check_serves(&mut session, "invocation_result_qualifier_v1", "moving", "?Qualifier=alias1");
    let arn = "arn:aws:lambda:eu-west-1:111111111111:function:moving:alias1";
    check_serves(&mut session, "invocation_result_qualifier_v1_arn", arn, "");
    let answer = session.about("PUT", "moving", "/code", &json!({"ZipFile": "dmVyc2lvbjI="}));
    session.check("update_lambda_response", &answer);
    session.pass(30);
    check_serves(
        &mut session,
        "invocation_result_qualifier_v1_after_update",
        "moving",
        "?Qualifier=alias1",
    );
    let answer = session.publish("moving", &json!({"Description": "Second version description :)"}));
    session.check("second_publish_response", &answer);
    check_serves(
        &mut session,
        "invocation_result_qualifier_v1_after_publish",
        "moving",
        "?Qualifier=alias1",
    );
    let answer = session.about("PUT", "moving", "/aliases/alias1", &json!({"FunctionVersion": "2"}));
    session.check("update_alias_response", &answer);
    check_serves(&mut session, "invocation_result_qualifier_v2", "moving", "?Qualifier=alias1");
    let answer = session.about("POST", "moving", "/invocations?Qualifier=non-existent-alias", &Value::Null);
    session.check("invocation_exc_not_existent", &answer);
    session.recording.finish();
}

/// Invokes; the answer in the form of the recordings.
pub fn invoked(session: &mut Session, function: &str, query: &str) -> Value {
    let answer = session.about("POST", function, &format!("/invocations{query}"), &Value::Null).0;
    let payload = json!({"version_from_ctx": answer["version"], "invoked_arn": answer["invokedFunctionArn"]});
    let status = &answer["ResponseMetadata"];
    json!({"ExecutedVersion": answer["version"], "Payload": payload, "StatusCode": status["HTTPStatusCode"], "ResponseMetadata": status})
}

/// Invokes, and compares which version answered and under which name; the rest of the payload is the function's own.
pub fn check_serves(session: &mut Session, step: &str, function: &str, query: &str) {
    let answer = invoked(session, function, query);
    session.recording.check_without(step, &answer, "version_id");
}

#[test]
fn an_alias_may_be_made_with_weights_as_recorded() {
    let Some(mut session) = Session::of("lambda.json", "TestLambdaAliases::test_alias_routingconfig") else {
        return;
    };
    session.create("weighted", &json!({}));
    session.publish("weighted", &json!({}));
    session.configure("weighted", &json!({"Description": "second"}));
    session.publish("weighted", &json!({}));
    let body = json!({"Name": "alias1", "FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}});
    session.recording.bind("<resource:1>", "weighted:alias1");
    let answer = session.about("POST", "weighted", "/aliases", &body);
    session.check("create_alias_response", &answer);
    session.recording.finish();
}
