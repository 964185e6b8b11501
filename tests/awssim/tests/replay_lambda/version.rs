//! TestLambdaVersions, and the test of lambda.json that invokes versions.

use serde_json::{Value, json};

use super::alias::{check_serves, invoked};
use super::session::Session;

const FILE: &str = "lambda_api.json";

#[test]
fn a_function_that_is_published_when_it_is_made_has_version_1_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaVersions::test_publish_version_on_create") else {
        return;
    };
    let answer = session.create("fn", &json!({"Publish": true}));
    session.check("create_response", &answer);
    for (step, query) in [
        ("get_function_result", ""),
        ("get_function_version_result", "?Qualifier=1"),
        ("get_function_latest_result", "?Qualifier=%24LATEST"),
        ("list_versions_result", "/versions"),
    ] {
        let answer = session.get("fn", query);
        session.check(step, &answer);
    }
    let answer = session.publish("fn", &json!({"Description": "Repeated version description :)"}));
    session.check("repeated_publish_response", &answer);
    let answer = session.get("fn", "/versions");
    session.check("list_versions_result_after_publish", &answer);
    session.recording.finish();
}

#[test]
fn versions_are_published_once_for_every_change_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaVersions::test_version_lifecycle") else {
        return;
    };
    let answer = session.create("fn", &json!({"Description": "No version :("}));
    session.check("create_response", &answer);
    let answer = session.get("fn", "");
    session.check("get_function_result", &answer);
    let answer = session.get("fn", "/versions");
    session.check("list_versions_result", &answer);
    let answer = session.configure("fn", &json!({"Description": "First version :)"}));
    session.check("first_update_response", &answer);
    let answer = session.get("fn", "");
    session.check("first_update_get_function", &answer);
    let answer = session.publish("fn", &json!({"Description": "First version description :)"}));
    session.check("first_publish_response", &answer);
    let answer = session.get("fn", "?Qualifier=1");
    session.check("first_publish_get_function", &answer);
    let answer = session.get("fn", "/configuration?Qualifier=1");
    session.check("first_publish_get_function_config", &answer);
    let answer = session.configure("fn", &json!({"Description": "Second version :))"}));
    session.check("second_update_response", &answer);
    let answer = session.get("fn", "?Qualifier=1");
    session.check("first_publish_get_function_after_update", &answer);
    let answer = session.publish("fn", &json!({}));
    session.check("second_publish_response", &answer);
    let answer = session.publish("fn", &json!({"Description": "Third version description :)))"}));
    session.check("third_publish_response", &answer);
    let answer = session.get("fn", "/versions");
    session.check("list_versions_result_after_third_publish", &answer);
    session.about("DELETE", "fn", "?Qualifier=1", &Value::Null);
    let answer = session.get("fn", "/versions");
    session.check("list_versions_result_after_deletion_of_first_version", &answer);
    session.recording.finish();
}

#[test]
fn another_code_hash_is_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaVersions::test_publish_with_wrong_sha256") else {
        return;
    };
    let answer = session.create("fn", &json!({}));
    session.check("create_response", &answer);
    let read = session.get("fn", "");
    session.check("get_fn_response", &read);
    let answer = session.publish("fn", &json!({"CodeSha256": "somenonexistentsha256"}));
    session.check("publish_wrong_sha256_exc", &answer);
    let answer = session.publish("fn", &json!({"CodeSha256": read.0["Configuration"]["CodeSha256"]}));
    session.check("publish_result", &answer);
    session.recording.finish();
}

#[test]
fn another_revision_is_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaVersions::test_publish_with_wrong_revisionid") else {
        return;
    };
    // Recorded in 2022, before AWS answered these members.
    let newer = ["LoggingConfig", "SnapStart", "RuntimeVersionConfig"];
    let answer = session.create("fn", &json!({"Runtime": "python3.9"}));
    session.recording.check("create_response", &answer.0, &newer);
    let read = session.get("fn", "");
    session.recording.check("get_fn_response", &read.0, &newer);
    let answer = session.publish("fn", &json!({"RevisionId": "wrong"}));
    session.check("publish_wrong_revisionid_exc", &answer);
    let answer = session.publish("fn", &json!({"RevisionId": read.0["Configuration"]["RevisionId"]}));
    session.recording.check("publish_result", &answer.0, &newer);
    session.recording.finish();
}

