//! The operator itself: whether one leads.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::{Api, Client};

use super::report::Check;
use crate::cluster::said;
use crate::leader_lease::holder;

/// One check when operators stand for election by a Lease of this name.
pub async fn look(client: &Client, namespace: &str, name: Option<&String>) -> Vec<Check> {
    match name {
        Some(name) => vec![leads(client, namespace, name).await],
        None => Vec::new(),
    }
}

/// A warning at most: an operator that is about to start leads a moment later.
async fn leads(client: &Client, namespace: &str, name: &str) -> Check {
    let description = "an operator leads";
    let hint = "look at its pods; a replica that is ready takes the Lease within its duration";
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace);
    let lease = match leases.get_opt(name).await {
        Ok(Some(lease)) => lease,
        Ok(None) => return Check::warning(description, format!("there is no Lease {namespace}/{name}"), hint),
        Err(error) => return Check::warning(description, said(&error), hint),
    };
    match holder(&lease, Timestamp::now()) {
        Some(holder) if holder.live => Check::success(format!("{description}: {}", holder.identity)),
        Some(holder) => {
            let error = format!(
                "{} holds Lease {} and has not renewed it for {} s",
                holder.identity, holder.lease, holder.seconds
            );
            Check::warning(description, error, hint)
        }
        None => Check::warning(description, format!("nobody holds Lease {namespace}/{name}"), hint),
    }
}
