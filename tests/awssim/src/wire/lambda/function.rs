//! Functions and versions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{Answer, AwsError, Code, ConfigurationChange, FunctionConfiguration, Region, Version};

use super::call::Call;
use super::shape::{Reply, configuration, listed, listing};

/// `Environment`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Environment {
    variables: BTreeMap<String, String>,
}

/// `SnapStart`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnapStart {
    apply_on: String,
}

/// Where code comes from; an object in S3 stands for its own name.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Package {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    image_uri: Option<String>,
}

impl Package {
    fn code(&self) -> Answer<Code> {
        if let Some(zip) = &self.zip_file {
            let bytes = STANDARD
                .decode(zip)
                .map_err(|error| AwsError::new(400, "SerializationException", error.to_string()))?;
            return Ok(Code::from(bytes.as_slice()));
        }
        if let Some(image) = &self.image_uri {
            return Ok(Code::Image(image.clone()));
        }
        match (&self.s3_bucket, &self.s3_key) {
            (Some(bucket), Some(key)) => Ok(Code::Text(format!("s3://{bucket}/{key}"))),
            _ => Err(AwsError::new(
                400,
                "InvalidParameterValueException",
                "Please provide a source for function code.",
            )),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    function_name: String,
    role: String,
    #[serde(default)]
    code: Package,
    #[serde(default)]
    publish: bool,
    #[serde(flatten)]
    settings: Change,
}

/// The members that creating and updating a configuration share.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Change {
    description: Option<String>,
    runtime: Option<String>,
    handler: Option<String>,
    memory_size: Option<u32>,
    timeout: Option<u32>,
    environment: Option<Environment>,
    snap_start: Option<SnapStart>,
    architectures: Option<Vec<String>>,
    revision_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct UpdateConfiguration {
    role: Option<String>,
    #[serde(flatten)]
    change: Change,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct UpdateCode {
    publish: bool,
    dry_run: bool,
    revision_id: Option<String>,
    #[serde(flatten)]
    package: Package,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Publish {
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

impl SnapStart {
    fn on(&self) -> bool {
        self.apply_on == "PublishedVersions"
    }
}

/// `CreateFunction`.
pub fn create(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Create = call.body()?;
    let change = given.settings;
    let defaults = Version::default();
    let content = Version {
        code: given.code.code()?,
        role: given.role,
        description: change.description.unwrap_or_default(),
        runtime: change.runtime,
        handler: change.handler,
        memory_size: change.memory_size.unwrap_or(defaults.memory_size),
        timeout: change.timeout.unwrap_or(defaults.timeout),
        environment: change.environment.map(|environment| environment.variables),
        architecture: change
            .architectures
            .and_then(|all| all.into_iter().next())
            .unwrap_or_else(|| defaults.architecture.clone()),
        snap_start: change.snap_start.is_some_and(|snap_start| snap_start.on()),
        ..defaults
    };
    let target = region.function_ref(&given.function_name, None)?;
    Ok(configuration(&region.create_function(&target.name, content, given.publish)?).into())
}

/// `ListFunctions`.
pub fn list(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(listing(
        "Functions",
        &region.list_functions(call.query("Marker").as_deref(), call.max_items()),
        listed,
    ))
}

/// `GetFunction`.
pub fn get(region: &mut Region, call: &Call) -> Answer<Reply> {
    let (answer, reserved) = region.get_function(&call.function, call.qualifier())?;
    let mut shape = json!({"Configuration": configuration(&answer), "Code": location(region, &answer)});
    if let Some(reserved) = reserved {
        shape["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    Ok(shape.into())
}

/// Where the code of a function can be had.
fn location(region: &Region, answer: &FunctionConfiguration) -> Value {
    if let Code::Image(uri) = &answer.detail.code {
        let repository = uri.rsplit_once(':').map_or(uri.as_str(), |(repository, _)| repository);
        let resolved = format!("{repository}@sha256:{}", answer.code_sha256);
        return json!({"RepositoryType": "ECR", "ImageUri": uri, "ResolvedImageUri": resolved});
    }
    let bucket = format!("https://awslambda-{}-tasks.s3.amazonaws.com", region.region);
    json!({"RepositoryType": "S3", "Location": format!("{bucket}/snapshots/{}/{}", region.account, answer.function_name)})
}

/// `GetFunctionConfiguration`.
pub fn get_configuration(region: &mut Region, call: &Call) -> Answer<Reply> {
    Ok(configuration(&region.get_function_configuration(&call.function, call.qualifier())?).into())
}

/// `DeleteFunction`.
pub fn delete(region: &mut Region, call: &Call) -> Answer<Reply> {
    region.delete_function(&call.function, call.qualifier())?;
    Ok(Reply::default())
}

/// `UpdateFunctionConfiguration`.
pub fn update_configuration(region: &mut Region, call: &Call) -> Answer<Reply> {
    let UpdateConfiguration { role, change: given } = call.body()?;
    let change = ConfigurationChange {
        description: given.description,
        runtime: given.runtime,
        handler: given.handler,
        role,
        memory_size: given.memory_size,
        timeout: given.timeout,
        environment: given.environment.map(|environment| environment.variables),
        snap_start: given.snap_start.map(|snap_start| snap_start.on()),
    };
    Ok(configuration(&region.update_function_configuration(&call.function, change, given.revision_id.as_deref())?).into())
}

/// `UpdateFunctionCode`.
pub fn update_code(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: UpdateCode = call.body()?;
    let code = given.package.code()?;
    if given.dry_run {
        return get_configuration(region, call);
    }
    let answer = region.update_function_code(&call.function, code, given.publish, given.revision_id.as_deref())?;
    Ok(configuration(&answer).into())
}

/// `PublishVersion`.
pub fn publish_version(region: &mut Region, call: &Call) -> Answer<Reply> {
    let given: Publish = call.body()?;
    let (sha, revision, description) = (
        given.code_sha256.as_deref(),
        given.revision_id.as_deref(),
        given.description.as_deref(),
    );
    let sha = sha.filter(|sha| !sha.is_empty());
    Ok(configuration(&region.publish_version(&call.function, sha, revision, description)?).into())
}

/// `ListVersionsByFunction`.
pub fn list_versions(region: &mut Region, call: &Call) -> Answer<Reply> {
    let page = region.list_versions_by_function(&call.function, call.query("Marker").as_deref(), call.max_items())?;
    Ok(listing("Versions", &page, listed))
}
