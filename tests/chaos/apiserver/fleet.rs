//! Several endpoints under one operator, each in a region of AWS of its own, so that none takes another's share of the quotas.

use std::collections::BTreeMap;

use awssim::sim::{Entry, Filter};
use awssim::world::rest_api::NewDeployment;
use awssim::world::{Alias, ProvisionedConcurrency, Region};
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use warmlambda::api::{RECONCILE_REQUESTED_AT, WarmLambdaEndpoint};

use crate::harness::aws::{ACCOUNT, ALIAS, API, FUNCTION, REGION};
use crate::harness::chart::{Release, Scope};
use crate::harness::control_plane::ControlPlane;
use crate::harness::endpoint::Told;
use crate::harness::scenario::Scenario;
use crate::harness::waiting::until;

/// Regions of AWS.
pub const REGIONS: [&str; 24] = [
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "ca-west-1",
    "sa-east-1",
    "ap-south-1",
    "ap-south-2",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
];

/// A scenario with one endpoint in each of some regions.
pub struct Fleet {
    /// Namespace, AWS and operators.
    pub scenario: Scenario,
    places: usize,
}

impl Fleet {
    /// The demo world in so many regions, and no operator and no endpoint yet.
    pub async fn new(plane: &'static ControlPlane, name: &str, places: usize) -> Self {
        let release = |namespace: &str| Release::of(Scope::Namespace, namespace, namespace);
        let scenario = Scenario::with_release(plane, name, release).await;
        let mut world = awssim::control::world_of(include_str!("../../../demo/world.yaml")).expect("demo/world.yaml is a world");
        let text = serde_json::to_string(&world.regions[0]).expect("a region is JSON");
        let region = |name: &&str| serde_json::from_str(&text.replace(REGION, name)).expect("a region");
        world.regions = REGIONS[..places].iter().map(region).collect();
        scenario.aws.sim().set_world(world);
        Self { scenario, places }
    }

    /// The numbers of all places.
    pub fn places(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.places
    }

    /// Applies the endpoint of a place, with members of its spec replaced.
    pub fn apply(&self, place: usize, overrides: &Value) {
        let mut spec = overrides.clone();
        spec["region"] = json!(REGIONS[place]);
        self.scenario.apply_named(&name(place), &spec);
    }

    /// The endpoint of a place, if it is there.
    pub async fn endpoint(&self, place: usize) -> Option<WarmLambdaEndpoint> {
        self.api().get_opt(&name(place)).await.expect("endpoints can be read")
    }

    /// Endpoints of this fleet, with all rights.
    pub fn api(&self) -> Api<WarmLambdaEndpoint> {
        Api::namespaced(self.scenario.client.clone(), &self.scenario.namespace)
    }

    /// Waits until an endpoint is Ready for its spec as it stands.
    pub async fn until_ready(&self, place: usize) -> WarmLambdaEndpoint {
        self.scenario
            .until_named(&name(place), &format!("{} to be Ready", name(place)), Told::is_ready)
            .await
    }

    /// Waits until the endpoint of a place, which may be missing, is as described.
    pub async fn until(&self, place: usize, what: &str, is: impl Fn(Option<&WarmLambdaEndpoint>) -> bool) {
        until(what, async || {
            let found = self.endpoint(place).await;
            if is(found.as_ref()) { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    }

    /// Deletes the endpoint of a place without waiting for it to go.
    pub fn delete(&self, place: usize) {
        self.scenario.kubectl.succeeds(&["delete", "wle", &name(place), "--wait=false"]);
    }

    /// Asks the operator to look at the endpoint of a place, if it is there.
    pub async fn ask_for_a_look(&self, place: usize, stamp: &str) {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {RECONCILE_REQUESTED_AT: stamp}}}));
        match self.api().patch(&name(place), &PatchParams::default(), &patch).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => panic!("{} cannot be annotated: {error}", name(place)),
        }
    }

    /// Everything that AWS has of the function and the API of a place.
    pub fn snapshot(&self, place: usize) -> Value {
        self.region(place, |region| {
            let function = &region.functions[FUNCTION];
            json!([
                function.versions,
                function.aliases,
                function.provisioned_concurrency,
                function.policies,
                region.rest_apis
            ])
        })
    }

    /// Waits until all are.
    pub async fn until_all_ready(&self) {
        for place in self.places() {
            self.until_ready(place).await;
        }
    }

    /// Does something in the region of a place; it leaves no entry in the ledger.
    pub fn region<T>(&self, place: usize, act: impl FnOnce(&mut Region) -> T) -> T {
        self.scenario
            .aws
            .sim()
            .with_region(ACCOUNT, REGIONS[place], |region, _| act(region))
    }

    /// Points the method of a place to a URI of the first region, as it is there, and deploys the stage.
    pub fn call_the_function(&self, place: usize, uri: &str, stage: &str) {
        let uri = uri.replace(REGION, REGIONS[place]);
        self.scenario.aws.sim().with_region(ACCOUNT, REGIONS[place], |region, now| {
            let api = region.rest_apis.get_mut(API).expect("the API");
            let method = api.resources.get_mut("/reviews").and_then(|found| found.methods.get_mut("GET"));
            method.and_then(|found| found.integration.as_mut()).expect("an integration").uri = Some(uri);
            let to_stage = NewDeployment {
                stage_name: Some(stage.into()),
                ..NewDeployment::default()
            };
            region.create_deployment(now, API, to_stage).expect("the stage can be deployed");
        });
    }

    /// The alias of a place.
    pub fn alias(&self, place: usize) -> Option<Alias> {
        self.region(place, |region| region.functions.get(FUNCTION)?.aliases.get(ALIAS).cloned())
    }

    /// The warm capacity of a place.
    pub fn capacity(&self, place: usize) -> Option<ProvisionedConcurrency> {
        self.region(place, |region| {
            region.functions.get(FUNCTION)?.provisioned_concurrency.get(ALIAS).cloned()
        })
    }

    /// What was asked of AWS for a place since a mark and was meant to change something, refused requests included.
    pub fn writes(&self, place: usize, mark: u64) -> Vec<Entry> {
        self.requests(place, mark, Some(true))
    }

    /// The same in words, without what differs between places and runs.
    pub fn written(&self, place: usize, mark: u64) -> Vec<String> {
        self.writes(place, mark).iter().map(|entry| words(entry, REGIONS[place])).collect()
    }

    /// The alias of a place and every request for it since a mark, for the message of a failure.
    pub fn told(&self, place: usize, mark: u64) -> String {
        let line = |entry: &Entry| {
            let answer = (entry.status, entry.code.as_deref().unwrap_or_default(), entry.answered);
            format!("{} {} {answer:?}", entry.wall_time, words(entry, REGIONS[place]))
        };
        let lines: Vec<_> = self.requests(place, mark, None).iter().map(line).collect();
        format!("{:?}\n{}", self.alias(place), lines.join("\n"))
    }

    fn requests(&self, place: usize, mark: u64, write: Option<bool>) -> Vec<Entry> {
        self.scenario.aws.sim().ledger(&Filter {
            since: Some(mark),
            write,
            region: Some(REGIONS[place].into()),
            ..Filter::default()
        })
    }
}

/// The name of the endpoint of a place.
pub fn name(place: usize) -> String {
    format!("e{place}")
}

fn words(entry: &Entry, region: &str) -> String {
    let differs = |name: &&String| !["statement", "deployment", "revisionId"].contains(&name.as_str());
    let parameters: BTreeMap<_, _> = entry.parameters.iter().filter(|(name, _)| differs(name)).collect();
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{} {}", entry.operation, parameters.join(" ")).replace(region, REGION)
}
