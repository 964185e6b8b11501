//! What AWS showed, as plain data. What is missing is `None`, never an error.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;

use super::desired::MethodKey;
use super::policy::Statement;

/// One observation of the whole chain of one endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// `$LATEST`, or with a pinned version that version, which saves a read; `None` when the function does not exist.
    pub function: Option<LatestCode>,
    /// Published versions by number, read to the last page; `None` when they were not asked for because the policy and the
    /// memory left no question that they would answer.
    pub versions: Option<BTreeMap<u64, PublishedCode>>,
    /// State of each version whose state was asked for: the target while the alias is not on it yet.
    pub version_states: BTreeMap<u64, CodeState>,
    /// The alias; `None` when it does not exist.
    pub alias: Option<Alias>,
    /// The provisioned concurrency configuration of the alias; `None` when there is none.
    pub capacity: Option<Concurrency>,
    /// The resource policy of the alias; `None` when there is none.
    pub policy: Option<AliasPolicy>,
    /// The Application Auto Scaling target of the alias; `None` when there is none.
    pub scaling: Option<ScalingBounds>,
    /// REST APIs by id: those of the triggers, and those that statements of ours on the alias name. An API that does not exist
    /// has an entry with `methods: None`.
    pub rest_apis: BTreeMap<String, RestApi>,
    /// HTTP APIs by id, as `rest_apis`. An API that does not exist has an entry with `routes: None`.
    pub http_apis: BTreeMap<String, HttpApi>,
    /// Event source mappings by UUID, read to the last page: those of our function, whatever the qualifier, and those that a
    /// trigger names. `None` when nothing asked for them.
    pub mappings: Option<BTreeMap<String, Mapping>>,
    /// Ways past the alias; `None` when nobody asked, because no traffic was seen to bypass it and nothing is to be deleted.
    pub bypass: Option<Bypass>,
}

/// `$LATEST` of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestCode {
    /// Base64 SHA-256 of the code, as AWS gives it.
    pub code_sha256: String,
    /// `$LATEST`'s revision: what PublishVersion is guarded with.
    pub revision_id: String,
    /// Hash of code and of every setting that makes a new version, description excepted. Source: AWS-2.
    pub fingerprint: String,
    /// Whether code or configuration is being changed right now. Source: AWS-5.
    pub state: CodeState,
    /// Whether SnapStart is on for published versions, which excludes warm capacity. Source: AWS-12.
    pub snap_start: bool,
    /// What the price of warm capacity depends on.
    pub size: EnvironmentSize,
    /// ARN of the execution role, with which Lambda reads event sources. Source: AWS-92.
    pub role: String,
}

/// A published version, as a list shows it: without its state. Source: AWS-9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedCode {
    /// Base64 SHA-256 of the code.
    pub code_sha256: String,
    /// As in [`LatestCode`].
    pub fingerprint: String,
    /// As in [`LatestCode`].
    pub size: EnvironmentSize,
}

/// What one execution environment takes. Source: AWS-115.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentSize {
    /// Memory in MB.
    pub memory_mb: u32,
    /// Whether it runs on arm64, else on `x86_64`.
    pub arm64: bool,
}

/// Whether a version (or `$LATEST`) can serve. Source: AWS-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// Serves; for `$LATEST`, no update is in progress.
    Active,
    /// Being made or changed; the text is AWS's reason, possibly empty.
    Pending(String),
    /// Cannot serve; the text is AWS's reason.
    Failed(String),
    /// Does not exist.
    Missing,
}

/// The alias.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// The number of the version it points to. `None` when it points to `$LATEST`.
    pub version: Option<u64>,
    /// Additional versions with their share, 0.0 to 1.0; empty in the normal state. Source: AWS-18.
    pub weights: BTreeMap<u64, f64>,
    /// The alias's own revision. Source: AWS-15.
    pub revision_id: String,
    /// Free text; the mark of who made it.
    pub description: String,
}

