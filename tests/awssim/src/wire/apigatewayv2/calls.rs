//! From operations on the wire to calls on the world.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::wire::{Request, Response};
use crate::world::http_api::{ExportApiRequest, HttpApiChange, IntegrationChange, NewHttpApi, Page, RouteChange, StageChange};
use crate::world::{Answer, AwsError, Millis, Region};

use super::answers;

/// One request, taken apart.
pub(super) struct Call<'a> {
    /// AWS's name.
    pub operation: &'static str,
    /// The parts of the path, `v2` and `apis` first.
    pub ids: &'a [String],
    /// For query and body.
    pub request: &'a Request,
    /// The moment of the call.
    pub now: Millis,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewStage {
    #[serde(default)]
    stage_name: String,
    #[serde(flatten)]
    change: StageChange,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NewDeployment {
    stage_name: Option<String>,
    description: Option<String>,
}

impl Call<'_> {
    fn api(&self) -> &str {
        self.ids.get(2).map_or("", String::as_str)
    }

    /// The id of the integration, route, stage or deployment.
    fn id(&self) -> &str {
        self.ids.get(4).map_or("", String::as_str)
    }

    fn page(&self) -> Page {
        Page {
            next_token: self.request.parameter("nextToken"),
            max_results: self.request.parameter("maxResults"),
        }
    }

    /// The members of the body; what is not known is ignored, as AWS does.
    fn body<T: DeserializeOwned>(&self) -> Answer<T> {
        let body: &[u8] = if self.request.body.is_empty() { b"{}" } else { &self.request.body };
        serde_json::from_slice(body).map_err(|error| AwsError::new(400, "SerializationException", error.to_string()))
    }
}

/// Carries one operation out.
pub(super) fn carry_out(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    match call.ids.get(3).map_or("", String::as_str) {
        "" => api(region, call),
        "integrations" => integration(region, call),
        "routes" => route(region, call),
        "stages" => stage(region, call),
        "deployments" => deployment(region, call),
        _ => export(region, call),
    }
}

fn unknown(call: &Call<'_>) -> AwsError {
    AwsError::new(404, "UnknownOperationException", format!("{} is not simulated", call.operation))
}

fn api(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let name = region.region.clone();
    let form = |api: &_| answers::api(api, &name);
    match call.operation {
        "CreateApi" => {
            let new: NewHttpApi = call.body()?;
            Ok(Response::json(201, &form(&region.create_http_api(call.now, new)?)))
        }
        "GetApi" => Ok(Response::json(200, &form(&region.get_http_api(call.api())?))),
        "GetApis" => Ok(answers::list(region.get_http_apis(&call.page())?, form)),
        "UpdateApi" => {
            let change: HttpApiChange = call.body()?;
            let updated = region.update_http_api(call.now, call.api(), change)?;
            Ok(Response::json(200, &form(&updated)))
        }
        "DeleteApi" => region.delete_http_api(call.api()).map(|()| Response::empty(204)),
        _ => Err(unknown(call)),
    }
}

fn integration(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, id) = (call.api(), call.id());
    let summary = match call.operation {
        "GetIntegrations" => {
            return Ok(answers::list(
                region.get_http_integrations(api, &call.page())?,
                answers::integration,
            ));
        }
        "DeleteIntegration" => return region.delete_http_integration(api, id).map(|()| Response::empty(204)),
        "CreateIntegration" => {
            let new: IntegrationChange = call.body()?;
            let created = region.create_http_integration(api, new)?;
            return Ok(Response::json(201, &answers::integration(&created)));
        }
        "GetIntegration" => region.get_http_integration(api, id)?,
        "UpdateIntegration" => region.update_http_integration(call.now, api, id, call.body()?)?,
        _ => return Err(unknown(call)),
    };
    Ok(Response::json(200, &answers::integration(&summary)))
}

fn route(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, id) = (call.api(), call.id());
    let summary = match call.operation {
        "GetRoutes" => return Ok(answers::list(region.get_http_routes(api, &call.page())?, answers::route)),
        "DeleteRoute" => return region.delete_http_route(call.now, api, id).map(|()| Response::empty(204)),
        "CreateRoute" => {
            let new: RouteChange = call.body()?;
            let created = region.create_http_route(call.now, api, new)?;
            return Ok(Response::json(201, &answers::route(&created)));
        }
        "GetRoute" => region.get_http_route(api, id)?,
        "UpdateRoute" => region.update_http_route(call.now, api, id, call.body()?)?,
        _ => return Err(unknown(call)),
    };
    Ok(Response::json(200, &answers::route(&summary)))
}

fn stage(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, name) = (call.api(), call.id());
    let summary = match call.operation {
        "GetStages" => return Ok(answers::list(region.get_http_stages(api, &call.page())?, answers::stage)),
        "DeleteStage" => return region.delete_http_stage(api, name).map(|()| Response::empty(204)),
        "CreateStage" => {
            let new: NewStage = call.body()?;
            let created = region.create_http_stage(call.now, api, &new.stage_name, new.change)?;
            return Ok(Response::json(201, &answers::stage(&created)));
        }
        "GetStage" => region.get_http_stage(api, name)?,
        "UpdateStage" => region.update_http_stage(call.now, api, name, call.body()?)?,
        _ => return Err(unknown(call)),
    };
    Ok(Response::json(200, &answers::stage(&summary)))
}

fn deployment(region: &mut Region, call: &Call<'_>) -> Answer<Response> {
    let (api, id) = (call.api(), call.id());
    let (status, summary) = match call.operation {
        "GetDeployments" => {
            return Ok(answers::list(region.get_http_deployments(api, &call.page())?, answers::deployment));
        }
        "DeleteDeployment" => return region.delete_http_deployment(api, id).map(|()| Response::empty(204)),
        "CreateDeployment" => {
            let new: NewDeployment = call.body()?;
            (201, region.create_http_deployment(call.now, api, new.stage_name, new.description)?)
        }
        "GetDeployment" => (200, region.get_http_deployment(api, id)?),
        // 201, as recorded.
        "UpdateDeployment" => {
            let change: NewDeployment = call.body()?;
            (201, region.update_http_deployment(api, id, change.description)?)
        }
        _ => return Err(unknown(call)),
    };
    Ok(Response::json(status, &answers::deployment(&summary)))
}

fn export(region: &Region, call: &Call<'_>) -> Answer<Response> {
    let parameter = |name: &str| call.request.parameter(name);
    let request = ExportApiRequest {
        specification: call.id().into(),
        output_type: parameter("outputType").unwrap_or_default(),
        stage_name: parameter("stageName"),
        without_extensions: parameter("includeExtensions").is_some_and(|text| text == "false"),
    };
    let kind = if request.output_type == "YAML" {
        "application/yaml"
    } else {
        "application/json"
    };
    let document = region.export_http_api(call.api(), &request)?;
    Ok(Response::bytes(200, kind, document.into_bytes()))
}
