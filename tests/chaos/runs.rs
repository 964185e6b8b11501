//! Many runs at once: references first, then the points of each class.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::classes::{CLASSES, Class};
use crate::point::Point;
use crate::reference::{Reference, record};
use crate::report::{Tally, keep};
use crate::run::{Shown, run};
use crate::scenarios::{self, Scenario};

/// Everything that runs need.
struct Course {
    scenarios: BTreeMap<&'static str, Scenario>,
    references: BTreeMap<&'static str, Reference>,
    places: Arc<Semaphore>,
}

/// Runs what the arguments say; whether all went well.
pub async fn all(arguments: &Arguments) -> bool {
    let wanted = |scenario: &Scenario| match (&arguments.replay, &arguments.scenario) {
        (Some(point), _) => point.scenario == scenario.name,
        (None, Some(name)) => name == scenario.name,
        (None, None) => true,
    };
    let scenarios: BTreeMap<_, _> = scenarios::all().into_iter().filter(wanted).map(|s| (s.name, s)).collect();
    assert!(!scenarios.is_empty(), "there is no such scenario");
    let mut course = Course {
        scenarios,
        references: BTreeMap::new(),
        places: Arc::new(Semaphore::new(arguments.at_once)),
    };
    if !course.record().await {
        return false;
    }
    let course = Arc::new(course);
    let mut well = true;
    for class in CLASSES
        .iter()
        .filter(|class| arguments.class.as_ref().is_none_or(|name| class.name.starts_with(name.as_str())))
    {
        let points = course.points(class, arguments);
        if points.is_empty() {
            continue;
        }
        well &= course.run(class, points).await;
    }
    well
}

impl Course {
    /// Runs every scenario without a fault.
    async fn record(&mut self) -> bool {
        let recorded = futures::future::join_all(self.scenarios.values().map(async |scenario| {
            let _place = self.places.acquire_many(2).await.expect("the semaphore is never closed");
            (scenario.name, record(scenario).await)
        }));
        let mut well = true;
        for (name, recorded) in recorded.await {
            match recorded {
                Ok(reference) => {
                    println!(
                        "{name}: {} calls, {} of them writes",
                        reference.calls.len(),
                        reference.calls.iter().filter(|c| c.write).count()
                    );
                    self.references.insert(name, reference);
                }
                Err(runs) => {
                    well = false;
                    for shown in &runs {
                        keep(&format!("{name}-without-a-fault"), shown);
                    }
                }
            }
        }
        well
    }

    fn points(&self, class: &Class, arguments: &Arguments) -> Vec<Point> {
        if let Some(point) = &arguments.replay {
            return class.has(point).then(|| point.clone()).into_iter().collect();
        }
        self.references
            .iter()
            .flat_map(|(name, reference)| class.points(name, &reference.calls))
            .collect()
    }

    /// Runs the points of a class; whether none showed a violation.
    async fn run(self: &Arc<Self>, class: &Class, points: Vec<Point>) -> bool {
        let mut tally = Tally::new(class.name);
        let mut running = JoinSet::new();
        for point in points {
            let course = Arc::clone(self);
            running.spawn(async move {
                let _place = course.places.acquire().await.expect("the semaphore is never closed");
                let within = Arc::clone(&course);
                let at = point.clone();
                // In a task of its own: a panic is told as a violation of this point.
                let ran = tokio::spawn(async move {
                    let (scenario, reference) = (&within.scenarios[at.scenario.as_str()], &within.references[at.scenario.as_str()]);
                    run(scenario, Some(&at), Some(reference)).await
                });
                let shown = ran.await.unwrap_or_else(|panic| Shown {
                    hit: true,
                    violations: vec![format!("the run broke off: {panic}")],
                    ..Shown::default()
                });
                (point, shown)
            });
        }
        while let Some(ran) = running.join_next().await {
            let (point, shown) = ran.expect("a panic is caught in the task within");
            tally.add(&point, &shown);
        }
        tally.tell();
        tally.is_good()
    }
}
