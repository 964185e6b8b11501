//! The Lease of the operator, as a bystander sees it.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;

/// Who holds a Lease, and how long ago that was renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// `namespace/name` of the Lease.
    pub lease: String,
    /// Name of the replica.
    pub identity: String,
    /// Seconds since the last renewal, by our clock.
    pub seconds: i64,
    /// Whether it was renewed within its duration. Wall clocks are compared here, which is good enough for advice and would not be
    /// for an election.
    pub live: bool,
}

/// Who holds it; `None` when nobody does.
pub fn holder(lease: &Lease, now: Timestamp) -> Option<Holder> {
    let spec = lease.spec.as_ref()?;
    let identity = spec.holder_identity.clone().filter(|identity| !identity.is_empty())?;
    let renewed = spec.renew_time.as_ref()?.0;
    let seconds = now.as_second() - renewed.as_second();
    Some(Holder {
        lease: format!("{}/{}", lease.namespace().unwrap_or_default(), lease.name_any()),
        identity,
        seconds,
        live: seconds <= i64::from(spec.lease_duration_seconds.unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn seen(spec: Value) -> Option<Holder> {
        let lease = json!({"metadata": {"namespace": "w", "name": "warmlambda"}, "spec": spec});
        holder(&serde_json::from_value(lease).unwrap(), "2026-11-22T12:00:20Z".parse().unwrap())
    }

    #[test]
    fn a_holder_is_live_as_long_as_it_renews_within_the_duration() {
        let held = |renewed: &str| seen(json!({"holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": renewed})).unwrap();
        assert!(held("2026-11-22T12:00:05.000000Z").live);
        assert!(!held("2026-11-22T12:00:04.000000Z").live);
        assert_eq!(held("2026-11-22T12:00:18.000000Z").lease, "w/warmlambda");
    }

    #[test]
    fn a_lease_that_was_given_back_has_no_holder() {
        assert_eq!(
            seen(json!({"leaseDurationSeconds": 15, "renewTime": "2026-11-22T12:00:18.000000Z"})),
            None
        );
        assert_eq!(seen(json!({"holderIdentity": ""})), None);
    }
}
