//! One form for all regions that differ only in what nobody can tell apart: the text of revisions, the hour, the names of deployments.
//!
//! A revision guards a write by being equal or not. So each one is named after its place, and a write that holds one of before a change
//! gets a word in its stead that fits nowhere: [`Moved`] says which places changed.

use awssim::world::event_source::EventSourceMapping;
use awssim::world::http_api::{DeploymentStatus, HttpApi};
use awssim::world::rest_api::RestApi;
use awssim::world::{Function, LATEST, Millis, Region};

use crate::scene::{ALIAS, NEXT, START};

/// In a write: a revision of before a change.
pub const STALE: &str = "stale";

/// What is due by itself in one canonical region is due at this moment, whatever it is: AWS gives no order.
const LATER: Millis = START + 3_600_000;

/// Places whose revision changed, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Moved(pub u8);

/// The places that have a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An alias.
    Alias,
    /// The policy of an alias.
    Policy,
    /// `$LATEST`.
    Latest,
}

impl Moved {
    const fn bit(place: Place, alias: usize) -> u8 {
        match place {
            Place::Alias => 1 << alias,
            Place::Policy => 4 << alias,
            Place::Latest => 16,
        }
    }

    /// Whether the revision of a place of an alias changed.
    pub fn has(self, place: Place, alias: &str) -> bool {
        let alias = usize::from(alias != ALIAS);
        self.0 & Self::bit(place, alias) != 0
    }
}

fn revision(place: Place, alias: &str) -> String {
    match place {
        Place::Alias => format!("revision of alias {alias}"),
        Place::Policy => format!("revision of policy {alias}"),
        Place::Latest => "revision of $LATEST".into(),
    }
}

/// Brings a region into its form. Says which revisions changed since it had that form.
pub fn canonical(region: &mut Region) -> Moved {
    let mut moved = Moved::default();
    region.now = START;
    for function in region.functions.values_mut() {
        moved.0 |= of_function(function);
    }
    for api in region.rest_apis.values_mut() {
        of_rest_api(api);
    }
    for api in region.http_apis.values_mut() {
        of_http_api(api);
    }
    for mapping in region.event_source_mappings.values_mut() {
        of_mapping(mapping);
    }
    for target in region.scalable_targets.values_mut() {
        target.creation_time = START;
    }
    region.metrics = awssim::world::Metrics::default();
    region.deliveries = awssim::world::event_source::Deliveries::default();
    moved
}

fn of_function(function: &mut Function) -> u8 {
    let mut moved = 0;
    let mut name = |at: &mut String, place: Place, alias: &str| {
        let own = revision(place, alias);
        if *at != own {
            if [ALIAS, NEXT, LATEST].contains(&alias) {
                moved |= Moved::bit(place, usize::from(alias != ALIAS));
            }
            *at = own;
        }
    };
    name(&mut function.latest.revision_id, Place::Latest, LATEST);
    for (alias, found) in &mut function.aliases {
        name(&mut found.revision_id, Place::Alias, alias);
        if let Some(shown) = found.canary.as_mut().and_then(|c| c.shown_at.as_mut()) {
            *shown = LATER;
        }
    }
    for (alias, policy) in &mut function.policies {
        name(&mut policy.revision_id, Place::Policy, alias);
        policy.statements.sort_by(|a, b| a.sid.cmp(&b.sid));
        policy.raced = None;
    }
    function.latest.last_modified = START;
    for (number, version) in &mut function.versions {
        version.revision_id = format!("revision of version {number}");
        version.last_modified = START;
    }
    for capacity in function.provisioned_concurrency.values_mut() {
        (capacity.last_modified, capacity.since) = (START, START);
        capacity.busy_until.clear();
        if let Some(due) = &mut capacity.due {
            *due = LATER;
        }
    }
    function.environments.clear();
    function.routed = 0;
    moved
}

fn of_rest_api(api: &mut RestApi) {
    let mut kept = awssim::world::ById::new();
    for (name, stage) in &mut api.stages {
        (stage.created, stage.last_updated) = (START, START);
        stage.superseded.clear();
        if let Some(mut served) = api.deployments.get(&stage.deployment_id).cloned() {
            served.created = START;
            stage.deployment_id = format!("deployment of {name}");
            kept.insert(stage.deployment_id.clone(), served);
        }
    }
    api.deployments = kept;
}

fn of_http_api(api: &mut HttpApi) {
    let mut kept = awssim::world::ById::new();
    for (name, stage) in &mut api.stages {
        (stage.created, stage.last_updated) = (START, START);
        stage.superseded.clear();
        if let Some(text) = &mut stage.last_deployment_status_message
            && !text.contains("failed")
        {
            *text = "Successfully deployed".into();
        }
        if let Some(at) = &mut stage.auto_deploy_at {
            *at = LATER;
        }
        let id = stage.deployment_id.take();
        if let Some(mut served) = id.as_ref().and_then(|id| api.deployments.remove(id)) {
            served.created = START;
            let id = format!("deployment of {name}");
            stage.deployment_id = Some(id.clone());
            kept.insert(id, served);
        }
        let mut pending: Vec<_> = api
            .deployments
            .values()
            .filter(|d| d.status == DeploymentStatus::Pending)
            .cloned()
            .collect();
        pending.retain(|d| d.stage_name.as_ref() == Some(name));
        for (n, mut deployment) in pending.into_iter().enumerate() {
            deployment.created = START;
            deployment.done_at = Some(LATER);
            kept.insert(format!("pending deployment {n} of {name}"), deployment);
        }
    }
    api.deployments = kept;
}

fn of_mapping(mapping: &mut EventSourceMapping) {
    mapping.last_modified = START;
    mapping.polling = Default::default();
    mapping.checkpoints.clear();
    // Records are no part of the model.
    mapping.previous = None;
    (mapping.broken_since, mapping.result_due) = (None, None);
    if let Some(due) = &mut mapping.settles_at {
        *due = LATER;
    }
}

/// Lets one of the things happen that AWS finishes by itself: the `nth` in the order in which they stand in the region.
pub fn progress(region: &mut Region, nth: usize) -> bool {
    let soon = START + 1;
    let mut due: Vec<&mut Millis> = Vec::new();
    for function in region.functions.values_mut() {
        due.extend(function.aliases.values_mut().filter_map(|a| a.canary.as_mut()?.shown_at.as_mut()));
        due.extend(function.provisioned_concurrency.values_mut().filter_map(|c| c.due.as_mut()));
    }
    for api in region.http_apis.values_mut() {
        due.extend(api.deployments.values_mut().filter_map(|d| d.done_at.as_mut()));
        due.extend(api.stages.values_mut().filter_map(|s| s.auto_deploy_at.as_mut()));
    }
    due.extend(region.event_source_mappings.values_mut().filter_map(|m| m.settles_at.as_mut()));
    let Some(chosen) = due.into_iter().nth(nth) else { return false };
    *chosen = soon;
    region.settle(soon);
    true
}
