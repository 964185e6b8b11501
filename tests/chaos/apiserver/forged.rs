//! Endpoints whose status, labels, annotations and finalizers somebody forged, or that do not parse: AWS is asked for the same as without,
//! or for less. Beside them stand endpoints that nobody touches, which show what the same needs without a forgery.

use std::time::{Duration, Instant};

use awssim::world::AliasChange;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use warmlambda::api::WarmLambdaEndpoint;

use super::decoys;
use super::fleet::{Fleet, name};
use super::forgery::{Forgery, Place, forgery};
use super::pods::{Pods, Template};
use super::servers::{Servers, key_of};
use crate::harness::aws::{ALIAS, FUNCTION};
use crate::harness::endpoint::Told;

/// Places of the fleet. The first of each stimulus is never forged.
const PLACES: usize = 24;
/// Endpoints that are forged at a time.
pub const AT_ONCE: usize = PLACES - STIMULI.len();
/// How long a forgery is given to have an effect, and a forged endpoint to do what is due all the same.
const EFFECT: Duration = Duration::from_secs(2);
const DONE: Duration = Duration::from_secs(8);
/// How long endpoints that nobody touched may take for what is due (O10).
const UNTOUCHED: Duration = Duration::from_secs(45);

/// The same after a person put things right.
const REPAIRED: Duration = Duration::from_secs(40);

/// Lines of the operator's log about an endpoint that are told when it is not as asked for in the end.
const LINES: usize = 40;

/// What gives the operator something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stimulus {
    /// New code.
    Upload,
    /// Another number of environments.
    Number,
    /// Somebody moves the alias.
    Drift,
}

const STIMULI: [Stimulus; 3] = [Stimulus::Upload, Stimulus::Number, Stimulus::Drift];

/// What many forgeries came to.
#[derive(Default)]
pub struct Forged {
    /// How many there were.
    pub cases: u64,
    /// What is wrong.
    pub violations: Vec<String>,
    /// Forgeries under which what was due was done all the same.
    pub done: u64,
    /// Those that held the operator back from something, until a person put them right.
    pub held: u64,
    /// Things of others that were compared at the end.
    pub decoys: u64,
    /// The slowest endpoint that nobody touched.
    pub untouched: Duration,
}

/// So many rounds of forgeries, on one control plane with one operator.
pub async fn rounds(servers: &Servers, seed: u64, rounds: u64) -> Forged {
    let fleet = Fleet::new(servers.plane, "forged", PLACES).await;
    let flags = ["--watch-namespaces", &fleet.scenario.namespace];
    let template = Template {
        account: fleet.scenario.account.clone(),
        aws: fleet.scenario.aws.url(),
        flags: flags.map(str::to_owned).to_vec(),
    };
    let pods = Pods::start(template, 1);
    fleet
        .places()
        .for_each(|place| fleet.apply(place, &json!({"deletionPolicy": "Delete"})));
    fleet.until_all_ready().await;
    let mut forged = Forged::default();
    let planted = decoys::plant(&fleet).await;
    for round in 0..rounds {
        one(servers, &fleet, &pods, (seed, round), &mut forged).await;
    }
    let (count, changed) = planted.after_all_is_deleted(&fleet).await;
    forged.decoys = count;
    forged.violations.extend(changed);
    forged.violations.extend(pods.lines("panicked at"));
    if pods.ended() > 0 {
        forged.violations.push(format!("the operator ended {} times", pods.ended()));
    }
    forged
}

