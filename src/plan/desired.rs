//! The spec, resolved: names and ARNs filled in, defaults applied, everything validated again.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::arn::{FunctionRef, Site};
use super::elder::Elder;
use super::trigger::Callers;
use crate::api::{
    DeletionPolicy, DeploymentPolicy, EventSourceCreate, ManagementPolicy, OnFailure, PermissionScope, RolloutSpec, VersionPolicy,
    VersionSpec, WarmLambdaEndpointSpec,
};

/// Most warm environments of an endpoint.
const MOST_CAPACITY: u32 = 10_000;

/// What AWS shall be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// `metadata.uid` of the object: the owner in statement ids and marks.
    pub uid: String,
    /// `metadata.generation` that this was resolved from.
    pub generation: i64,
    /// Account and region.
    pub site: Site,
    /// Bare name of the function.
    pub function: String,
    /// Name of the alias.
    pub alias: String,
    /// Which version the alias shall serve.
    pub version: DesiredVersion,
    /// Warm environments; `Some(0)` for none, `None` when somebody else owns the number.
    pub capacity: Option<u32>,
    /// Names of all triggers, in the order of the spec.
    pub triggers: Vec<String>,
    /// Stages of REST APIs that shall call the alias.
    pub rest_apis: Vec<DesiredRestApi>,
    /// Stages of HTTP APIs that shall call the alias.
    pub http_apis: Vec<DesiredHttpApi>,
    /// Sources whose mapping shall call the alias.
    pub event_sources: Vec<DesiredEventSource>,
    /// Older endpoints on other aliases of the function, which keep the callers that they ask for.
    pub elders: Vec<Elder>,
    /// Longest time that a new version may take to become warm.
    pub rollout_timeout: Duration,
    /// What to do with a version that does not become warm.
    pub on_failure: OnFailure,
    /// Whether AWS is written to.
    pub management: ManagementPolicy,
    /// What happens to AWS when the object goes.
    pub deletion: DeletionPolicy,
    /// Digest of what makes a rejected version worth another try: `spec.version`, `spec.rollout` and the last retry request.
    /// The warm capacity is not part of it: an autoscaler that changes the number must not bring a broken version back.
    pub attempt: String,
}

/// Which version the alias shall serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesiredVersion {
    /// What `$LATEST` is, published when it changed.
    PublishOnChange,
    /// The highest published number.
    LatestPublished,
    /// This number.
    Pinned(u64),
}

/// A stage of a REST API that shall call the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredRestApi {
    /// Name of the trigger.
    pub trigger: String,
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage.
    pub stage: String,
    /// The methods that shall call the alias; empty for all that name the function.
    pub methods: Vec<MethodKey>,
    /// Whether the stage is deployed.
    pub deployment: DeploymentPolicy,
    /// How far the permission reaches.
    pub scope: PermissionScope,
}

/// A stage of an HTTP API that shall call the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredHttpApi {
    /// Name of the trigger.
    pub trigger: String,
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage.
    pub stage: String,
    /// The keys of the routes that shall call the alias; empty for all that name the function.
    pub routes: Vec<String>,
    /// Whether the stage is deployed, if it does not do so itself.
    pub deployment: DeploymentPolicy,
    /// How far the permission reaches.
    pub scope: PermissionScope,
}

/// A source whose mapping shall call the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredEventSource {
    /// Name of the trigger.
    pub trigger: String,
    /// The source.
    pub source: Source,
    /// How to create the mapping; `None` when it is not to be created.
    pub create: Option<EventSourceCreate>,
}

/// What names a source of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A stream, queue or MSK cluster.
    Arn {
        /// Its ARN.
        arn: String,
        /// Kafka topic.
        topic: Option<String>,
    },
    /// The mapping itself.
    Uuid(String),
    /// A Kafka cluster that is not MSK.
    SelfManagedKafka {
        /// Its brokers, sorted.
        bootstrap_servers: Vec<String>,
        /// Topic.
        topic: Option<String>,
    },
}

