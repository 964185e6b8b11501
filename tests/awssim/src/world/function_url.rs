//! Function URLs: addresses that call a function, or an alias of it, without an API (AWS-114).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::publish::{Page, page};
use super::qualifier::{LATEST, conflict, constraint};
use super::{Answer, AwsError, Millis, Region};

/// A URL of a function or alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct FunctionUrl {
    /// `NONE` or `AWS_IAM`.
    pub auth_type: String,
    /// `BUFFERED` or `RESPONSE_STREAM`.
    pub invoke_mode: String,
    /// When it was made.
    pub created: Millis,
}

impl Default for FunctionUrl {
    fn default() -> Self {
        Self {
            auth_type: "AWS_IAM".into(),
            invoke_mode: "BUFFERED".into(),
            created: 0,
        }
    }
}

/// What the operations on function URLs answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionUrlConfig {
    /// The address.
    pub function_url: String,
    /// ARN of the function, with the alias as qualifier when the URL is the alias's.
    pub function_arn: String,
    /// Everything else.
    pub url: FunctionUrl,
}

impl Region {
    /// `CreateFunctionUrlConfig`: for the function itself or an alias, never for a version.
    pub fn create_function_url_config(
        &mut self,
        function: &str,
        qualifier: Option<&str>,
        auth_type: &str,
        invoke_mode: Option<&str>,
    ) -> Answer<FunctionUrlConfig> {
        if !["NONE", "AWS_IAM"].contains(&auth_type) {
            let rule = "Member must satisfy enum value set: [NONE, AWS_IAM]";
            return Err(constraint(auth_type, "authType", rule));
        }
        let key = self.url_key(function, qualifier)?;
        let url = FunctionUrl {
            auth_type: auth_type.into(),
            invoke_mode: invoke_mode.unwrap_or("BUFFERED").into(),
            created: self.now,
        };
        let arn = self.function_arn(function, qualifier);
        let missing = self.function_not_found(function, qualifier);
        let found = self.functions.get_mut(function).ok_or(missing)?;
        if found.urls.contains_key(&key) {
            return Err(conflict(format!(
                "Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists for this Lambda function"
            )));
        }
        found.urls.insert(key.clone(), url.clone());
        Ok(self.url_config(function, &key, &url))
    }

    /// `GetFunctionUrlConfig`: the same 404 for no URL, no alias and no function.
    pub fn get_function_url_config(&self, function: &str, qualifier: Option<&str>) -> Answer<FunctionUrlConfig> {
        let key = qualifier.unwrap_or(LATEST);
        let url = self.functions.get(function).and_then(|found| found.urls.get(key));
        Ok(self.url_config(function, key, url.ok_or_else(not_there)?))
    }

    /// `DeleteFunctionUrlConfig`.
    pub fn delete_function_url_config(&mut self, function: &str, qualifier: Option<&str>) -> Answer<()> {
        let found = self.functions.get_mut(function).ok_or_else(not_there)?;
        found.urls.remove(qualifier.unwrap_or(LATEST)).map(drop).ok_or_else(not_there)
    }

    /// `ListFunctionUrlConfigs`: those of the function and of all its aliases, 50 a page.
    pub fn list_function_url_configs(&self, function: &str, marker: Option<&str>, most: Option<usize>) -> Answer<Page<FunctionUrlConfig>> {
        let all = self.function(function)?.urls.iter();
        let all = all.map(|(key, url)| (key.clone(), self.url_config(function, key, url))).collect();
        Ok(page(all, marker, most))
    }

    fn url_key(&self, function: &str, qualifier: Option<&str>) -> Answer<String> {
        let found = self.function(function)?;
        match qualifier {
            None => Ok(LATEST.into()),
            Some(alias) if found.aliases.contains_key(alias) => Ok(alias.into()),
            Some(other) if other == LATEST || found.has(other) => {
                let rule = r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)";
                Err(constraint(other, "qualifier", rule))
            }
            Some(other) => Err(self.function_not_found(function, Some(other))),
        }
    }

    fn url_config(&self, function: &str, key: &str, url: &FunctionUrl) -> FunctionUrlConfig {
        let qualifier = (key != LATEST).then_some(key);
        let function_arn = self.function_arn(function, qualifier);
        let digest = Sha256::digest(&function_arn);
        let id: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        FunctionUrlConfig {
            function_url: format!("https://{id}.lambda-url.{}.on.aws/", self.region),
            function_arn,
            url: url.clone(),
        }
    }
}

fn not_there() -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.")
}