async fn one(servers: &Servers, fleet: &Fleet, pods: &Pods, (seed, round): (u64, u64), forged: &mut Forged) {
    let mark = fleet.scenario.aws.mark();
    let forgeries = forge(servers, fleet, seed, round).await;
    sleep(EFFECT).await;
    for (place, forgery, _) in &forgeries {
        let written = fleet.written(*place, mark);
        if !written.is_empty() {
            forged.violations.push(format!(
                "{}: nothing was due, and AWS was asked for {written:?}",
                told(forgery, seed)
            ));
        }
    }
    let mark = fleet.scenario.aws.mark();
    let began = Instant::now();
    fleet.places().for_each(|place| stimulate(fleet, place, round));
    for place in 0..STIMULI.len() {
        let done = timeout(UNTOUCHED, until_done(fleet, place, round)).await;
        if done.is_err() {
            forged.violations.push(format!(
                "round {round}: an endpoint that nobody touched is not done after {UNTOUCHED:?}"
            ));
        }
    }
    forged.untouched = forged.untouched.max(began.elapsed());
    let all = async { futures::future::join_all(forgeries.iter().map(|(place, ..)| until_done(fleet, *place, round))).await };
    let _some_are_held_back = timeout(DONE, all).await;
    for (place, forgery, _) in &forgeries {
        judge(fleet, *place, forgery, (mark, seed), forged).await;
    }
    repair(servers, fleet, &forgeries).await;
    fleet.places().for_each(|place| wish(fleet, place, round));
    let repaired = |place| timeout(REPAIRED, until_done(fleet, place, round));
    let repaired = futures::future::join_all(fleet.places().map(repaired)).await;
    for (place, _) in repaired.iter().enumerate().filter(|(_, repaired)| repaired.is_err()) {
        let forgery = forgeries.iter().find(|(forged, ..)| *forged == place);
        let what = forgery.map_or_else(|| "no forgery".into(), |(_, forgery, _)| told(forgery, seed));
        let found: Result<WarmLambdaEndpoint, _> = fleet.api().get(&name(place)).await;
        let lines = pods.lines(&format!("/{}.", name(place)));
        let (requests, last) = (fleet.told(place, mark), lines[lines.len().saturating_sub(LINES)..].join("\n"));
        forged.violations.push(format!(
            "{what}: still not as asked for after a person put it right: {found:?}\n{requests}\nlogged:\n{last}"
        ));
    }
}

/// Counts what a forgery came to since a mark, and accuses it of what nobody asked for.
async fn judge(fleet: &Fleet, place: usize, forgery: &Forgery, (mark, seed): (u64, u64), forged: &mut Forged) {
    let (written, due) = (fleet.written(place, mark), fleet.written(place % STIMULI.len(), mark));
    forged.cases += 1;
    let what = told(forgery, seed);
    if !due.starts_with(&written) {
        forged
            .violations
            .push(format!("{what}: AWS was asked for {written:?}, without it for {due:?}"));
    } else if forgery.leaves_no_status() && !(written == due && is_ready(fleet, place).await) {
        forged.violations.push(format!(
            "{what}: a status that cannot be read holds the operator back; {written:?} of {due:?}"
        ));
    } else if written == due {
        forged.done += 1;
    } else {
        forged.held += 1;
    }
}

fn told(forgery: &Forgery, seed: u64) -> String {
    let what: String = forgery.what.chars().take(300).collect();
    format!("{what} (again: cargo test --test chaos -- --class 'forged' --seed {seed})")
}

/// Writes a forgery into each place but the first; answers them with what was stored before.
async fn forge(servers: &Servers, fleet: &Fleet, seed: u64, round: u64) -> Vec<(usize, Forgery, Vec<u8>)> {
    let mut forgeries = Vec::new();
    for place in fleet.places().skip(STIMULI.len()) {
        let number = round * AT_ONCE as u64 + (place - STIMULI.len()) as u64;
        let key = key_of(&fleet.scenario.namespace, &name(place));
        let before = servers.stored(&key).expect("the endpoint is stored");
        let object: Value = serde_json::from_slice(&before).expect("endpoints are stored as JSON");
        let forgery = forgery(seed, number, &object["status"]);
        write(servers, fleet, place, &forgery, &key, object).await;
        forgeries.push((place, forgery, before));
    }
    forgeries
}

