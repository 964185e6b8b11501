//! O5: at every write of status, `Ready=True` for a generation is said only while AWS is as that generation asks.

use std::collections::{BTreeMap, BTreeSet};

use awssim::world::Region;
use kube::ResourceExt;
use serde_json::Value;
use warmlambda::api::{WarmLambdaEndpoint, WarmLambdaEndpointSpec};
use warmlambda::plan::arn::Site;
use warmlambda::plan::desired::Desired;

use crate::harness::aws::{ACCOUNT, REGION};
use crate::oracle;
use crate::proxy::ledger::Call;

/// How long the operator may not know of a change that somebody else makes: equal reads within two seconds are made once, and a pass
/// takes a moment.
const KNOWN_AFTER: u64 = 3_000;

/// What status says while a step waits for what may still arrive.
const WAITING: [&str; 2] = ["may still reach AWS", "may still carry it out"];

/// What was asked for, what was claimed, and how AWS was then.
#[derive(Default)]
pub struct Claims {
    asked: Vec<Asked>,
    claims: Vec<Claim>,
    /// How AWS was when a write came in that was not answered yet, by the index of its call.
    coming: BTreeMap<usize, Region>,
    /// How AWS was before somebody else changed it, and when that was.
    before: Vec<(u64, Region)>,
}

struct Asked {
    uid: String,
    generation: i64,
    spec: WarmLambdaEndpointSpec,
}

struct Claim {
    call: String,
    process: String,
    /// Whether it says that something waits for what may still arrive at AWS.
    waits: bool,
    time: u64,
    uid: String,
    generation: i64,
    ready: bool,
    region: Region,
}

/// What is said of all claims.
#[derive(Default)]
pub struct Judgement {
    /// Writes of status.
    pub samples: usize,
    /// Those that said `Ready=True`.
    pub ready: usize,
    /// Those of them that were true before somebody else changed AWS a moment ago.
    pub overtaken: usize,
    /// Lies.
    pub violations: Vec<String>,
}

impl Claims {
    /// Notes what a generation asks for.
    pub fn asks(&mut self, endpoint: &WarmLambdaEndpoint) {
        self.asked.push(Asked {
            uid: endpoint.uid().unwrap_or_default(),
            generation: endpoint.metadata.generation.unwrap_or_default(),
            spec: endpoint.spec.clone(),
        });
    }

    /// Notes how AWS was before somebody else changed it.
    pub fn world_changes(&mut self, time: u64, region: Region) {
        self.before.push((time, region));
    }

    /// Notes how AWS is at the moment at which a write of status comes in.
    pub fn comes_in(&mut self, call: &Call, region: Region) {
        self.coming.insert(call.index, region);
    }

    /// Notes a write of status that the API server took: `object` is what it answered.
    pub fn claimed(&mut self, call: &Call, object: &Value) {
        let Some(region) = self.coming.remove(&call.index) else { return };
        let conditions = object["status"]["conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        self.claims.push(Claim {
            call: call.label(),
            process: call.process.clone(),
            waits: WAITING.iter().any(|words| object["status"].to_string().contains(words)),
            time: call.time,
            uid: object["metadata"]["uid"].as_str().unwrap_or_default().into(),
            generation: object["status"]["observedGeneration"].as_i64().unwrap_or_default(),
            ready: conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True"),
            region,
        });
    }

    /// Whether a process said that something waits for what may still arrive at AWS.
    pub fn waited(&self, process: &str) -> bool {
        self.claims.iter().any(|claim| claim.process == process && claim.waits)
    }

    /// Whether AWS is as the newest generation asks.
    pub fn newest_matches(&self, region: &Region) -> Result<(), String> {
        match self.asked.last() {
            Some(asked) => asked.matched_by(region),
            None => Err("nothing was asked for".into()),
        }
    }

    /// `metadata.uid` of every endpoint that was made.
    pub fn uids(&self) -> BTreeSet<String> {
        self.asked.iter().map(|asked| asked.uid.clone()).collect()
    }

    /// The specs of all generations.
    pub fn specs(&self) -> impl Iterator<Item = &WarmLambdaEndpointSpec> {
        self.asked.iter().map(|asked| &asked.spec)
    }

    /// Holds every claim against how AWS was.
    pub fn judge(&self) -> Judgement {
        let mut judgement = Judgement {
            samples: self.claims.len(),
            ..Judgement::default()
        };
        for claim in self.claims.iter().filter(|claim| claim.ready) {
            judgement.ready += 1;
            let Some(asked) = self.asked.iter().find(|a| a.uid == claim.uid && a.generation == claim.generation) else {
                let lie = format!("{} says Ready of generation {}, which nobody made", claim.call, claim.generation);
                judgement.violations.push(lie);
                continue;
            };
            let Err(wrong) = asked.matched_by(&claim.region) else { continue };
            let recent = |time: &u64| *time <= claim.time && claim.time - time <= KNOWN_AFTER;
            let mut before = self.before.iter().filter(|(time, _)| recent(time));
            if before.any(|(_, region)| asked.matched_by(region).is_ok()) {
                judgement.overtaken += 1;
            } else {
                let lie = format!("{} says Ready of generation {} although {wrong}", claim.call, claim.generation);
                judgement.violations.push(lie);
            }
        }
        judgement
    }
}

impl Asked {
    fn matched_by(&self, region: &Region) -> Result<(), String> {
        let site = Site {
            partition: "aws".into(),
            account: ACCOUNT.into(),
            region: REGION.into(),
        };
        let desired = Desired::resolve(&self.spec, &self.uid, self.generation, site).map_err(|invalid| invalid.to_string())?;
        oracle::matches(&desired, region)
    }
}
