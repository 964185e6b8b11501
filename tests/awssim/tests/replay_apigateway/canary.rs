use awssim::wire::Response;
use serde_json::{Value, json};

use super::client::{Client, id};
use super::recording::Recording;

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_canary.json", &format!("TestStageCrudCanary::{test}"))
}

fn mocked() -> Client {
    let mut client = Client::new();
    client.mock();
    client
}

fn get_stage(client: &mut Client, name: &str) -> Response {
    client.api("GET", &format!("/stages/{name}"), &Value::Null)
}

fn canary(percent: u32, overridden: &str) -> Value {
    json!({"percentTraffic": percent, "stageVariableOverrides": {"testVar": overridden}})
}

/// `CreateStage` with a variable, and a canary when one is given.
fn create_stage(client: &mut Client, name: &str, deployment: &str, canary: Option<(&str, Value)>) -> Response {
    let mut body = json!({"stageName": name, "deploymentId": deployment, "description": "dev stage", "variables": {"testVar": "default"}});
    if let Some((deployment, mut settings)) = canary {
        settings["deploymentId"] = json!(deployment);
        body["canarySettings"] = settings;
    }
    client.api("POST", "/stages", &body)
}

#[test]
fn create_update_stages() {
    let Some(mut recorded) = open("test_create_update_stages") else {
        return;
    };
    let mut client = mocked();
    let first = client.deploy(&json!({}));
    recorded.check("create-deployment-1", &first);
    let second = client.deploy(&json!({}));
    recorded.check("create-deployment-2", &second);
    let created = create_stage(&mut client, "dev", &id(&first), Some((&id(&second), canary(50, "canary"))));
    recorded.check("create-stage", &created);
    recorded.check("get-stage", &get_stage(&mut client, "dev"));
    let updated = client.patch(
        "/stages/dev",
        "replace",
        "/canarySettings/stageVariableOverrides/testVar",
        Some("updated"),
    );
    recorded.check("update-stage-canary-settings-overrides", &updated);
    recorded.check(
        "update-stage-remove-canary-settings",
        &client.patch("/stages/dev", "remove", "/canarySettings", None),
    );
    recorded.check("get-stage-after-remove", &get_stage(&mut client, "dev"));
    recorded.matches();
}

#[test]
fn create_canary_deployment_with_stage() {
    let Some(mut recorded) = open("test_create_canary_deployment_with_stage") else {
        return;
    };
    let mut client = mocked();
    let first = client.deploy(&json!({}));
    recorded.check("create-deployment", &first);
    recorded.check("create-stage", &create_stage(&mut client, "dev", &id(&first), None));
    let deployed = client.deploy(&json!({"stageName": "dev", "canarySettings": canary(50, "canary")}));
    recorded.check("create-canary-deployment", &deployed);
    recorded.check("get-stage", &get_stage(&mut client, "dev"));
    recorded.matches();
}

#[test]
fn create_canary_deployment() {
    let Some(mut recorded) = open("test_create_canary_deployment") else {
        return;
    };
    let mut client = mocked();
    let first = client.deploy(&json!({}));
    recorded.check("create-deployment", &first);
    let first = id(&first);
    recorded.check(
        "create-stage",
        &create_stage(&mut client, "dev1", &first, Some((&first, canary(40, "canary1")))),
    );
    let second = client.deploy(&json!({"stageName": "dev1", "canarySettings": canary(50, "canary2")}));
    recorded.check("create-canary-deployment", &second);
    recorded.check("get-stage-1", &get_stage(&mut client, "dev1"));
    let created = create_stage(&mut client, "dev2", &first, Some((&id(&second), canary(60, "canary-overridden"))));
    recorded.check("create-stage-2", &created);
    recorded.check(
        "bad-canary-deployment-id",
        &create_stage(&mut client, "dev3", &first, Some(("deploy", json!({})))),
    );
    recorded.matches();
}

#[test]
fn create_canary_deployment_by_stage_update() {
    let Some(mut recorded) = open("test_create_canary_deployment_by_stage_update") else {
        return;
    };
    let mut client = mocked();
    let first = client.deploy(&json!({}));
    recorded.check("create-deployment", &first);
    let second = client.deploy(&json!({}));
    recorded.check("create-deployment-2", &second);
    recorded.check("create-stage", &create_stage(&mut client, "dev", &id(&first), None));
    let updated = client.patch("/stages/dev", "replace", "/canarySettings/deploymentId", Some(&id(&second)));
    recorded.check("update-stage-with-deployment", &updated);
    recorded.check(
        "remove-stage-canary",
        &client.patch("/stages/dev", "remove", "/canarySettings", None),
    );
    let updated = client.patch("/stages/dev", "replace", "/canarySettings/percentTraffic", Some("50"));
    recorded.check("update-stage-with-percent", &updated);
    recorded.check("get-stage", &get_stage(&mut client, "dev"));
    recorded.matches();
}

