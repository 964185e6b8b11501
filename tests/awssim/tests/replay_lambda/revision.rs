//! TestLambdaRevisions: the recordings number the revision ids, and so does the comparison.

use serde_json::json;

use super::session::Session;

const FILE: &str = "lambda_api.json";

#[test]
fn updates_change_the_revision_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaRevisions::test_function_revisions_basic") else {
        return;
    };
    let answer = session.create("fn", &json!({"Timeout": 30, "Environment": {"Variables": {}}}));
    session.check("create_function_response_rev1", &answer);
    let read = session.get("fn", "");
    session.check("get_function_response_rev2", &read);
    let code = |revision: &serde_json::Value| json!({"ZipFile": "bGludWtz", "RevisionId": revision});
    let answer = session.about("PUT", "fn", "/code", &code(&json!("wrong")));
    session.check("update_function_revision_exception", &answer);
    let answer = session.about("PUT", "fn", "/code", &code(&read.0["Configuration"]["RevisionId"]));
    session.check("update_function_code_response_rev3", &answer);
    session.pass(30);
    let read = session.get("fn", "");
    session.check("get_function_response_rev4", &read);
    let runtime = |revision: &serde_json::Value| json!({"Runtime": "python3.8", "RevisionId": revision});
    let answer = session.configure("fn", &runtime(&json!("wrong")));
    session.check("update_function_configuration_revision_exception", &answer);
    let answer = session.configure("fn", &runtime(&read.0["Configuration"]["RevisionId"]));
    session.check("update_function_configuration_response_rev5", &answer);
    let answer = session.get("fn", "");
    session.check("get_function_response_rev6", &answer);
    session.recording.finish();
}

#[test]
fn publishing_and_aliases_change_revisions_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaRevisions::test_function_revisions_version_and_alias") else {
        return;
    };
    let answer = session.create_plain("fn");
    session.check("create_function_response_rev1", &answer);
    let read = session.get("fn", "");
    session.check("get_function_active_rev2", &read);
    let answer = session.publish("fn", &json!({"RevisionId": "wrong"}));
    session.check("publish_version_revision_exception", &answer);
    let answer = session.publish("fn", &json!({"RevisionId": read.0["Configuration"]["RevisionId"]}));
    session.check("publish_version_response_rev_v1", &answer);
    let answer = session.get("fn", "?Qualifier=1");
    session.check("get_function_published_version_rev_v2", &answer);
    let answer = session.get("fn", "");
    session.check("get_function_latest_rev3", &answer);
    let alias = session.about("POST", "fn", "/aliases", &json!({"Name": "revision_alias", "FunctionVersion": "1"}));
    session.check("create_alias_response_rev_a1", &alias);
    let answer = session.get("fn", "");
    session.check("get_function_latest_rev4", &answer);
    let answer = session.get("fn", "?Qualifier=1");
    session.check("get_function_published_version_rev_v3", &answer);
    let answer = session.about("PUT", "fn", "/aliases/revision_alias", &json!({"RevisionId": "wrong"}));
    session.check("update_alias_revision_exception", &answer);
    let change = json!({"Description": "something changed", "RevisionId": alias.text("RevisionId")});
    let answer = session.about("PUT", "fn", "/aliases/revision_alias", &change);
    session.check("update_alias_response_rev_a2", &answer);
    session.recording.finish();
}
