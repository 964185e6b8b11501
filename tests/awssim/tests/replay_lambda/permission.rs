//! TestLambdaPermissions, and what TestLambdaRevisions has about policies.

use serde_json::{Value, json};

use super::session::{Answer, Session};

const FILE: &str = "lambda_api.json";

fn statement(sid: &str, principal: &str, more: &Value) -> Value {
    let mut body = json!({"Action": "lambda:InvokeFunction", "StatementId": sid, "Principal": principal});
    for (member, value) in more.as_object().into_iter().flatten() {
        body[member] = value.clone();
    }
    body
}

fn bucket() -> Value {
    json!({"SourceArn": "arn:aws:s3:::test-bucket"})
}

fn add(session: &mut Session, function: &str, query: &str, body: &Value) -> Answer {
    session.about("POST", function, &format!("/policy{query}"), body)
}

fn remove(session: &mut Session, function: &str, sid: &str, query: &str) -> Answer {
    session.about("DELETE", function, &format!("/policy/{sid}{query}"), &Value::Null)
}

#[test]
fn permissions_that_are_wrong_are_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaPermissions::test_permission_exceptions") else {
        return;
    };
    session.recording.bind("<function-name>", "fn");
    session.create_plain("fn");
    let s3 = statement("s3", "s3.amazonaws.com", &bucket());
    let invalid = statement("lambda", "invalid.nonaws.com", &json!({"SourceAccount": "111111111111"}));
    for (step, function, query, body) in [
        (
            "add_permission_invalid_statement_id",
            "fn",
            "",
            statement("example.com", "s3.amazonaws.com", &Value::Null),
        ),
        (
            "add_permission_fn_qualifier_mismatch",
            "fn:alias-not-42",
            "?Qualifier=42",
            s3.clone(),
        ),
        (
            "add_permission_fn_qualifier_latest",
            "fn:$LATEST",
            "?Qualifier=%24LATEST",
            s3.clone(),
        ),
        ("add_permission_principal_invalid", "fn", "", invalid),
        ("add_permission_fn_doesnotexist", "doesnotexist", "", s3.clone()),
        ("add_permission_fn_alias_doesnotexist", "fn:alias-doesnotexist", "", s3.clone()),
        ("add_permission_fn_version_doesnotexist", "fn", "?Qualifier=42", s3.clone()),
        (
            "add_permission_fn_qualifier_invalid",
            "fn",
            "?Qualifier=invalid-qualifier-with-%3F-char",
            s3.clone(),
        ),
        (
            "add_permission_fn_qualifier_valid_doesnotexist",
            "fn",
            "?Qualifier=valid-with-%24-but-doesnotexist",
            s3.clone(),
        ),
    ] {
        let answer = add(&mut session, function, query, &body);
        session.check(step, &answer);
    }
    let answer = session.get("doesnotexist", "/policy");
    session.check("get_policy_fn_doesnotexist", &answer);
    let answer = session.get("fn", "/policy?Qualifier=77");
    session.check("get_policy_fn_version_doesnotexist", &answer);
    let answer = remove(&mut session, "fn", "s3", "");
    session.check("remove_permission_policy_doesnotexist", &answer);
    add(&mut session, "fn", "", &s3);
    let answer = add(&mut session, "fn", "", &s3);
    session.check("add_permission_conflicting_statement_id", &answer);
    let answer = remove(&mut session, "doesnotexist", "s3", "");
    session.check("remove_permission_fn_doesnotexist", &answer);
    let answer = remove(&mut session, "fn", "s3", "?Qualifier=alias-doesnotexist");
    session.check("remove_permission_fn_alias_doesnotexist", &answer);
    session.recording.finish();
}

#[test]
fn a_permission_stands_in_the_policy_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaPermissions::test_add_lambda_permission_aws") else {
        return;
    };
    let answer = session.create_plain("fn");
    session.check("create_lambda", &answer);
    let answer = add(&mut session, "fn", "", &statement("s3", "s3.amazonaws.com", &bucket()));
    session.check("add_permission", &answer);
    let answer = session.get("fn", "/policy");
    session.check("get_policy", &answer);
    session.recording.finish();
}

#[test]
fn function_version_and_alias_have_policies_of_their_own_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaPermissions::test_lambda_permission_fn_versioning") else {
        return;
    };
    session.create_plain("fn");
    let s3 = statement("s3", "s3.amazonaws.com", &bucket());
    let answer = add(&mut session, "fn", "", &s3);
    session.check("add_permission", &answer);
    let answer = session.get("fn", "/policy");
    session.check("get_policy", &answer);
    let answer = session.publish("fn", &json!({}));
    session.check("publish_version_result", &answer);
    let answer = session.get("fn", "");
    session.check("get_function_result_after_publishing", &answer);
    let answer = session.get("fn", "/policy");
    session.check("get_policy_after_publishing_latest", &answer);
    let answer = session.get("fn", "/policy?Qualifier=1");
    session.check("get_policy_after_publishing_new_version", &answer);
    add(&mut session, "fn:1", "?Qualifier=1", &s3);
    let answer = session.get("fn", "/policy?Qualifier=1");
    session.check("get_policy_version", &answer);
    alias_has_its_own(&mut session, &s3);
    session.recording.finish();
}

