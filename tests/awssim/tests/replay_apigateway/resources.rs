use serde_json::Value;

use super::client::{Client, id};
use super::recording::{Recording, with_items};

fn open(test: &str) -> Option<Recording> {
    Recording::open("apigateway_api.json", &format!("TestApiGatewayApiResource::{test}"))
}

#[test]
fn resource_lifecycle() {
    let Some(mut recorded) = open("test_resource_lifecycle") else {
        return;
    };
    let mut client = Client::new();
    let root = client.root.clone();
    recorded.check_value("rest-api-root-resource", &with_items(&client.resources()));
    let pets = client.create_resource(&root, "pets");
    recorded.check("create-resource", &pets);
    recorded.check_value("rest-api-resources-after-create", &with_items(&client.resources()));
    recorded.check("create-subresource", &client.create_resource(&id(&pets), "subpets"));
    recorded.check_value("rest-api-resources-after-create-sub", &with_items(&client.resources()));
    let path = format!("/resources/{}", id(&pets));
    recorded.check("update-path-part", &client.patch(&path, "replace", "/pathPart", Some("dogs")));
    recorded.check("get-resp-after-update-path-part", &client.api("GET", &path, &Value::Null));
    recorded.check("del-resource", &client.api("DELETE", &path, &Value::Null));
    recorded.check_value("rest-api-resources-after-delete", &with_items(&client.resources()));
    recorded.matches();
}

#[test]
fn update_resource_behaviour() {
    let Some(mut recorded) = open("test_update_resource_behaviour") else {
        return;
    };
    let mut client = Client::new();
    let root = client.root.clone();
    let pets = id(&client.create_resource(&root, "pets"));
    let at = |resource: &str| format!("/resources/{resource}");
    recorded.check(
        "nonexistent-resource",
        &client.patch("/resources/nothing", "replace", "/pathPart", Some("dogs")),
    );
    recorded.check("invalid-path-part", &client.patch(&at(&pets), "replace", "/invalid", Some("dogs")));
    recorded.check(
        "invalid-parent-id",
        &client.patch(&at(&pets), "replace", "/parentId", Some("nothing")),
    );
    let sub = client.create_resource(&pets, "subpets");
    recorded.check("create-subresource", &sub);
    let sub = id(&sub);
    let child = client.create_resource(&sub, "pets");
    recorded.check("create-subresource-child", &child);
    let child = id(&child);
    recorded.check(
        "existing-future-sibling-path",
        &client.patch(&at(&child), "replace", "/parentId", Some(&root)),
    );
    client.api("DELETE", &at(&child), &Value::Null);
    recorded.check(
        "update-parent-id-to-subresource-id",
        &client.patch(&at(&pets), "replace", "/parentId", Some(&sub)),
    );
    recorded.check(
        "update-parent-id-to-root-id",
        &client.patch(&at(&sub), "replace", "/parentId", Some(&root)),
    );
    recorded.check(
        "update-path-already-exists",
        &client.patch(&at(&sub), "replace", "/pathPart", Some("pets")),
    );
    client.api("DELETE", &at(&pets), &Value::Null);
    recorded.check_value("resources-after-deletion", &with_items(&client.resources()));
    recorded.check("remove-unsupported", &client.patch(&at(&sub), "remove", "/pathPart", None));
    recorded.check("add-unsupported", &client.patch(&at(&sub), "add", "/pathPart", Some("added")));
    recorded.matches();
}

#[test]
fn update_resource_on_root() {
    let Some(mut recorded) = open("test_update_resource_on_root") else {
        return;
    };
    let mut client = Client::new();
    let root = client.root.clone();
    let path = format!("/resources/{root}");
    recorded.check("update-root-path-part", &client.patch(&path, "replace", "/pathPart", Some("dogs")));
    recorded.check("update-root-parent", &client.patch(&path, "replace", "/parentId", Some(&root)));
    recorded.matches();
}

#[test]
fn delete_resource() {
    let Some(mut recorded) = open("test_delete_resource") else { return };
    let mut client = Client::new();
    let root = client.root.clone();
    let pets = id(&client.create_resource(&root, "pets"));
    let sub = id(&client.create_resource(&pets, "subpets"));
    recorded.check(
        "delete-resource",
        &client.api("DELETE", &format!("/resources/{pets}"), &Value::Null),
    );
    recorded.check_value("get-resources", &with_items(&client.resources()));
    recorded.check(
        "delete-subresource",
        &client.api("DELETE", &format!("/resources/{sub}"), &Value::Null),
    );
    recorded.matches();
}

#[test]
fn create_resource_parent_invalid() {
    let Some(mut recorded) = open("test_create_resource_parent_invalid") else {
        return;
    };
    recorded.check("wrong-resource-parent-id", &Client::new().create_resource("nothing", "subpets"));
    recorded.matches();
}

#[test]
fn create_proxy_resource() {
    let Some(mut recorded) = open("test_create_proxy_resource") else {
        return;
    };
    let mut client = Client::new();
    let root = client.root.clone();
    recorded.check("create-base-proxy-resource", &client.create_resource(&root, "{proxy+}"));
    let parent = id(&client.create_resource(&root, "parent"));
    recorded.check_value("create-proxy-sibling-resource", &Value::String(parent.clone()));
    let proxy = client.create_resource(&parent, "{proxy+}");
    recorded.check("create-proxy-sibling-proxy-child-resource", &proxy);
    let child = client.create_resource(&parent, "child");
    recorded.check("create-proxy-sibling-static-child-resource", &child);
    recorded.check(
        "create-static-child-proxy-resource",
        &client.create_resource(&id(&child), "{proxy+}"),
    );
    recorded.check_value("all-resources", &with_items(&client.resources()));
    client.api("DELETE", &format!("/resources/{}", id(&proxy)), &Value::Null);
    let dynamic = client.create_resource(&parent, "{child}");
    recorded.check("create-proxy-sibling-dynamic-child-resource", &dynamic);
    recorded.check(
        "create-dynamic-child-proxy-resource",
        &client.create_resource(&id(&dynamic), "{proxy+}"),
    );
    recorded.check_value("all-resources-2", &with_items(&client.resources()));
    recorded.matches();
}

#[test]
fn create_proxy_resource_validation() {
    let Some(mut recorded) = open("test_create_proxy_resource_validation") else {
        return;
    };
    let mut client = Client::new();
    let root = client.root.clone();
    let proxy = client.create_resource(&root, "{proxy+}");
    recorded.check("create-base-proxy-resource", &proxy);
    let proxy = id(&proxy);
    recorded.check("create-proxy-dynamic-sibling-resource", &client.create_resource(&root, "{dynamic}"));
    recorded.check("create-proxy-static-child-resource", &client.create_resource(&proxy, "child"));
    recorded.check("create-proxy-dynamic-child-resource", &client.create_resource(&proxy, "{child}"));
    let parent = id(&client.create_resource(&root, "parent"));
    recorded.check("create-greedy-child-resource", &client.create_resource(&parent, "{child+}"));
    recorded.matches();
}
