//! Many runs at once: references first, then the points of each class.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::classes::{CLASSES, Class};
use crate::point::Point;
use crate::reference::Reference;
use crate::report::{Tally, keep};
use crate::run::{Shown, run};
use crate::scenarios::{self, Scenario};

/// Everything that runs need.
struct Course {
    scenarios: BTreeMap<&'static str, Scenario>,
    references: BTreeMap<&'static str, Reference>,
    places: Semaphore,
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
    let mut well = true;
    let asked_for = |class: &&Class| arguments.class.as_ref().is_none_or(|name| class.name.starts_with(name.as_str()));
    for class in CLASSES.iter().filter(asked_for) {
        let points = course.points(class, arguments);
        if points.is_empty() {
            continue;
        }
        well &= course.run(class, points).await;
    }
    well
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
                let folder = keep(&format!("{name}/without-a-fault"), shown);
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
        all.flat_map(|(name, reference)| class.points(name, &reference.calls)).collect()
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
            violations: vec![format!("the run broke off: {panic}")],
            ..Shown::default()
        })
    }

    /// Runs the points of a class; whether none showed a violation.
    async fn run(self: &Arc<Self>, class: &Class, points: Vec<Point>) -> bool {
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
        }
        tally.tell();
        tally.is_good()
    }
}
