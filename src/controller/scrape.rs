//! The answer to a scrape.

use kube::ResourceExt;

use super::context::{Context, lock};
use super::measured::key;
use crate::metrics::{account_samples, drift_samples, leader_sample, queue_samples, samples, undecodable_sample};

/// The text of all metrics. `lease` is the one that this process stands for. Series of endpoints and of the account come from the
/// leader only: two replicas would count them twice. They are computed from the watched objects, and so go with them.
pub fn text<C>(ctx: &Context<C>, lease: Option<&str>) -> String {
    let leads = ctx.claim.borrow().epoch().is_some();
    let fleet = ctx.store.state();
    ctx.measured.forget_all_but(
        &fleet.iter().filter_map(|guarded| guarded.uid()).collect(),
        &fleet.iter().map(|guarded| key(guarded.as_ref())).collect(),
    );
    let mut computed: Vec<_> = lease.into_iter().map(|name| leader_sample(name, leads)).collect();
    computed.extend(queue_samples(&ctx.measured.queue));
    computed.push(undecodable_sample(fleet.iter().filter(|guarded| guarded.0.is_err()).count()));
    if leads {
        computed.extend(account_samples(&lock(&ctx.accounts)));
        let (usage, now) = (lock(&ctx.usage), ctx.now());
        for endpoint in fleet.iter().filter_map(|guarded| guarded.0.as_ref().ok()) {
            let uid = endpoint.uid().unwrap_or_default();
            computed.extend(samples(endpoint, usage.get(&uid), now));
            computed.extend(drift_samples(endpoint, &ctx.measured.corrections(&uid)));
        }
    }
    ctx.metrics.text(&computed)
}
