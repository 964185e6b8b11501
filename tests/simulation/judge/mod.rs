//! Looks at every write, in AWS and in Kubernetes, and never asks the plan.

mod destruction;
mod foreign;
mod grants;
mod leftover;
mod traffic;
mod truth;

use std::collections::BTreeMap;
use std::time::Duration;

use awssim::sim::Sim;
use awssim::wire::Request as AwsRequest;
use awssim::world::Region;
use serde_json::Value;
use tokio::time::Instant;
use warmlambda::api::WarmLambdaEndpointSpec;
use warmlambda::plan::desired::Desired;

use crate::api_server::{ApiServer, Place, Request};
use crate::scene::{ACCOUNT, REGION, site};
use crate::{clock, oracle};

/// Which law was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// Status says what is true.
    Truth,
    /// What is not ours stays as it is.
    Foreign,
    /// Who was served is served.
    Traffic,
    /// Never two of what must be one.
    Twice,
    /// Nothing of ours is left when the object is gone.
    Leak,
    /// Nothing is taken away but what the object asks for as it stands.
    Destruction,
    /// Nobody may call but whom the object names.
    Permission,
    /// It comes to rest, and stays there.
    Recovery,
    /// Calls stay bounded.
    Amplification,
}

/// A broken law.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Which.
    pub law: Law,
    /// Virtual time since the beginning.
    pub at: Duration,
    /// What was seen.
    pub text: String,
}

/// What is known of the run.
#[derive(Debug, Default)]
pub struct Judge {
    /// Every spec that an endpoint had, by uid and generation.
    specs: BTreeMap<(String, i64), Desired>,
    /// The world before the operator did anything.
    origin: Option<Region>,
    /// The world as others left it last, without what is ours.
    masked: Region,
    served: traffic::Served,
    /// What is there twice because others made it so, or a network that delivered a creation twice.
    doubled: Option<String>,
    /// When AWS was last seen to be as a spec asks, just before others changed it or something arrived that nobody waited for.
    matched: BTreeMap<(String, i64), Instant>,
    /// How long reads may be behind, beyond what the operator shares by design.
    pub stale: Duration,
    /// With many endpoints: when which of them said what, and whether that was Ready.
    pub story: Vec<(Duration, String, bool, String)>,
    /// Whether an endpoint said that it waits because nobody knows what may still arrive.
    pub waited: bool,
    /// Permissions that were asked for.
    pub granted: u64,
    /// Status writes that were looked at.
    pub samples: u64,
    /// Of them, those that said Ready.
    pub ready: u64,
    /// Broken laws.
    pub violations: Vec<Violation>,
    /// Whether traffic and foreign things are looked at after each write, which costs time with many endpoints.
    pub thorough: bool,
}

impl Judge {
    /// Begins with the world as it is.
    pub fn new(sim: &Sim, api: &ApiServer) -> Self {
        let mut judge = Self {
            thorough: true,
            ..Self::default()
        };
        judge.learn(api);
        judge.begin_anew(sim);
        judge
    }

    /// Notes a broken law.
    pub fn accuse(&mut self, law: Law, text: String) {
        let at = clock::elapsed();
        self.violations.push(Violation { law, at, text });
    }

    /// Everything that endpoints ever asked for.
    fn ours(&self) -> impl Iterator<Item = &Desired> {
        self.specs.values()
    }

    /// Reads the specs as they stand.
    fn learn(&mut self, api: &ApiServer) {
        api.look(|objects| objects.of("warmlambdaendpoints").for_each(|object| self.learn_one(object)));
    }

    fn learn_one(&mut self, object: &Value) {
        let meta = &object["metadata"];
        let (Some(uid), Some(generation)) = (meta["uid"].as_str(), meta["generation"].as_i64()) else {
            return;
        };
        let key = (uid.to_owned(), generation);
        if self.specs.contains_key(&key) {
            return;
        }
        let spec = serde_json::from_value::<WarmLambdaEndpointSpec>(object["spec"].clone());
        if let Some(desired) = spec.ok().and_then(|spec| Desired::resolve(&spec, uid, generation, site()).ok()) {
            self.specs.insert(key, desired);
        }
    }

    fn begin_anew(&mut self, sim: &Sim) {
        if !self.thorough {
            return;
        }
        let ours: Vec<_> = self.ours().cloned().collect();
        sim.with_region(ACCOUNT, REGION, |region, _| {
            let now = foreign::reduced(region);
            let origin = self.origin.get_or_insert_with(|| now.clone());
            self.masked = foreign::masked(&ours, &now, origin);
            self.served = traffic::served(region);
        });
    }

    /// Somebody else is about to change AWS: what it is like until now may be what the operator has read.
    pub fn disturbing(&mut self, sim: &Sim) {
        let now = Instant::now();
        let matched = sim.with_region(ACCOUNT, REGION, |region, _| {
            let as_asked = self.specs.iter().filter(|(_, desired)| oracle::matches(desired, region).is_ok());
            as_asked.map(|(key, _)| (key.clone(), now)).collect::<Vec<_>>()
        });
        self.matched.extend(matched);
    }

    /// Somebody else did something.
    pub fn disturbed(&mut self, sim: &Sim, api: &ApiServer) {
        self.learn(api);
        self.begin_anew(sim);
        self.doubled = sim.with_region(ACCOUNT, REGION, |region, _| {
            let now = foreign::reduced(region);
            let ours: Vec<_> = self.ours().cloned().collect();
            leftover::two_of_one(&ours, &now, self.origin.as_ref().unwrap_or(&now))
        });
    }

