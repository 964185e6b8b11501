//! TestLambdaProvisionedConcurrency, TestLambdaReservedConcurrency, and the tests of lambda.json that wait for warm environments.

use serde_json::{Value, json};

use super::session::{Answer, Session};

const FILE: &str = "lambda_api.json";

fn warm(session: &mut Session, method: &str, function: &str, query: &str, body: &Value) -> Answer {
    session.send(
        method,
        &format!("/2019-09-30/functions/{function}/provisioned-concurrency?{query}"),
        body,
    )
}

fn put(session: &mut Session, function: &str, qualifier: &str, n: u32) -> Answer {
    let body = json!({"ProvisionedConcurrentExecutions": n});
    warm(session, "PUT", function, &format!("Qualifier={qualifier}"), &body)
}

fn get(session: &mut Session, function: &str, qualifier: &str) -> Answer {
    warm(session, "GET", function, &format!("Qualifier={qualifier}"), &Value::Null)
}

fn reserve(session: &mut Session, function: &str, n: u32) -> Answer {
    session.send(
        "PUT",
        &format!("/2017-10-31/functions/{function}/concurrency"),
        &json!({"ReservedConcurrentExecutions": n}),
    )
}

#[test]
fn what_warm_capacity_cannot_be_put_on_is_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions") else {
        return;
    };
    session.create_plain("fn");
    let answer = session.publish("fn", &json!({}));
    session.check("publish_version_result", &answer);
    for (step, function, qualifier) in [
        ("get_provisioned_config_doesnotexist", "fn", "1"),
        ("get_provisioned_functionname_doesnotexist", "doesnotexist", "noalias"),
        ("get_provisioned_qualifier_doesnotexist", "fn", "noalias"),
        ("get_provisioned_version_doesnotexist", "fn", "10"),
        ("get_provisioned_latest", "fn", "%24LATEST"),
    ] {
        let answer = get(&mut session, function, qualifier);
        session.check(step, &answer);
    }
    for (step, function) in [
        ("list_provisioned_noconfigs", "fn"),
        ("list_provisioned_functionname_doesnotexist", "doesnotexist"),
    ] {
        let answer = warm(&mut session, "GET", function, "List=ALL", &Value::Null);
        session.check(step, &answer);
    }
    for (step, function, qualifier) in [
        ("delete_provisioned_functionname_doesnotexist", "doesnotexist", "1"),
        ("delete_provisioned_qualifier_doesnotexist", "fn", "noalias"),
        ("delete_provisioned_version_doesnotexist", "fn", "10"),
        ("delete_provisioned_latest", "fn", "%24LATEST"),
        ("delete_provisioned_config_doesnotexist", "fn", "1"),
    ] {
        let answer = warm(&mut session, "DELETE", function, &format!("Qualifier={qualifier}"), &Value::Null);
        session.check(step, &answer);
    }
    for (step, function, qualifier, n) in [
        ("put_provisioned_invalid_param_0", "fn", "1", 0),
        ("put_provisioned_functionname_doesnotexist_alias", "doesnotexist", "noalias", 1),
        ("put_provisioned_functionname_doesnotexist_version", "doesnotexist", "1", 1),
        ("put_provisioned_qualifier_doesnotexist", "fn", "doesnotexist", 1),
        ("put_provisioned_version_doesnotexist", "fn", "10", 1),
        ("put_provisioned_latest", "fn", "%24LATEST", 1),
    ] {
        let answer = put(&mut session, function, qualifier, n);
        session.check(step, &answer);
    }
    session.recording.finish();
}

#[test]
fn warm_capacity_on_a_version_and_on_its_alias_exclude_each_other_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle") else {
        return;
    };
    session.recording.bind("<alias-name>", "alias-1");
    session.create_plain("fn");
    let answer = session.publish("fn", &json!({}));
    session.check("publish_version_result", &answer);
    let answer = session.about("POST", "fn", "/aliases", &json!({"Name": "alias-1", "FunctionVersion": "1"}));
    session.check("create_alias_result", &answer);
    let answer = put(&mut session, "fn", "1", 1);
    session.check("put_provisioned_on_version", &answer);
    let answer = put(&mut session, "fn", "alias-1", 1);
    session.check("put_provisioned_on_alias_versionconflict", &answer);
    session.pass(200);
    assert_eq!(get(&mut session, "fn", "1").text("Status"), "READY");
    let answer = warm(&mut session, "DELETE", "fn", "Qualifier=1", &Value::Null);
    session.check("delete_provisioned_version", &answer);
    let answer = get(&mut session, "fn", "1");
    session.check("get_provisioned_version_postdelete", &answer);
    let answer = put(&mut session, "fn", "alias-1", 1);
    session.check("put_provisioned_on_alias", &answer);
    let answer = put(&mut session, "fn", "1", 1);
    session.check("put_provisioned_on_version_conflict", &answer);
    let answer = session.about("DELETE", "fn", "/aliases/alias-1", &Value::Null);
    session.check("delete_alias_result", &answer);
    let answer = get(&mut session, "fn", "alias-1");
    session.check("get_provisioned_alias_postaliasdelete", &answer);
    let answer = warm(&mut session, "GET", "fn", "List=ALL", &Value::Null);
    session.check("list_response_postdeletes", &answer);
    session.recording.finish();
}

