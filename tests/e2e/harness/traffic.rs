//! Users of the API: a steady stream of requests through the stage, each answer kept.

use std::collections::BTreeSet;
use std::time::Duration;

use awssim::sim::Sim;
use awssim::world::rest_api::Served;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::aws::{ACCOUNT, API, REGION, STAGE};

/// Where users send their requests.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Id of the API.
    pub api: &'static str,
    /// The stage.
    pub stage: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Path below the stage.
    pub path: &'static str,
}

/// The method of the demo world.
pub const REVIEWS: Place = Place {
    api: API,
    stage: STAGE,
    method: "GET",
    path: "/reviews",
};

/// One request through the stage, at the present moment.
pub fn request(sim: &Sim) -> Served {
    request_at(sim, REVIEWS)
}

/// The same elsewhere.
pub fn request_at(sim: &Sim, at: Place) -> Served {
    sim.with_region(ACCOUNT, REGION, |region, now| {
        region.call_stage(now, at.api, at.stage, at.method, at.path)
    })
}

/// Requests that go on until they are stopped.
pub struct Traffic {
    stop: oneshot::Sender<()>,
    running: JoinHandle<Vec<Served>>,
}

/// What users got.
pub struct Answers(Vec<Served>);

impl Traffic {
    /// Starts to send this many requests in a real second.
    pub fn start(sim: &Sim, per_second: u32) -> Self {
        Self::start_at(sim, REVIEWS, per_second)
    }

    /// The same elsewhere.
    pub fn start_at(sim: &Sim, place: Place, per_second: u32) -> Self {
        let sim = sim.clone();
        let (stop, mut stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let mut answers = Vec::new();
            let mut ticks = interval(Duration::from_secs(1) / per_second);
            // A busy machine makes requests fewer, never several at once: more at once than there are warm environments would start
            // cold by rights.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = &mut stopped => return answers,
                    _ = ticks.tick() => answers.push(request_at(&sim, place)),
                }
            }
        });
        Self { stop, running }
    }

    /// Stops, and answers what users got.
    pub async fn stop(self) -> Answers {
        let _ = self.stop.send(());
        Answers(self.running.await.expect("the traffic does not panic"))
    }
}

impl Answers {
    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Those that were not served by the function.
    pub fn failed(&self) -> Vec<&Served> {
        self.0.iter().filter(|served| served.status != 200).collect()
    }

    /// Those that waited for an environment to initialise.
    pub fn cold(&self) -> usize {
        self.0.iter().filter(|served| served.status == 200 && !served.warm).count()
    }

    /// The versions that answered.
    pub fn versions(&self) -> BTreeSet<String> {
        self.0.iter().filter_map(|served| served.executed_version.clone()).collect()
    }
}
