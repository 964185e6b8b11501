use serde_json::{Value, json};

use super::client::{Client, id};
use super::recording::{Recording, with_items};

const LOG_GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:calls";

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_api.json", &format!("TestApiGatewayStage::{test}"))
}

#[test]
fn get_stages_filters_by_deployment_id() {
    let Some(mut recorded) = open("test_get_stages_filters_by_deployment_id") else {
        return;
    };
    let mut client = Client::new();
    client.mock();
    let first = id(&client.deploy(&json!({"stageName": "stage1"})));
    let second = id(&client.deploy(&json!({"stageName": "stage2"})));
    recorded.check("all-stages", &client.api("GET", "/stages", &Value::Null));
    recorded.check(
        "stages-deploy1",
        &client.api("GET", &format!("/stages?deploymentId={first}"), &Value::Null),
    );
    recorded.check(
        "stages-deploy2",
        &client.api("GET", &format!("/stages?deploymentId={second}"), &Value::Null),
    );
    assert!(with_items(&client.api("GET", "/stages", &Value::Null))["items"].is_array());
    recorded.matches();
}

/// A stage `dev` on a deployment, as both access log recordings begin.
fn staged(recorded: &mut Recording) -> Client {
    let mut client = Client::new();
    client.mock();
    let deployment = client.deploy(&json!({}));
    recorded.check("create-deployment", &deployment);
    let stage = json!({"stageName": "dev", "deploymentId": id(&deployment), "description": "dev stage"});
    recorded.check("create-stage", &client.api("POST", "/stages", &stage));
    client
}

#[test]
fn stage_access_log_settings() {
    let Some(mut recorded) = open("test_stage_access_log_settings") else {
        return;
    };
    let mut client = staged(&mut recorded);
    let mut patch = |op: &str, path: &str, value: Option<&str>| client.patch("/stages/dev", op, path, value);
    recorded.check(
        "update-stage-access-log-dest-add",
        &patch("add", "/accessLogSettings/destinationArn", Some(LOG_GROUP)),
    );
    let longer = format!("{LOG_GROUP}a");
    recorded.check(
        "update-stage-access-log-dest-replace",
        &patch("replace", "/accessLogSettings/destinationArn", Some(&longer)),
    );
    let format = "$context.requestId $context.identity.sourceIp";
    recorded.check(
        "update-stage-access-log-format-add",
        &patch("add", "/accessLogSettings/format", Some(format)),
    );
    recorded.check("update-stage-access-log-remove-all", &patch("remove", "/accessLogSettings", None));
    recorded.matches();
}

#[test]
fn stage_access_log_settings_validation() {
    let Some(mut recorded) = open("test_stage_access_log_settings_validation") else {
        return;
    };
    let mut client = staged(&mut recorded);
    let mut patch = |op: &str, path: &str, value: Option<&str>| client.patch("/stages/dev", op, path, value);
    for op in ["add", "remove", "replace"] {
        let value = (op != "remove").then_some("x");
        recorded.check(&format!("invalid-path-{op}"), &patch(op, "/accessLogSettings/randomValue", value));
        recorded.check(&format!("star-and-{op}"), &patch(op, "/accessLogSettings/*", value));
    }
    recorded.check("root-and-add", &patch("add", "/accessLogSettings", Some("x")));
    recorded.check("root-and-replace", &patch("replace", "/accessLogSettings", Some("x")));
    recorded.check(
        "update-stage-access-log-dest-add",
        &patch("add", "/accessLogSettings/destinationArn", Some(LOG_GROUP)),
    );
    let empty = patch("replace", "/accessLogSettings/destinationArn", Some(""));
    recorded.check("update-stage-access-log-destinationArn-empty", &empty);
    recorded.check(
        "update-stage-access-log-format-empty",
        &patch("replace", "/accessLogSettings/format", Some("")),
    );
    recorded.check(
        "update-stage-access-log-dest-remove",
        &patch("remove", "/accessLogSettings/destinationArn", None),
    );
    recorded.matches();
}
