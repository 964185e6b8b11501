//! Notices that AWS answers again. What waits because AWS did not answer, or did not take the credentials, waits for minutes by then and
//! all for the same thing: so one call asks for all, and when AWS answers it, all are looked at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::context::{Context, lock};
use super::guarded::Guarded;
use super::leader::leading;
use crate::api::{ConditionType, Reason, WarmLambdaEndpoint, WarmLambdaEndpointStatus};
use crate::aws::Cloud;
use crate::plan::conditions::find;
use crate::plan::failure::{Class, Failure};

/// Between two calls that ask whether a region answers.
const ASK: Duration = Duration::from_secs(10);
/// Least time between two times at which all endpoints of a region are looked at because it answers: a service may be away while the
/// one that is asked is not.
const AGAIN: Duration = Duration::from_mins(5);

/// Time between two looks at endpoints of a region that wait for AWS to answer, however many there are. They are woken when it does. Without
/// this, the looks of a large fleet, each of which takes seconds to fail, would keep those from their first one that do not know yet.
const APART: Duration = Duration::from_millis(500);
/// Of so many endpoints one has to wait for AWS, and two at least, before a region counts as away.
const A_PART: usize = 50;

/// The endpoints that AWS does not answer, by region and uid.
#[derive(Debug, Default)]
pub struct Struck {
    by_region: BTreeMap<String, Away>,
    /// When all endpoints of a region were looked at last because it answered.
    woken: BTreeMap<String, Instant>,
}

/// What is known of a region that does not answer.
#[derive(Debug, Default)]
struct Away {
    /// Who waits, by uid.
    waiting: BTreeMap<String, ObjectRef<Guarded>>,
    /// The last look that failed.
    failed: Option<(Instant, Failure)>,
}

impl Struck {
    /// Notes what an endpoint says after a pass.
    pub fn note(&mut self, endpoint: &WarmLambdaEndpoint, region: Option<&str>, status: &WarmLambdaEndpointStatus) {
        let (Some(uid), Some(region)) = (endpoint.uid(), region) else {
            return;
        };
        let said = find(&status.conditions, ConditionType::Ready).map(|ready| ready.reason.as_str());
        let away = [Reason::AwsUnavailable.as_str(), Reason::CredentialsUnavailable.as_str()];
        if said.is_some_and(|reason| away.contains(&reason)) {
            let reference = ObjectRef::new(&endpoint.name_any()).within(&endpoint.namespace().unwrap_or_default());
            self.by_region.entry(region.to_owned()).or_default().waiting.insert(uid, reference);
        } else {
            self.forget(&uid);
        }
    }

    /// Notes that a look at AWS failed that began at `begun`, for a reason that is the region's and not the endpoint's. A look that began
    /// before the region answered again says nothing about now.
    pub fn failed(&mut self, region: &str, failure: &Failure, begun: Instant) {
        let is_news = self.woken.get(region).is_none_or(|woken| *woken < begun);
        if is_news
            && matches!(failure.class, Class::Transient | Class::Credentials)
            && let Some(away) = self.by_region.get_mut(region)
        {
            away.failed = Some((Instant::now(), failure.clone()));
        }
    }

    /// Notes that a look at AWS succeeded.
    pub fn answered(&mut self, region: &str) {
        if let Some(away) = self.by_region.get_mut(region) {
            away.failed = None;
        }
    }

    /// What a look at a region that is away would come to, as one did a moment ago. Each takes seconds to fail, and those of a large fleet
    /// would take all places for the length of the outage.
    pub fn known(&self, region: &str, fleet: usize) -> Option<Failure> {
        let (at, failure) = self.by_region.get(region)?.failed.as_ref()?;
        (self.is_away(region, fleet) && at.elapsed() < ASK).then(|| failure.clone())
    }

    /// Forgets an endpoint that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.by_region.retain(|_, away| {
            away.waiting.remove(uid);
            !away.waiting.is_empty()
        });
    }

    /// Least wait of an endpoint for its next look; zero for one that AWS answers.
    pub fn least_wait(&self, uid: &str) -> Duration {
        let away = self.by_region.values().find(|away| away.waiting.contains_key(uid));
        let together = away.map_or(0, |away| away.waiting.len());
        APART.saturating_mul(u32::try_from(together).unwrap_or(u32::MAX))
    }

    /// Whether so many of a fleet wait in a region that one failure more is no accident.
    pub fn is_away(&self, region: &str, fleet: usize) -> bool {
        let waiting = self.by_region.get(region).map_or(0, |away| away.waiting.len());
        waiting > 1 && waiting * A_PART >= fleet
    }

    fn regions(&self) -> Vec<String> {
        self.by_region.keys().cloned().collect()
    }

    /// Whether the endpoints of a region were looked at so lately that it is too early for the next time.
    fn is_early(&self, region: &str) -> bool {
        self.woken.get(region).is_some_and(|at| at.elapsed() < AGAIN)
    }

    /// The endpoints of a region that answers, by uid; they are noted again if AWS does not answer them.
    fn wake(&mut self, region: &str) -> BTreeMap<String, ObjectRef<Guarded>> {
        self.woken.insert(region.to_owned(), Instant::now());
        self.by_region.remove(region).unwrap_or_default().waiting
    }
}