fn alias_has_its_own(session: &mut Session, s3: &Value) {
    let alias = session.about(
        "POST",
        "fn",
        "/aliases",
        &json!({"Name": "permission-alias", "FunctionVersion": "1"}),
    );
    session.check("create_alias_response", &alias);
    let answer = session.get("fn", "/aliases/permission-alias");
    session.check("get_alias", &answer);
    let mut guarded = s3.clone();
    guarded["RevisionId"] = json!(alias.text("RevisionId"));
    let answer = add(session, "fn", "?Qualifier=permission-alias", &guarded);
    session.check("add_permission_alias_revision_exception", &answer);
    add(session, "fn:permission-alias", "?Qualifier=permission-alias", s3);
    let answer = session.get("fn", "/policy?Qualifier=permission-alias");
    session.check("get_policy_alias", &answer);
    let policy = session.get("fn", "/policy");
    session.check("get_policy_after_adding_to_new_version", &policy);
    let mut second = s3.clone();
    second["StatementId"] = json!("s3_2");
    second["RevisionId"] = json!(policy.text("RevisionId"));
    add(session, "fn", "", &second);
    let answer = session.get("fn", "/policy");
    session.check("get_policy_after_adding_2", &answer);
}

#[test]
fn every_member_becomes_a_condition_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaPermissions::test_add_lambda_permission_fields") else {
        return;
    };
    session.recording.bind("<resource:1>", "fn");
    session.recording.bind("<resource:2>", "root");
    session.recording.bind("<resource:3>", "test-bucket");
    session.create_plain("fn");
    let account = json!({"SourceAccount": "111111111111"});
    let mut url = json!({"Action": "lambda:InvokeFunctionUrl", "PrincipalOrgID": "o-1234567890", "FunctionUrlAuthType": "NONE"});
    url["SourceAccount"] = account["SourceAccount"].clone();
    url["SourceArn"] = bucket()["SourceArn"].clone();
    let skill = json!({"EventSourceToken": "amzn1.ask.skill.xxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"});
    for (step, body) in [
        ("add_permission_principal_wildcard", statement("wilcard", "*", &account)),
        (
            "add_permission_principal_service",
            statement("lambda", "lambda.amazonaws.com", &account),
        ),
        (
            "add_permission_principal_account",
            statement("account-id", "111111111111", &Value::Null),
        ),
        (
            "add_permission_principal_arn",
            statement("user-arn", "arn:aws:iam::111111111111:user/somebody", &account),
        ),
        ("add_permission_optional_fields", statement("urlPermission", "*", &url)),
        ("add_permission_alexa_skill", statement("alexaSkill", "*", &skill)),
    ] {
        let answer = add(&mut session, "fn", "", &body);
        session.check(step, &answer);
    }
    session.recording.finish();
}

#[test]
fn permissions_are_removed_one_by_one_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaPermissions::test_remove_multi_permissions") else {
        return;
    };
    session.recording.bind("<resource:1>", "fn");
    session.create_plain("fn");
    let answer = add(&mut session, "fn", "", &statement("s3", "s3.amazonaws.com", &Value::Null));
    session.check("add_permission_1", &answer);
    let answer = add(&mut session, "fn", "", &statement("sqs", "sqs.amazonaws.com", &bucket()));
    session.check("add_permission_2", &answer);
    let answer = session.get("fn", "/policy");
    session.check("policy_after_2_add", &answer);
    let answer = remove(&mut session, "fn", "non-existent", "");
    session.check("remove_permission_exception_nonexisting_sid", &answer);
    remove(&mut session, "fn", "sqs", "");
    let answer = session.get("fn", "/policy");
    session.check("policy_after_removal", &answer);
    let policy = session.get("fn", "/policy");
    session.check("policy_after_removal_attempt", &policy);
    remove(&mut session, "fn", "s3", &format!("?RevisionId={}", policy.text("RevisionId")));
    let answer = session.get("fn", "/policy");
    session.check("get_policy_exception_removed_all", &answer);
    session.recording.finish();
}

#[test]
fn two_permissions_stand_in_the_order_in_which_they_were_added_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaPermissions::test_create_multiple_lambda_permissions") else {
        return;
    };
    session.recording.bind("<resource:1>", "fn");
    session.create_plain("fn");
    for (n, service) in [(1, "logs"), (2, "kinesis")] {
        let answer = add(
            &mut session,
            "fn",
            "",
            &statement(service, &format!("{service}.amazonaws.com"), &Value::Null),
        );
        session.check(&format!("add_permission_response_{n}"), &answer);
    }
    let answer = session.get("fn", "/policy");
    session.check("policy_after_2_add", &answer);
    session.recording.finish();
}

#[test]
fn a_wrong_revision_of_a_policy_is_refused_as_recorded() {
    let Some(mut session) = Session::of(FILE, "TestLambdaRevisions::test_function_revisions_permissions") else {
        return;
    };
    session.create_plain("fn");
    let answer = add(
        &mut session,
        "fn",
        "",
        &statement("s3", "s3.amazonaws.com", &json!({"RevisionId": "wrong"})),
    );
    session.recording.check_error("add_permission_revision_exception", &answer.0);
    session.recording.finish();
}