#[test]
fn limits_of_the_account_are_kept_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_limits") else {
        return;
    };
    session.recording.bind("<unreserved_concurrency>", "1000");
    session.recording.bind("<min_unreserved_concurrency>", "100");
    session.create_plain("fn");
    session.publish("fn", &json!({}));
    let answer = put(&mut session, "fn", "1", 1001);
    session.check("put_provisioned_concurrency_account_limit_exceeded", &answer);
    let answer = put(&mut session, "fn", "1", 1000);
    session.check("put_provisioned_concurrency_below_unreserved_min_value", &answer);
    session.recording.finish();
    let Some(mut session) = Session::of(FILE, "TestLambdaReservedConcurrency::test_function_concurrency_limits") else {
        return;
    };
    session.recording.bind("<min_unreserved_concurrency>", "100");
    session.create_plain("fn");
    let answer = reserve(&mut session, "fn", 1001);
    session.check("put_function_concurrency_account_limit_exceeded", &answer);
    let answer = reserve(&mut session, "fn", 1000);
    session.check("put_function_concurrency_below_unreserved_min_value", &answer);
    session.recording.finish();
}

#[test]
fn reserved_concurrency_is_put_read_and_deleted_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaReservedConcurrency::test_function_concurrency") else {
        return;
    };
    session.create_plain("fn");
    for n in [0, 1] {
        let answer = reserve(&mut session, "fn", n);
        session.check(&format!("put_function_concurrency_with_reserved_{n}"), &answer);
    }
    let read = "/2019-09-30/functions/fn/concurrency";
    let answer = session.send("GET", read, &Value::Null);
    session.check("get_function_concurrency", &answer);
    let answer = session.send("DELETE", "/2017-10-31/functions/fn/concurrency", &Value::Null);
    session.check("delete_response", &answer);
    let answer = session.send("GET", read, &Value::Null);
    session.check("get_function_concurrency_after_delete", &answer);
    session.recording.finish();
    let Some(mut session) = Session::of(FILE, "TestLambdaReservedConcurrency::test_function_concurrency_exceptions") else {
        return;
    };
    let answer = reserve(&mut session, "doesnotexist", 1);
    session.check("put_function_concurrency_with_function_name_doesnotexist", &answer);
    let answer = reserve(&mut session, "doesnotexist", 0);
    session.check(
        "put_function_concurrency_with_function_name_doesnotexist_and_invalid_concurrency",
        &answer,
    );
    let answer = reserve(&mut session, "arn:aws:lambda:eu-west-1:111111111111:function:fn:$LATEST", 0);
    session.check("put_function_concurrency_with_qualified_arn", &answer);
    session.recording.finish();
}

#[test]
fn an_allocation_is_in_progress_and_then_ready_as_recorded() {
    for (test, alias) in [
        ("test_provisioned_concurrency", false),
        ("test_provisioned_concurrency_on_alias", true),
    ] {
        let Some(mut session) = Session::of("lambda.json", &format!("TestLambdaConcurrency::{test}")) else {
            return;
        };
        session.create_plain("fn");
        session.publish("fn", &json!({}));
        session.about("POST", "fn", "/aliases", &json!({"Name": "live", "FunctionVersion": "1"}));
        let qualifier = if alias { "live" } else { "1" };
        let answer = put(&mut session, "fn", qualifier, 5);
        session.check("put_provisioned_5", &answer);
        let answer = get(&mut session, "fn", qualifier);
        session.check("get_provisioned_prewait", &answer);
        session.pass(200);
        let answer = get(&mut session, "fn", qualifier);
        session.check("get_provisioned_postwait", &answer);
        session.recording.finish();
    }
}

#[test]
fn code_that_cannot_initialise_fails_as_recorded() {
    let Some(mut session) = Session::of("lambda.json", "TestLambdaConcurrency::test_provisioned_concurrency_init_failure") else {
        return;
    };
    // base64 of `init: fail-provisioned`
    session.create("fn", &json!({"Code": {"ZipFile": "aW5pdDogZmFpbC1wcm92aXNpb25lZA=="}}));
    session.publish("fn", &json!({}));
    let answer = put(&mut session, "fn", "1", 1);
    session.check("put_provisioned", &answer);
    let answer = get(&mut session, "fn", "1");
    session.check("get_provisioned_prewait", &answer);
    session.pass(330);
    let answer = get(&mut session, "fn", "1");
    session.check("get_provisioned_postwait", &answer);
    assert_eq!(
        session.about("POST", "fn", "/invocations?Qualifier=1", &Value::Null).0["initializationType"],
        "on-demand"
    );
    session.recording.finish();
}

