//! Integrations: what stands behind a method.

use std::collections::BTreeMap;

use crate::world::gateway::Texts;
use crate::world::{Answer, Region};

use super::errors::{bad_request, constraint, no_integration, no_response};
use super::methods::allow_status_code;
use super::model::{Integration, IntegrationResponse};
use super::uri::allow_uri;

const KINDS: [&str; 5] = ["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"];

/// What `PutIntegration` is asked for; what is absent gets AWS's default, whatever was there before (AWS-44).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewIntegration {
    /// `AWS_PROXY`, `AWS`, `HTTP`, `HTTP_PROXY` or `MOCK`.
    pub kind: String,
    /// The method used towards the backend; `integrationHttpMethod` or `httpMethod` on the wire.
    pub http_method: Option<String>,
    /// The backend.
    pub uri: Option<String>,
    /// `INTERNET` or `VPC_LINK`.
    pub connection_type: Option<String>,
    /// The VPC link.
    pub connection_id: Option<String>,
    /// The role used for the call (AWS-51).
    pub credentials: Option<String>,
    /// Mapping expressions by `integration.request.x`.
    pub request_parameters: Texts,
    /// Templates by content type.
    pub request_templates: BTreeMap<String, Option<String>>,
    /// `WHEN_NO_MATCH` unless set.
    pub passthrough_behavior: Option<String>,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    pub content_handling: Option<String>,
    /// Milliseconds, 29,000 unless set.
    pub timeout_in_millis: Option<u64>,
    /// The resource id unless set.
    pub cache_namespace: Option<String>,
    /// Request parameters that key the cache.
    pub cache_key_parameters: Vec<String>,
}

fn allow_integration(new: &NewIntegration) -> Answer<()> {
    if new.kind != "MOCK" {
        if new.http_method.as_deref().unwrap_or_default().is_empty() {
            return Err(bad_request("Enumeration value for HttpMethod must be non-empty"));
        }
        allow_uri(&new.kind, new.uri.as_deref().unwrap_or_default())?;
    }
    for expression in new.request_parameters.values() {
        if !expression.contains('.') && !expression.starts_with('\'') {
            let what = format!("Invalid mapping expression specified: {expression}");
            return Err(bad_request(format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{what}]"
            )));
        }
    }
    Ok(())
}

impl Region {
    /// `PutIntegration`: replaces the whole integration. Neither the function nor a permission is checked (AWS-43).
    ///
    /// # Errors
    /// 404 for an unknown resource or method, 400 for a type or URI that cannot be.
    pub fn put_integration(&mut self, api_id: &str, resource_id: &str, http_method: &str, new: NewIntegration) -> Answer<Integration> {
        if !KINDS.contains(&new.kind.as_str()) {
            return Err(constraint(
                &new.kind,
                "putIntegrationInput.type",
                "enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
            ));
        }
        let method = self.rest_method_mut(api_id, resource_id, http_method)?;
        allow_integration(&new)?;
        let defaults = Integration::default();
        let integration = Integration {
            kind: new.kind,
            http_method: new.http_method,
            uri: new.uri,
            connection_type: new.connection_type,
            connection_id: new.connection_id,
            credentials: new.credentials,
            request_parameters: new.request_parameters,
            request_templates: new.request_templates,
            passthrough_behavior: new.passthrough_behavior.unwrap_or(defaults.passthrough_behavior),
            content_handling: new.content_handling,
            timeout_in_millis: new.timeout_in_millis.unwrap_or(defaults.timeout_in_millis),
            cache_namespace: new.cache_namespace.unwrap_or_else(|| resource_id.to_owned()),
            cache_key_parameters: new.cache_key_parameters,
            ..Integration::default()
        };
        method.integration = Some(integration.clone());
        Ok(integration)
    }

    /// `GetIntegration`.
    ///
    /// # Errors
    /// 404 for an unknown resource or method, or a method without one.
    pub fn get_integration(&self, api_id: &str, resource_id: &str, http_method: &str) -> Answer<Integration> {
        self.get_method(api_id, resource_id, http_method)?
            .integration
            .ok_or_else(no_integration)
    }

    /// `DeleteIntegration`.
    ///
    /// # Errors
    /// 404 for an unknown resource or method, or a method without one.
    pub fn delete_integration(&mut self, api_id: &str, resource_id: &str, http_method: &str) -> Answer<()> {
        let method = self.rest_method_mut(api_id, resource_id, http_method)?;
        method.integration.take().map(drop).ok_or_else(no_integration)
    }

    /// `PutIntegrationResponse`; an existing one is replaced (recorded).
    ///
    /// # Errors
    /// 404 for an unknown resource, method or integration, 400 for what is no status or content type.
    pub fn put_integration_response(
        &mut self,
        api_id: &str,
        resource_id: &str,
        http_method: &str,
        status_code: &str,
        new: IntegrationResponse,
    ) -> Answer<IntegrationResponse> {
        allow_status_code(status_code)?;
        let integration = self.rest_integration_mut(api_id, resource_id, http_method)?;
        if let Some(wrong) = new.response_templates.keys().find(|content_type| !content_type.contains('/')) {
            return Err(bad_request(format!(
                "Validation Result: warnings : [], errors : [Invalid content type specified: {wrong}]"
            )));
        }
        integration.integration_responses.insert(status_code.into(), new.clone());
        Ok(new)
    }

    /// `GetIntegrationResponse`.
    ///
    /// # Errors
    /// 404 for an unknown resource, method, integration or status, 400 for what is no status.
    pub fn get_integration_response(
        &self,
        api_id: &str,
        resource_id: &str,
        http_method: &str,
        status_code: &str,
    ) -> Answer<IntegrationResponse> {
        allow_status_code(status_code)?;
        let integration = self.get_integration(api_id, resource_id, http_method)?;
        integration.integration_responses.get(status_code).cloned().ok_or_else(no_response)
    }

    /// `DeleteIntegrationResponse`. An unknown method reads like a missing integration (recorded).
    ///
    /// # Errors
    /// 404 for an unknown resource, integration or status, 400 for what is no status.
    pub fn delete_integration_response(&mut self, api_id: &str, resource_id: &str, http_method: &str, status_code: &str) -> Answer<()> {
        allow_status_code(status_code)?;
        let resource = self.rest_resource_mut(api_id, resource_id)?;
        let method = resource.methods.get_mut(http_method).ok_or_else(no_integration)?;
        let integration = method.integration.as_mut().ok_or_else(no_integration)?;
        integration
            .integration_responses
            .remove(status_code)
            .map(drop)
            .ok_or_else(no_response)
    }

    pub(super) fn rest_integration_mut(&mut self, api_id: &str, resource_id: &str, http_method: &str) -> Answer<&mut Integration> {
        self.rest_method_mut(api_id, resource_id, http_method)?
            .integration
            .as_mut()
            .ok_or_else(no_integration)
    }
}
