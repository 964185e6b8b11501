//! The API server or its etcd is away for a while, and comes back as it was.

use std::time::{Duration, Instant};

use k8s_openapi::jiff::Timestamp;
use serde_json::json;
use tokio::time::sleep;
use warmlambda::api::WarmLambdaEndpoint;

use super::fleet::Fleet;
use super::pods::{Pods, Template};
use super::servers::Servers;
use crate::harness::endpoint::Told;
use crate::harness::waiting::{until, until_within};

/// Endpoints of the fleet.
const PLACES: usize = 5;

/// Longest time from when the API server serves again until the operator handles what was asked of it meanwhile, if it kept the lease.
const RECOVERED: Duration = Duration::from_secs(10);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The API server is killed and started anew.
    Api,
    /// etcd is killed and started anew; the API server stays.
    Etcd,
    /// Both are killed and started anew.
    Both,
    /// etcd forgets its history, and the API server is started anew: no watch can go on where it was.
    Compacted,
    /// etcd hangs for a second: requests are neither answered nor refused.
    Frozen,
    /// The API server is away for longer than a leader goes on without it.
    Long,
}

/// In the order in which they are tried.
pub const OUTAGES: [Outage; 6] = [
    Outage::Api,
    Outage::Etcd,
    Outage::Compacted,
    Outage::Frozen,
    Outage::Both,
    Outage::Long,
];

impl Outage {
    /// What happens, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Api => "the API server is killed",
            Self::Etcd => "etcd is killed",
            Self::Both => "both are killed",
            Self::Compacted => "etcd forgets its history, and the API server is killed",
            Self::Frozen => "etcd hangs for a second",
            Self::Long => "the API server is away for longer than a leader goes on without it",
        }
    }

    /// Has it happen. Ends when the API server serves again.
    async fn happen(self, servers: &Servers) {
        match self {
            Self::Api => servers.obey(&["kill api", "start api"]).await,
            Self::Etcd => servers.obey(&["kill etcd", "start etcd"]).await,
            Self::Both => servers.obey(&["kill api", "kill etcd", "start etcd", "start api"]).await,
            Self::Compacted => {
                servers.compact();
                servers.obey(&["kill api", "start api"]).await;
            }
            Self::Frozen => {
                servers.obey(&["freeze etcd"]).await;
                sleep(Duration::from_secs(1)).await;
                servers.obey(&["thaw etcd"]).await;
            }
            Self::Long => {
                servers.obey(&["kill api"]).await;
                // The tests' renew deadline is three seconds.
                sleep(Duration::from_secs(5)).await;
                servers.obey(&["start api"]).await;
            }
        }
        servers.until_served().await;
    }
}

/// What some outages came to.
#[derive(Default)]
pub struct Outages {
    /// How many there were.
    pub cases: usize,
    /// What is wrong.
    pub violations: Vec<String>,
    /// From when the API server served again until what had been asked meanwhile was handled; of outages in which the lease was kept.
    pub recovered: Vec<Duration>,
    /// The same where another process had to take the lease over, with the time that this takes.
    pub taken_over: Vec<Duration>,
}

impl Outages {
    /// Both together.
    pub fn join(mut self, other: Self) -> Self {
        self.cases += other.cases;
        self.violations.extend(other.violations);
        self.recovered.extend(other.recovered);
        self.taken_over.extend(other.taken_over);
        self
    }
}

/// So many outages of one control plane, one after the other, under a fleet with two replicas.
pub async fn outages(servers: &Servers, count: usize) -> Outages {
    let fleet = Fleet::new(servers.plane, "outages", PLACES).await;
    let flags = ["--watch-namespaces", &fleet.scenario.namespace];
    let template = Template {
        account: fleet.scenario.account.clone(),
        aws: fleet.scenario.aws.url(),
        flags: flags.map(str::to_owned).to_vec(),
    };
    let pods = Pods::start(template, 2);
    fleet.places().for_each(|place| fleet.apply(place, &json!({})));
    fleet.until_all_ready().await;
    let mut said = Outages::default();
    for n in 0..count {
        let outage = OUTAGES[n % OUTAGES.len()];
        one(servers, &fleet, &pods, (n, outage), &mut said).await;
        said.cases += 1;
    }
    said.violations.extend(pods.lines("panicked at"));
    said
}

/// One outage. Something is asked of one endpoint while it begins; the others are quiet.
async fn one(servers: &Servers, fleet: &Fleet, pods: &Pods, (n, outage): (usize, Outage), said: &mut Outages) {
    let began = Timestamp::now();
    let (mark, ended, number) = (fleet.scenario.aws.mark(), pods.ended(), 3 + u32::from(n % 2 == 0));
    fleet.apply(0, &json!({"provisionedConcurrency": number}));
    outage.happen(servers).await;
    let back = Instant::now();
    let stamp = format!("outage {n}");
    for place in fleet.places() {
        fleet.ask_for_a_look(place, &stamp).await;
    }
    let handled = |found: &WarmLambdaEndpoint| found.is_ready() && found.told().last_handled_reconcile_at.as_deref() == Some(&stamp);
    for place in fleet.places().skip(1) {
        fleet
            .until(place, &format!("{outage:?} {n}: a look after it"), |found| {
                found.is_some_and(handled)
            })
            .await;
    }
    let took = back.elapsed();
    if pods.ended() > ended {
        said.taken_over.push(took);
    } else {
        said.recovered.push(took);
        if took > RECOVERED {
            let logged = pods.since(began).join("\n");
            said.violations.push(format!(
                "{outage:?} {n}: after {took:?} not all endpoints had been looked at; logged:\n{logged}"
            ));
        }
    }
    until_within(
        Duration::from_secs(60),
        &format!("{outage:?} {n}: {number} environments"),
        async || {
            let requested = fleet.capacity(0).map(|capacity| capacity.requested);
            if requested == Some(number) {
                Ok(())
            } else {
                Err(format!("{requested:?}"))
            }
        },
    )
    .await;
    fleet
        .until(0, &format!("{outage:?} {n}: the change to be done"), |found| {
            found.is_some_and(handled)
        })
        .await;
    for place in fleet.places() {
        let written: Vec<_> = fleet.writes(place, mark).into_iter().map(|entry| entry.operation).collect();
        let due: &[&str] = if place == 0 { &["PutProvisionedConcurrencyConfig"] } else { &[] };
        if written != due {
            said.violations
                .push(format!("{outage:?} {n}: AWS was asked for {written:?}, {due:?} was due"));
        }
    }
    until("two replicas", async || if pods.running() == 2 { Ok(()) } else { Err("one") }).await;
}
