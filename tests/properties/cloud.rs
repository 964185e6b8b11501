//! AWS as the controller reads and writes it, on the typed calls of the simulated world: the contract of trait `Cloud`, as
//! `src/aws/observe.rs` and `src/aws/execute.rs` keep it.

mod http_api;
mod mapping;

use std::collections::BTreeMap;

use awssim::world::rest_api::{ExportRequest, NewDeployment, NewIntegration, Page, PatchOperation};
use awssim::world::{AliasChange, AwsError, ById, FunctionConfiguration, LastUpdateStatus, Millis, Region, State, Statement, Status};
use k8s_openapi::jiff::Timestamp;
use warmlambda::plan::arn::FunctionRef;
use warmlambda::plan::desired::{Desired, DesiredVersion, MethodKey};
use warmlambda::plan::memory::Memory;
use warmlambda::plan::observed::{
    Alias, AliasPolicy, AllocationState, Bypass, CodeState, Concurrency, DeployedCall, EnvironmentSize, FunctionUrl, Integration,
    LatestCode, Method, Observed, PublishedCode, RestApi, ScalingBounds, Stage,
};
use warmlambda::plan::permission::apis_to_read_whole;
use warmlambda::plan::policy::statements;
use warmlambda::plan::step::{Applied, Step};

use crate::scene::advance;

/// How far an observation goes, and how long AWS goes on between its reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Every stage of every API, as before something is taken away.
    pub every_caller: bool,
    /// Time between the read of the alias and that of its capacity.
    pub gap: Millis,
}

/// Reads the whole chain.
pub fn observe(region: &mut Region, desired: &Desired, memory: &Memory, look: Look) -> Observed {
    let mut observed = Observed {
        alias: alias(region, desired),
        ..Observed::default()
    };
    advance(region, look.gap);
    observed.capacity = capacity(region, desired);
    observed.policy = policy(region, desired);
    let id = format!("function:{}:{}", desired.function, desired.alias);
    observed.scaling = region.scalable_targets.get(&id).map(|target| ScalingBounds {
        min: target.min_capacity,
        max: target.max_capacity,
    });
    code(region, desired, memory, &mut observed);
    apis(region, desired, look, &mut observed);
    if look.every_caller || !desired.event_sources.is_empty() {
        observed.mappings = Some(mapping::observe(region, desired));
    }
    observed.bypass = look.every_caller.then(|| bypass(region, desired));
    observed
}

fn apis(region: &Region, desired: &Desired, look: Look, observed: &mut Observed) {
    for trigger in &desired.rest_apis {
        let in_spec = |stage: &str| desired.rest_apis.iter().any(|t| t.api_id == trigger.api_id && t.stage == stage);
        let seen = rest_api(region, &trigger.api_id, |stage| look.every_caller || in_spec(stage));
        observed.rest_apis.insert(trigger.api_id.clone(), seen);
    }
    for trigger in &desired.http_apis {
        let in_spec = |stage: &str| desired.http_apis.iter().any(|t| t.api_id == trigger.api_id && t.stage == stage);
        let seen = http_api::observe(region, desired, &trigger.api_id, |stage| look.every_caller || in_spec(stage));
        observed.http_apis.insert(trigger.api_id.clone(), seen);
    }
    let whole = apis_to_read_whole(desired, observed.policy.as_ref());
    for api in whole.rest.iter().chain(&whole.either) {
        observed.rest_apis.insert(api.clone(), rest_api(region, api, |_| true));
    }
    let not_rest = whole.either.iter().filter(|api| !region.rest_apis.contains_key(*api));
    for api in whole.http.iter().chain(not_rest) {
        observed
            .http_apis
            .insert(api.clone(), http_api::observe(region, desired, api, |_| true));
    }
}

fn bypass(region: &Region, desired: &Desired) -> Bypass {
    let page = region.list_function_url_configs(&desired.function, None, None);
    let urls = page
        .map(|page| page.items)
        .unwrap_or_default()
        .into_iter()
        .map(|config| FunctionUrl {
            qualifier: FunctionRef::parse(&config.function_arn).and_then(|function| function.qualifier),
            url: config.function_url,
        });
    Bypass {
        urls: urls.collect(),
        ..Bypass::default()
    }
}

