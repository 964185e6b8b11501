//! From operations on the wire to calls on the world.

use std::collections::BTreeMap;

use serde_json::json;

use crate::wire::Response;
use crate::world::rest_api::{
    ExportRequest, IntegrationResponse, MethodResponse, NewDeployment, NewIntegration, NewMethod, NewRestApi, NewStage, Page,
};
use crate::world::{Answer, AwsError, Millis, Region};

use super::answers;
use super::body::Body;

/// One request, taken apart.
pub(super) struct Call<'a> {
    /// AWS's name.
    pub operation: &'static str,
    /// The parts of the path, `restapis` first.
    pub ids: &'a [&'a str],
    /// Decoded.
    pub query: BTreeMap<String, String>,
    /// The media type asked for; empty when none was.
    pub accept: &'a str,
    /// Empty when there was none.
    pub body: Body,
    /// The moment of the call.
    pub now: Millis,
}

impl Call<'_> {
    fn id(&self, n: usize) -> &str {
        self.ids.get(n).copied().unwrap_or_default()
    }

    fn api(&self) -> &str {
        self.id(1)
    }

    /// Resource id and HTTP method.
    fn method(&self) -> (&str, &str) {
        (self.id(3), self.id(5))
    }

    fn page(&self) -> Page {
        Page {
            position: self.query.get("position").cloned(),
            limit: self.query.get("limit").and_then(|l| l.parse().ok()),
        }
    }

    fn embeds(&self, what: &str) -> bool {
        self.query.get("embed").is_some_and(|embed| embed.split(',').any(|e| e == what))
    }
}

/// Carries one operation out.
pub(super) fn carry_out(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    match call.ids {
        ["restapis"] | ["restapis", _] => api(region, call),
        ["restapis", _, "resources"] | ["restapis", _, "resources", _] => resource(region, call),
        ["restapis", _, "resources", _, "methods", _, "integration", ..] => integration(region, call),
        ["restapis", _, "resources", ..] => method(region, call),
        ["restapis", _, "deployments", ..] => deployment(region, call),
        ["restapis", _, "stages", ..] => stage(region, call),
        _ => Err(unknown(call)),
    }
}

fn unknown(call: &Call<'_>) -> AwsError {
    AwsError::new(404, "UnknownOperationException", format!("{} is not simulated", call.operation))
}

fn api(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    match call.operation {
        "CreateRestApi" => {
            let new = NewRestApi {
                name: call.body.text("name")?.unwrap_or_default(),
                description: call.body.text("description")?,
                version: call.body.text("version")?,
                binary_media_types: call.body.list("binaryMediaTypes")?,
            };
            Ok(Response::json(201, &answers::rest_api(&region.create_rest_api(call.now, new)?)))
        }
        "GetRestApi" => Ok(Response::json(200, &answers::rest_api(&region.get_rest_api(call.api())?))),
        "GetRestApis" => Ok(answers::list(region.get_rest_apis(&call.page())?, answers::rest_api)),
        "DeleteRestApi" => region.delete_rest_api(call.api()).map(|()| Response::empty(202)),
        _ => Err(unknown(call)),
    }
}

fn resource(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let embed = call.embeds("methods");
    match call.operation {
        "GetResources" => Ok(answers::list(region.get_resources(call.api(), &call.page())?, |r| {
            answers::resource(r, embed)
        })),
        "GetResource" => Ok(Response::json(
            200,
            &answers::resource(&region.get_resource(call.api(), call.id(3))?, embed),
        )),
        "CreateResource" => {
            let path_part = call.body.text("pathPart")?.unwrap_or_default();
            let created = region.create_resource(call.api(), call.id(3), &path_part)?;
            Ok(Response::json(201, &answers::resource(&created, false)))
        }
        "UpdateResource" => {
            let updated = region.update_resource(call.api(), call.id(3), &call.body.patch_operations()?)?;
            Ok(Response::json(200, &answers::resource(&updated, false)))
        }
        "DeleteResource" => region.delete_resource(call.api(), call.id(3)).map(|()| Response::empty(202)),
        _ => Err(unknown(call)),
    }
}

fn method(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, (resource, method), status, body) = (call.api(), call.method(), call.id(7), &call.body);
    match call.operation {
        "PutMethod" => {
            let new = NewMethod {
                authorization_type: body.text("authorizationType")?.unwrap_or_default(),
                authorizer_id: body.text("authorizerId")?,
                api_key_required: body.flag("apiKeyRequired"),
                operation_name: body.text("operationName")?,
                request_parameters: body.given_flags("requestParameters")?.unwrap_or_default(),
                request_models: body.texts("requestModels")?,
                request_validator_id: body.text("requestValidatorId")?,
            };
            Ok(Response::json(
                201,
                &answers::method(method, &region.put_method(api, resource, method, new)?),
            ))
        }
        "GetMethod" => Ok(Response::json(
            200,
            &answers::method(method, &region.get_method(api, resource, method)?),
        )),
        "DeleteMethod" => region.delete_method(api, resource, method).map(|()| Response::empty(204)),
        "PutMethodResponse" => {
            let new = MethodResponse {
                response_parameters: body.given_flags("responseParameters")?,
                response_models: body.given_texts("responseModels")?,
            };
            let put = region.put_method_response(api, resource, method, status, new)?;
            Ok(Response::json(201, &answers::method_response(status, &put)))
        }
        "GetMethodResponse" => {
            let response = region.get_method_response(api, resource, method, status)?;
            Ok(Response::json(200, &answers::method_response(status, &response)))
        }
        "DeleteMethodResponse" => region
            .delete_method_response(api, resource, method, status)
            .map(|()| Response::empty(204)),
        _ => Err(unknown(call)),
    }
}

