//! Rights in Kubernetes: each thing that the operator does, asked of the API server by a SelfSubjectAccessReview.

use futures::future::join_all;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};

use super::report::Check;
use crate::cluster::said;

/// Where a right is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In each namespace that is watched; in all when all are.
    Watched,
    /// In the namespace of the Lease.
    Home,
    /// In the namespace of the Lease, on the Lease alone.
    Lease,
    /// On what has no namespace.
    Cluster,
}

/// Some verbs on one resource.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// API group.
    pub group: &'static str,
    /// Resource, with its subresource behind a slash.
    pub resource: &'static str,
    /// Verbs.
    pub verbs: &'static [&'static str],
    /// Where.
    pub scope: Scope,
}

const fn right(group: &'static str, resource: &'static str, verbs: &'static [&'static str], scope: Scope) -> Right {
    Right {
        group,
        resource,
        verbs,
        scope,
    }
}

/// Everything that `warmlambda run` asks of the API server.
pub const RIGHTS: [Right; 5] = [
    right(
        "warmlambda.dev",
        "warmlambdaendpoints",
        &["get", "list", "watch", "patch"],
        Scope::Watched,
    ),
    right("warmlambda.dev", "warmlambdaendpoints/status", &["patch"], Scope::Watched),
    right("events.k8s.io", "events", &["create", "patch"], Scope::Watched),
    right("coordination.k8s.io", "leases", &["create"], Scope::Home),
    right("coordination.k8s.io", "leases", &["get", "update"], Scope::Lease),
];

/// What an installation makes; the namespace of the installation stands for all that has one.
const TO_INSTALL: [Right; 8] = [
    right(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        &["create", "patch"],
        Scope::Cluster,
    ),
    right("", "serviceaccounts", &["create"], Scope::Home),
    right("", "services", &["create"], Scope::Home),
    right("apps", "deployments", &["create"], Scope::Home),
    right("policy", "poddisruptionbudgets", &["create"], Scope::Home),
    right("rbac.authorization.k8s.io", "roles", &["create"], Scope::Home),
    right("rbac.authorization.k8s.io", "rolebindings", &["create"], Scope::Home),
    right("rbac.authorization.k8s.io", "clusterroles", &["create"], Scope::Cluster),
];
const CLUSTER_WIDE: Right = right("rbac.authorization.k8s.io", "clusterrolebindings", &["create"], Scope::Cluster);

/// Whether we may do what the operator does. `lease` is the name of its Lease, if it stands for election.
pub async fn to_operate(client: &Client, home: &str, watched: &[String], lease: Option<&String>) -> Vec<Check> {
    let needed = RIGHTS
        .iter()
        .filter(|right| lease.is_some() || !matches!(right.scope, Scope::Home | Scope::Lease));
    let lease = lease.map_or("", String::as_str);
    let hint = "bind the role of the chart or of the manifest to this account; `--as system:serviceaccount:NAMESPACE:NAME` asks for another account";
    join_all(needed.map(|right| ask(client, *right, places(right.scope, home, watched), lease, hint))).await
}

/// Whether we may install the operator into the namespace `home`.
pub async fn to_install(client: &Client, home: &str, watched: &[String]) -> Vec<Check> {
    let cluster_wide = watched.is_empty().then_some(&CLUSTER_WIDE);
    let hint = "ask somebody who administers the cluster to install it, or to install the chart warmlambda-crds and grant you the rest";
    join_all(
        TO_INSTALL
            .iter()
            .chain(cluster_wide)
            .map(|right| ask(client, *right, places(right.scope, home, watched), "", hint)),
    )
    .await
}

/// Namespaces in which a right is needed; an empty name is all of them.
fn places<'a>(scope: Scope, home: &'a str, watched: &'a [String]) -> Vec<&'a str> {
    match scope {
        Scope::Watched if !watched.is_empty() => watched.iter().map(String::as_str).collect(),
        Scope::Watched | Scope::Cluster => vec![""],
        Scope::Home | Scope::Lease => vec![home],
    }
}

async fn ask(client: &Client, right: Right, namespaces: Vec<&str>, lease: &str, hint: &str) -> Check {
    let name = if right.scope == Scope::Lease { lease } else { "" };
    let asked = right
        .verbs
        .iter()
        .flat_map(|verb| namespaces.iter().map(move |namespace| (*verb, *namespace)));
    let answers =
        join_all(asked.map(|(verb, namespace)| async move { (verb, namespace, allowed(client, right, verb, namespace, name).await) }))
            .await;
    let description = describe(right, &namespaces, name);
    let mut refused = Vec::new();
    for (verb, namespace, answer) in answers {
        match answer {
            Ok(true) => {}
            Ok(false) => refused.push(format!("{verb}{}", place(right.scope, &[namespace]))),
            Err(error) => return Check::error(description, format!("it could not be asked: {error}"), hint),
        }
    }
    if refused.is_empty() {
        Check::success(description)
    } else {
        Check::error(description, format!("not allowed: {}", refused.join(", ")), hint)
    }
}

async fn allowed(client: &Client, right: Right, verb: &str, namespace: &str, name: &str) -> Result<bool, String> {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (resource, subresource) = right.resource.split_once('/').unwrap_or((right.resource, ""));
    let attributes = ResourceAttributes {
        group: filled(right.group),
        resource: filled(resource),
        subresource: filled(subresource),
        verb: filled(verb),
        namespace: filled(namespace),
        name: filled(name),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            non_resource_attributes: None,
        },
        ..SelfSubjectAccessReview::default()
    };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answer = reviews
        .create(&PostParams::default(), &review)
        .await
        .map_err(|error| said(&error))?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

fn describe(right: Right, namespaces: &[&str], name: &str) -> String {
    let group = if right.group.is_empty() {
        String::new()
    } else {
        format!(".{}", right.group)
    };
    let name = if name.is_empty() { String::new() } else { format!(" {name}") };
    let place = place(right.scope, namespaces);
    format!("may {} {}{group}{name}{place}", right.verbs.join(", "), right.resource)
}

fn place(scope: Scope, namespaces: &[&str]) -> String {
    match (scope, namespaces) {
        (Scope::Cluster, _) => String::new(),
        (_, [""]) => " in all namespaces".into(),
        (_, [one]) => format!(" in namespace {one}"),
        (_, several) => format!(" in namespaces {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_described_with_the_places_where_it_is_needed() {
        let watched = ["shop".to_owned(), "bar".to_owned()];
        let described = |right: Right, watched| describe(right, &places(right.scope, "warmlambda", watched), "");
        assert_eq!(
            described(RIGHTS[1], &[]),
            "may patch warmlambdaendpoints/status.warmlambda.dev in all namespaces"
        );
        assert_eq!(
            described(RIGHTS[2], &watched),
            "may create, patch events.events.k8s.io in namespaces shop, bar"
        );
        assert_eq!(
            described(RIGHTS[3], &watched),
            "may create leases.coordination.k8s.io in namespace warmlambda"
        );
        assert_eq!(
            described(TO_INSTALL[1], &watched),
            "may create serviceaccounts in namespace warmlambda"
        );
        assert_eq!(
            described(CLUSTER_WIDE, &[]),
            "may create clusterrolebindings.rbac.authorization.k8s.io"
        );
    }
}