fn code(region: &Region, desired: &Desired, memory: &Memory, observed: &mut Observed) {
    let function = &desired.function;
    let get = |qualifier: Option<&str>| region.get_function_configuration(function, qualifier).ok();
    let state = |number: u64| get(Some(&number.to_string())).map_or(CodeState::Missing, |c| code_state(&c));
    let serving = observed.alias.as_ref().and_then(|a| a.version);
    match desired.version {
        DesiredVersion::Pinned(number) => {
            let seen = get(Some(&number.to_string())).or_else(|| get(None));
            observed.function = seen.as_ref().map(latest_code);
            if seen.is_some() {
                observed.version_states.insert(number, state(number));
            }
            return;
        }
        DesiredVersion::LatestPublished => {
            // A list shows no state.
            let active = |code: LatestCode| LatestCode {
                state: CodeState::Active,
                ..code
            };
            observed.function = get(None).as_ref().map(latest_code).map(active);
            observed.versions = versions(region, function);
        }
        DesiredVersion::PublishOnChange => {
            observed.function = get(None).as_ref().map(latest_code);
            let Some(latest) = &observed.function else { return };
            let hint = memory.published.as_ref();
            if !hint.is_some_and(|p| p.fingerprint == latest.fingerprint && Some(p.version) == serving) {
                observed.versions = versions(region, function);
            }
        }
    }
    let highest = observed.versions.as_ref().and_then(|v| v.keys().next_back().copied());
    if let Some(number) = highest.filter(|n| Some(*n) != serving) {
        observed.version_states.insert(number, state(number));
    }
}

fn versions(region: &Region, function: &str) -> Option<BTreeMap<u64, PublishedCode>> {
    let mut all = BTreeMap::new();
    let mut marker = None;
    loop {
        let page = region.list_versions_by_function(function, marker.as_deref(), Some(3)).ok()?;
        let numbered = page.items.iter().filter_map(|c| Some((c.version.parse().ok()?, c)));
        all.extend(numbered.map(|(number, c)| {
            let code = latest_code(c);
            let published = PublishedCode {
                code_sha256: code.code_sha256,
                fingerprint: code.fingerprint,
                size: EnvironmentSize::default(),
            };
            (number, published)
        }));
        marker = page.next_marker;
        if marker.is_none() {
            return Some(all);
        }
    }
}

fn latest_code(configuration: &FunctionConfiguration) -> LatestCode {
    let d = &configuration.detail;
    LatestCode {
        code_sha256: configuration.code_sha256.clone(),
        revision_id: d.revision_id.clone(),
        fingerprint: format!(
            "{} {:?} {:?} {} {} {} {:?} {} {}",
            configuration.code_sha256, d.runtime, d.handler, d.role, d.memory_size, d.timeout, d.environment, d.architecture, d.snap_start
        ),
        state: code_state(configuration),
        snap_start: d.snap_start,
        size: EnvironmentSize::default(),
        role: d.role.clone(),
    }
}

fn code_state(configuration: &FunctionConfiguration) -> CodeState {
    let reason = configuration.detail.state_reason.clone().unwrap_or_default();
    match (configuration.last_update_status, configuration.detail.state) {
        (Some(LastUpdateStatus::InProgress), _) | (_, State::Pending) => CodeState::Pending(reason),
        (_, State::Active | State::Inactive) => CodeState::Active,
        (_, State::Failed) => CodeState::Failed(reason),
    }
}

fn alias(region: &Region, desired: &Desired) -> Option<Alias> {
    let seen = region.get_alias(&desired.function, &desired.alias).ok()?;
    let weights = seen.additional_version_weights.iter();
    Some(Alias {
        version: seen.function_version.parse().ok(),
        weights: weights.map(|(version, weight)| (version.parse().unwrap(), *weight)).collect(),
        revision_id: seen.revision_id,
        description: seen.description,
    })
}

fn capacity(region: &Region, desired: &Desired) -> Option<Concurrency> {
    let seen = region.get_provisioned_concurrency_config(&desired.function, &desired.alias).ok()?;
    Some(Concurrency {
        requested: seen.requested,
        allocated: seen.allocated,
        available: seen.available,
        state: match seen.status {
            Status::Ready => AllocationState::Ready,
            Status::InProgress => AllocationState::InProgress,
            Status::Failed => AllocationState::Failed(seen.status_reason.unwrap_or_default()),
        },
        changed: Timestamp::from_millisecond(i64::try_from(seen.last_modified).unwrap()).ok(),
    })
}

fn policy(region: &Region, desired: &Desired) -> Option<AliasPolicy> {
    let seen = region.get_policy(&desired.function, Some(&desired.alias)).ok()?;
    let document = seen.policy.to_string();
    Some(AliasPolicy {
        revision_id: seen.revision_id,
        statements: statements(&document).unwrap(),
        size: document.len(),
    })
}

