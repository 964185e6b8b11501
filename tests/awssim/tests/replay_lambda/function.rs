//! The tests of TestLambdaFunction that were recorded.

use serde_json::{Value, json};

use super::session::Session;

const FILE: &str = "lambda_api.json";

#[test]
fn what_does_not_exist_is_not_found_as_recorded() {
    for (test, rest) in [("get_function", ""), ("get_function_configuration", "/configuration")] {
        let Some(mut session) = Session::of(FILE, &format!("TestLambdaFunction::test_ops_on_nonexisting_version[{test}]")) else {
            return;
        };
        session.recording.bind("<fn-name>", "fn");
        session.create_plain("fn");
        let answer = session.get("fn", &format!("{rest}?Qualifier=1221"));
        session.check("version_not_found_exception", &answer);
        session.recording.finish();
    }
    for (test, method, path) in [
        ("get_function", "GET", "/2015-03-31/functions/fn"),
        ("get_function_configuration", "GET", "/2015-03-31/functions/fn/configuration"),
        ("delete_function", "DELETE", "/2015-03-31/functions/fn"),
        ("get_function_concurrency", "GET", "/2019-09-30/functions/fn/concurrency"),
        ("get_function_url_config", "GET", "/2021-10-31/functions/fn/url"),
    ] {
        let Some(mut session) = Session::of(FILE, &format!("TestLambdaFunction::test_ops_on_nonexisting_fn[{test}]")) else {
            return;
        };
        session.recording.bind("<nonexisting-fn-name>", "fn");
        let answer = session.send(method, path, &Value::Null);
        session.check("not_found_exception", &answer);
        session.recording.finish();
    }
}

#[test]
fn deleting_a_version_that_never_was_is_no_error_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaFunction::test_delete_on_nonexisting_version") else {
        return;
    };
    session.recording.bind("<fn-name>", "fn");
    session.create("fn", &json!({}));
    for query in ["?Qualifier=1233", "?Qualifier=1233", ""] {
        let answer = session.about("DELETE", "fn", query, &Value::Null);
        assert_eq!(answer.0["ResponseMetadata"]["HTTPStatusCode"], 204);
    }
    let answer = session.about("DELETE", "fn", "", &Value::Null);
    session.check("delete_function_response_non_existent", &answer);
    let answer = session.about("DELETE", "fn", "?Qualifier=1233", &Value::Null);
    session.check("delete_function_response_non_existent_with_qualifier", &answer);
    session.recording.finish();
}
