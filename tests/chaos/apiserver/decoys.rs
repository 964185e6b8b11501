//! What looks like the operator's and is not: aliases, statements, capacity, integrations and mappings whose names or marks differ in a
//! letter, in case, or in the uid.

use std::collections::BTreeMap;

use awssim::world::{ProvisionedConcurrency, Region, Statement};
use kube::ResourceExt;
use serde_json::{Value, json};

use super::fleet::Fleet;
use crate::harness::aws::{ALIAS, API, FUNCTION, STAGE, UNQUALIFIED_URI};
use crate::harness::waiting::until;

/// Names that are nearly that of the alias.
const NAMES: [&str; 12] = [
    "Live",
    "LIVE",
    "live2",
    "live-2",
    "live_",
    "_live",
    "alive",
    "liv",
    "livee",
    "live-warmlambda",
    "warmlambda",
    "l1ve",
];

/// What stands in the regions of a fleet.
pub struct Decoys(Vec<BTreeMap<String, Value>>);

/// Puts them there.
pub async fn plant(fleet: &Fleet) -> Decoys {
    let mut all = Vec::new();
    for place in fleet.places() {
        let uid = fleet
            .endpoint(place)
            .await
            .and_then(|found| found.uid())
            .expect("the endpoint is there");
        all.push(fleet.region(place, |region| {
            put(region, &uid);
            look(region)
        }));
    }
    Decoys(all)
}

fn put(region: &mut Region, uid: &str) {
    let short = &uid[..8];
    let other = uid.chars().rev().collect::<String>();
    let marks = [
        format!("Made by warmlambda for WarmLambdaEndpoint {uid}"),
        format!("Made by warmlambda for WarmLambdaEndpoint {other}"),
        format!("made by warmlambda for WarmLambdaEndpoint {uid}"),
        format!("Made by warmlambda for WarmLambdaEndpoint {uid} "),
    ];
    let sids = [
        format!("warmlambda-{short}"),
        format!("warmlambda-{}-api", &other[..8].replace('-', "0")),
        format!("Warmlambda-{short}-api"),
        format!("warmlambda_{short}-api"),
    ];
    for (n, name) in NAMES.iter().enumerate() {
        // Of two aliases on one version only one may be warm (AWS-33).
        let version = n as u64 + 1;
        let function = region.functions.get_mut(FUNCTION).expect("the function");
        let published = function.versions[&39].clone();
        function.versions.insert(version, published);
        region
            .create_alias(FUNCTION, name, &version.to_string(), Default::default(), &marks[n % marks.len()])
            .expect("an alias");
        for sid in [&sids[n % sids.len()], &format!("warmlambda-{short}-decoy")] {
            let source = format!("arn:aws:execute-api:{}:111122223333:{API}/*/GET/decoy", region.region);
            let added = region.add_permission(FUNCTION, Some(name), Statement::for_api(sid, &source), None);
            drop(added.expect("a statement"));
        }
        let function = region.functions.get_mut(FUNCTION).expect("the function");
        let warm = ProvisionedConcurrency {
            requested: 1,
            ..ProvisionedConcurrency::default()
        };
        function.provisioned_concurrency.insert((*name).into(), warm);
    }
}

/// Each decoy by its name: all of the function but what the endpoint's alias has, and everything else of the region that is not its API.
fn look(region: &Region) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let function = &region.functions[FUNCTION];
    let mut note = |name: String, value: Value| drop(found.insert(name, value));
    for (name, alias) in function.aliases.iter().filter(|(name, _)| *name != ALIAS) {
        note(format!("alias {name}"), json!(alias));
    }
    for (qualifier, policy) in function.policies.iter().filter(|(name, _)| *name != ALIAS) {
        for statement in &policy.statements {
            note(format!("statement {} on {qualifier}", statement.sid), json!(statement));
        }
    }
    for (name, capacity) in function.provisioned_concurrency.iter().filter(|(name, _)| *name != ALIAS) {
        note(format!("capacity of {name}"), json!([capacity.requested, capacity.status]));
    }
    for (name, other) in region.functions.iter().filter(|(name, _)| *name != FUNCTION) {
        note(
            format!("function {name}"),
            json!([other.versions, other.aliases, other.policies, other.provisioned_concurrency]),
        );
    }
    for (id, api) in region.rest_apis.iter().filter(|(id, _)| *id != API) {
        note(format!("REST API {id}"), json!(api));
    }
    for (id, api) in &region.http_apis {
        note(format!("HTTP API {id}"), json!(api));
    }
    for (id, mapping) in &region.event_source_mappings {
        note(
            format!("mapping {id}"),
            json!([mapping.event_source_arn, mapping.function_arn, mapping.state]),
        );
    }
    found
}

impl Decoys {
    /// Deletes every endpoint with all that is its own, and compares. Answers how many decoys there are, and which changed.
    pub async fn after_all_is_deleted(&self, fleet: &Fleet) -> (u64, Vec<String>) {
        for place in fleet.places() {
            fleet.delete(place);
            fleet.call_the_function(place, UNQUALIFIED_URI, STAGE);
        }
        for place in fleet.places() {
            until("a forged endpoint to go", async || match fleet.endpoint(place).await {
                None => Ok(()),
                Some(found) => Err(format!("{found:?}")),
            })
            .await;
        }
        let mut wrong = Vec::new();
        for (place, before) in self.0.iter().enumerate() {
            let after = fleet.region(place, |region| look(region));
            let differs = |name: &&String| before.get(*name) != after.get(*name);
            let names = before.keys().chain(after.keys());
            wrong.extend(
                names
                    .filter(differs)
                    .map(|name| format!("place {place}: {name} was somebody else's and changed")),
            );
            let left = fleet.region(place, |region| {
                let function = &region.functions[FUNCTION];
                let statements = function.policies.get(ALIAS).map_or(0, |policy| policy.statements.len());
                (
                    function.aliases.contains_key(ALIAS),
                    function.provisioned_concurrency.contains_key(ALIAS),
                    statements,
                )
            });
            if left != (false, false, 0) {
                wrong.push(format!(
                    "place {place}: of the deleted endpoint alias, capacity and statements are left: {left:?}"
                ));
            }
        }
        (self.0.iter().map(|decoys| decoys.len() as u64).sum(), wrong)
    }
}