#[test]
fn a_version_that_comes_with_an_update_is_pending_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaVersions::test_publish_with_update") else {
        return;
    };
    let answer = session.create("fn", &json!({}));
    session.check("create_response", &answer);
    let answer = session.get("fn", "");
    session.check("get_function_result", &answer);
    let answer = session.about("PUT", "fn", "/code", &json!({"ZipFile": "dmVyc2lvbg==", "Publish": true}));
    session.check("update_function_code_result", &answer);
    let answer = session.get("fn", "?Qualifier=1");
    session.check("get_function_version_result", &answer);
    let answer = session.get("fn", "?Qualifier=%24LATEST");
    session.check("get_function_latest_result", &answer);
    session.recording.finish();
}

#[test]
fn every_version_keeps_its_code_as_recorded() {
    let Some(mut session) = Session::of("lambda.json", "TestLambdaVersions::test_lambda_versions_with_code_changes") else {
        return;
    };
    let answer = session.create("fn", &json!({"Handler": "handler.handler", "Description": "No version :("}));
    session.check("create_response", &answer);
    let answer = session.publish("fn", &json!({"Description": "First version description :)"}));
    session.check("first_publish_response", &answer);
    let answer = session.about("PUT", "fn", "/code", &json!({"ZipFile": "dmVyc2lvbjI="}));
    session.check("update_lambda_response", &answer);
    session.pass(30);
    check_serves(&mut session, "invocation_result_latest", "fn", "");
    check_serves(&mut session, "invocation_result_v1", "fn", "?Qualifier=1");
    let answer = session.publish("fn", &json!({"Description": "Second version description :)"}));
    session.check("second_publish_response", &answer);
    check_serves(&mut session, "invocation_result_v2", "fn", "?Qualifier=2");
    let answer = session.about("PUT", "fn", "/code", &json!({"ZipFile": "dmVyc2lvbjM=", "Publish": true}));
    session.check("update_lambda_response_with_publish", &answer);
    session.pass(30);
    check_serves(&mut session, "invocation_result_v3", "fn", "?Qualifier=3");
    check_serves(&mut session, "invocation_result_latest_end", "fn", "");
    check_serves(&mut session, "invocation_result_v2_end", "fn", "?Qualifier=2");
    check_serves(&mut session, "invocation_result_v1_end", "fn", "?Qualifier=1");
    session.recording.finish();
}

#[test]
fn a_new_handler_is_configured_as_recorded() {
    let Some(mut session) = Session::of("lambda.json", "TestLambdaVersions::test_lambda_handler_update") else {
        return;
    };
    session.create_plain("fn");
    let answer = invoked(&mut session, "fn", "");
    session.recording.check_invocation("invoke_result_handler_one", &answer);
    let answer = session.configure("fn", &json!({"Handler": "handler.handler_two"}));
    session.check("update_function_configuration_result", &answer);
    let answer = session.get("fn", "");
    session.check("get_function_result", &answer);
    let answer = invoked(&mut session, "fn", "");
    session.recording.check_invocation("invoke_result_handler_two", &answer);
    session.publish("fn", &json!({}));
    let answer = invoked(&mut session, "fn", "");
    session.recording.check_invocation("invoke_result_handler_two_postpublish", &answer);
    session.recording.finish();
}

#[test]
fn images_are_published_like_archives_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaImages::test_lambda_image_versions") else {
        return;
    };
    let repository = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/repository";
    session.recording.bind("<repo_uri>", repository);
    let body = json!({
        "FunctionName": "fn",
        "Code": {"ImageUri": format!("{repository}:latest")},
        "PackageType": "Image",
        "Role": "arn:aws:iam::111111111111:role/lambda-execution",
        "Environment": {"Variables": {"CUSTOM_ENV": "test"}},
        "Publish": true,
    });
    let answer = session.send("POST", "/2015-03-31/functions", &body);
    session.check("create_image_response", &answer);
    session.pass(60);
    let answer = session.get("fn", "");
    session.check("get_function_result", &answer);
    let answer = session.get("fn", "/versions");
    session.check("list_versions_result", &answer);
    for (n, second) in [("first", "Second"), ("second", "Third")] {
        let answer = session.configure("fn", &json!({"Description": format!("{second} version :)")}));
        session.check(&format!("{n}_update_response"), &answer);
        let answer = session.get("fn", "");
        session.check(&format!("{n}_update_get_function"), &answer);
        if n == "first" {
            let answer = session.publish(
                "fn",
                &json!({"Description": "Second version description :)", "CodeSha256": "a".repeat(64)}),
            );
            session.check("invalid_sha_publish", &answer);
        }
        let sha = answer.0["Configuration"]["CodeSha256"].clone();
        let answer = session.publish(
            "fn",
            &json!({"Description": format!("{second} version description :)"), "CodeSha256": sha}),
        );
        session.check(&format!("{n}_publish_response"), &answer);
    }
    session.recording.finish();
}
