//! Bodies of the control plane: JSON or YAML in, as the caller likes it out.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::wire::{Request, Response};

/// Reads a body: JSON when its content type says so, else YAML, of which JSON is a part.
///
/// # Errors
/// 400 that names field, line and column.
pub fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Response> {
    let is_json = request.header("content-type").is_some_and(|kind| kind.contains("json"));
    let text = std::str::from_utf8(&request.body).map_err(|error| refuse(400, &error.to_string()))?;
    let value = if is_json {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        from_yaml(text)
    };
    value.map_err(|error| refuse(400, &error))
}

/// Reads YAML (or JSON); the error names field, line and column.
pub fn from_yaml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string().trim_start_matches("error: ").to_owned())
}

/// An answer in YAML when the caller accepts it, else in JSON.
pub fn write(request: &Request, value: &impl Serialize) -> Response {
    let wants_yaml = request.header("accept").is_some_and(|accept| accept.contains("yaml"));
    if !wants_yaml {
        return answer_json(value);
    }
    match serde_saphyr::to_string(value) {
        Ok(text) => Response::bytes(200, "application/yaml", text.into_bytes()),
        Err(error) => refuse(500, &error.to_string()),
    }
}

/// 200 with JSON that people can read.
pub fn answer_json(value: &impl Serialize) -> Response {
    match serde_json::to_vec_pretty(value) {
        Ok(mut text) => {
            text.push(b'\n');
            Response::bytes(200, "application/json", text)
        }
        Err(error) => refuse(500, &error.to_string()),
    }
}

/// An error of the control plane.
pub fn refuse(status: u16, error: &str) -> Response {
    Response::json(status, &json!({ "error": error }))
}
