//! Methods of a resource, and the answers that they declare.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::gateway::Texts;
use crate::world::{Answer, Region};

use super::errors::{bad_request, conflict, constraint, no_method, no_response};
use super::model::{Method, MethodResponse};

const HTTP_METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];
/// The models that every API has; others are not simulated.
const MODELS: [&str; 2] = ["Empty", "Error"];

/// What `PutMethod` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMethod {
    /// `NONE`, `AWS_IAM`, `CUSTOM` or `COGNITO_USER_POOLS`.
    pub authorization_type: String,
    /// Authorizers are not simulated, so none is ever valid.
    pub authorizer_id: Option<String>,
    /// Whether callers must send an API key.
    pub api_key_required: bool,
    /// The operation name of SDKs.
    pub operation_name: Option<String>,
    /// Whether a request parameter is required, by name.
    pub request_parameters: BTreeMap<String, bool>,
    /// Model names by content type.
    pub request_models: Texts,
    /// Request validators are not simulated, so none is ever valid.
    pub request_validator_id: Option<String>,
}

fn allow_method(http_method: &str, new: &NewMethod) -> Answer<()> {
    if !HTTP_METHODS.contains(&http_method) {
        return Err(bad_request(format!(
            "Invalid HttpMethod specified. Valid options are {}",
            HTTP_METHODS.join(",")
        )));
    }
    if matches!(new.authorization_type.as_str(), "CUSTOM" | "COGNITO_USER_POOLS") {
        return Err(bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
        ));
    }
    if new.request_validator_id.is_some() {
        return Err(bad_request("Invalid Request Validator identifier specified"));
    }
    let names: Vec<&str> = new.request_parameters.keys().filter_map(|p| p.rsplit('.').next()).collect();
    if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
        return Err(bad_request("Parameter names must be unique across querystring, header and path"));
    }
    match new.request_models.values().find(|model| !MODELS.contains(&model.as_str())) {
        Some(model) => Err(bad_request(format!("Invalid model identifier specified: {model}"))),
        None => Ok(()),
    }
}

/// Refuses what is no HTTP status (recorded).
pub(super) fn allow_status_code(status_code: &str) -> Answer<()> {
    let digits = status_code.as_bytes();
    if digits.len() == 3 && (b'1'..=b'5').contains(&digits[0]) && digits[1..].iter().all(u8::is_ascii_digit) {
        return Ok(());
    }
    Err(constraint(status_code, "statusCode", r"regular expression pattern: [1-5]\d\d"))
}

impl Region {
    /// `PutMethod`.
    ///
    /// # Errors
    /// 404 for an unknown resource, 400 for what cannot be, 409 when the method is there.
    pub fn put_method(&mut self, api_id: &str, resource_id: &str, http_method: &str, new: NewMethod) -> Answer<Method> {
        let resource = self.rest_resource_mut(api_id, resource_id)?;
        allow_method(http_method, &new)?;
        if resource.methods.contains_key(http_method) {
            return Err(conflict("Method already exists for this resource"));
        }
        let method = Method {
            authorization_type: new.authorization_type,
            api_key_required: new.api_key_required,
            operation_name: new.operation_name,
            request_parameters: new.request_parameters,
            request_models: new.request_models,
            ..Method::default()
        };
        resource.methods.insert(http_method.into(), method.clone());
        Ok(method)
    }

    /// `GetMethod`, with its integration.
    ///
    /// # Errors
    /// 404 for an unknown resource or method.
    pub fn get_method(&self, api_id: &str, resource_id: &str, http_method: &str) -> Answer<Method> {
        let (_, resource) = self.rest_resource(api_id, resource_id)?;
        resource.methods.get(http_method).cloned().ok_or_else(no_method)
    }

    /// `DeleteMethod`, with its integration.
    ///
    /// # Errors
    /// 404 for an unknown resource or method.
    pub fn delete_method(&mut self, api_id: &str, resource_id: &str, http_method: &str) -> Answer<()> {
        let resource = self.rest_resource_mut(api_id, resource_id)?;
        resource.methods.remove(http_method).map(drop).ok_or_else(no_method)
    }

    /// `PutMethodResponse`.
    ///
    /// # Errors
    /// 404 for an unknown resource or method, 400 for what is no status, 409 when the status is there.
    pub fn put_method_response(
        &mut self,
        api_id: &str,
        resource_id: &str,
        http_method: &str,
        status_code: &str,
        new: MethodResponse,
    ) -> Answer<MethodResponse> {
        allow_status_code(status_code)?;
        let method = self.rest_method_mut(api_id, resource_id, http_method)?;
        if method.method_responses.contains_key(status_code) {
            return Err(conflict("Response already exists for this resource"));
        }
        method.method_responses.insert(status_code.into(), new.clone());
        Ok(new)
    }

    /// `GetMethodResponse`.
    ///
    /// # Errors
    /// 404 for an unknown resource, method or status, 400 for what is no status.
    pub fn get_method_response(&self, api_id: &str, resource_id: &str, http_method: &str, status_code: &str) -> Answer<MethodResponse> {
        allow_status_code(status_code)?;
        let method = self.get_method(api_id, resource_id, http_method)?;
        method.method_responses.get(status_code).cloned().ok_or_else(no_response)
    }

    /// `DeleteMethodResponse`.
    ///
    /// # Errors
    /// 404 for an unknown resource, method or status, 400 for what is no status.
    pub fn delete_method_response(&mut self, api_id: &str, resource_id: &str, http_method: &str, status_code: &str) -> Answer<()> {
        allow_status_code(status_code)?;
        let method = self.rest_method_mut(api_id, resource_id, http_method)?;
        method.method_responses.remove(status_code).map(drop).ok_or_else(no_response)
    }

    pub(super) fn rest_method_mut(&mut self, api_id: &str, resource_id: &str, http_method: &str) -> Answer<&mut Method> {
        let resource = self.rest_resource_mut(api_id, resource_id)?;
        resource.methods.get_mut(http_method).ok_or_else(no_method)
    }
}