/// As AWS's calls name it: `EventSourceArn=...`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = match self {
            Self::Arn { arn, topic } => {
                write!(f, "EventSourceArn={arn}")?;
                topic
            }
            Self::Uuid(uuid) => return write!(f, "UUID={uuid}"),
            Self::SelfManagedKafka { bootstrap_servers, topic } => {
                write!(f, "KAFKA_BOOTSTRAP_SERVERS={}", bootstrap_servers.join(","))?;
                topic
            }
        };
        topic.as_ref().map_or(Ok(()), |topic| write!(f, " Topics={topic}"))
    }
}

/// A method of an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MethodKey {
    /// Resource path, for instance `/reviews/{id}`.
    pub path: String,
    /// `GET`, `ANY`, ...
    pub http_method: String,
}

/// A spec that cannot be carried out; the text names field, value and remedy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} is {value:?}: {remedy}")]
pub struct InvalidSpec {
    /// Path of the field, for instance `spec.aliasName`.
    pub field: String,
    /// The value found there.
    pub value: String,
    /// What to write instead.
    pub remedy: &'static str,
}

impl Desired {
    /// Resolves a spec. The API server has checked the same rules; they are checked again because an object may be older
    /// than a rule.
    ///
    /// # Errors
    /// [`InvalidSpec`] for the first field that cannot be carried out.
    pub fn resolve(spec: &WarmLambdaEndpointSpec, uid: &str, generation: i64, site: Site) -> Result<Self, InvalidSpec> {
        let WarmLambdaEndpointSpec {
            region,
            function_name,
            alias_name,
            version,
            provisioned_concurrency,
            triggers,
            rollout,
            management_policy,
            deletion_policy,
            suspend: _,
        } = spec;
        names(region.as_deref(), function_name, alias_name)?;
        let version = version_of(version)?;
        let capacity = provisioned_concurrency.map(capacity_of).transpose()?;
        let timeout = u64::try_from(rollout.timeout_seconds).ok().filter(|s| (60..=7200).contains(s));
        let timeout = timeout.ok_or_else(|| timeout_error(rollout.timeout_seconds))?;
        let callers = Callers::resolve(triggers)?;
        Ok(Self {
            uid: uid.into(),
            generation,
            site,
            function: function_name.clone(),
            alias: alias_name.clone(),
            version,
            capacity,
            triggers: triggers.iter().map(|t| t.name.clone()).collect(),
            rest_apis: callers.rest_apis,
            http_apis: callers.http_apis,
            event_sources: callers.event_sources,
            elders: Vec::new(),
            rollout_timeout: Duration::from_secs(timeout),
            on_failure: rollout.on_failure,
            management: *management_policy,
            deletion: *deletion_policy,
            attempt: attempt(&spec.version, &spec.rollout, None),
        })
    }

    /// The same, for an object that carries a retry request (the value of its annotation).
    #[must_use]
    pub fn requested(mut self, spec: &WarmLambdaEndpointSpec, request: Option<&str>) -> Self {
        self.attempt = attempt(&spec.version, &spec.rollout, request);
        self
    }

    /// The same, beside older endpoints on other aliases of the function.
    #[must_use]
    pub fn beside(mut self, elders: Vec<Elder>) -> Self {
        self.elders = elders;
        self
    }

    /// ARN of the alias.
    pub fn alias_arn(&self) -> String {
        self.site.qualified_arn(&self.function, &self.alias)
    }

    /// ARN of the function without a qualifier.
    pub fn function_arn(&self) -> String {
        self.site.function_arn(&self.function)
    }

    /// The URI that integrations shall have.
    pub fn alias_uri(&self) -> String {
        self.site.invocation_uri(&self.alias_arn())
    }

    /// Whether a function is ours, whatever the qualifier.
    pub fn is_ours(&self, function: &FunctionRef) -> bool {
        function.site.account == self.site.account && function.site.region == self.site.region && function.function == self.function
    }