fn rest_api(region: &Region, id: &str, with_deployed: impl Fn(&str) -> bool) -> RestApi {
    let all = Page {
        position: None,
        limit: Some(500),
    };
    let (Ok(resources), Ok(stages)) = (region.get_resources(id, &all), region.get_stages(id, None)) else {
        return RestApi::default();
    };
    let methods = resources.items.into_iter().flat_map(|resource| {
        let place = (resource.path, resource.id);
        resource.methods.into_iter().map(move |(http_method, method)| {
            let integration = method.integration.map(|i| Integration {
                kind: i.kind,
                http_method: i.http_method,
                uri: i.uri,
                credentials: i.credentials,
            });
            let key = MethodKey {
                path: place.0.clone(),
                http_method,
            };
            let seen = Method {
                resource_id: place.1.clone(),
                integration,
            };
            (key, seen)
        })
    });
    let stages = stages.into_iter().map(|summary| {
        let stage = Stage {
            deployment_id: summary.stage.deployment_id,
            variables: summary.stage.variables,
            canary: summary.stage.canary_settings.is_some(),
            deployed: with_deployed(&summary.name).then(|| deployed(region, id, &summary.name)),
        };
        (summary.name, stage)
    });
    RestApi {
        methods: Some(methods.collect()),
        stages: stages.collect(),
    }
}

/// Through the real export and the real reader of exports.
fn deployed(region: &Region, api: &str, stage: &str) -> BTreeMap<MethodKey, DeployedCall> {
    let request = ExportRequest {
        stage_name: stage.into(),
        export_type: "oas30".into(),
        extensions: Some("integrations".into()),
        yaml: false,
    };
    let export = region.get_export(api, &request).unwrap();
    warmlambda::aws::export::deployed_methods(export.body.as_bytes()).unwrap()
}

/// Makes one write.
///
/// # Errors
/// What AWS refuses; what was to go and is gone already is no error.
pub fn execute(region: &mut Region, desired: &Desired, step: &Step) -> Result<Applied, AwsError> {
    let (function, alias) = (desired.function.as_str(), desired.alias.as_str());
    match step {
        Step::PublishVersion {
            code_sha256, revision_id, ..
        } => {
            let published = region.publish_version(function, Some(code_sha256), Some(revision_id), None)?;
            return Ok(Applied {
                version: published.version.parse().ok(),
            });
        }
        Step::CreateAlias { version, description } => {
            region.create_alias(function, alias, &version.to_string(), ById::new(), description)?;
        }
        Step::UpdateAlias { version, revision_id, .. } => {
            let change = AliasChange::version(&version.to_string()).clearing_weights().guarded(revision_id);
            region.update_alias(function, alias, &change)?;
        }
        Step::PutCapacity { requested } => {
            region.put_provisioned_concurrency_config(function, alias, i64::from(*requested))?;
        }
        Step::DeleteCapacity => gone(region.delete_provisioned_concurrency_config(function, alias))?,
        Step::AddPermission {
            statement_id,
            source_arn,
            revision_id,
        } => {
            let statement = Statement::for_api(statement_id, source_arn);
            region.add_permission(function, Some(alias), statement, revision_id.as_deref())?;
        }
        Step::RemovePermission { statement_id, revision_id } => {
            gone(region.remove_permission(function, Some(alias), statement_id, Some(revision_id)))?;
        }
        Step::DeleteAlias => gone(region.delete_alias(function, alias))?,
        Step::UpdateIntegration { .. } | Step::PutIntegration { .. } | Step::SetStageVariable { .. } | Step::DeployStage { .. } => {
            on_api(region, step)?;
        }
        Step::UpdateHttpIntegration { .. }
        | Step::CreateHttpIntegration { .. }
        | Step::DeleteHttpIntegration { .. }
        | Step::UpdateRoute { .. }
        | Step::SetHttpStageVariables { .. }
        | Step::DeployHttpStage { .. } => http_api::execute(region, step)?,
        Step::UpdateMapping { .. } | Step::CreateMapping { .. } => mapping::execute(region, desired, step)?,
    }
    Ok(Applied::default())
}

fn on_api(region: &mut Region, step: &Step) -> Result<(), AwsError> {
    let now = region.now;
    match step {
        Step::UpdateIntegration {
            api_id,
            resource_id,
            method,
            uri,
        } => {
            let change = [PatchOperation::replace("/uri", uri)];
            region.update_integration(api_id, resource_id, &method.http_method, &change)?;
        }
        Step::PutIntegration {
            api_id,
            resource_id,
            method,
            uri,
        } => {
            let new = NewIntegration {
                kind: "AWS_PROXY".into(),
                http_method: Some("POST".into()),
                uri: Some(uri.clone()),
                ..NewIntegration::default()
            };
            region.put_integration(api_id, resource_id, &method.http_method, new)?;
        }
        Step::SetStageVariable {
            api_id,
            stage,
            name,
            value,
        } => {
            let change = [PatchOperation::replace(&format!("/variables/{name}"), value)];
            region.update_stage(now, api_id, stage, &change)?;
        }
        Step::DeployStage { api_id, stage } => {
            let new = NewDeployment {
                stage_name: Some(stage.clone()),
                ..NewDeployment::default()
            };
            region.create_deployment(now, api_id, new)?;
        }
        _ => {}
    }
    Ok(())
}

fn gone(result: Result<(), AwsError>) -> Result<(), AwsError> {
    match result {
        Err(error) if error.status == 404 => Ok(()),
        other => other,
    }
}