async fn write(servers: &Servers, fleet: &Fleet, place: usize, forgery: &Forgery, key: &str, mut object: Value) {
    let (api, name, params) = (fleet.api(), name(place), PatchParams::default());
    let member = if forgery.place == Place::Status { "status" } else { "metadata" };
    let patch = json!({ member: forgery.value });
    let merge = Patch::Merge(&patch);
    let accepted = match forgery.place {
        Place::Status => api.patch_status(&name, &params, &merge).await.is_ok(),
        Place::Metadata => api.patch(&name, &params, &merge).await.is_ok(),
        Place::Stored => false,
    };
    if !accepted {
        // What the schema refuses is written past it.
        let patch = if forgery.place == Place::Stored { &forgery.value } else { &patch };
        merge_into(&mut object, patch);
        servers.store(key, object.to_string().as_bytes());
    }
}

/// A JSON merge patch.
fn merge_into(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in members {
        if value.is_null() {
            target.as_object_mut().expect("it is an object now").remove(name);
        } else {
            merge_into(&mut target[name], value);
        }
    }
}

fn stimulus(place: usize) -> Stimulus {
    STIMULI[place % STIMULI.len()]
}

/// The code, the number or the version that is asked for in a round.
fn stimulate(fleet: &Fleet, place: usize, round: u64) {
    match stimulus(place) {
        Stimulus::Upload => {
            let code = code(round);
            let uploaded = fleet.region(place, |region| region.update_function_code(FUNCTION, code.as_str(), false, None));
            drop(uploaded.expect("the code can be updated"));
        }
        Stimulus::Number => wish(fleet, place, round),
        Stimulus::Drift => {
            let moved = fleet.region(place, |region| region.update_alias(FUNCTION, ALIAS, &AliasChange::version("39")));
            drop(moved.expect("the alias can be moved"));
        }
    }
}

fn code(round: u64) -> String {
    format!("reviews of round {round}")
}

fn number(round: u64) -> u32 {
    if round.is_multiple_of(2) { 4 } else { 3 }
}

/// Asks for the number of a round; an object that the API server does not take back as it stands stays as it is.
fn wish(fleet: &Fleet, place: usize, round: u64) {
    if stimulus(place) == Stimulus::Number {
        let patch = json!({"spec": {"provisionedConcurrency": number(round)}}).to_string();
        let name = name(place);
        fleet
            .scenario
            .kubectl
            .run(&["patch", "wle", &name, "--type=merge", "-p", &patch], "");
    }
}

/// Waits until AWS is as the round asks, and the endpoint says so.
async fn until_done(fleet: &Fleet, place: usize, round: u64) {
    loop {
        let alias = fleet.alias(place);
        let served = alias
            .as_ref()
            .filter(|alias| alias.canary.is_none())
            .map(|alias| alias.function_version.clone());
        let as_asked = match stimulus(place) {
            Stimulus::Upload => fleet.region(place, |region| {
                let version = served.as_ref().and_then(|version| version.parse().ok());
                let version = version.and_then(|version: u64| region.functions[FUNCTION].versions.get(&version));
                version.is_some_and(|version| serde_json::to_string(version).is_ok_and(|text| text.contains(&code(round))))
            }),
            Stimulus::Number => fleet.capacity(place).is_some_and(|capacity| capacity.requested == number(round)),
            Stimulus::Drift => served.as_deref().is_some_and(|version| version != "39"),
        };
        if as_asked && is_ready(fleet, place).await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Whether the operator says so; an object that does not parse says nothing.
async fn is_ready(fleet: &Fleet, place: usize) -> bool {
    let found: Result<WarmLambdaEndpoint, _> = fleet.api().get(&name(place)).await;
    found.is_ok_and(|found| found.is_ready())
}

/// A person puts things right: what was stored before, without status.
async fn repair(servers: &Servers, fleet: &Fleet, forgeries: &[(usize, Forgery, Vec<u8>)]) {
    for (place, forgery, before) in forgeries {
        let key = key_of(&fleet.scenario.namespace, &name(*place));
        if forgery.place == Place::Status {
            let none = Patch::Merge(json!({ "status": null }));
            let wiped = fleet.api().patch_status(&name(*place), &PatchParams::default(), &none).await;
            wiped.expect("status can be wiped");
        } else {
            servers.store(&key, before);
        }
    }
}