#[test]
fn warm_capacity_moves_with_its_alias_as_recorded() {
    let Some(mut session) = Session::of(
        "lambda.json",
        "TestLambdaConcurrency::test_lambda_provisioned_concurrency_moves_with_alias",
    ) else {
        return;
    };
    // Recorded in 2023, before AWS answered this member.
    let newer = ["LoggingConfig"];
    session.recording.bind("<alias-name>", "live");
    let create = json!({"Handler": "handler.handler", "Timeout": 2, "Runtime": "python3.8", "Environment": {"Variables": {}}});
    let answer = session.create("fn", &create);
    session.recording.check("create-result", &answer.0, &newer);
    let answer = session.get("fn", "/configuration?Qualifier=%24LATEST");
    session.recording.check("get-function-configuration", &answer.0, &newer);
    let answer = session.publish("fn", &json!({"Description": "my-first-version"}));
    session.recording.check("publish_version_1", &answer.0, &newer);
    let answer = session.get("fn", "/configuration?Qualifier=1");
    session.recording.check("get_function_configuration_version_1", &answer.0, &newer);
    let answer = session.about("POST", "fn", "/aliases", &json!({"Name": "live", "FunctionVersion": "1"}));
    session.check("create_alias", &answer);
    let answer = session.get("fn", "?Qualifier=1");
    session.recording.check("get_function_before_provisioned", &answer.0, &newer);
    put(&mut session, "fn", "live", 1);
    session.pass(200);
    let answer = session.get("fn", "?Qualifier=live");
    session.recording.check("get_function_after_provisioned", &answer.0, &newer);
    move_and_look(&mut session, &newer);
    session.recording.finish();
}

fn move_and_look(session: &mut Session, newer: &[&str]) {
    session.configure("fn", &json!({"Timeout": 10}));
    let answer = session.get("fn", "/configuration");
    session.recording.check("get_function_after_update", &answer.0, newer);
    let answer = session.publish("fn", &json!({}));
    session.recording.check("publish_version_2", &answer.0, newer);
    let answer = session.about("PUT", "fn", "/aliases/live", &json!({"FunctionVersion": "2"}));
    session.check("update_alias", &answer);
    let answer = get(session, "fn", "live");
    session.check("get_provisioned_config_after_alias_move", &answer);
    session.pass(8 * 60);
    assert_eq!(get(session, "fn", "live").text("Status"), "READY");
    let answer = get(session, "fn", "1");
    session.check("provisioned_concurrency_notfound", &answer);
    for (version, initialization) in [("1", "on-demand"), ("2", "provisioned-concurrency")] {
        let served = session.about("POST", "fn", &format!("/invocations?Qualifier={version}"), &Value::Null);
        assert_eq!(served.text("initializationType"), initialization);
    }
}

#[test]
fn a_reservation_bounds_warm_capacity_and_throttles_as_recorded() {
    let Some(mut session) = Session::of("lambda.json", "TestLambdaConcurrency::test_reserved_provisioned_overlap") else {
        return;
    };
    session.create_plain("fn");
    session.publish("fn", &json!({}));
    let answer = put(&mut session, "fn", "1", 2);
    session.check("put_provisioned_5", &answer);
    let answer = get(&mut session, "fn", "1");
    session.check("get_provisioned_prewait", &answer);
    session.pass(200);
    let answer = get(&mut session, "fn", "1");
    session.check("get_provisioned_postwait", &answer);
    let answer = reserve(&mut session, "fn", 1);
    session.check("reserved_lower_than_provisioned_exc", &answer);
    reserve(&mut session, "fn", 2);
    let answer = session.send("GET", "/2019-09-30/functions/fn/concurrency", &Value::Null);
    session.check("get_concurrency", &answer);
    let answer = session.about("POST", "fn", "/invocations?Qualifier=%24LATEST", &Value::Null);
    session.check("reserved_equals_provisioned_latest_invoke_exc", &answer);
    let answer = session.configure("fn", &json!({"Timeout": 15}));
    session.check("update_func_config", &answer);
    session.publish("fn", &json!({}));
    let answer = put(&mut session, "fn", "2", 1);
    session.check("reserved_equals_provisioned_another_provisioned_exc", &answer);
    let answer = put(&mut session, "fn", "1", 3);
    session.check("reserved_equals_provisioned_increase_provisioned_exc", &answer);
    session.recording.finish();
}