fn new_integration(body: &Body) -> Answer<NewIntegration> {
    let http_method = body.text("integrationHttpMethod")?;
    Ok(NewIntegration {
        kind: body.text("type")?.unwrap_or_default(),
        http_method: if http_method.is_some() {
            http_method
        } else {
            body.text("httpMethod")?
        },
        uri: body.text("uri")?,
        connection_type: body.text("connectionType")?,
        connection_id: body.text("connectionId")?,
        credentials: body.text("credentials")?,
        request_parameters: body.texts("requestParameters")?,
        request_templates: body.templates("requestTemplates")?,
        passthrough_behavior: body.text("passthroughBehavior")?,
        content_handling: body.text("contentHandling")?,
        timeout_in_millis: body.number("timeoutInMillis"),
        cache_namespace: body.text("cacheNamespace")?,
        cache_key_parameters: body.list("cacheKeyParameters")?,
    })
}

fn integration(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, (resource, method), status, body) = (call.api(), call.method(), call.id(8), &call.body);
    match call.operation {
        "PutIntegration" => {
            let put = region.put_integration(api, resource, method, new_integration(body)?)?;
            Ok(Response::json(201, &answers::integration(&put)))
        }
        "GetIntegration" => Ok(Response::json(
            200,
            &answers::integration(&region.get_integration(api, resource, method)?),
        )),
        "UpdateIntegration" => {
            let updated = region.update_integration(api, resource, method, &body.patch_operations()?)?;
            Ok(Response::json(200, &answers::integration(&updated)))
        }
        "DeleteIntegration" => region.delete_integration(api, resource, method).map(|()| Response::empty(204)),
        "PutIntegrationResponse" => {
            let new = IntegrationResponse {
                selection_pattern: body.text("selectionPattern")?,
                response_parameters: body.texts("responseParameters")?,
                response_templates: body.templates("responseTemplates")?,
                content_handling: body.text("contentHandling")?,
            };
            let put = region.put_integration_response(api, resource, method, status, new)?;
            Ok(Response::json(201, &answers::integration_response(status, &put)))
        }
        "GetIntegrationResponse" => {
            let response = region.get_integration_response(api, resource, method, status)?;
            Ok(Response::json(200, &answers::integration_response(status, &response)))
        }
        "DeleteIntegrationResponse" => region
            .delete_integration_response(api, resource, method, status)
            .map(|()| Response::empty(204)),
        _ => Err(unknown(call)),
    }
}

fn deployment(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let embed = call.embeds("apisummary");
    match call.operation {
        "CreateDeployment" => {
            let new = NewDeployment {
                stage_name: call.body.text("stageName")?,
                stage_description: call.body.text("stageDescription")?,
                description: call.body.text("description")?,
                variables: call.body.texts("variables")?,
                canary_settings: call.body.canary()?,
            };
            let created = region.create_deployment(call.now, call.api(), new)?;
            Ok(Response::json(201, &answers::deployment(&created, false)))
        }
        "GetDeployment" => Ok(Response::json(
            200,
            &answers::deployment(&region.get_deployment(call.api(), call.id(3))?, embed),
        )),
        "GetDeployments" => Ok(answers::list(region.get_deployments(call.api(), &call.page())?, |d| {
            answers::deployment(d, embed)
        })),
        "DeleteDeployment" => region.delete_deployment(call.api(), call.id(3)).map(|()| Response::empty(202)),
        _ => Err(unknown(call)),
    }
}

fn stage(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, name, body) = (call.api(), call.id(3), &call.body);
    match call.operation {
        "CreateStage" => {
            let new = NewStage {
                name: body.text("stageName")?.unwrap_or_default(),
                deployment_id: body.text("deploymentId")?.unwrap_or_default(),
                description: body.text("description")?,
                variables: body.texts("variables")?,
                canary_settings: body.canary()?,
                tracing_enabled: body.flag("tracingEnabled"),
            };
            Ok(Response::json(201, &answers::stage(&region.create_stage(call.now, api, new)?)))
        }
        "GetStage" => Ok(Response::json(200, &answers::stage(&region.get_stage(api, name)?))),
        "GetStages" => {
            let stages = region.get_stages(api, call.query.get("deploymentId").map(String::as_str))?;
            Ok(Response::json(
                200,
                &json!({"item": stages.iter().map(answers::stage).collect::<Vec<_>>()}),
            ))
        }
        "UpdateStage" => {
            let updated = region.update_stage(call.now, api, name, &body.patch_operations()?)?;
            Ok(Response::json(200, &answers::stage(&updated)))
        }
        "DeleteStage" => region.delete_stage(api, name).map(|()| Response::empty(202)),
        "GetExport" => export(region, call),
        _ => Err(unknown(call)),
    }
}

fn export(region: &Region, call: &Call<'_>) -> Answer<Response> {
    let request = ExportRequest {
        stage_name: call.id(3).into(),
        export_type: call.id(5).into(),
        extensions: call.query.get("extensions").cloned(),
        yaml: call.accept == "application/yaml",
    };
    let export = region.get_export(call.api(), &request)?;
    let response = Response::bytes(200, "application/octet-stream", export.body.into_bytes());
    Ok(response.with("content-disposition", &export.content_disposition))
}
