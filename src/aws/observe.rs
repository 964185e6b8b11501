//! Reads the whole chain of one endpoint. Reads that do not need each other's answers are made together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::try_join_all;
use tokio::try_join;

use super::Look;
use super::autoscaling::resource_id;
use super::clients::Region;
use super::lambda::{Target, code_state, latest_code, published};
use crate::plan::desired::{Desired, DesiredVersion, MethodKey};
use crate::plan::failure::{Class, Effect, Failure};
use crate::plan::memory::Memory;
use crate::plan::observed::{
    Alias, AliasPolicy, Bypass, CodeState, Concurrency, DeployedCall, HttpApi, LatestCode, Observed, PublishedCode, RestApi, ScalingBounds,
};
use crate::plan::permission::apis_to_read_whole;

/// An API as endpoints share it: nothing in it is about what is deployed.
pub(super) type Api = Arc<RestApi>;
/// API, stage and deployment: what is deployed there never changes.
pub(super) type StageDeployment = (String, String, String);
/// What a deployment calls.
pub(super) type DeployedMethods = Arc<BTreeMap<MethodKey, DeployedCall>>;

/// The code of the function, as far as it is known.
#[derive(Default)]
struct Code {
    function: Option<LatestCode>,
    versions: Option<BTreeMap<u64, PublishedCode>>,
    states: BTreeMap<u64, CodeState>,
}

/// The alias and what hangs on it.
#[derive(Default)]
struct OnAlias {
    alias: Option<Alias>,
    capacity: Option<Concurrency>,
    policy: Option<AliasPolicy>,
}

impl Region {
    /// Observes. A quiet endpoint with one REST API costs six reads: function (or versions), alias, warm capacity, policy,
    /// resources and stages.
    pub async fn observe(self: &Arc<Self>, desired: &Desired, memory: &Memory, look: Look) -> Result<Observed, Failure> {
        let target = Target {
            function: &desired.function,
            alias: &desired.alias,
        };
        let every = look != Look::Chain;
        let (rest, http): (BTreeSet<_>, BTreeSet<_>) = (
            desired.rest_apis.iter().map(|t| t.api_id.clone()).collect(),
            desired.http_apis.iter().map(|t| t.api_id.clone()).collect(),
        );
        let (code, on_alias, scaling, mut rest_apis, mut http_apis, mappings) = try_join!(
            self.code(desired),
            self.on_alias(target),
            self.scaling(target),
            self.rest_apis(&rest, |api, stage| every
                || desired.rest_apis.iter().any(|t| t.api_id == api && t.stage == stage)),
            self.http_apis(desired, &http, |api, stage| every
                || desired.http_apis.iter().any(|t| t.api_id == api && t.stage == stage)),
            self.mappings_if_allowed(desired, look),
        )?;
        // Whoever still needs a statement that the spec does not ask for (any more) may be on any stage of its API.
        let whole = apis_to_read_whole(desired, on_alias.policy.as_ref());
        let (code, bypass, more_rest, more_http, either) = try_join!(
            self.versions_behind(code, desired, memory, on_alias.alias.as_ref()),
            self.bypass(&desired.function, look),
            self.rest_apis(&whole.rest, |_, _| true),
            self.http_apis(desired, &whole.http, |_, _| true),
            self.of_either_kind(desired, &whole.either),
        )?;
        let (mappings, denied) = mappings;
        let bypass = bypass.map(|bypass| Bypass {
            denied: bypass.denied.into_iter().chain(denied).collect(),
            ..bypass
        });
        rest_apis.extend(more_rest.into_iter().chain(either.0));
        http_apis.extend(more_http.into_iter().chain(either.1));
        Ok(Observed {
            function: code.function,
            versions: code.versions,
            version_states: code.states,
            alias: on_alias.alias,
            capacity: on_alias.capacity,
            policy: on_alias.policy,
            scaling,
            rest_apis,
            http_apis,
            mappings,
            bypass,
        })
    }

