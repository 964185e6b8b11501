//! Many runs at once: references first, then the points of each class.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::classes::{CLASSES, Class};
use crate::oracles::say;
use crate::point::Point;
use crate::reference::Reference;
use crate::report;
use crate::results::Results;
use crate::run::{Shown, run};
use crate::sample;
use crate::scenarios::{self, Scenario};
use crate::tally::Tally;

/// Each costs two runs without a fault.
const SCENARIOS_OF_A_SAMPLE: usize = 3;

/// Everything that runs need.
struct Course {
    scenarios: BTreeMap<&'static str, Scenario>,
    references: BTreeMap<&'static str, Reference>,
    places: Semaphore,
}

/// Runs what the arguments say; whether all went well.
pub async fn all(arguments: &Arguments) -> bool {
    let scenarios = scenarios_of(arguments);
    assert!(!scenarios.is_empty(), "there is no such scenario");
    let course = Arc::new(Course {
        scenarios,
        references: BTreeMap::new(),
        places: Semaphore::new(arguments.at_once),
    });
    let Some(references) = course.record().await else {
        return false;
    };
    let course = Arc::into_inner(course).expect("no run goes on");
    let course = Arc::new(Course { references, ..course });
    let calls = course
        .references
        .iter()
        .map(|(name, reference)| (*name, reference.counts()))
        .collect();
    let asked_for = |class: &&Class| arguments.class.as_ref().is_none_or(|name| class.name.starts_with(name.as_str()));
    let classes: Vec<_> = CLASSES.iter().filter(asked_for).collect();
    // The few runs of a sample go on all at once; of everything, a class is told of when it ends.
    let at_once = if arguments.is_sample() { classes.len() } else { 1 };
    let mut tallies = Vec::new();
    for some in classes.chunks(at_once.max(1)) {
        let running = some.iter().map(|class| course.run(class, course.points(class, arguments)));
        tallies.extend(join_all(running).await.into_iter().flatten());
    }
    let results = Results { tallies, calls };
    if arguments.write {
        results.write(arguments.class.is_some()).await;
    }
    let slow = arguments.all && report::recovers_slowly(&results.of_row("R1"));
    !slow && results.tallies.iter().all(|tally| tally.bad == 0)
}

fn scenarios_of(arguments: &Arguments) -> BTreeMap<&'static str, Scenario> {
    let mut all = scenarios::all();
    match (&arguments.replay, &arguments.scenario) {
        (Some(point), _) => all.retain(|scenario| scenario.name == point.scenario),
        (None, Some(name)) => all.retain(|scenario| scenario.name == name),
        (None, None) if arguments.is_sample() => all = sample::of(all, SCENARIOS_OF_A_SAMPLE, arguments.seed),
        (None, None) => {}
    }
    all.into_iter().map(|scenario| (scenario.name, scenario)).collect()
}

impl Course {
    /// Runs every scenario twice without a fault; `None` when something is wrong even so.
    async fn record(self: &Arc<Self>) -> Option<BTreeMap<&'static str, Reference>> {
        let both = self.scenarios.keys().map(async |name| {
            let (one, other) = tokio::join!(self.take(name, None), self.take(name, None));
            (*name, one, other)
        });
        let mut references = BTreeMap::new();
        for (name, one, other) in join_all(both).await {
            let wrong = [&one, &other].into_iter().find(|shown| !shown.violations.is_empty());
            if let Some(shown) = wrong {
                let folder = report::keep(&format!("{name}/without-a-fault"), shown);
                println!("{name}, without a fault");
                shown.violations.iter().for_each(|violation| println!("  {violation}"));
                println!("  ledger and logs: {folder}");
                continue;
            }
            references.insert(name, Reference::of(one, &other));
        }
        (references.len() == self.scenarios.len()).then_some(references)
    }

    fn points(&self, class: &Class, arguments: &Arguments) -> Vec<Point> {
        if let Some(point) = &arguments.replay {
            return class.has(point).then(|| point.clone()).into_iter().collect();
        }
        let all = self.references.iter();
        let points = all.flat_map(|(name, reference)| class.points(name, &reference.calls)).collect();
        if arguments.is_sample() {
            sample::of(points, class.sampled, arguments.seed)
        } else {
            points
        }
    }

    /// One run, when there is a place for it. In a task of its own: a panic is told as a violation.
    async fn take(self: &Arc<Self>, scenario: &str, point: Option<Point>) -> Shown {
        let _place = self.places.acquire().await.expect("the semaphore is never closed");
        let (course, name) = (Arc::clone(self), scenario.to_owned());
        let ran = tokio::spawn(async move {
            let (scenario, reference) = (&course.scenarios[name.as_str()], course.references.get(name.as_str()));
            run(scenario, point.as_ref(), reference).await
        });
        ran.await.unwrap_or_else(|panic| Shown {
            hit: true,
            violations: say("O9", vec![format!("the run broke off: {panic}")]).collect(),
            ..Shown::default()
        })
    }

    /// Runs the points of a class and tells of them; `None` when there are none.
    async fn run(self: &Arc<Self>, class: &Class, points: Vec<Point>) -> Option<Tally> {
        if points.is_empty() {
            return None;
        }
        let mut tally = Tally::new(class.name);
        let mut running = JoinSet::new();
        for point in points {
            let course = Arc::clone(self);
            running.spawn(async move {
                let shown = course.take(&point.scenario, Some(point.clone())).await;
                (point, shown)
            });
        }
        while let Some(ran) = running.join_next().await {
            let (point, shown) = ran.expect("a panic is caught in the task within");
            tally.add(&point, &shown);
            if !shown.violations.is_empty() {
                report::wrong(&point, &shown);
            }
        }
        report::line(&tally);
        Some(tally)
    }
}
