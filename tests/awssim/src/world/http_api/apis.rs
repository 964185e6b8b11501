//! HTTP APIs as a whole, and quick create (AWS-104).

use serde::Deserialize;
use serde_json::Value;

use crate::world::gateway::{Texts, ids};
use crate::world::{Answer, Millis, Region};

use super::complete::creation;
use super::errors::{bad_request, no_api};
use super::integrations::allow;
use super::model::{HttpApi, Integration, Route, Stage};
use super::page::{Page, Paged};
use super::routes::allow_key;

/// The route, and the stage, that catch everything.
pub(super) const DEFAULT: &str = "$default";

/// What `CreateApi` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NewHttpApi {
    /// The display name; not unique.
    pub name: String,
    /// `HTTP`; `WEBSOCKET` is not simulated.
    pub protocol_type: String,
    /// Free text.
    pub description: Option<String>,
    /// Free text.
    pub version: Option<String>,
    /// As on the wire.
    pub cors_configuration: Option<Value>,
    /// Whether callers must use a domain name of their own.
    pub disable_execute_api_endpoint: bool,
    /// Tags by key.
    pub tags: Texts,
    /// Quick create: a function's ARN or a URL.
    pub target: Option<String>,
    /// Quick create: the key of its route, `$default` unless given.
    pub route_key: Option<String>,
    /// Quick create: the role of its integration.
    pub credentials_arn: Option<String>,
}

/// What `UpdateApi` is asked for; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct HttpApiChange {
    /// The display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Free text.
    pub version: Option<String>,
    /// As on the wire.
    pub cors_configuration: Option<Value>,
    /// Whether callers must use a domain name of their own.
    pub disable_execute_api_endpoint: Option<bool>,
    /// The URI of the integration that quick create made.
    pub target: Option<String>,
}

/// An API with its id.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpApiSummary {
    /// Ten characters.
    pub id: String,
    /// All the rest; callers see neither its integrations nor its routes, deployments and stages in it.
    pub api: HttpApi,
}

/// The integration of a quick create for that target.
fn quick(target: &str, credentials_arn: Option<String>) -> Answer<Integration> {
    let is_url = target.starts_with("http://") || target.starts_with("https://");
    let integration = Integration {
        integration_type: if is_url { "HTTP_PROXY" } else { "AWS_PROXY" }.into(),
        integration_method: Some(if is_url { "ANY" } else { "POST" }.into()),
        payload_format_version: Some(if is_url { "1.0" } else { "2.0" }.into()),
        integration_uri: Some(target.into()),
        credentials_arn,
        api_gateway_managed: true,
        ..Integration::default()
    };
    allow(&integration)?;
    Ok(integration)
}

impl Region {
    /// `CreateApi`; with a target also an integration, a route and a stage `$default` that deploys by itself, all managed (AWS-104).
    ///
    /// # Errors
    /// 400 without a name, for another protocol than HTTP, or for a target or route key that cannot be.
    pub fn create_http_api(&mut self, now: Millis, new: NewHttpApi) -> Answer<HttpApiSummary> {
        if new.name.is_empty() {
            return Err(bad_request("Name must not be empty"));
        }
        if new.protocol_type != "HTTP" {
            return Err(bad_request(format!("protocolType {} is not simulated", new.protocol_type)));
        }
        let mut api = HttpApi {
            name: new.name,
            description: new.description,
            version: new.version,
            cors_configuration: new.cors_configuration,
            disable_execute_api_endpoint: new.disable_execute_api_endpoint,
            tags: new.tags,
            created: creation(now),
            ..HttpApi::default()
        };
        if let Some(target) = &new.target {
            let key = new.route_key.unwrap_or_else(|| DEFAULT.into());
            allow_key(&key)?;
            let integration = quick(target, new.credentials_arn)?;
            let integration_id = ids::next(&mut self.ids, ids::ROUTE);
            let route = Route {
                route_id: ids::next(&mut self.ids, ids::ROUTE),
                target: Some(format!("integrations/{integration_id}")),
                api_gateway_managed: true,
                ..Route::default()
            };
            let stage = Stage {
                auto_deploy: true,
                auto_deploy_at: Some(now + self.settings.http_auto_deploy_ms),
                api_gateway_managed: true,
                created: creation(now),
                last_updated: now,
                ..Stage::default()
            };
            api.integrations.insert(integration_id, integration);
            api.routes.insert(key, route);
            api.stages.insert(DEFAULT.into(), stage);
        }
        let id = ids::next(&mut self.ids, ids::API);
        self.http_apis.insert(id.clone(), api);
        self.settle_http_apis(now);
        self.get_http_api(&id)
    }

    /// `GetApi`.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn get_http_api(&self, api_id: &str) -> Answer<HttpApiSummary> {
        let api = self.http_api(api_id)?.clone();
        Ok(HttpApiSummary { id: api_id.into(), api })
    }

    /// `GetApis`.
    ///
    /// # Errors
    /// 400 for a wrong page.
    pub fn get_http_apis(&self, page: &Page) -> Answer<Paged<HttpApiSummary>> {
        page.of(self
            .http_apis
            .iter()
            .map(|(id, api)| HttpApiSummary {
                id: id.clone(),
                api: api.clone(),
            })
            .collect())
    }

    /// `UpdateApi`. It makes stages deploy by themselves (recorded, AWS-105).
    ///
    /// # Errors
    /// 404 when there is none, 400 for a target that cannot be, or of an API that quick create did not make.
    pub fn update_http_api(&mut self, now: Millis, api_id: &str, change: HttpApiChange) -> Answer<HttpApiSummary> {
        let api = self.http_api_mut(api_id)?;
        if let Some(target) = &change.target {
            let managed = api.integrations.values_mut().find(|integration| integration.api_gateway_managed);
            let managed = managed.ok_or_else(|| bad_request("target can be updated only for an API that quick create made"))?;
            *managed = quick(target, managed.credentials_arn.clone())?;
        }
        if let Some(name) = change.name {
            api.name = name;
        }
        api.description = change.description.or(api.description.take());
        api.version = change.version.or(api.version.take());
        api.cors_configuration = change.cors_configuration.or(api.cors_configuration.take());
        api.disable_execute_api_endpoint = change.disable_execute_api_endpoint.unwrap_or(api.disable_execute_api_endpoint);
        self.http_api_changed(now, api_id);
        self.get_http_api(api_id)
    }

    /// `DeleteApi`, with all that is in it.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn delete_http_api(&mut self, api_id: &str) -> Answer<()> {
        self.http_api(api_id)?;
        self.http_apis.remove(api_id);
        Ok(())
    }

    pub(super) fn http_api(&self, api_id: &str) -> Answer<&HttpApi> {
        self.http_apis.get(api_id).ok_or_else(|| no_api(&self.account, api_id))
    }

    pub(super) fn http_api_mut(&mut self, api_id: &str) -> Answer<&mut HttpApi> {
        let missing = no_api(&self.account, api_id);
        self.http_apis.get_mut(api_id).ok_or(missing)
    }
}