    /// What can be read of the code without knowing the alias.
    async fn code(&self, desired: &Desired) -> Result<Code, Failure> {
        match desired.version {
            DesiredVersion::PublishOnChange => {
                let latest = self.function(&desired.function, None).await?;
                Ok(Code {
                    function: latest.as_ref().map(latest_code),
                    ..Code::default()
                })
            }
            DesiredVersion::LatestPublished => {
                // The list has $LATEST in it, without its state, which nothing depends on here.
                let Some(list) = self.versions(&desired.function).await? else {
                    return Ok(Code::default());
                };
                let latest = list.iter().find(|c| c.version() == Some("$LATEST"));
                Ok(Code {
                    function: latest.map(latest_code),
                    versions: Some(published(&list)),
                    ..Code::default()
                })
            }
            DesiredVersion::Pinned(number) => self.pinned(&desired.function, number).await,
        }
    }

    /// Asks for the version alone. Only when it is missing the function is asked for too, to tell which of them is.
    async fn pinned(&self, function: &str, number: u64) -> Result<Code, Failure> {
        let version = self.function(function, Some(&number.to_string())).await?;
        let state = version.as_ref().map_or(CodeState::Missing, code_state);
        let seen = match version {
            Some(version) => Some(version),
            None => self.function(function, None).await?,
        };
        Ok(Code {
            states: if seen.is_some() {
                BTreeMap::from([(number, state)])
            } else {
                BTreeMap::new()
            },
            function: seen.as_ref().map(latest_code),
            versions: None,
        })
    }

    /// Adds the versions where they may answer a question, and the state of the one that the alias may go to next.
    async fn versions_behind(&self, mut code: Code, desired: &Desired, memory: &Memory, alias: Option<&Alias>) -> Result<Code, Failure> {
        let serving = alias.and_then(|alias| alias.version);
        if let (DesiredVersion::PublishOnChange, Some(latest)) = (desired.version, &code.function) {
            // Forged, this memory hides a change of the code from the plan, and nothing else.
            let nothing_new = memory
                .published
                .as_ref()
                .is_some_and(|p| p.fingerprint == latest.fingerprint && Some(p.version) == serving);
            if !nothing_new {
                code.versions = self.versions(&desired.function).await?.map(|list| published(&list));
            }
        }
        let highest = code.versions.as_ref().and_then(|versions| versions.keys().next_back().copied());
        if let Some(number) = highest.filter(|number| Some(*number) != serving) {
            let version = self.function(&desired.function, Some(&number.to_string())).await?;
            code.states.insert(number, version.as_ref().map_or(CodeState::Missing, code_state));
        }
        Ok(code)
    }

    /// The alias first, then what hangs on it.
    ///
    /// The order matters while an alias with warm capacity moves (AWS-29). From the move until the new version is warm the
    /// capacity is `IN_PROGRESS`, so an alias that was seen on the new version and *then* a `READY` mean warm. Read the
    /// other way round, a `READY` from before the move and the alias from right after it, when its weights are not there
    /// yet, would be taken for warm. The reverse error is harmless: weights that vanish between the two reads are seen
    /// together with `READY`, and the plan takes an alias with a leftover weight of 1.0 for one that still moves.
    async fn on_alias(&self, target: Target<'_>) -> Result<OnAlias, Failure> {
        let Some(alias) = self.alias(target).await? else {
            return Ok(OnAlias::default());
        };
        let (capacity, policy) = try_join!(self.capacity(target), self.policy(target))?;
        Ok(OnAlias {
            alias: Some(alias),
            capacity,
            policy,
        })
    }

    /// From one list of the whole region, shared by all endpoints. Without leave to read it nothing is observed at all: who
    /// does not know whether somebody scales the alias must not set its number.
    async fn scaling(self: &Arc<Self>, target: Target<'_>) -> Result<Option<ScalingBounds>, Failure> {
        let region = Arc::clone(self);
        let read = || async move { region.scalable_targets().await.map(Arc::new) }.boxed();
        Ok(self.targets.get((), read).await?.get(&resource_id(target)).copied())
    }