    /// Whether a function with its qualifier is our alias.
    pub fn is_our_alias(&self, function: &FunctionRef) -> bool {
        self.is_ours(function) && function.qualifier.as_deref() == Some(self.alias.as_str())
    }
}

fn attempt(version: &VersionSpec, rollout: &RolloutSpec, request: Option<&str>) -> String {
    let digest = Sha256::digest(format!("{version:?}{rollout:?}{request:?}"));
    digest.iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// Words of small letters after two letters, and a number: `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let small = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let parts: Vec<_> = text.split('-').collect();
    let [first, words @ .., number] = &parts[..] else { return false };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 32 && first.len() == 2 && small(first) && !words.is_empty() && words.iter().all(|word| small(word)) && digits
}

fn names(region: Option<&str>, function: &str, alias: &str) -> Result<(), InvalidSpec> {
    if let Some(region) = region.filter(|region| !is_region(region)) {
        return Err(invalid("spec.region", region, "use a region, for instance eu-west-1"));
    }
    name("spec.functionName", function, 64)?;
    name("spec.aliasName", alias, 128)?;
    if alias.bytes().all(|b| b.is_ascii_digit()) {
        let remedy = "use a name that is not all digits, for instance live";
        return Err(invalid("spec.aliasName", alias, remedy));
    }
    Ok(())
}

fn version_of(version: &VersionSpec) -> Result<DesiredVersion, InvalidSpec> {
    match (version.policy, version.pinned.as_deref()) {
        (VersionPolicy::PublishOnChange, None) => Ok(DesiredVersion::PublishOnChange),
        (VersionPolicy::LatestPublished, None) => Ok(DesiredVersion::LatestPublished),
        (VersionPolicy::Pinned, Some(text)) => pinned(text).map(DesiredVersion::Pinned),
        (_, pinned) => {
            let remedy = "set it exactly with policy Pinned";
            Err(invalid("spec.version.pinned", pinned.unwrap_or_default(), remedy))
        }
    }
}

fn capacity_of(number: i32) -> Result<u32, InvalidSpec> {
    let capacity = u32::try_from(number).ok().filter(|n| *n <= MOST_CAPACITY);
    capacity.ok_or_else(|| capacity_error(number))
}

fn name(field: &str, value: &str, longest: usize) -> Result<(), InvalidSpec> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if value.is_empty() || value.len() > longest || !value.bytes().all(allowed) {
        return Err(invalid(field, value, "use a bare name of letters, digits, - and _, no ARN"));
    }
    Ok(())
}

fn pinned(text: &str) -> Result<u64, InvalidSpec> {
    let plain = text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok().filter(|_| plain);
    number.ok_or_else(|| invalid("spec.version.pinned", text, "use a published version number, for instance \"42\""))
}

fn capacity_error(number: i32) -> InvalidSpec {
    invalid(
        "spec.provisionedConcurrency",
        &number.to_string(),
        "use 0 to 10000, or leave it out",
    )
}

fn timeout_error(seconds: i32) -> InvalidSpec {
    invalid("spec.rollout.timeoutSeconds", &seconds.to_string(), "use 60 to 7200")
}