/// Provisioned concurrency of the alias, counted in execution environments.
///
/// `available == requested` does not mean warm: right after an alias move the numbers still describe the version that was
/// left, so warm is `Ready` *and* an alias without weights on the wanted version. Source: AWS-33.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Asked for.
    pub requested: u32,
    /// Allocated.
    pub allocated: u32,
    /// Ready for a request.
    pub available: u32,
    /// AWS's verdict.
    pub state: AllocationState,
    /// When the configuration was changed last; `None` when AWS does not say. Source: AWS-118.
    pub changed: Option<Timestamp>,
}

/// AWS's verdict on an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllocationState {
    /// `IN_PROGRESS`.
    InProgress,
    /// `READY`.
    Ready,
    /// `FAILED`, with AWS's reason, for instance `FUNCTION_ERROR_INIT_FAILURE`. Source: AWS-27.
    Failed(String),
}

/// The resource policy of the alias. Source: AWS-34, AWS-39.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AliasPolicy {
    /// The policy's own revision: the guard of AddPermission and RemovePermission.
    pub revision_id: String,
    /// Statements in their order.
    pub statements: Vec<Statement>,
    /// Size of the document in bytes. Source: AWS-41.
    pub size: usize,
}

/// Bounds that Application Auto Scaling keeps the number of warm environments in. Source: AWS-59.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingBounds {
    /// Least; 0 means that there may be no configuration at all.
    pub min: u32,
    /// Most.
    pub max: u32,
}

/// A REST API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestApi {
    /// Every method of the API; `None` when the API does not exist. Source: AWS-45.
    pub methods: Option<BTreeMap<MethodKey, Method>>,
    /// Every stage, by name.
    pub stages: BTreeMap<String, Stage>,
}

impl RestApi {
    /// Whether AWS shows the API, and this stage of it.
    pub fn shows(&self, stage: &str) -> bool {
        self.methods.is_some() && self.stages.contains_key(stage)
    }
}

/// A method as it stands in the API now, deployed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Id of its resource.
    pub resource_id: String,
    /// Its integration; `None` when it has none.
    pub integration: Option<Integration>,
}

/// What a method calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// `AWS_PROXY`, `AWS`, `HTTP`, `MOCK`, ...
    pub kind: String,
    /// Method with which the backend is called; POST for Lambda. Source: AWS-42.
    pub http_method: Option<String>,
    /// May hold stage variables. Source: AWS-48.
    pub uri: Option<String>,
    /// The role that API Gateway assumes for the call; with one no permission on the alias is needed. Source: AWS-51.
    pub credentials: Option<String>,
}

/// A stage of a REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Id of the deployment that it serves.
    pub deployment_id: String,
    /// Stage variables. Source: AWS-48.
    pub variables: BTreeMap<String, String>,
    /// Whether a canary is active on it: then a second deployment serves part of the requests. Source: AWS-49.
    pub canary: bool,
    /// What each method calls as it is deployed on the stage, stage variables not resolved; methods whose integration does not
    /// call a function with POST are left out. `None` for a stage that nobody asked about. Source: AWS-42, AWS-47.
    pub deployed: Option<BTreeMap<MethodKey, DeployedCall>>,
}

/// An HTTP API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpApi {
    /// Every route by its key; `None` when the API does not exist. Source: AWS-103.
    pub routes: Option<BTreeMap<String, Route>>,
    /// Every integration by its id, as it stands in the API now, deployed or not. Source: AWS-101.
    pub integrations: BTreeMap<String, HttpIntegration>,
    /// Every stage, by name. Source: AWS-105.
    pub stages: BTreeMap<String, HttpStage>,
}

impl HttpApi {
    /// Whether AWS shows the API, and this stage of it.
    pub fn shows(&self, stage: &str) -> bool {
        self.routes.is_some() && self.stages.contains_key(stage)
    }
}

/// A route of an HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its id.
    pub id: String,
    /// Id of the integration that it hands requests to; `None` when it has none. Source: AWS-103.
    pub integration_id: Option<String>,
}

