//! Integrations of HTTP APIs: the backends that routes share.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::world::gateway::{Texts, ids, uri};
use crate::world::{Answer, Millis, Region};

use super::errors::{bad_request, conflict, no_integration};
use super::model::Integration;
use super::page::{Page, Paged};

/// What `CreateIntegration` and `UpdateIntegration` are given. What is absent is the default, or stays (AWS-102).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IntegrationChange {
    /// `AWS_PROXY` or `HTTP_PROXY`; needed for a new one.
    pub integration_type: Option<String>,
    /// A function's ARN, the `apigateway` form with a path, or a URL.
    pub integration_uri: Option<String>,
    /// The method used towards the backend.
    pub integration_method: Option<String>,
    /// The service action of an integration that calls no function.
    pub integration_subtype: Option<String>,
    /// `1.0` or `2.0`; needed for a new one.
    pub payload_format_version: Option<String>,
    /// `INTERNET` or `VPC_LINK`.
    pub connection_type: Option<String>,
    /// The VPC link.
    pub connection_id: Option<String>,
    /// The role used for the call; empty takes it away.
    pub credentials_arn: Option<String>,
    /// Free text; empty takes it away.
    pub description: Option<String>,
    /// Milliseconds.
    pub timeout_in_millis: Option<u64>,
    /// Added to those there are; an empty text takes one away.
    pub request_parameters: Option<Texts>,
    /// The same for answers, by status code.
    pub response_parameters: Option<BTreeMap<String, Texts>>,
    /// As on the wire.
    pub tls_config: Option<Value>,
}

/// An integration with its id.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegrationSummary {
    /// Seven characters.
    pub id: String,
    /// All the rest.
    pub integration: Integration,
}

/// A text that was given; an empty one takes it away.
fn set(member: &mut Option<String>, given: Option<String>) {
    if let Some(text) = given {
        *member = Some(text).filter(|text| !text.is_empty());
    }
}

/// Adds texts to those there are; an empty one takes its own away (recorded).
pub(super) fn merge(texts: &mut Texts, given: Texts) {
    for (key, text) in given {
        if text.is_empty() {
            texts.remove(&key);
        } else {
            texts.insert(key, text);
        }
    }
}

impl IntegrationChange {
    fn apply(self, to: &mut Integration) {
        let kept = |given: Option<String>, old: &mut String| *old = given.unwrap_or_else(|| std::mem::take(old));
        kept(self.integration_type, &mut to.integration_type);
        kept(self.connection_type, &mut to.connection_type);
        set(&mut to.integration_uri, self.integration_uri);
        set(&mut to.integration_method, self.integration_method);
        set(&mut to.integration_subtype, self.integration_subtype);
        set(&mut to.payload_format_version, self.payload_format_version);
        set(&mut to.connection_id, self.connection_id);
        set(&mut to.credentials_arn, self.credentials_arn);
        set(&mut to.description, self.description);
        to.timeout_in_millis = self.timeout_in_millis.unwrap_or(to.timeout_in_millis);
        if let Some(given) = self.request_parameters {
            merge(to.request_parameters.get_or_insert_default(), given);
        }
        for (status, given) in self.response_parameters.into_iter().flatten() {
            let parameters = to.response_parameters.get_or_insert_default();
            merge(parameters.entry(status.clone()).or_default(), given);
            parameters.retain(|_, texts| !texts.is_empty());
        }
        to.tls_config = self.tls_config.or(to.tls_config.take());
    }
}

/// Refuses an integration that cannot be, in the words recorded where there are any (AWS-101).
pub(super) fn allow(integration: &Integration) -> Answer<()> {
    let kind = integration.integration_type.as_str();
    if !matches!(kind, "AWS_PROXY" | "HTTP_PROXY") {
        return Err(bad_request(
            "Currently, an API with a protocol type of HTTP may only be associated with proxy integrations (AWS_PROXY, HTTP_PROXY)",
        ));
    }
    let Some(version) = integration.payload_format_version.as_deref() else {
        return Err(bad_request("PayloadFormatVersion is a required parameter for integration"));
    };
    let is_function = kind == "AWS_PROXY" && integration.integration_subtype.is_none();
    if version != "1.0" && !(is_function && version == "2.0") {
        return Err(bad_request(format!(
            "PayloadFormatVersion {version} is not supported for integration of type {kind}"
        )));
    }
    if !(50..=30_000).contains(&integration.timeout_in_millis) {
        return Err(bad_request("Timeout should be between 50 and 30000 milliseconds"));
    }
    let uri = integration.integration_uri.as_deref().unwrap_or_default();
    let is_uri = match kind {
        "AWS_PROXY" => !is_function || means_function(uri),
        _ => integration.connection_type == "VPC_LINK" || uri.starts_with("http://") || uri.starts_with("https://"),
    };
    if is_uri {
        Ok(())
    } else {
        Err(bad_request("Invalid integration URI specified"))
    }
}