    /// The operator sends a write to AWS.
    pub fn sent(&mut self, name: &str, request: &AwsRequest, api: &ApiServer) {
        let found = destruction::is_asked_for(name, request, api).err();
        if let Some(text) = found.or_else(|| destruction::is_of_others(name, request, self.origin.as_ref()?)) {
            self.accuse(Law::Destruction, text);
        }
        if name == "lambda:AddPermission" {
            self.granted += 1;
            if let Err(text) = grants::is_asked_for(request, api) {
                self.accuse(Law::Permission, text);
            }
        }
    }

    /// AWS carried a write of the operator out.
    pub fn wrote(&mut self, name: &str, sim: &Sim) {
        if !self.thorough {
            return;
        }
        let ours: Vec<_> = self.ours().cloned().collect();
        let (foreign, twice, served) = sim.with_region(ACCOUNT, REGION, |region, _| {
            let now = foreign::reduced(region);
            let origin = self.origin.as_ref().unwrap_or(&now);
            let foreign = foreign::difference(&self.masked, &foreign::masked(&ours, &now, origin));
            (foreign, leftover::two_of_one(&ours, &now, origin), traffic::served(region))
        });
        if let Some(text) = foreign {
            self.accuse(Law::Foreign, format!("{name} changed what is not ours: {text}"));
        }
        if let Some(text) = twice.filter(|text| self.doubled.as_ref() != Some(text)) {
            self.accuse(Law::Twice, format!("after {name}: {text}"));
        }
        if let Some(text) = traffic::lost(&self.served, &served) {
            self.accuse(Law::Traffic, format!("after {name}: {text}"));
        }
        self.served = served;
    }

    /// Kubernetes stored a write of the operator.
    pub fn stored(&mut self, request: &Request, object: &Value, sim: &Sim) {
        let place = Place::of(&request.path);
        let Some(place) = place.filter(|place| place.resource == "warmlambdaendpoints") else {
            return;
        };
        if place.subresource.as_deref() == Some("status") {
            self.learn_one(object);
            self.said(object, sim);
        }
    }

    /// A status was written.
    fn said(&mut self, object: &Value, sim: &Sim) {
        self.samples += 1;
        let said = truth::Said::of(object);
        self.ready += u64::from(said.ready);
        self.waited |= said.waits;
        if !self.thorough {
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            self.story.push((clock::elapsed(), name, said.ready, said.reason.clone()));
        }
        let key = (said.uid.clone(), said.generation);
        let Some(desired) = self.specs.get(&key).cloned() else {
            if said.ready {
                self.accuse(Law::Truth, format!("Ready for generation {}, which never was", said.generation));
            }
            return;
        };
        let lie = sim.with_region(ACCOUNT, REGION, |region, _| said.lie(&desired, &narrowed(&desired, region)));
        if let Some(text) = lie.filter(|_| !self.was_true(&key, &desired)) {
            self.accuse(Law::Truth, text);
        }
    }

    /// Whether AWS was as asked so lately that the operator may have read it: equal reads are shared for two seconds, the list of
    /// mappings for a minute, and a pass takes its time.
    fn was_true(&self, key: &(String, i64), desired: &Desired) -> bool {
        let shared = if desired.event_sources.is_empty() { 2 } else { 60 };
        let behind = Duration::from_secs(shared + 5) + self.stale;
        self.matched.get(key).is_some_and(|at| at.elapsed() <= behind)
    }

    /// Whether AWS is as the endpoint asks for as it stands.
    pub fn matches(&self, object: &Value, sim: &Sim) -> Result<(), String> {
        let meta = &object["metadata"];
        let key = (
            meta["uid"].as_str().unwrap_or_default().to_owned(),
            meta["generation"].as_i64().unwrap_or_default(),
        );
        let desired = self.specs.get(&key).ok_or("the endpoint cannot be understood")?;
        sim.with_region(ACCOUNT, REGION, |region, _| oracle::matches(desired, &narrowed(desired, region)))
    }

    /// What is left of an endpoint that is gone.
    pub fn left_behind(&self, api: &ApiServer, sim: &Sim) -> Option<String> {
        let uid = |object: &Value| object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let alive = api.look(|objects| objects.of("warmlambdaendpoints").map(uid).collect::<Vec<_>>());
        let gone = self.ours().filter(|desired| !alive.contains(&desired.uid));
        let gone: Vec<_> = gone.cloned().collect();
        sim.with_region(ACCOUNT, REGION, |region, _| {
            gone.iter().find_map(|desired| leftover::of(desired, region))
        })
    }

    /// Nobody was cut off between the last write and now.
    pub fn judge_traffic(&mut self, sim: &Sim) {
        let served = sim.with_region(ACCOUNT, REGION, |region, _| traffic::served(region));
        if let Some(text) = traffic::lost(&self.served, &served).filter(|_| self.thorough) {
            self.accuse(Law::Traffic, format!("in the end: {text}"));
        }
    }
}

/// What an endpoint is about, of a region that may hold a thousand others.
fn narrowed(desired: &Desired, region: &Region) -> Region {
    let triggers = !desired.rest_apis.is_empty() || !desired.http_apis.is_empty() || !desired.event_sources.is_empty();
    if triggers || region.functions.len() < 10 {
        return region.clone();
    }
    let function = region.functions.get_key_value(&desired.function);
    Region {
        account: region.account.clone(),
        region: region.region.clone(),
        now: region.now,
        settings: region.settings.clone(),
        functions: function
            .map(|(name, function)| (name.clone(), function.clone()))
            .into_iter()
            .collect(),
        ..Region::default()
    }
}