/// Asks for as long as this process leads, and asks for a pass over the endpoints of a region that answers again.
pub async fn watch<C: Cloud>(ctx: Arc<Context<C>>, visits: mpsc::UnboundedSender<ObjectRef<Guarded>>) {
    if leading(ctx.claim.clone()).await.is_none() {
        return;
    }
    let mut due = interval(ASK);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        let regions = lock(&ctx.struck).regions();
        for region in regions {
            if lock(&ctx.struck).is_early(&region) || !answers(&ctx, &region).await {
                continue;
            }
            let endpoints = lock(&ctx.struck).wake(&region);
            tracing::info!(region, endpoints = endpoints.len(), "AWS answers again");
            for (uid, endpoint) in endpoints {
                // A look that is under way may still fail with what was sent before: its next one is soon, as after a first failure.
                lock(&ctx.attempts).forget(&uid);
                // Fails only when the controller has stopped.
                let _ = visits.unbounded_send(endpoint);
            }
        }
    }
}

/// Whether AWS answers with these credentials; a refusal for lack of a right is an answer.
async fn answers<C: Cloud>(ctx: &Context<C>, region: &str) -> bool {
    match ctx.cloud.account_concurrency(region).await {
        Ok(_) => true,
        Err(failure) => !matches!(failure.class, Class::Transient | Class::Credentials),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn says(struck: &mut Struck, name: &str, reason: &str) {
        let condition =
            json!({"type": "Ready", "status": "Unknown", "reason": reason, "message": "", "lastTransitionTime": "2026-11-22T05:00:00Z"});
        let object = json!({
            "apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": name, "namespace": "shop", "uid": name},
            "spec": {"functionName": name}, "status": {"conditions": [condition]},
        });
        let endpoint: WarmLambdaEndpoint = serde_json::from_value(object).unwrap();
        let status = endpoint.status.clone().unwrap();
        struck.note(&endpoint, Some("eu-west-1"), &status);
    }

    #[test]
    fn the_more_wait_for_aws_the_less_often_each_of_them_asks() {
        let mut struck = Struck::default();
        for n in 0..1000 {
            says(&mut struck, &format!("away-{n}"), "AwsUnavailable");
        }
        assert_eq!(struck.least_wait("away-7"), Duration::from_secs(500));
        assert_eq!(struck.least_wait("another"), Duration::ZERO);
    }

    #[test]
    fn a_region_is_away_when_a_fiftieth_of_the_fleet_says_so() {
        let mut struck = Struck::default();
        says(&mut struck, "away", "AwsUnavailable");
        assert!(!struck.is_away("eu-west-1", 2), "one alone may have troubles of its own");
        says(&mut struck, "away-2", "AwsUnavailable");
        assert!(struck.is_away("eu-west-1", 100) && !struck.is_away("eu-west-1", 101) && !struck.is_away("us-east-1", 2));
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_region_is_away_one_look_in_ten_seconds_fails_for_all() {
        let failure = Failure {
            class: Class::Transient,
            effect: crate::plan::failure::Effect::NotApplied,
            operation: "lambda:GetFunction",
            resource: "away".into(),
            code: "NoAnswer".into(),
            message: String::new(),
            request_id: None,
        };
        let mut struck = Struck::default();
        let begun = Instant::now();
        struck.failed("eu-west-1", &failure, begun);
        assert_eq!(struck.known("eu-west-1", 2), None, "nobody waits yet");
        says(&mut struck, "away", "AwsUnavailable");
        says(&mut struck, "away-2", "AwsUnavailable");
        struck.failed("eu-west-1", &failure, begun);
        assert_eq!(struck.known("eu-west-1", 2), Some(failure.clone()));
        tokio::time::advance(ASK).await;
        assert_eq!(struck.known("eu-west-1", 2), None, "the next one looks for itself");
        struck.failed("eu-west-1", &failure, begun);
        struck.answered("eu-west-1");
        assert_eq!(struck.known("eu-west-1", 2), None);
        struck.failed("eu-west-1", &failure, begun);
        struck.wake("eu-west-1");
        assert_eq!(struck.known("eu-west-1", 2), None, "who is woken looks for itself");
        says(&mut struck, "away", "AwsUnavailable");
        says(&mut struck, "away-2", "AwsUnavailable");
        struck.failed("eu-west-1", &failure, begun);
        assert_eq!(
            struck.known("eu-west-1", 2),
            None,
            "a look that began before the region answered tells nothing new"
        );
        tokio::time::advance(ASK).await;
        struck.failed("eu-west-1", &failure, Instant::now());
        assert_eq!(struck.known("eu-west-1", 2), Some(failure), "one that began after it does");
    }

    #[test]
    fn who_waits_for_aws_is_woken_once_and_nobody_else() {
        let mut struck = Struck::default();
        says(&mut struck, "away", "AwsUnavailable");
        says(&mut struck, "expired", "CredentialsUnavailable");
        says(&mut struck, "denied", "AccessDenied");
        says(&mut struck, "back", "AwsUnavailable");
        says(&mut struck, "back", "Warm");
        assert_eq!(struck.regions(), ["eu-west-1"]);
        let woken: Vec<_> = struck.wake("eu-west-1").into_values().map(|endpoint| endpoint.name).collect();
        assert_eq!(woken, ["away", "expired"]);
        assert!(struck.regions().is_empty() && struck.wake("eu-west-1").is_empty());
    }
}