/// Both forms of a function's URI (AWS-101); stage variables stand for any text.
fn means_function(uri: &str) -> bool {
    let mut plain = String::new();
    let mut rest = uri;
    while let Some((before, (_, after))) = rest
        .split_once("${stageVariables.")
        .and_then(|(b, a)| Some((b, a.split_once('}')?)))
    {
        plain = plain + before + "x";
        rest = after;
    }
    plain.push_str(rest);
    uri::of_arn(&plain).or_else(|| uri::function(&plain)).is_some()
}

impl Region {
    /// `CreateIntegration`. It deploys nothing by itself (recorded).
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for what an HTTP API cannot have.
    pub fn create_http_integration(&mut self, api_id: &str, new: IntegrationChange) -> Answer<IntegrationSummary> {
        self.http_api(api_id)?;
        let is_function = new.integration_type.as_deref() == Some("AWS_PROXY") && new.integration_subtype.is_none();
        let mut integration = Integration {
            integration_type: String::new(),
            integration_method: is_function.then(|| "POST".into()),
            payload_format_version: None,
            ..Integration::default()
        };
        new.apply(&mut integration);
        allow(&integration)?;
        let id = ids::next(&mut self.ids, ids::ROUTE);
        self.http_api_mut(api_id)?.integrations.insert(id.clone(), integration.clone());
        Ok(IntegrationSummary { id, integration })
    }

    /// `GetIntegration`.
    ///
    /// # Errors
    /// 404 for an unknown API or integration.
    pub fn get_http_integration(&self, api_id: &str, id: &str) -> Answer<IntegrationSummary> {
        let integration = self.http_api(api_id)?.integrations.get(id).ok_or_else(no_integration)?.clone();
        Ok(IntegrationSummary {
            id: id.into(),
            integration,
        })
    }

    /// `GetIntegrations`.
    ///
    /// # Errors
    /// 404 for an unknown API, 400 for a wrong page.
    pub fn get_http_integrations(&self, api_id: &str, page: &Page) -> Answer<Paged<IntegrationSummary>> {
        let all = self.http_api(api_id)?.integrations.iter();
        page.of(all
            .map(|(id, integration)| IntegrationSummary {
                id: id.clone(),
                integration: integration.clone(),
            })
            .collect())
    }

    /// `UpdateIntegration`: only what is given changes (AWS-102). It makes stages deploy by themselves (recorded, AWS-105).
    ///
    /// # Errors
    /// 404 for an unknown API or integration, 400 for what an HTTP API cannot have; then nothing has changed.
    pub fn update_http_integration(
        &mut self,
        now: Millis,
        api_id: &str,
        id: &str,
        change: IntegrationChange,
    ) -> Answer<IntegrationSummary> {
        let mut integration = self.get_http_integration(api_id, id)?.integration;
        change.apply(&mut integration);
        allow(&integration)?;
        self.http_api_mut(api_id)?.integrations.insert(id.into(), integration.clone());
        self.http_api_changed(now, api_id);
        Ok(IntegrationSummary {
            id: id.into(),
            integration,
        })
    }

    /// `DeleteIntegration`. It deploys nothing by itself (recorded).
    ///
    /// # Errors
    /// 404 for an unknown API or integration, 400 for one that quick create made (AWS-104), 409 while a route goes to it (AWS-103).
    pub fn delete_http_integration(&mut self, api_id: &str, id: &str) -> Answer<()> {
        if self.get_http_integration(api_id, id)?.integration.api_gateway_managed {
            return Err(bad_request("Cannot delete Integration because it is managed by API Gateway"));
        }
        let api = self.http_api_mut(api_id)?;
        let routes = api.routes.values().filter(|route| route.integration_id() == Some(id));
        let routes: Vec<&str> = routes.map(|route| route.route_id.as_str()).collect();
        if !routes.is_empty() {
            let routes = routes.join(", ");
            return Err(conflict(format!(
                "Cannot delete Integration because it is referenced by the following Routes with Ids: [{routes}]"
            )));
        }
        api.integrations.remove(id);
        Ok(())
    }
}
