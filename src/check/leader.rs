//! The operator itself: whether one leads.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::api::ListParams;
use kube::{Api, Client};

use super::report::Check;
use crate::api::LEASE_LABEL;
use crate::cluster::said;
use crate::leader_lease::holder;

const LEADS: &str = "an operator leads";

/// One check when operators stand for election by a Lease of this name.
pub async fn look(client: &Client, namespace: &str, name: Option<&String>) -> Vec<Check> {
    let Some(name) = name else { return Vec::new() };
    let lease = match find(client, namespace, name).await {
        Ok(lease) => lease,
        Err(error) => return vec![Check::error(LEADS, said(&error), "see the rights above")],
    };
    vec![verdict(lease.as_ref(), &format!("{namespace}/{name}"), Timestamp::now())]
}

/// The Lease of that name, or else whichever is an operator's. The operator itself may read the one with its name alone; a person
/// may not know where it is.
async fn find(client: &Client, namespace: &str, name: &str) -> Result<Option<Lease>, kube::Error> {
    let named = Api::<Lease>::namespaced(client.clone(), namespace).get_opt(name).await?;
    if named.is_some() {
        return Ok(named);
    }
    let listed = Api::<Lease>::all(client.clone())
        .list(&ListParams::default().labels(LEASE_LABEL))
        .await;
    Ok(listed.ok().and_then(|leases| leases.items.into_iter().next()))
}

fn verdict(lease: Option<&Lease>, wanted: &str, now: Timestamp) -> Check {
    let hint = "look at its pods and their logs; a replica that is ready takes the Lease within its duration";
    let Some(lease) = lease else {
        return Check::error(LEADS, format!("there is no Lease {wanted}: none ever led"), hint);
    };
    match holder(lease, now) {
        Some(holder) if holder.live => Check::success(format!("{LEADS}: {}", holder.identity)),
        Some(holder) => {
            let error = format!(
                "{} holds Lease {} and has not renewed it for {} s",
                holder.identity, holder.lease, holder.seconds
            );
            Check::error(LEADS, error, hint)
        }
        None => Check::error(LEADS, "nobody holds its Lease", hint),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Finding;
    use super::*;
    use serde_json::json;

    #[test]
    fn who_vanished_with_the_lease_does_not_lead() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let found = |renewed: &str| {
            let spec = json!({"holderIdentity": "pod-1", "leaseDurationSeconds": 15, "renewTime": renewed});
            let lease = serde_json::from_value(json!({"metadata": {"namespace": "w", "name": "l"}, "spec": spec})).unwrap();
            verdict(Some(&lease), "w/l", now).finding
        };
        assert_eq!(found("2026-11-22T11:59:58.000000Z"), Finding::Success);
        let Finding::Error(trouble) = found("2026-11-22T11:59:00.000000Z") else {
            panic!("no error")
        };
        assert_eq!(trouble.error, "pod-1 holds Lease w/l and has not renewed it for 60 s");
        assert!(matches!(verdict(None, "w/l", now).finding, Finding::Error(trouble) if trouble.error.contains("no Lease w/l")));
    }
}