pub(super) fn invalid(field: impl Into<String>, value: &str, remedy: &'static str) -> InvalidSpec {
    InvalidSpec {
        field: field.into(),
        value: value.into(),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::desired_by;
    use serde_json::{Value, json};

    fn spec(rest: Value) -> WarmLambdaEndpointSpec {
        let mut spec = json!({"functionName": "fir-api", "provisionedConcurrency": 3});
        spec.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    fn attempt_of(rest: Value, request: Option<&str>) -> String {
        let spec = spec(rest);
        desired_by(serde_json::to_value(&spec).unwrap()).requested(&spec, request).attempt
    }

    #[test]
    fn an_autoscaler_that_changes_the_number_starts_no_new_attempt() {
        assert_eq!(attempt_of(json!({}), None), attempt_of(json!({"provisionedConcurrency": 50}), None));
    }

    #[test]
    fn version_rollout_and_a_retry_request_each_start_a_new_attempt() {
        let before = attempt_of(json!({}), Some("10:00"));
        for (rest, request) in [
            (json!({"version": {"policy": "LatestPublished"}}), Some("10:00")),
            (json!({"rollout": {"timeoutSeconds": 1200}}), Some("10:00")),
            (json!({}), Some("11:00")),
            (json!({}), None),
        ] {
            assert_ne!(attempt_of(rest.clone(), request), before, "{rest} {request:?}");
        }
    }

    #[test]
    fn an_invalid_spec_names_field_value_and_remedy() {
        let site = desired_by(json!({"functionName": "fir-api"})).site;
        for (rest, field) in [
            (json!({"functionName": "fir-api:live"}), "spec.functionName"),
            (json!({"aliasName": "42"}), "spec.aliasName"),
            (json!({"version": {"policy": "Pinned"}}), "spec.version.pinned"),
            (json!({"version": {"policy": "Pinned", "pinned": "042"}}), "spec.version.pinned"),
            (json!({"provisionedConcurrency": -1}), "spec.provisionedConcurrency"),
            (json!({"rollout": {"timeoutSeconds": 0}}), "spec.rollout.timeoutSeconds"),
            (json!({"triggers": [{"name": "public"}]}), "spec.triggers[public]"),
            (json!({"functionName": "x".repeat(65)}), "spec.functionName"),
            (json!({"functionName": ""}), "spec.functionName"),
            (json!({"aliasName": "x".repeat(129)}), "spec.aliasName"),
            (json!({"provisionedConcurrency": 10_001}), "spec.provisionedConcurrency"),
            (json!({"rollout": {"timeoutSeconds": 59}}), "spec.rollout.timeoutSeconds"),
            (json!({"rollout": {"timeoutSeconds": 7201}}), "spec.rollout.timeoutSeconds"),
            (json!({"version": {"policy": "Pinned", "pinned": "0"}}), "spec.version.pinned"),
            (json!({"version": {"policy": "Pinned", "pinned": "+7"}}), "spec.version.pinned"),
            (
                json!({"version": {"policy": "Pinned", "pinned": "12345678901"}}),
                "spec.version.pinned",
            ),
            (
                json!({"version": {"policy": "LatestPublished", "pinned": "7"}}),
                "spec.version.pinned",
            ),
            (json!({"region": "eu-west"}), "spec.region"),
            (json!({"region": "eu-1"}), "spec.region"),
            (json!({"region": "e-west-1"}), "spec.region"),
            (json!({"region": "eu-West-1"}), "spec.region"),
            (json!({"region": "EU-west-1"}), "spec.region"),
            (json!({"region": "eu--1"}), "spec.region"),
            (json!({"region": "eu-west-"}), "spec.region"),
            (json!({"region": format!("eu-{}-1", "w".repeat(28))}), "spec.region"),
        ] {
            let invalid = Desired::resolve(&spec(rest), "uid", 1, site.clone()).unwrap_err();
            assert_eq!(invalid.field, field);
            assert!(!invalid.remedy.is_empty());
        }
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let site = desired_by(json!({"functionName": "fir-api"})).site;
        for rest in [
            json!({"functionName": "x".repeat(64), "aliasName": "_-".repeat(64)}),
            json!({"provisionedConcurrency": 10_000, "rollout": {"timeoutSeconds": 60}}),
            json!({"provisionedConcurrency": 0, "rollout": {"timeoutSeconds": 7200}}),
            json!({"region": "us-gov-west-1"}),
            json!({"region": format!("eu-{}-1", "w".repeat(27))}),
        ] {
            assert!(Desired::resolve(&spec(rest.clone()), "uid", 1, site.clone()).is_ok(), "{rest}");
        }
        let pinned = json!({"version": {"policy": "Pinned", "pinned": "1234567890"}});
        let desired = Desired::resolve(&spec(pinned), "uid", 1, site).unwrap();
        assert_eq!(desired.version, DesiredVersion::Pinned(1_234_567_890));
    }
}