#[test]
fn create_canary_deployment_validation() {
    let Some(mut recorded) = open("test_create_canary_deployment_validation") else {
        return;
    };
    let mut client = mocked();
    let settings = canary(50, "canary");
    recorded.check(
        "create-canary-deployment-no-stage",
        &client.deploy(&json!({"canarySettings": settings})),
    );
    let empty = client.deploy(&json!({"stageName": "", "canarySettings": settings}));
    recorded.check("create-canary-deployment-empty-stage", &empty);
    let missing = client.deploy(&json!({"stageName": "non-existing", "canarySettings": settings}));
    recorded.check("create-canary-deployment-non-existing-stage", &missing);
    recorded.matches();
}

#[test]
fn update_stage_canary_deployment_validation() {
    let Some(mut recorded) = open("test_update_stage_canary_deployment_validation") else {
        return;
    };
    let mut client = mocked();
    client.deploy(&json!({"stageName": "dev"}));
    recorded.check("get-stage", &get_stage(&mut client, "dev"));
    client.deploy(&json!({"stageName": "dev", "canarySettings": canary(50, "canary")}));
    let removed = client.patch("/stages/dev", "remove", "/canarySettings/stageVariableOverrides", None);
    recorded.check("update-stage-canary-settings-remove-overrides", &removed);
    let removed = client.patch("/stages/dev", "remove", "/canarySettings/badPath", None);
    recorded.check("update-stage-canary-settings-bad-path", &removed);
    let replaced = client.patch("/stages/dev", "replace", "/canarySettings", Some("test"));
    recorded.check("update-stage-canary-settings-bad-path-2", &replaced);
    let replaced = client.patch("/stages/dev", "replace", "/canarySettings/badPath", Some("badPath"));
    recorded.check("update-stage-canary-settings-replace-bad-path", &replaced);
    let other = id(&client.deploy(&json!({"stageName": "dev2"})));
    let added = client.patch("/stages/dev2", "add", "/canarySettings/deploymentId", Some(&other));
    recorded.check("update-stage-add-deployment", &added);
    let unknown = client.patch("/stages/dev2", "replace", "/canarySettings/deploymentId", Some("deploy"));
    recorded.check("update-stage-no-deployment", &unknown);
    recorded.matches();
}

#[test]
fn update_stage_with_copy_ops() {
    let Some(mut recorded) = open("test_update_stage_with_copy_ops") else {
        return;
    };
    let mut client = mocked();
    let first = client.deploy(&json!({"stageName": "dev", "variables": {"testVar": "test", "testVar2": "test2"}}));
    recorded.check("deployment-1", &first);
    let copy = |from: &str, path: &str| json!({"op": "copy", "from": from, "path": path});
    let back = [
        copy("/variables", "/canarySettings/stageVariableOverrides"),
        copy("/deploymentId", "/canarySettings/deploymentId"),
    ];
    recorded.check("copy-with-bad-statement", &client.patches("/stages/dev", &back));
    let overrides = copy("/canarySettings/stageVariableOverrides", "/variables");
    let deployment = copy("/canarySettings/deploymentId", "/deploymentId");
    let promote = client.patches("/stages/dev", &[overrides.clone(), deployment.clone()]);
    recorded.check("copy-with-no-replace", &promote);
    let silence = json!({"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"});
    let promotion = [silence, deployment, overrides];
    recorded.check("update-stage-with-copy", &client.patches("/stages/dev", &promotion));
    let deployed = client.deploy(&json!({"stageName": "dev", "canarySettings": canary(50, "override")}));
    recorded.check("deployment-canary", &deployed);
    recorded.check("get-stage", &get_stage(&mut client, "dev"));
    recorded.check("update-stage-with-copy-2", &client.patches("/stages/dev", &promotion));
    recorded.matches();
}

/// The bodies of the mock's answers are made by templates, which are not simulated; which deployment answers is held by the unit tests.
#[test]
fn invoking_canary_deployment() {
    let Some(mut recorded) = Recording::open("apigateway_canary.json", "TestCanaryDeployments::test_invoking_canary_deployment") else {
        return;
    };
    let mut client = mocked();
    let deployed = client.deploy(&json!({"stageName": "dev", "variables": {"testVar": "default", "defaultVar": "default"}}));
    recorded.check("create-deployment-1", &deployed);
    let settings = json!({"percentTraffic": 0, "stageVariableOverrides": {"testVar": "canary", "noStageVar": "canary"}});
    recorded.check(
        "create-deployment-2",
        &client.deploy(&json!({"stageName": "dev", "canarySettings": settings})),
    );
    let updated = client.patch("/stages/dev", "replace", "/canarySettings/percentTraffic", Some("100.0"));
    recorded.check("update-stage", &updated);
    recorded.matches_except(&[], &["response-canary-deployment", "response-deployment-1"]);
}
