//! JSON bodies of requests, read member by member; wrong types are refused in the words of AWS's front end (recorded).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::world::rest_api::{CanarySettings, PatchOperation, Texts};
use crate::world::{Answer, AwsError};

/// The members of a request's body; none when it was empty.
pub(super) struct Body(Map<String, Value>);

fn not_text(value: &Value) -> AwsError {
    let class = match value {
        Value::Bool(_) => "java.lang.Boolean",
        Value::Number(_) => "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
        Value::Array(_) => "java.util.ArrayList",
        _ => "java.util.HashMap",
    };
    malformed(&format!("class {class} can not be converted to an String"))
}

fn malformed(text: &str) -> AwsError {
    AwsError::new(400, "SerializationException", text)
}

fn text_of(value: &Value) -> Answer<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(not_text(other)),
    }
}

impl Body {
    /// # Errors
    /// 400 when it is not a JSON object.
    pub(super) fn read(bytes: &[u8]) -> Answer<Self> {
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|_| malformed("Unable to parse the request body"))
    }

    fn map(&self, name: &str) -> Answer<Option<&Map<String, Value>>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(malformed(&format!("{name} must be a map"))),
        }
    }

    pub(super) fn text(&self, name: &str) -> Answer<Option<String>> {
        self.0.get(name).map_or(Ok(None), text_of)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    pub(super) fn list(&self, name: &str) -> Answer<Vec<String>> {
        let entries = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        entries.map(|entry| text_of(entry).map(Option::unwrap_or_default)).collect()
    }

    pub(super) fn texts(&self, name: &str) -> Answer<Texts> {
        Ok(self
            .templates(name)?
            .into_iter()
            .map(|(key, text)| (key, text.unwrap_or_default()))
            .collect())
    }

    /// Texts of which an empty one counts as null.
    pub(super) fn templates(&self, name: &str) -> Answer<BTreeMap<String, Option<String>>> {
        let entries = self.map(name)?.into_iter().flatten();
        entries
            .map(|(key, value)| Ok((key.clone(), text_of(value)?.filter(|text| !text.is_empty()))))
            .collect()
    }

    pub(super) fn given_texts(&self, name: &str) -> Answer<Option<Texts>> {
        self.map(name)?.map(|_| self.texts(name)).transpose()
    }

    pub(super) fn given_flags(&self, name: &str) -> Answer<Option<BTreeMap<String, bool>>> {
        let flags = |map: &Map<String, Value>| {
            map.iter()
                .map(|(key, value)| (key.clone(), value.as_bool().unwrap_or_default()))
                .collect()
        };
        Ok(self.map(name)?.map(flags))
    }

    pub(super) fn canary(&self) -> Answer<Option<CanarySettings>> {
        let Some(map) = self.map("canarySettings")? else { return Ok(None) };
        let canary = Self(map.clone());
        Ok(Some(CanarySettings {
            deployment_id: canary.text("deploymentId")?.unwrap_or_default(),
            percent_traffic: map.get("percentTraffic").and_then(Value::as_f64).unwrap_or_default(),
            stage_variable_overrides: canary.texts("stageVariableOverrides")?,
            use_stage_cache: canary.flag("useStageCache"),
        }))
    }

    pub(super) fn patch_operations(&self) -> Answer<Vec<PatchOperation>> {
        let operations = self.0.get("patchOperations").and_then(Value::as_array).into_iter().flatten();
        let read = |operation: &Value| {
            let members = Self(operation.as_object().cloned().unwrap_or_default());
            Ok(PatchOperation {
                op: members.text("op")?.unwrap_or_default(),
                path: members.text("path")?.unwrap_or_default(),
                value: members.text("value")?,
                from: members.text("from")?,
            })
        };
        operations.map(read).collect()
    }
}