/// An integration of an HTTP API; several routes may share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpIntegration {
    /// `AWS_PROXY`, `HTTP_PROXY`, ...
    pub kind: String,
    /// A function's ARN or an invocation URI, possibly with stage variables. Source: AWS-101, AWS-111.
    pub uri: Option<String>,
    /// The role that API Gateway assumes for the call; with one no permission on the alias is needed. Source: AWS-101.
    pub credentials: Option<String>,
    /// Shape of the event that the function gets, `1.0` or `2.0`. Source: AWS-101.
    pub payload_format: Option<String>,
    /// Free text; the mark of who made it.
    pub description: String,
}

/// A stage of an HTTP API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpStage {
    /// Id of the deployment that it serves; empty before the first.
    pub deployment_id: String,
    /// Whether it deploys changes by itself. Source: AWS-105.
    pub auto_deploy: bool,
    /// Stage variables. Source: AWS-111.
    pub variables: BTreeMap<String, String>,
    /// What AWS says about the last automatic deployment when it failed.
    pub deployment_failure: Option<String>,
    /// What each route that calls a function calls as it is deployed on the stage, stage variables not resolved. `None` for a
    /// stage that nobody asked about. Source: AWS-107.
    pub deployed: Option<BTreeMap<String, DeployedCall>>,
    /// State of the newest deployment that the operator made for the stage, unless it is done; `None` when there is no such one,
    /// or nobody asked because the stage serves what it should.
    pub pending: Option<PendingDeployment>,
}

/// What a method or route calls as it is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedCall {
    /// What the integration calls; may hold stage variables.
    pub uri: String,
    /// The role that API Gateway assumes for the call; with one no permission on the alias is needed.
    pub credentials: Option<String>,
}

/// A deployment that AWS has not put on its stage. Source: AWS-106.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingDeployment {
    /// AWS is at it.
    Pending,
    /// It failed.
    Failed {
        /// AWS's text.
        message: String,
        /// When it was made; `None` when AWS does not say.
        created: Option<Timestamp>,
    },
}

/// An event source mapping. Source: AWS-81.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// ARN of the source; `None` for self-managed Kafka.
    pub source_arn: Option<String>,
    /// Brokers of self-managed Kafka, sorted.
    pub bootstrap_servers: Vec<String>,
    /// Kafka topics.
    pub topics: Vec<String>,
    /// The function that gets the records, with its qualifier if it has one. Source: AWS-84.
    pub function_arn: String,
    /// Where it is in its life.
    pub state: MappingState,
    /// Why it is in this state; tells a person's doing from Lambda's. Source: AWS-81, AWS-94.
    pub state_reason: String,
    /// AWS's word on the last batch; empty where there is none. Source: AWS-93.
    pub last_result: String,
    /// Where records go that were given up.
    pub on_failure_arn: Option<String>,
    /// Whether it was made to start at new records only: such a one may miss records while it is updated. Source: AWS-89.
    pub starts_at_latest: bool,
}

/// State of a mapping. Source: AWS-81.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingState {
    /// `Enabled`.
    Enabled,
    /// `Disabled`.
    Disabled,
    /// One that AWS leaves by itself: `Creating`, `Enabling`, `Disabling`, `Updating`, `Deleting`; or one that is not known yet.
    Changing(String),
}

/// Ways to the function that do not lead through the alias, as far as AWS lets them be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bypass {
    /// Function URLs of the function, whatever the qualifier. Source: AWS-114.
    pub urls: Vec<FunctionUrl>,
    /// Statements of the policy of the function itself, without a qualifier. Source: AWS-116.
    pub statements: Vec<Statement>,
    /// Actions that AWS denied, so that some of what leads past the alias is not known.
    pub denied: Vec<String>,
}

/// A function URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionUrl {
    /// The alias; `None` for the function itself, which is `$LATEST`.
    pub qualifier: Option<String>,
    /// The URL.
    pub url: String,
}
