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
use crate::plan::failure::Class;

/// Between two calls that ask whether a region answers.
const ASK: Duration = Duration::from_secs(10);
/// Least time between two times at which all endpoints of a region are looked at because it answers: a service may be away while the
/// one that is asked is not.
const AGAIN: Duration = Duration::from_mins(5);

/// The endpoints that AWS does not answer, by region and uid.
#[derive(Debug, Default)]
pub struct Struck {
    by_region: BTreeMap<String, BTreeMap<String, ObjectRef<Guarded>>>,
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
            self.by_region.entry(region.to_owned()).or_default().insert(uid, reference);
        } else {
            self.forget(&uid);
        }
    }

    /// Forgets an endpoint that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.by_region.retain(|_, endpoints| {
            endpoints.remove(uid);
            !endpoints.is_empty()
        });
    }

    fn regions(&self) -> Vec<String> {
        self.by_region.keys().cloned().collect()
    }

    /// The endpoints of a region that answers; they are noted again if AWS does not answer them.
    fn wake(&mut self, region: &str) -> Vec<ObjectRef<Guarded>> {
        self.by_region.remove(region).unwrap_or_default().into_values().collect()
    }
}

/// Asks for as long as this process leads, and asks for a pass over the endpoints of a region that answers again.
pub async fn watch<C: Cloud>(ctx: Arc<Context<C>>, visits: mpsc::UnboundedSender<ObjectRef<Guarded>>) {
    if leading(ctx.claim.clone()).await.is_none() {
        return;
    }
    let mut due = interval(ASK);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut woken: BTreeMap<String, Instant> = BTreeMap::new();
    loop {
        due.tick().await;
        let regions = lock(&ctx.struck).regions();
        for region in regions {
            if woken.get(&region).is_some_and(|at| at.elapsed() < AGAIN) || !answers(&ctx, &region).await {
                continue;
            }
            let endpoints = lock(&ctx.struck).wake(&region);
            tracing::info!(region, endpoints = endpoints.len(), "AWS answers again");
            woken.insert(region, Instant::now());
            for endpoint in endpoints {
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
    fn who_waits_for_aws_is_woken_once_and_nobody_else() {
        let mut struck = Struck::default();
        says(&mut struck, "away", "AwsUnavailable");
        says(&mut struck, "expired", "CredentialsUnavailable");
        says(&mut struck, "denied", "AccessDenied");
        says(&mut struck, "back", "AwsUnavailable");
        says(&mut struck, "back", "Warm");
        assert_eq!(struck.regions(), ["eu-west-1"]);
        let woken: Vec<_> = struck.wake("eu-west-1").into_iter().map(|endpoint| endpoint.name).collect();
        assert_eq!(woken, ["away", "expired"]);
        assert!(struck.regions().is_empty() && struck.wake("eu-west-1").is_empty());
    }
}