    /// APIs of which nobody knows the kind any more. Their ids do not tell it, and an id belongs to one API only.
    async fn of_either_kind(
        self: &Arc<Self>,
        desired: &Desired,
        ids: &BTreeSet<String>,
    ) -> Result<(BTreeMap<String, RestApi>, BTreeMap<String, HttpApi>), Failure> {
        let rest = self.rest_apis(ids, |_, _| true).await?;
        let others = rest
            .iter()
            .filter(|(_, api)| api.methods.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        let http = self.http_apis(desired, &others, |_, _| true).await?;
        Ok((rest, http))
    }

    async fn rest_apis(
        self: &Arc<Self>,
        ids: &BTreeSet<String>,
        with_deployed: impl Fn(&str, &str) -> bool,
    ) -> Result<BTreeMap<String, RestApi>, Failure> {
        let with_deployed = &with_deployed;
        let apis = ids
            .iter()
            .map(|id| async move { Ok((id.clone(), self.rest_api(id, |stage| with_deployed(id, stage)).await?)) });
        Ok(try_join_all(apis).await?.into_iter().collect())
    }

    async fn rest_api(self: &Arc<Self>, id: &str, with_deployed: impl Fn(&str) -> bool) -> Result<RestApi, Failure> {
        let mut api = self.shared_api(id).await?.as_ref().clone();
        let wanted = api
            .stages
            .iter_mut()
            .filter(|(name, stage)| with_deployed(name) && !stage.deployment_id.is_empty());
        let deployed = wanted.map(|(name, stage)| async {
            let calls = self.deployed(id, name, &stage.deployment_id).await?;
            stage.deployed = Some(calls.as_ref().clone());
            Ok(())
        });
        try_join_all(deployed).await?;
        Ok(api)
    }

    async fn shared_api(self: &Arc<Self>, id: &str) -> Result<Api, Failure> {
        let (region, id_of_read) = (Arc::clone(self), id.to_owned());
        let read = || {
            async move {
                let (methods, stages) = try_join!(region.methods(&id_of_read), region.stages(&id_of_read))?;
                // Gone between the two reads is gone.
                let api = methods.zip(stages).map(|(methods, stages)| RestApi {
                    methods: Some(methods),
                    stages,
                });
                Ok(Arc::new(api.unwrap_or_default()))
            }
            .boxed()
        };
        self.apis.get(id.to_owned(), read).await
    }

    /// What a deployment of a stage calls. The export names no deployment, so the stage is looked at again after it.
    async fn deployed(self: &Arc<Self>, api: &str, stage: &str, deployment: &str) -> Result<DeployedMethods, Failure> {
        let key: StageDeployment = (api.into(), stage.into(), deployment.into());
        let (region, wanted) = (Arc::clone(self), key.clone());
        let read = || {
            async move {
                let (api, stage, deployment) = wanted;
                let calls = region.export(&api, &stage).await?;
                let served = region.deployment_of(&api, &stage).await?;
                calls
                    .filter(|_| served.as_deref() == Some(&deployment))
                    .map(Arc::new)
                    .ok_or_else(|| moved_on("apigateway:GetExport", &api, &stage))
            }
            .boxed()
        };
        let result = self.exports.get(key, read).await;
        if result.is_err() {
            drop(self.apis.forget(api.to_owned()));
        }
        result
    }
}

/// A stage that was deployed between two reads of it.
pub(super) fn moved_on(operation: &'static str, api: &str, stage: &str) -> Failure {
    Failure {
        class: Class::Conflict,
        effect: Effect::NotApplied,
        operation,
        resource: format!("{api}/{stage}"),
        code: "StageMoved".into(),
        message: "the stage was deployed while it was read".into(),
        request_id: None,
    }
}
