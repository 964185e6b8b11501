use serde_json::{Value, json};

use super::client::{Client, id};
use super::recording::Recording;

const PETS: &str = "http://petstore-demo-endpoint.execute-api.com/petstore/pets";

/// The small pet store of the recordings, built by calls because `ImportRestApi` is not simulated, and deployed on `local`.
fn pet_store() -> Client {
    let mut client = Client::with_api(&json!({
        "name": "Simple PetStore (Swagger)", "version": "1.0.0", "binaryMediaTypes": ["image/png", "image/jpg"],
    }));
    let root = client.root.clone();
    let pets = id(&client.create_resource(&root, "pets"));
    let pet = id(&client.create_resource(&pets, "{petId}"));
    let integration =
        |uri: &str, parameters: Value| json!({"type": "HTTP", "httpMethod": "GET", "uri": uri, "requestParameters": parameters});
    let all = (pets, json!({}), integration(PETS, json!({})));
    let one = (
        pet,
        json!({"method.request.path.petId": true}),
        integration(
            &format!("{PETS}/{{id}}"),
            json!({"integration.request.path.id": "method.request.path.petId"}),
        ),
    );
    for (resource, parameters, behind) in [all, one] {
        let method = format!("/resources/{resource}/methods/GET");
        client.api(
            "PUT",
            &method,
            &json!({"authorizationType": "NONE", "requestParameters": parameters}),
        );
        client.api("PUT", &format!("{method}/responses/200"), &json!({}));
        client.api("PUT", &format!("{method}/integration"), &behind);
        client.api("PUT", &format!("{method}/integration/responses/200"), &json!({}));
    }
    client.deploy(&json!({"stageName": "local"}));
    client
}

fn replay(test: &str, export_type: &str) {
    let Some(mut recorded) = Recording::open("apigateway_extended.json", test) else {
        return;
    };
    let mut client = pet_store();
    let api = client.api.clone();
    recorded.check("import-api", &client.send("GET", &format!("/restapis/{api}"), &Value::Null));
    let path = format!("/stages/local/exports/{export_type}");
    recorded.check("get-export", &client.api("GET", &path, &Value::Null));
    recorded.check(
        "get-export-with-extensions",
        &client.api("GET", &format!("{path}?extensions=apigateway"), &Value::Null),
    );
    // The API is read where the recording imported it: 200 instead of 201.
    recorded.matches_except(&["import-api"], &[]);
}

#[test]
fn export_swagger() {
    replay("test_export_swagger_openapi[TEST_IMPORT_PETS]", "swagger");
}

#[test]
fn export_oas30() {
    replay("test_export_oas30_openapi[TEST_IMPORT_PETS]", "oas30");
}
